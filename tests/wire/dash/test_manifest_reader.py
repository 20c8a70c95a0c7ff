"""Manifests are read by the letter: what we write, what others write, and nothing else."""

from __future__ import annotations

import re

import pytest

from tests.wire.dash.manifests import FULL
from trio_srs.wire.dash.manifest import LatencyTarget
from trio_srs.wire.dash.manifest_reader import read_manifest
from trio_srs.wire.dash.segment_template import TimelineRun
from trio_srs.wire.dash.xml_values import ManifestError

HEAD = (
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="a,b" minBufferTime="PT2S" '
    'mediaPresentationDuration="PT9S">'
)
TEMPLATE = '<SegmentTemplate media="$Number$.m4s" duration="2"/>'
ONE = f'<Representation id="v" bandwidth="1">{TEMPLATE}</Representation>'


def manifest(within: str = ONE, head: str = HEAD, period: str = "<Period>") -> str:
    adaptation = f'<AdaptationSet mimeType="video/mp4">{within}</AdaptationSet>'
    return f"{head}{period}{adaptation}</Period></MPD>"


def test_what_is_written_is_read() -> None:
    assert read_manifest(FULL.write()) == FULL
    assert read_manifest(FULL.write().encode()) == FULL


def test_what_is_inherited_stands_where_it_holds() -> None:
    read = read_manifest(
        f'{HEAD}<Period start="PT1S" duration="PT3S"><SegmentTemplate timescale="10" '
        'initialization="i.mp4" startNumber="0"/>'
        '<AdaptationSet codecs="avc1.42c01e" width="8" height="4" frameRate="25" startWithSAP="2">'
        '<SegmentTemplate media="$Time$.m4s" availabilityTimeOffset="INF">'
        '<SegmentTimeline><S d="5" r="-1"/><S t="20" d="4"/><S d="4"/></SegmentTimeline>'
        '</SegmentTemplate><Representation id="v" bandwidth="1" mimeType="video/mp4" width="16"/>'
        '</AdaptationSet></Period><Period><AdaptationSet mimeType="audio/mp4" '
        f'contentType="audio">{ONE}</AdaptationSet></Period></MPD>'
    )
    first, second = read.periods
    (video,), (sound,) = first.sets, second.sets
    (one,) = video.representations
    assert (one.width, one.height, one.frame_rate, one.codecs) == (16, 4, 25.0, "avc1.42c01e")
    assert (video.mime_type, video.content_type, video.access_type) == (
        "video/mp4", "video", 2,
    )  # fmt: skip
    template = one.template
    assert (template.timescale, template.start_number) == (10, 0)
    assert (template.initialization, template.media) == ("i.mp4", "$Time$.m4s")
    assert template.timeline == (TimelineRun(0, 5, -1), TimelineRun(20, 4), TimelineRun(24, 4))
    assert template.availability_time_offset_s == float("inf")
    assert (sound.content_type, second.start_s) == ("audio", 4.0), "it begins where that ends"
    assert not read.is_dynamic


def test_what_is_not_known_is_passed_over() -> None:
    text = manifest(
        f'<Label>a</Label><x:y xmlns:x="urn:x">b<SegmentTemplate/></x:y>{ONE}',
        HEAD + '<ServiceDescription id="1"><Scope/></ServiceDescription><EssentialProperty/>',
    )
    read = read_manifest(text)
    assert read.latency is None
    assert len(read.periods[0].sets[0].representations) == 1
    described = '<ServiceDescription><Latency target="3"/></ServiceDescription>'
    assert read_manifest(manifest(head=HEAD + described)).latency == LatencyTarget(
        target_ms=3, reference_id=0
    )


def test_urls_are_relative_to_what_is_said_about_them() -> None:
    base = "<BaseURL> {} </BaseURL>".format
    one = ONE.replace(TEMPLATE, base("v/") + TEMPLATE)
    text = manifest(base("/c/") + base("/d/") + one, HEAD + base("http://h/a/b"))
    (representation,) = read_manifest(text).periods[0].sets[0].representations
    assert representation.base_url == "http://h/c/v/"
    (representation,) = read_manifest(manifest(one)).periods[0].sets[0].representations
    assert representation.base_url == "v/"


WRONG = {
    "no XML": ("<MPD", "line 1: unclosed token"),
    "another namespace": ("<MPD xmlns='urn:x'/>", "the root is no MPD of urn:mpeg"),
    "no text": ("\ud800", "characters that there are not"),
    "a DOCTYPE": ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "a DOCTYPE, which no manifest has"),
    "a tower": ("<a>" * 60, "more than 50 deep"),
    "no profile": (manifest().replace("profiles", "p"), "MPD has no profiles"),
    "another type": (
        manifest().replace("profiles", 'type="x" profiles'),
        "has a type that is wrong: 'x', expected one of static, dynamic",
    ),
    "live since never": (
        manifest().replace("profiles", 'type="dynamic" profiles'),
        "MPD has no availabilityStartTime",
    ),
    "no end": (
        manifest().replace(' mediaPresentationDuration="PT9S"', ""),
        "neither how long it is nor when it changes",
    ),
    "no period": (f"{HEAD}</MPD>", "MPD has no Period"),
    "an empty period": (f"{HEAD}<Period/></MPD>", "Period has no AdaptationSet"),
    "an empty set": (manifest(""), "AdaptationSet has no Representation"),
    "no kind": (manifest().replace("mimeType", "m"), "AdaptationSet has no mimeType"),
    "a period of nowhere": (
        manifest(head=HEAD + manifest().removeprefix(HEAD).removesuffix("</MPD>")),
        "Period has no start, and the one before no end",
    ),
    "a period in the past": (
        manifest(
            head=HEAD
            + manifest(period='<Period start="PT5S" duration="PT5S">')
            .removeprefix(HEAD)
            .removesuffix("</MPD>"),
            period='<Period start="PT9S">',
        ),
        "begins at 9 s, before the end of the last one",
    ),
    "one id twice": (manifest(ONE + ONE), "two representations of one id"),
    "an id with a space": (manifest(ONE.replace('"v"', '"v 1"')), "has the id 'v 1'"),
    "no bandwidth": (manifest(ONE.replace("bandwidth", "b")), "has no bandwidth"),
    "a count that is none": (
        manifest(ONE.replace('bandwidth="1"', 'bandwidth="-1"')),
        "'-1' is no unsigned integer",
    ),
    "a base that is no URL": (
        manifest("<BaseURL>http://[x/</BaseURL>" + ONE),
        "BaseURL is no URL: 'http://[x/'",
    ),
    "no template": (manifest(ONE.replace(TEMPLATE, "")), "Representation has no SegmentTemplate"),
    "a list": (
        manifest(ONE.replace(TEMPLATE, "<SegmentList/>")),
        "no SegmentTemplate but a SegmentList, which is not read here; ask the packager",
    ),
    "a file": (
        manifest(ONE.replace(TEMPLATE, "<BaseURL>v.mp4</BaseURL><SegmentBase/>")),
        "but a SegmentBase, which is not read here; it is one file in all: judge that by its own",
    ),
    "no length": (
        manifest(ONE.replace(' duration="2"', "")),
        "has neither duration nor SegmentTimeline",
    ),
    "a length of nothing": (
        manifest(ONE.replace('duration="2"', 'duration="0"')),
        "0, expected more",
    ),
    "no media": (manifest(ONE.replace("media", "m")), "SegmentTemplate has no media"),
    "an offset that is none": (
        manifest(ONE.replace("duration", 'availabilityTimeOffset="1,5" duration')),
        "'1,5' is no number",
    ),
    "neither": (
        manifest(ONE.replace("duration", 'availabilityTimeComplete="no" duration')),
        "'no' is neither true nor false",
    ),
}


@pytest.mark.parametrize(("text", "why"), WRONG.values(), ids=WRONG)
def test_what_is_unlawful_is_refused(text: str, why: str) -> None:
    with pytest.raises(ManifestError, match=re.escape(why)) as caught:
        read_manifest(text)
    assert str(caught.value).startswith("line ")


RUNS = {
    '<S t="5" d="5"/><S t="9" d="5"/>': "begins at 9, before the end of the last one, 10",
    '<S d="5" r="-1"/><S d="5"/>': "has no t behind one that goes on to the next",
    '<S d="5" r="-2"/>': "'-2' is no number of times",
    '<S t="5"/>': "S has no d",
}


@pytest.mark.parametrize(("runs", "why"), RUNS.items())
def test_timelines_neither_overlap_nor_guess(runs: str, why: str) -> None:
    line = f"<SegmentTimeline>{runs}</SegmentTimeline></SegmentTemplate>"
    with pytest.raises(ManifestError, match=re.escape(why)):
        read_manifest(manifest(ONE.replace("/></Rep", f">{line}</Rep")))
