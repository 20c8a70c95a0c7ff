"""A manifest as it was got, whatever is wrong with it."""

from __future__ import annotations

import pytest

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.manifest_copy import ManifestCopy

MPD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011"
 type="static" minBufferTime="PT1S" mediaPresentationDuration="PT2S"><Period id="p">
 <AdaptationSet id="1" contentType="video" mimeType="video/mp4">
 <Representation id="v" bandwidth="9" codecs="avc1.64001f">
 <SegmentTemplate timescale="10" initialization="i" media="{media}"><SegmentTimeline>
 <S t="0" d="10" r="1"/></SegmentTimeline></SegmentTemplate></Representation></AdaptationSet>
 </Period></MPD>"""


def copy(text: str) -> ManifestCopy:
    url = "http://h/a/b.mpd?c=1"
    return ManifestCopy(Fetched(url=url, asked_at_s=0, at_s=0, body=text.encode()))


def test_what_it_lists_is_resolved_against_it() -> None:
    (track,) = copy(MPD.format(media="s$Time$")).tracks
    assert track.where == "http://h/a/b.mpd?c=1 period p representation v"
    assert track.init_url == "http://h/a/i"
    assert [url for _, url in track.segments] == ["http://h/a/s0", "http://h/a/s10"]


@pytest.mark.parametrize("text", ["", "<MPD/>", MPD.format(media="s$Other$")])
def test_it_cannot_be_read_for_a_reason(text: str) -> None:
    read = copy(text)
    assert read.said is None
    assert read.trouble
    assert read.tracks == []
