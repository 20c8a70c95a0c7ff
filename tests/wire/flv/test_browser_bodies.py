"""Bodies of FLV as players of web pages take them: nothing in them makes mpegts.js stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.amf import amf0
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, build_audio
from trio_srs.wire.flv.browser_bodies import browser_audio, browser_script, browser_video
from trio_srs.wire.flv.enhanced import Multitrack
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, build_video

RECORD = b"\x01record"
START, FRAMES, END, FRAMES_X, METADATA, TS_START = VideoPacketType


def picture(
    codec: str, packet_type: VideoPacketType = FRAMES, data: bytes = RECORD, **more: object
) -> VideoBody:
    return VideoBody(codec, FrameType.KEY, packet_type, data, enhanced=True, **more)  # type: ignore[arg-type]  # fields by name


def sound(
    codec: str, packet_type: AudioPacketType = AudioPacketType.CODED_FRAMES, data: bytes = RECORD
) -> AudioBody:
    return AudioBody(codec, packet_type, data)


def stops_at_video(body: bytes) -> bool:
    """What mpegts.js 1.8 does with it, line by line of its source; inside of records it may be
    unhappy for other reasons."""
    if len(body) <= 1:
        return False
    if not body[0] & 0x80:
        if body[0] & 0x0F not in (7, 12):
            return True
        return len(body) >= 5 and body[1] > 2
    packet_type, fourcc, data = body[0] & 0x0F, body[1:5], body[5:]
    if len(body) < 5:  # a view of -1 bytes
        return True
    if fourcc == b"hvc1":
        return packet_type not in (0, 1, 2, 3) or (packet_type == 1 and len(data) < 4)
    return fourcc != b"av01" or packet_type not in (0, 1, 2)


def stops_at_audio(body: bytes) -> bool:
    """Likewise."""
    if len(body) <= 1:
        return False
    if body[0] >> 4 != 9:
        return body[0] >> 4 not in (2, 3, 10)
    return len(body) < 5 or body[1:5] not in (b"Opus", b"fLaC") or body[0] & 0x0F > 2


@given(st.binary(max_size=24))
def test_nothing_that_is_left_makes_it_stop(body: bytes) -> None:
    video, audio = browser_video(body), browser_audio(body)
    assert video is None or not stops_at_video(video)
    assert audio is None or not stops_at_audio(audio)
    assert video is None or browser_video(video) is video
    assert audio is None or browser_audio(audio) is audio


@given(
    st.sampled_from(["avc1", "hvc1", "av01", "vp09"]),
    st.sampled_from(VideoPacketType),
    st.sampled_from([None, *Multitrack]),
    st.sampled_from([0, 5]),
    st.binary(max_size=4),
)
def test_nothing_that_is_left_of_enhanced_pictures_does(
    codec: str, packet_type: VideoPacketType, multitrack: Multitrack | None, nano: int, data: bytes
) -> None:
    body = build_video([picture(codec, packet_type, data, multitrack=multitrack, nano_offset=nano)])
    left = browser_video(body)
    assert left is None or not stops_at_video(left)


@pytest.mark.parametrize(
    "body",
    [
        b"\x17\x00\0\0\0record",
        b"\x27\x01\0\0\x28frame",
        b"\x17\x02\0\0\0",
        b"\x1c\x01\0\0\0frame",
        build_video([picture("hvc1", START)]),
        build_video([picture("hvc1", composition_ms=40)]),
        build_video([picture("hvc1", FRAMES_X)]),
        build_video([picture("hvc1", END, b"")]),
        build_video([picture("av01", START)]),
        build_video([picture("av01")]),
    ],
)
def test_pictures_that_they_know_are_as_they_were(body: bytes) -> None:
    assert browser_video(body) is body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x17",
        b"\x12\0picture",  # Sorenson
        b"\x57\x00",  # a command
        b"\x17\x03\0\0\0",
        build_video([picture("hvc1", METADATA)]),
        build_video([picture("av01", METADATA)]),
        build_video([picture("av01", TS_START)]),
        build_video([picture("vp09")]),
        build_video([picture("hvc1", data=b"")]),
        build_video([picture("avc1", multitrack=Multitrack.ONE_TRACK, track_id=1)]),
        b"\xd1\x00hvc1",  # a command
        b"\x91hvc",
    ],
)
def test_other_pictures_are_left_out(body: bytes) -> None:
    assert browser_video(body) is None


def test_pictures_that_they_know_by_another_name_are_called_that() -> None:
    legacy = b"\x17\x01\0\0\x28" + RECORD
    assert browser_video(build_video([picture("avc1", composition_ms=40)])) == legacy
    plain = b"\x17\x01\0\0\0" + RECORD
    assert browser_video(build_video([picture("avc1", FRAMES_X)])) == plain
    assert browser_video(build_video([picture("avc1", START)])) == b"\x17\0\0\0\0" + RECORD
    frame = build_video([picture("av01")])
    assert browser_video(build_video([picture("av01", FRAMES_X)])) == frame


def test_of_several_tracks_the_first_is_left_and_modifiers_are_not() -> None:
    tracks = [
        picture("hvc1", data=data, track_id=track, multitrack=Multitrack.MANY_TRACKS)
        for track, data in ((1, b"other"), (0, RECORD))
    ]
    alone = build_video([picture("hvc1")])
    assert browser_video(build_video(tracks)) == alone
    assert browser_video(build_video([picture("hvc1", nano_offset=7)])) == alone


@pytest.mark.parametrize(
    "body",
    [
        b"\xaf\x00\x12\x10",
        b"\xaf\x01frame",
        b"\x2fframe",
        b"\x3fsamples",
        build_audio([sound("Opus")]),
        build_audio([sound("fLaC", AudioPacketType.SEQUENCE_START)]),
    ],
)
def test_sound_that_they_know_is_as_it_was(body: bytes) -> None:
    assert browser_audio(body) is body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xaf",
        b"\x7fframe",  # G.711
        b"\x90Op",
        build_audio([sound("ac-3")]),
        build_audio([sound("Opus", AudioPacketType.MULTICHANNEL_CONFIG)]),
        build_audio([sound("mp4a", AudioPacketType.SEQUENCE_END, b"")]),
        build_audio([sound(".mp3", AudioPacketType.SEQUENCE_START)]),
    ],
)
def test_other_sound_is_left_out(body: bytes) -> None:
    assert browser_audio(body) is None


def test_sound_that_they_know_by_another_name_is_called_that() -> None:
    assert browser_audio(build_audio([sound("mp4a")])) == b"\xaf\x01" + RECORD
    start = sound("mp4a", AudioPacketType.SEQUENCE_START)
    assert browser_audio(build_audio([start])) == b"\xaf\x00" + RECORD
    assert browser_audio(build_audio([sound(".mp3")])) == b"\x2f" + RECORD


def test_of_several_sounds_the_first_is_left() -> None:
    opus = sound("Opus")
    one = AudioBody("Opus", opus.packet_type, RECORD, multitrack=Multitrack.ONE_TRACK)
    assert browser_audio(build_audio([one])) == build_audio([opus])
    other = AudioBody("Opus", opus.packet_type, RECORD, multitrack=Multitrack.ONE_TRACK, track_id=3)
    assert browser_audio(build_audio([other])) is None


def test_metadata_says_nothing_of_tracks() -> None:
    said = amf0.encode("onMetaData", {"hasAudio": True, "width": 320.0, "hasVideo": False})
    assert browser_script(said) == amf0.encode("onMetaData", {"width": 320.0})
