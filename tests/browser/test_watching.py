"""The page in Debian's Chromium: frames are decoded and time moves, and it is known by whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.watching import AGAIN, CASES, OTHERS, Case, Seen

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MPEGTS = ("flv-http", "flv-ws", "ts-http", "ts-ws")
HLS = ("hls-ll", "hls", "hls-ts")
DASH = ("dash",)
OF_OTHERS = MPEGTS + HLS + DASH
MP4 = ("mp4-ws", "mp4-http", "mp4-video", "hls-video")
FILES = {
    "mpegts.js": ["mpegts.js"],
    "hls.js": ["hls.min.mjs"],
    "dash.js": ["dash.mediaplayer.min.js"],
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_played_by_the_engine_that_was_meant(seen: Seen, case: Case) -> None:
    if case not in seen.played:
        pytest.skip(f"{case.engine} is not in this installation: build it where there is npm")
    played = seen.played[case]
    if isinstance(played, Exception):
        raise played
    about = played.about
    assert about["frames"] >= 10
    assert about["at"] > 0
    assert about["sound"] > 0
    assert about["width"] == 320
    assert (about["engine"], about["vendors"]) == (case.engine, FILES.get(case.engine, []))
    assert (about["parts"] > 0) == (case.way == "hls-ll")
    assert about["source"] == ("http" if case.engine == "video" else "blob")
    assert case.protocol in played.protocols
    assert about["state"].startswith("Playing as")
    assert (about["error"], played.complaints) == ("", [])


@pytest.mark.parametrize("case", [each for each in CASES if each.engine != "video"], ids=str)
def test_what_is_buffered_has_no_holes(seen: Seen, case: Case) -> None:
    played = seen.played.get(case)
    if played is None:
        pytest.skip(f"{case.engine} is not in this installation: build it where there is npm")
    if isinstance(played, Exception):
        raise played
    assert len(played.about["ranges"]) == 1


def test_everything_could_be_looked_at(seen: Seen) -> None:
    for error in seen.failed:
        raise error


def test_everything_that_is_measured_is_shown(seen: Seen) -> None:
    played = seen.played[CASES[0]]
    assert not isinstance(played, Exception)
    figures = played.figures
    assert figures["behind"] == "-", "what never ends has no newest piece"
    for name in ("start", "delay", "buffer"):
        seconds, unit = figures[name].split()
        assert (0 <= float(seconds) < 20, unit) == (True, "s"), figures
    dropped, frames = figures["dropped"].split(" of ")
    assert int(dropped) < int(frames)
    assert figures["picture"] == "320\N{MULTIPLICATION SIGN}180"
    assert figures["codecs"].startswith("avc1.42")
    assert figures["codecs"].endswith(", mp4a.40.2")


def test_how_far_it_is_behind_what_is_live_is_shown_of_segments(seen: Seen) -> None:
    for case in CASES:
        played = seen.played.get(case)
        if case.engine in {"hls.js", "dash.js"} and played is not None:
            assert not isinstance(played, Exception)
            assert 0 < float(played.figures["behind"].removesuffix(" s")) < 20, str(case)


def test_the_page_reads_codecs_as_the_server_does(seen: Seen) -> None:
    """Also those that this browser could not say were wrong."""
    assert {each[:10] for each in seen.codecs["hevc"]["read"]} == {"audio mp4a", "video hvc1"}
    for codecs in seen.codecs.values():
        assert codecs["read"] == codecs["told"]


def test_chromium_has_no_h265_and_the_page_says_so_of_every_way(seen: Seen) -> None:
    reasons = seen.reasons["hevc"]
    ways = MP4 + (OF_OTHERS if seen.engines else ())
    assert {reasons[way] for way in ways} == {
        "Not possible: this browser has no decoder for H.265."
    }
    assert seen.states["hevc"].startswith("live/hevc cannot be played in this browser")


def needs(way: str) -> str:
    engine = "hls.js" if way in HLS else "dash.js" if way in DASH else "mpegts.js"
    return f"Not possible: needs {engine}, which this installation is without."


def test_what_cannot_play_av1_is_named_with_the_reason(seen: Seen) -> None:
    reasons = seen.reasons["av1-opus"]
    assert {reasons[way] for way in MP4} == {""}
    for way in MPEGTS:  # of TS, the sound is carried and played
        assert reasons[way] == ("" if seen.engines else needs(way))
    if seen.engines:
        assert (reasons["hls-ll"], reasons["hls"], reasons["dash"]) == ("", "", "")
        assert reasons["hls-ts"] == "Not possible: hls.js does not play Opus of TS."


def test_mpegts_js_fails_on_the_av1_of_ffmpeg_and_that_is_said(seen: Seen) -> None:
    """If it does no longer, the remark on the page is to go."""
    if not seen.engines:
        pytest.skip("mpegts.js is not in this installation: build it where there is npm")
    assert seen.states["ffmpeg-av1"] == "HTTP-FLV failed: mpegts.js says FormatError"
    assert "fails on AV1 with colour metadata" in seen.states["remark"]


def test_each_way_can_play_h264_where_its_engine_is_there(seen: Seen) -> None:
    possible = {way for way, reason in seen.reasons["h264"].items() if not reason}
    assert possible == {*MP4, *(OF_OTHERS if seen.engines else ())}


def test_an_installation_without_players_says_so_and_plays_all_the_same(seen: Seen) -> None:
    without = seen.without_engines
    assert without["note"].startswith(
        "Not installed with this server: mpegts.js, which plays FLV and TS; hls.js, which plays "
    )
    assert without["engine"] == "mse"
    assert {without[way] for way in OF_OTHERS} == {needs("flv-ws"), needs("hls"), needs("dash")}
    assert {without[way] for way in MP4} == {""}


def test_a_stream_that_nobody_publishes_is_said_with_the_servers_words(seen: Seen) -> None:
    assert seen.states["missing"] == (
        "fMP4 over WebSocket failed: nobody publishes live/nobody, also after 1 s"
    )
    for way, title in (("mp4-video", "fMP4 in a video element"), ("flv-ws", "WebSocket-FLV")):
        if way != "flv-ws" or seen.engines:
            said = f"{title} failed: nobody publishes live/nobody, also after 1 s"
            assert seen.states[f"missing {way}"] == said
    titles = {"hls-video": "HLS in a video element", "hls": "HLS", "dash": "DASH"}
    for way in titles if seen.engines else ("hls-video",):
        said = f"{titles[way]} failed: nothing of live/nobody can be seen, also after 5 s"
        assert seen.states[f"missing {way}"] == said


def test_whoever_paused_until_the_browser_was_full_goes_on_with_what_is_live(seen: Seen) -> None:
    for state in ("paused", "paused hls-video", *(("paused hls-ll",) if seen.engines else ())):
        assert seen.states[state].startswith("Playing as"), state


def test_the_end_of_a_stream_is_said(seen: Seen) -> None:
    assert seen.states["ended mp4-ws"] == "live/short has ended: no publisher"
    if seen.engines:
        for way in ("hls-ll", "dash"):
            assert seen.states[f"ended {way}"] == "live/short has ended."


@pytest.mark.parametrize("way", ["mp4-ws", *OTHERS])
def test_it_goes_on_with_the_next_publisher_and_other_codecs(seen: Seen, way: str) -> None:
    republished = _republished(seen, f"other {way}")
    assert (republished["error"], republished["width"]) == ("", 320)


@pytest.mark.parametrize("way", AGAIN)
def test_it_goes_on_with_the_same_publisher_whose_clock_begins_anew(seen: Seen, way: str) -> None:
    republished = _republished(seen, way)
    assert (republished["error"], republished["state"][:10]) == ("", "Playing as")


def _republished(seen: Seen, what: str) -> dict[str, Any]:
    if what not in seen.republished and not seen.engines:
        pytest.skip("no players of others are in this installation: build it where there is npm")
    about: dict[str, Any] = seen.republished[what]
    return about


def test_one_comes_everywhere_with_the_keyboard_in_the_order_of_the_page(seen: Seen) -> None:
    form = seen.focus.index("name")
    assert len(seen.focus[:form]) >= 5
    assert seen.focus[:form] == sorted(seen.focus[:form])  # the streams, by their names
    assert seen.focus[form : form + 3] == ["name", "Play", "video"]


def test_a_stream_is_played_by_the_keyboard_and_the_focus_stays(seen: Seen) -> None:
    assert seen.states["by keyboard"] == "live/h264"
    assert seen.live_region.startswith("polite: Playing as")


def test_light_and_dark_differ(seen: Seen) -> None:
    assert seen.schemes == {"light": "rgb(246, 247, 247)", "dark": "rgb(18, 23, 25)"}


def test_nothing_lies_beside_the_screen_however_narrow_it_is(seen: Seen) -> None:
    assert seen.overflow == dict.fromkeys(("320", "390", "800", "1280"), 0)


def test_the_browser_has_nothing_to_complain_about(seen: Seen) -> None:
    assert seen.complaints == []
