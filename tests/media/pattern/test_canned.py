"""What is canned: whole, repeated for ever, and numbered where that can be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from tests.media.pattern.decoding import as_flv, pictures, samples
from trio_srs.media.frame_number import sei_frame_number
from trio_srs.media.pattern.canned import CANNED_SIZE, canned_audio, canned_video
from trio_srs.media.pattern.pattern_track import PatternTrack
from trio_srs.wire.codec.av1 import parse_av1_config
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.nalu import split_prefixed
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.flv.audio import AudioPacketType, parse_audio
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, parse_video
from trio_srs.wire.rtmp.message import Message


def messages(source: PatternTrack, type_id: int, count: int) -> Iterator[Message]:
    yield Message(type_id, 0, 0, source.header)
    for number, body in enumerate(islice(source.bodies(), count)):
        yield Message(type_id, 0, round(number * source.interval_ms), body)


def header_of(source: PatternTrack) -> VideoBody:
    [header] = parse_video(source.header)
    assert header.packet_type is VideoPacketType.SEQUENCE_START
    return header


def test_hevc_says_that_it_is_hevc() -> None:
    source = canned_video("hevc")
    header = header_of(source)
    config = parse_hevc_config(header.data)
    assert (header.codec, len(config.sps), config.nalu_length_size) == ("hvc1", 1, 4)
    assert source.metadata == {
        "width": 320.0, "height": 180.0, "framerate": 25.0, "videocodecid": float(0x68766331),
    }  # fmt: skip


def test_av1_says_that_it_is_av1() -> None:
    header = header_of(canned_video("av1"))
    assert (header.codec, parse_av1_config(header.data).profile) == ("av01", 0)


def test_opus_says_that_it_is_opus() -> None:
    source = canned_audio()
    [header] = parse_audio(source.header)
    assert header.packet_type is AudioPacketType.SEQUENCE_START
    assert parse_opus_head(header.data).channels == 2
    bodies = list(islice(source.bodies(), 101))
    assert {parse_audio(body)[0].packet_type for body in bodies} == {AudioPacketType.CODED_FRAMES}
    assert bodies[100] == bodies[0] != bodies[99]
    assert source.interval_ms == 20


@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_frames_repeat_from_keyframe_to_keyframe(codec: str) -> None:
    frames = [parse_video(body)[0] for body in islice(canned_video(codec).bodies(), 101)]
    keys = [n for n, frame in enumerate(frames) if frame.frame_type is FrameType.KEY]
    assert keys == [0, 50, 100]
    assert {frame.composition_ms for frame in frames} == {0}
    assert frames[0].data[40:] == frames[50].data[40:] != frames[49].data[40:]


def test_hevc_frames_have_their_number_in_front() -> None:
    for number, body in enumerate(islice(canned_video("hevc").bodies(), 60)):
        assert sei_frame_number(body) == number
        first, *others = split_prefixed(parse_video(body)[0].data, 4)
        assert first[:2] == b"\x4e\x01"
        assert len(others) == 1


def test_av1_frames_have_no_number() -> None:
    assert sei_frame_number(next(canned_video("av1").bodies())) is None


@pytest.mark.interop
@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_a_decoder_shows_all_of_it_round_and_round(codec: str) -> None:
    shown = pictures(as_flv(messages(canned_video(codec), 9, 110)), *CANNED_SIZE)
    assert len(shown) == 110
    assert shown[:50] == shown[50:100]
    assert len(set(shown)) == 50


@pytest.mark.interop
def test_a_decoder_hears_all_of_it_round_and_round() -> None:
    found = samples(as_flv(messages(canned_audio(), 8, 210)))
    assert len(found) == pytest.approx(210 * 960 * 2, abs=960 * 2)
    assert max(found) > 1000
