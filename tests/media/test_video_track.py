"""One video track."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.errors import ProtocolError
from trio_srs.media.clock import Clock
from trio_srs.media.video_track import VideoTrack
from trio_srs.testing import bodies
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, parse_video

DATA = Path(__file__).parents[1] / "data" / "codec"
VP9_KEY = bytes.fromhex("824983422013f00f10")


def track(*, full: bool = True) -> VideoTrack:
    return VideoTrack(0, full, Clock())


def see(made: VideoTrack, payload: bytes, timestamp_ms: int = 0) -> None:
    [body] = parse_video(payload)
    made.see(body, timestamp_ms, len(payload))


def enhanced(fourcc: str, packet_type: VideoPacketType, data: bytes) -> VideoBody:
    return VideoBody(fourcc, FrameType.KEY, packet_type, data, enhanced=True)


@pytest.mark.parametrize("full", [True, False])
def test_headers_and_frames_are_told_apart(full: bool) -> None:
    made = track(full=full)
    see(made, bodies.VIDEO_HEADER)
    assert (made.is_frame, made.is_key) == (False, False)
    see(made, bodies.key(0, fill=0x88).payload)
    assert (made.is_frame, made.is_key) == (True, True)
    see(made, bodies.inter(40, fill=0x88).payload, 40)
    assert (made.is_frame, made.is_key) == (True, False)
    see(made, b"\x57\x00")
    see(made, b"\x17\x02\x00\x00\x00")
    assert made.is_frame is False
    facts = made.facts()
    assert facts.video is not None
    assert (facts.frames, facts.video.keyframes, facts.headers.count) == (2, 1, 1)
    assert (facts.codec, facts.codec_string, facts.level) == ("h264", "avc1.42c01e", "3")
    assert (facts.video.width, facts.video.display_width, facts.video.height) == (320, 320, 240)


def test_the_display_is_stretched_by_the_aspect_ratio() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    made._header = type(made._header)(sar=(16, 11))
    video = made.facts().video
    assert video is not None
    assert (video.width, video.display_width, video.display_height) == (320, 465, 240)


def test_pictures_of_a_full_probe_are_looked_into() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    see(made, bodies.key(0, fill=0x88).payload)
    for at_ms in (40, 80):
        see(made, bodies.inter(at_ms, 20, fill=0x9A).payload, at_ms)
    facts = made.facts()
    assert facts.video is not None
    pictures = facts.video.pictures
    assert (pictures.intra, pictures.predicted, pictures.skipped) == (1, 2, 2)
    assert (facts.longest_still_ms, facts.video.gop.closed) == (80, 1)


def test_a_keyframe_that_is_no_idr_opens_its_group() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    see(made, bytes.fromhex("1701000000 00000002 4188"))
    assert made.facts().video is not None
    video = made.facts().video
    assert video is not None
    assert (video.gop.open, video.gop.closed) == (1, 0)


def test_leading_pictures_open_the_group_before_them() -> None:
    made = track()
    record = (DATA / "hevc_main_320x242.bin").read_bytes()
    made.see(enhanced("hvc1", VideoPacketType.SEQUENCE_START, record), 0, 10)
    cra = enhanced("hvc1", VideoPacketType.CODED_FRAMES, bytes.fromhex("000000042a01acff"))
    made.see(cra, 0, 10)
    rasl = VideoBody(
        "hvc1", FrameType.INTER, VideoPacketType.CODED_FRAMES_X, bytes.fromhex("000000041001e0ff")
    )
    made.see(rasl, 40, 10)
    video = made.facts().video
    assert video is not None
    assert (video.gop.open, video.pictures.bidirectional) == (1, 1)


def test_a_picture_that_cannot_be_read_is_a_frame_all_the_same() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    with pytest.raises(ProtocolError):
        see(made, bytes.fromhex("1701000000 00000009 65"))
    facts = made.facts()
    assert (made.is_frame, facts.frames) == (True, 1)
    assert facts.video is not None
    assert facts.video.gop.closed == 1


@pytest.mark.parametrize("full", [True, False])
def test_keyframes_say_the_size_where_no_header_does(full: bool) -> None:
    made = track(full=full)
    made.see(enhanced("vp09", VideoPacketType.CODED_FRAMES, VP9_KEY), 0, 10)
    made.see(enhanced("vp09", VideoPacketType.CODED_FRAMES, VP9_KEY), 40, 10)
    facts = made.facts()
    assert facts.video is not None
    assert (facts.codec, facts.codec_string) == ("vp9", None)
    assert (facts.video.width, facts.video.height, facts.video.sar) == (320, 242, (1, 1))


def test_the_first_field_is_that_of_the_first_picture_that_says_it() -> None:
    made = track()
    record = (DATA / "avc_high422_interlaced_320x240.bin").read_bytes()
    made.see(enhanced("avc1", VideoPacketType.SEQUENCE_START, record), 0, 10)
    for pic_struct in ("00", "40", "30"):
        data = bytes.fromhex(f"00000005 060101{pic_struct}80 00000002 6588")
        made.see(enhanced("avc1", VideoPacketType.CODED_FRAMES_X, data), 0, 10)
    video = made.facts().video
    assert video is not None
    assert (video.interlaced, video.first_field) == (True, "bottom")


def test_codecs_that_nobody_reads_are_counted() -> None:
    made = track()
    made.see(enhanced("vvc1", VideoPacketType.SEQUENCE_START, b"record"), 0, 10)
    made.see(enhanced("vvc1", VideoPacketType.CODED_FRAMES, b"frame"), 0, 10)
    facts = made.facts()
    assert facts.video is not None
    assert (facts.codec, facts.frames, facts.headers.count) == ("vvc", 1, 1)
    assert (facts.video.width, facts.video.sar, facts.video.display_width) == (None, None, None)


def test_a_header_without_a_size_is_a_header() -> None:
    made = track()
    record = bytes.fromhex("81081c00")
    made.see(enhanced("av01", VideoPacketType.SEQUENCE_START, record), 0, 10)
    facts = made.facts()
    assert facts.video is not None
    assert (facts.profile, facts.video.width) == ("Main", None)


def test_keyframes_are_worth_a_look_until_the_size_is_known() -> None:
    made = track(full=False)
    assert made.needs_look
    see(made, bodies.VIDEO_HEADER)
    assert not made.needs_look
