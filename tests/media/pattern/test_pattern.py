"""A whole synthetic stream: what comes, in which order, with which timestamps."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.pattern.decoding import as_flv, decoded, pictures, samples
from trio_srs.media.pattern import (
    Defect,
    Pattern,
    PatternError,
    Timed,
    read_frame_number,
    sei_frame_number,
)
from trio_srs.media.pattern.pattern import VIDEO_CODECS
from trio_srs.wire.flv import FrameKind, classify_audio, classify_video
from trio_srs.wire.flv.script import parse_metadata
from trio_srs.wire.rtmp.message import Message, MessageType

SECOND = Pattern.parse("h264:320x240", seconds=1)


def times(pattern: Pattern, type_id: MessageType) -> list[int]:
    """The timestamps of a track, without its header."""
    return [m.timestamp_ms for m in pattern if m.type_id == type_id][1:]


def with_defects(*defects: str, **others: Any) -> Pattern:
    found = tuple(map(Defect.parse, defects))
    return Pattern.parse("h264:320x240", seconds=1, defects=found, **others)


def test_headers_come_first_and_then_all_as_it_is_due() -> None:
    data, video, audio, *media = SECOND
    assert [data.type_id, video.type_id, audio.type_id] == [18, 9, 8]
    assert classify_video(video.payload) == FrameKind.SEQUENCE_HEADER
    assert classify_audio(audio.payload) == FrameKind.SEQUENCE_HEADER
    assert classify_video(media[0].payload) == FrameKind.KEYFRAME
    assert [m.timestamp_ms for m in media] == sorted(m.timestamp_ms for m in media)
    assert {m.stream_id for m in media} == {0}


def test_timestamps_are_exact() -> None:
    assert times(SECOND, MessageType.VIDEO) == list(range(0, 1000, 40))
    assert times(SECOND, MessageType.AUDIO) == [round(n * 1024000 / 44100) for n in range(44)]
    ntsc = Pattern.parse("h264@30000/1001", "none", seconds=1.1)
    assert times(ntsc, MessageType.VIDEO) == [round(n * 1001 / 30) for n in range(33)]


def test_the_metadata_says_what_comes() -> None:
    said = parse_metadata(next(iter(SECOND)).payload)
    assert (said.width, said.height, said.fps) == (320, 240, 25)
    assert (said.sample_rate_hz, said.channels, said.encoder) == (44100, 2, "trio-srs pattern")
    alone = next(iter(Pattern.parse("h264", "none")))
    assert "audiocodecid" not in parse_metadata(alone.payload).values


def test_a_stream_is_the_same_each_time() -> None:
    assert list(SECOND) == list(SECOND) == list(Pattern.parse("h264:320x240", seconds=1))


def test_without_a_limit_it_does_not_end() -> None:
    assert len(list(islice(Pattern(), 500))) == 500


def test_without_audio_there_is_none() -> None:
    silent = Pattern.parse("h264", "none", seconds=1)
    assert {m.type_id for m in silent} == {MessageType.DATA_AMF0, MessageType.VIDEO}


@given(st.integers(0, 0xFFFFFFFF))
def test_timestamps_begin_where_they_are_told_and_go_round(start_ms: int) -> None:
    pattern = Pattern.parse("h264:128x80@5", "none", seconds=1, start_ms=start_ms)
    assert [m.timestamp_ms for m in pattern] == [
        (start_ms + at) & 0xFFFFFFFF for at in (0, 0, 0, 200, 400, 600, 800)
    ]


def test_keyframes_come_as_often_as_asked() -> None:
    pattern = Pattern.parse("h264:128x80@30000/1001", "none", seconds=3, gop_s=1)
    frames = [m.payload for m in pattern if m.type_id == MessageType.VIDEO][1:]
    keys = [n for n, body in enumerate(frames) if classify_video(body) & FrameKind.KEYFRAME]
    assert keys == [0, 30, 60]
    every = Pattern.parse("h264:128x80", "none", seconds=1, gop_s=0.001)
    assert all(classify_video(m.payload) for m in list(every)[2:])


@pytest.mark.parametrize(
    ("video", "audio", "expected"),
    [
        ("h264", "aac", ("h264", 640, 360, 25, "aac", 44100, 2)),
        ("h264:1280x720", "aac:48000", ("h264", 1280, 720, 25, "aac", 48000, 2)),
        ("h264@50", "aac:32000x1", ("h264", 640, 360, 50, "aac", 32000, 1)),
        ("h264:128x80@29.97", "opus", ("h264", 128, 80, Fraction(2997, 100), "opus", 44100, 2)),
        (
            "h264:640x360@30000/1001",
            "none",
            ("h264", 640, 360, Fraction(30000, 1001), "none", 44100, 2),
        ),
        ("hevc", "aac", ("hevc", 320, 180, 25, "aac", 44100, 2)),
        ("av1:320x180@25", "opus", ("av1", 320, 180, 25, "opus", 44100, 2)),
    ],
)
def test_the_letter(video: str, audio: str, expected: tuple[object, ...]) -> None:
    p = Pattern.parse(video, audio)
    assert (p.codec, p.width, p.height, p.fps, p.audio, p.sample_rate, p.channels) == expected


@pytest.mark.parametrize(
    ("video", "audio", "others", "text"),
    [
        ("", "aac", {}, r"a pattern '': expected CODEC\[:WIDTHxHEIGHT\]\[@FPS\]"),
        ("h264:640", "aac", {}, "a pattern 'h264:640'"),
        ("h264@", "aac", {}, "a pattern 'h264@'"),
        ("vp8", "aac", {}, "video 'vp8': expected one of h264, hevc, av1"),
        ("h264@0", "aac", {}, "0 frames/s: expected up to 1000"),
        ("h264@25/0", "aac", {}, "0 frames/s"),
        ("h264@1001", "aac", {}, "1001 frames/s"),
        ("h264", "aac", {"fps": Fraction(3 * 10**9, 10**9 + 1)}, "3 frames/s"),
        ("h264:641x360", "aac", {}, "a picture of 641x360"),
        ("h264", "aac", {"gop_s": 0}, "a GOP of 0 s: expected more than 0 s"),
        ("h264", "aac", {"gop_s": math.nan}, "a GOP of nan s"),
        ("h264", "aac", {"start_ms": -1}, "a first timestamp of -1: expected 0 to 4294967295"),
        ("h264", "aac", {"jitter_ms": 19.5}, "a jitter of 19.5 ms at 25 frames/s: .* most 19 ms"),
        ("h264@1000", "aac", {"jitter_ms": 1}, "expected at most 0 ms"),
        ("h264", "aac", {"drift_ppm": 1e6}, r"a drift of 1e\+06 ppm: expected at most 500000"),
        ("h264", "aac", {"audio_drift_ppm": -1e6}, r"a drift of -1e\+06 ppm"),
        ("hevc:640x360", "aac", {}, "hevc is canned: only 320x180 at 25 frames/s"),
        ("av1@30", "aac", {}, "av1 is canned"),
        ("av1", "aac", {"gop_s": 1}, "av1 is canned"),
        ("av1", "aac", {"kbps": 100}, "av1 is canned"),
        ("h264", "mp3", {}, "audio 'mp3': expected one of aac, opus, none"),
        ("h264", "", {}, r"audio '': expected aac\[:RATE\[xCHANNELS\]\], opus or none"),
        ("h264", "opus:48000", {}, "audio 'opus:48000'"),
        ("h264", "aac:22050", {}, "AAC at 22050 Hz"),
    ],
)
def test_what_cannot_be_is_refused(
    video: str, audio: str, others: dict[str, Any], text: str
) -> None:
    with pytest.raises(PatternError, match=text):
        Pattern.parse(video, audio, **others)


def test_a_message_is_sent_when_it_is_due() -> None:
    drifting = Pattern.parse("h264:128x80", seconds=2, drift_ppm=100_000, start_ms=5000)
    for timed in drifting.timed():
        assert timed.message.timestamp_ms == pytest.approx(5000 + timed.at_ms * 1.1, abs=0.6)


def test_a_stall_is_caught_up_with() -> None:
    timed = list(with_defects("stall@5:0.3").timed())
    held = [t for t in timed if t.at_ms == 500]
    assert {t.message.timestamp_ms for t in held} >= {200, 240, 280, 480}
    assert not [t for t in timed if 200 <= t.at_ms < 500]
    assert [t.at_ms for t in timed] == sorted(t.at_ms for t in timed)
    assert [t.message for t in timed] == list(SECOND)


def test_a_regression_is_in_the_video_alone() -> None:
    pattern = with_defects("regression@5:100")
    assert times(pattern, MessageType.VIDEO)[4:7] == [160, 60, 240]
    assert times(pattern, MessageType.AUDIO) == times(SECOND, MessageType.AUDIO)


@pytest.mark.parametrize(
    ("defect", "video", "audio"),
    [("no-audio", 25, 0), ("no-audio@5", 25, 9), ("no-video", 0, 44), ("no-video@5", 5, 44)],
)
def test_what_is_missing_was_announced(defect: str, video: int, audio: int) -> None:
    pattern = with_defects(defect)
    assert list(islice(pattern, 3)) == list(islice(SECOND, 3))
    assert len(times(pattern, MessageType.VIDEO)) == video
    assert len(times(pattern, MessageType.AUDIO)) == audio


def test_jitter_and_bit_rate_are_as_asked() -> None:
    pattern = Pattern.parse("h264:320x240", "none", seconds=4, jitter_ms=5, seed=3, kbps=400)
    stamps = times(pattern, MessageType.VIDEO)
    assert stamps == sorted(set(stamps)) != list(range(0, 4000, 40))
    size = sum(len(m.payload) for m in list(pattern)[2:])
    assert size == pytest.approx(200_000, abs=6)


def test_a_timed_message_has_a_time_and_a_message() -> None:
    assert next(SECOND.timed()) == Timed(0.0, next(iter(SECOND)))


@pytest.mark.interop
@pytest.mark.parametrize("video", VIDEO_CODECS)
@pytest.mark.parametrize("audio", ["aac", "aac:48000x1", "opus"])
def test_ffmpeg_decodes_all_of_it_without_a_word(video: str, audio: str) -> None:
    data = as_flv(Pattern.parse(video, audio, seconds=3))
    assert decoded(data, "-f", "null") == b""
    assert samples(data)


@pytest.mark.interop
@pytest.mark.parametrize("video", ["h264:320x242@30000/1001", "h264:1280x720@50"])
def test_the_number_is_in_the_pixels_and_beside_them(video: str) -> None:
    pattern = Pattern.parse(video, seconds=1.5, gop_s=0.5, kbps=1000)
    frames = [m.payload for m in pattern if m.type_id == MessageType.VIDEO][1:]
    shown = pictures(as_flv(pattern), pattern.width, pattern.height)
    expected = list(range(math.ceil(1.5 * pattern.fps)))
    assert [sei_frame_number(frame) for frame in frames] == expected
    numbers = [read_frame_number(picture, pattern.width, pattern.height) for picture in shown]
    assert numbers == expected


@pytest.mark.interop
def test_the_number_survives_another_encoder() -> None:
    data = as_flv(Pattern.parse("h264", "none", seconds=1))
    options = ["-vf", "scale=426:240", "-c:v", "libx264", "-crf", "28", "-f", "nut"]
    again = decoded(data, *options)
    numbers = [read_frame_number(p, 426, 240, made=(640, 360)) for p in pictures(again, 426, 240)]
    assert numbers == list(range(25))


def test_messages_are_of_no_stream_yet() -> None:
    assert next(iter(SECOND)) == Message(18, 0, 0, next(iter(SECOND)).payload)
