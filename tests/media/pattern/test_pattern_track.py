"""Tracks made here: lawful bodies, as many bytes as asked for."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.frame_number import sei_frame_number
from trio_srs.media.pattern.pattern_track import aac_source, h264_source
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.avc import parse_avc_config, parse_sps
from trio_srs.wire.codec.nalu import split_prefixed
from trio_srs.wire.flv.audio import AudioPacketType, parse_audio
from trio_srs.wire.flv.video import FrameType, VideoPacketType, parse_video

FPS = Fraction(25)


def test_keyframes_come_once_a_gop() -> None:
    source = h264_source(320, 240, FPS, gop_frames=4)
    frames = [parse_video(body)[0] for body in islice(source.bodies(), 9)]
    keys = [frame.frame_type is FrameType.KEY for frame in frames]
    assert keys == [True, False, False, False] * 2 + [True]
    assert {(f.codec, f.packet_type, f.composition_ms) for f in frames} == {
        ("avc1", VideoPacketType.CODED_FRAMES, 0)
    }
    assert [sei_frame_number(frame.data) for frame in frames] == list(range(9))
    assert source.interval_ms == 40


def test_the_header_says_what_the_metadata_says() -> None:
    source = h264_source(320, 242, Fraction(30000, 1001), gop_frames=4)
    [header] = parse_video(source.header)
    assert header.packet_type is VideoPacketType.SEQUENCE_START
    sps = parse_sps(parse_avc_config(header.data).sps[0])
    said = source.metadata
    assert (said["width"], said["height"], said["videocodecid"]) == (sps.width, sps.height, 7)
    assert said["framerate"] == pytest.approx(29.97, abs=0.001)
    assert source.interval_ms == Fraction(1001, 30)


def test_the_frames_are_the_same_each_time() -> None:
    source = h264_source(320, 240, FPS, gop_frames=4, kbps=200)
    assert list(islice(source.bodies(), 9)) == list(islice(source.bodies(), 9))


@given(st.integers(200, 20_000), st.sampled_from([FPS, Fraction(30000, 1001), Fraction(60)]))
def test_the_bit_rate_is_what_was_asked_for(kbps: int, fps: Fraction) -> None:
    source = h264_source(320, 240, fps, gop_frames=10, kbps=kbps)
    total = 0
    for number, body in enumerate(islice(source.bodies(), 20), 1):
        total += len(body)
        target = float(kbps * 125 * number / fps)
        # A keyframe may be more than a frame's share, and what is missing less than a filler.
        assert target - 6 <= total <= target + 1000
        nalus = [nalu[0] & 31 for nalu in split_prefixed(body[5:], 4)]
        assert nalus in ([6, 5], [6, 1], [6, 5, 12], [6, 1, 12])


def test_sound_is_aac() -> None:
    source = aac_source(48000, 1, 1000)
    [header] = parse_audio(source.header)
    config = parse_audio_specific_config(header.data)
    assert (header.packet_type, config.sample_rate, config.channels) == (
        AudioPacketType.SEQUENCE_START, 48000, 1,
    )  # fmt: skip
    frames = [parse_audio(body)[0] for body in islice(source.bodies(), 5)]
    assert {(f.codec, f.packet_type) for f in frames} == {("mp4a", AudioPacketType.CODED_FRAMES)}
    assert frames[0] == frames[4] != frames[1]
    assert source.interval_ms == Fraction(64, 3)
    assert source.metadata == {"audiocodecid": 10.0, "audiosamplerate": 48000.0, "stereo": False}
