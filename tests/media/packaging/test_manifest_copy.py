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


LENGTH = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p" minBufferTime="PT1S" {said}>
 <BaseURL>media/</BaseURL>{periods}</MPD>"""
PERIOD = """<Period {said}><AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="9">
 <SegmentTemplate duration="2" media="$Number$.m4s" {more}/></Representation></AdaptationSet>
 </Period>"""
LIVE = (
    'type="dynamic" availabilityStartTime="2026-11-30T00:00:00Z" '
    'publishTime="2026-11-30T00:00:00Z" minimumUpdatePeriod="PT2S" '
)
DATE = "Mon, 30 Nov 2026 00:00:{:02} GMT"


def numbers(said: str, *periods: str, second: int | None = None, more: str = "") -> list[list[str]]:
    """Which segments there are in each period, at a second of the server's minute."""
    within = "".join(PERIOD.format(said=each, more=more) for each in periods)
    body = LENGTH.format(said=said, periods=within).encode()
    fields = {} if second is None else {"date": DATE.format(second)}
    unix_s = 1_796_000_000.0 - 1_796_000_000.0 % 86_400 + 7
    read = ManifestCopy(
        Fetched(url="http://h/b.mpd", asked_at_s=0, at_s=unix_s, body=body, fields=fields)
    )
    assert read.trouble == "" or read.said is None
    return [
        [url.removeprefix("http://h/media/").removesuffix(".m4s") for _, url in track.segments]
        for track in read.tracks
    ]


def test_as_many_segments_of_one_length_are_listed_as_a_period_has_room_for() -> None:
    assert numbers('mediaPresentationDuration="PT5S"', "") == [["1", "2", "3"]]
    assert numbers('mediaPresentationDuration="PT9S"', "", 'start="PT3S"') == [
        ["1", "2"],
        ["1", "2", "3"],
    ]
    assert numbers("", 'duration="PT2S"') == [["1"]]


def test_of_what_is_live_those_are_listed_that_have_ended_by_the_clock_of_the_server() -> None:
    window = f'{LIVE}timeShiftBufferDepth="PT4S"'
    assert numbers(window, 'start="PT0S"', second=9) == [["3", "4"]]
    assert numbers(window, 'start="PT6S"', second=9) == [["1"]]
    assert numbers(window, 'start="PT0S"', second=9, more='availabilityTimeOffset="1.5"') == [
        ["3", "4", "5"]
    ]
    assert numbers(window, 'start="PT0S"', second=1, more='availabilityTimeOffset="INF"') == [[]]
    assert numbers(window, 'start="PT0S" duration="PT5S"', second=8) == [["3"]]
    assert numbers(LIVE, 'start="PT0S"', second=20) == [["8", "9", "10"]]
    assert numbers(LIVE, 'start="PT0S"') == [["1", "2", "3"]], "without its clock, by ours"


@pytest.mark.parametrize("text", ["", "<MPD/>", MPD.format(media="s$Other$")])
def test_it_cannot_be_read_for_a_reason(text: str) -> None:
    read = copy(text)
    assert read.said is None
    assert read.trouble
    assert read.tracks == []
