"""What is told of a presentation is what it is; each fact has a twin in which it is otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import attrs
import pytest

from tests.media.packaging.test_dash_rules import seen
from tests.media.packaging.viewings import FOLDER, altered, sound_viewing
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_summary import packaging_facts
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.packaging_facts import PackagingFacts


def of(fetched: list[Fetched]) -> PackagingFacts:
    return packaging_facts(Viewing(fetched))


PLAIN: Final = of(sound_viewing("plain"))
LOW: Final = of(sound_viewing("low"))


def test_a_plain_presentation_is_told_as_it_is() -> None:
    assert (PLAIN.form, PLAIN.container, PLAIN.is_live, PLAIN.variants) == ("HLS", "fMP4", True, 1)
    assert (PLAIN.target_s, PLAIN.part_target_s, PLAIN.encrypted) == (1.0, None, "")
    assert (PLAIN.discontinuities, PLAIN.gap_segments, PLAIN.breaches) == (0, 0, ())
    video = [each for each in PLAIN.segments if each.rendition == f"{FOLDER}video.m3u8"]
    assert [each.number for each in video] == list(range(100, 100 + len(video)))
    assert {each.seconds for each in video[:-1]} == {1.0}
    assert {each.hole_ms for each in video} == {None, 0.0}
    assert {each.drift_ms for each in video} == {0.0}
    assert [each.begins_ms for each in video[:2]] == [750.0, 1750.0]
    assert PLAIN.first_segment_s == 0.0
    assert PLAIN.latency_most_s == pytest.approx(0.064, abs=0.001)
    assert PLAIN.stale_s == pytest.approx(1.0)
    assert {(each.status, each.max_age_s) for each in PLAIN.requests if each.is_list} == {(200, 1)}
    assert {each.max_age_s for each in PLAIN.requests if not each.is_list} == {None}


def test_parts_are_told_with_their_segment_also_those_of_the_last() -> None:
    assert (LOW.form, LOW.part_target_s is not None) == ("LL-HLS", True)
    video = [each for each in LOW.parts if each.rendition == f"{FOLDER}video.m3u8"]
    assert [each.part for each in video if each.number == 100] == [0, 1, 2]
    last = [each for each in sound_viewing("low") if each.url.endswith("video.m3u8")][-2]
    open_ones = [each for each in of([last]).parts if each.number == 103]
    assert [each.url.rpartition("/")[2] for each in open_ones][:1] == ["video-e-103.0.m4s"]


def test_a_manifest_is_told_likewise() -> None:
    made = of(seen("plain"))
    assert (made.form, made.container, made.is_live, made.variants) == ("DASH", "fMP4", True, 1)
    assert (made.target_s, made.breaches, made.discontinuities) == (None, (), 0)
    assert {each.seconds for each in made.segments if "video" in each.url} == {1.0}
    assert made.latency_most_s == pytest.approx(1.0, abs=0.5)
    assert made.stale_s == pytest.approx(1.0)
    static = altered(seen("plain"), ".mpd", lambda body: body.replace(b'"dynamic"', b'"static"'))
    ended = of(static)
    assert (ended.is_live, ended.latency_most_s, ended.stale_s) == (False, None, 0.0)
    unread = of(altered(seen("plain"), ".mpd", lambda _: b"<MPD"))
    assert (unread.form, unread.is_live, unread.segments) == ("DASH", False, ())


def test_of_nothing_there_is_little_to_say() -> None:
    nothing = of([Fetched(url="http://h/a.m3u8", asked_at_s=1, at_s=2, status=404)])
    assert (nothing.form, nothing.container, nothing.segments) == ("HLS", "", ())
    assert (nothing.first_segment_s, nothing.stale_s, nothing.variants) == (None, 0.0, 0)
    assert [each.status for each in nothing.requests] == [404]
    empty = Fetched(url="http://h/a.mpd", asked_at_s=1, at_s=2, body=b"<MPD/>")
    assert of([empty]).latency_least_s is None


def test_what_has_ended_is_not_live() -> None:
    fetched = sound_viewing("plain")
    for name in ("video.m3u8", "audio.m3u8"):
        fetched = altered(fetched, name, lambda body: body + b"#EXT-X-ENDLIST\n")
    ended = of(fetched)
    assert (ended.is_live, ended.latency_least_s) == (False, None)


def said(pattern: str, text: str) -> Callable[[list[Fetched]], list[Fetched]]:
    """Playlists of pictures say something else."""

    def change(body: bytes) -> bytes:
        return re.sub(pattern, text, body.decode(), flags=re.MULTILINE).encode()

    return lambda fetched: altered(fetched, "video.m3u8", change)


def cached(fetched: list[Fetched]) -> list[Fetched]:
    fields = {"content-type": "application/vnd.apple.mpegurl", "cache-control": "no-cache"}
    return [attrs.evolve(e, fields=fields) if e.url.endswith("m3u8") else e for e in fetched]


def without(name: str) -> Callable[[list[Fetched]], list[Fetched]]:
    return lambda fetched: [each for each in fetched if name not in each.url]


def twice(fetched: list[Fetched]) -> list[Fetched]:
    """The same pictures once more, as another variant that is a frame late."""
    made = list(fetched)
    for each in fetched:
        if "video" in each.url:
            body = each.body.replace(b"video", b"other").replace(b"SEQUENCE:100", b"SEQUENCE:101")
            made.append(attrs.evolve(each, url=each.url.replace("video", "other"), body=body))
    return made


_Twin = tuple[Callable[[list[Fetched]], list[Fetched]], Callable[[PackagingFacts], object]]
TWINS: Final[Mapping[str, _Twin]] = {
    "longer than said": (said("EXTINF:1,", "EXTINF:1.4,"), lambda f: max(
        each.seconds for each in f.segments if "video" in each.url) == 1.0),
    "a target of 2 s": (said("TARGETDURATION:1", "TARGETDURATION:2"), lambda f: f.target_s == 1),
    "gaps": (said("^#EXTINF", "#EXT-X-GAP\n#EXTINF"), lambda f: f.gap_segments == 0),
    "encrypted": (
        said("^#EXTM3U\n", '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n'),
        lambda f: f.encrypted == "",
    ),
    "no dates": (said(r"^#EXT-X-PROGRAM-DATE-TIME.*\n", ""), lambda f: {
        each.drift_ms for each in f.segments if "video" in each.url} == {0.0}),
    "a segment that is missing": (without("video-e-102.m4s"), lambda f: all(
        each.begins_ms is not None for each in f.segments)),
    "not to be kept": (cached, lambda f: {
        each.max_age_s for each in f.requests if each.is_list} == {1}),
    "another variant": (twice, lambda f: (f.variants, f.variants_apart_ms) == (1, None)),
    "a broken rule": (said("TARGETDURATION:1", "TARGETDURATION:0"), lambda f: not f.breaches),
}  # fmt: skip


@pytest.mark.parametrize("name", TWINS)
def test_each_fact_has_a_twin_in_which_it_is_otherwise(name: str) -> None:
    fault, is_so = TWINS[name]
    assert is_so(PLAIN)
    assert not is_so(of(fault(sound_viewing("plain"))))


def test_variants_that_are_not_aligned_are_told_by_how_much() -> None:
    made = of(twice(sound_viewing("plain")))
    assert made.variants == 2
    assert made.variants_apart_ms == 1000


def test_a_discontinuity_may_set_the_date() -> None:
    made = of(sound_viewing("twice"))
    assert made.discontinuities == 1
    assert {each.drift_ms for each in made.segments} <= {0.0, None}
    off = said(r"(DATE-TIME:\S+)(\.\d+)Z(?=\n#EXTINF:1,\nvideo-e-10[3-9])", r"\1.999Z")
    drifts = {each.drift_ms for each in of(off(sound_viewing("plain"))).segments}
    assert max(drift or 0 for drift in drifts) > 0
