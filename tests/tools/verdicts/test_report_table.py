"""A report says everything it knows, for people."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest

from tests.tools.verdicts.outcomes import NASTY, ODD, STEPS, seen
from trio_srs.errors import EndReason
from trio_srs.media.facts import (
    AudioFacts,
    ClockFacts,
    Finding,
    GopFacts,
    HeaderFacts,
    Moment,
    PictureFacts,
    StreamFacts,
    TrackFacts,
    VideoFacts,
)
from trio_srs.media.report import StreamReport
from trio_srs.tools.verdicts.report_table import (
    bits,
    report_lines,
    report_sections,
    size_in_words,
    sound_in_words,
    summary,
)


def rows(report: StreamReport, section: str) -> dict[str, str]:
    return dict(dict(report_sections(report))[section])


def test_a_stream_is_said_in_one_line() -> None:
    said = summary(seen())
    assert said.startswith("h264 320x240 (75 frames), aac 44100 Hz x2 (130 frames), 3.0 s, ")
    assert said.endswith(" kbit/s")
    assert summary(attrs.evolve(seen(), facts=StreamFacts())) == "no audio or video"


def test_a_pattern_is_said_in_full() -> None:
    report = seen()
    assert [title for title, _ in report_sections(report)] == [
        "stream", "video", "audio", "timestamps", "audio against video", "arrival", "time line",
        "conduct", "metadata",
    ]  # fmt: skip
    stream = rows(report, "stream")
    assert (stream["name"], stream["peer"]) == ("live/a", "127.0.0.1:5000")
    assert stream["began"] == "2023-11-14 22:13:20.000 UTC"
    assert stream["end"] == "not yet"
    assert len(stream["digest"]) == 64
    video = rows(report, "video")
    assert video["codec"] == "h264, avc1.42c00d, Constrained Baseline, level 1.3"
    assert video["frames a second"] == "25.000, 25 promised"
    assert video["GOP"] == "1.000 to 1.000 s, 1.000 s on average; 25 to 25 frames"
    assert rows(report, "audio")["sample rate"] == "44100 Hz"
    assert rows(report, "arrival")["first frame"] == "0.000 s after publish"
    assert ("    0.250 s", "publish: the server let us play") in dict(report_sections(report))[
        "time line"
    ]
    assert rows(report, "metadata")["width"] == "320"
    assert rows(report, "conduct")["encoder"] == "trio-srs pattern"


def test_what_is_rare_is_said_when_it_is_there() -> None:
    finding = Finding(2, Moment(7, 280), 100)
    video = TrackFacts(
        kind="video", track_id=1, codec="hevc", trouble="no SPS", troubles=3,
        headers=HeaderFacts(2, 1, Moment(1, 40), 3), longest_still_ms=500,
        video=VideoFacts(
            width=720, height=576, display_width=1024, display_height=576, bit_depth=10,
            chroma="4:2:2", interlaced=True, nominal_fps=Fraction(30000, 1001),
            gop=GopFacts(before_first=4), false_keyframes=finding,
            unmarked_keyframes=Finding(1, Moment(9, 360)),
            pictures=PictureFacts(composition_min_ms=0, composition_max_ms=80),
        ),
    )  # fmt: skip
    other = TrackFacts(kind="video", track_id=2, video=VideoFacts())
    facts = StreamFacts(
        tracks=(video, other, TrackFacts(kind="audio", audio=AudioFacts())),
        clock=ClockFacts(0, 100, 100, finding, gaps=finding, jumps=Finding(1), wraps=1),
    )
    report = attrs.evolve(
        seen(), facts=facts, end=EndReason.KICKED, end_detail="as asked", captured="/a.flv",
        conduct=ODD, timeline=STEPS,
    )  # fmt: skip
    stream, track = rows(report, "stream"), rows(report, "video track 1")
    assert (stream["end"], stream["captured in"]) == ("kicked: as asked", "/a.flv")
    assert track["trouble"] == "no SPS (3 messages)"
    assert track["size"] == "720x576, shown as 1024x576"
    assert track["samples"] == "10 bit 4:2:2, interlaced"
    assert track["frames a second"] == "not known, 29.97 promised"
    assert track["before a keyframe"] == "4 frames that nobody can decode"
    assert track["false keyframes"] == "2, the first frame 7 (280 ms)"
    assert track["unmarked keyframes"] == "1, the first frame 9 (360 ms)"
    assert track["no header"] == "before 3 frames, which need one"
    assert track["composition"] == "0 to 80 ms"
    assert (track["header changes"], track["longest still"]) == ("1", "500 ms")
    assert rows(report, "video track 2")["codec"] == ""
    clock = rows(report, "timestamps")
    assert clock["steps back"] == "2, the longest 100 ms, first at message 7 (280 ms)"
    assert (clock["jumps"], clock["wraps"]) == ("1, the longest 0 ms", "1")
    conduct = dict(report_sections(report))["conduct"]
    assert ("chunk sizes", "4096, 60000") in conduct
    assert ("odd", "bad_tail: odd (2 times, first at byte 17)") in conduct
    assert dict(report_sections(report))["time line"][1] == ("    3.000 s", "end: stream_closed")


def test_what_peers_say_is_short_and_safe_to_show() -> None:
    facts = attrs.evolve(seen().facts, metadata={NASTY: NASTY, "long": "x" * 500, "fps": 25.0})
    lines = list(report_lines(attrs.evolve(seen(), facts=facts)))
    assert all(line.isprintable() for line in lines)
    assert lines[-1] == "  fps                 25"
    assert len(lines[-2]) < 130


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(1e9, "1 Gbit/s"), (2_345_678, "2.346 Mbit/s"), (64_000, "64 kbit/s"), (999, "999 bit/s")],
)
def test_bit_rates_have_a_unit_that_suits_them(rate: float, shown: str) -> None:
    assert bits(rate) == shown


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"width": 1280, "height": 720}, "1280x720"),
        ({"width": 1280}, ""),
        ({"height": 720}, ""),
        ({}, ""),
    ],
)
def test_an_unknown_size_is_not_written(facts: dict[str, int], words: str) -> None:
    assert size_in_words(VideoFacts(**facts)) == words  # type: ignore[arg-type]  # only sizes
    assert size_in_words(None) == ""


@pytest.mark.parametrize(
    ("rate", "channels", "words"),
    [(48000, 2, "48000 Hz x2"), (48000, None, "48000 Hz"), (None, 1, "x1"), (None, None, "")],
)
def test_unknown_sound_is_not_written(rate: int | None, channels: int | None, words: str) -> None:
    assert sound_in_words(AudioFacts(sample_rate=rate, channels=channels)) == words
    assert sound_in_words(None) == ""


def test_nothing_that_is_not_known_is_said_to_be_none() -> None:
    """VP8 has a size, and no aspect ratio; nothing is known of the sound."""
    video = TrackFacts(kind="video", codec="vp8", frames=5, video=VideoFacts(width=320, height=240))
    odd = TrackFacts(kind="video", track_id=1, codec="xyzw", video=VideoFacts())
    sound = TrackFacts(kind="audio", codec="xyzw", audio=AudioFacts())
    report = attrs.evolve(seen(), facts=StreamFacts(tracks=(video, odd, sound)))
    assert "None" not in "\n".join((summary(report), *report_lines(report)))
    assert ("size", "320x240") in dict(report_sections(report))["video track 0"]
