"""Media for tests is what it says it is, to the readers of the package itself."""

from __future__ import annotations

import pytest

from trio_srs.testing import bodies
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.avc import parse_avc_config, parse_sps
from trio_srs.wire.codec.nalu import split_prefixed
from trio_srs.wire.flv.audio import AudioPacketType, parse_audio
from trio_srs.wire.flv.script import parse_metadata
from trio_srs.wire.flv.video import FrameType, VideoPacketType, parse_video
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message, MessageType


def test_the_video_header_has_a_picture_size() -> None:
    [body] = parse_video(bodies.header(7).payload)
    assert (body.codec, body.packet_type) == ("avc1", VideoPacketType.SEQUENCE_START)
    sps = parse_sps(parse_avc_config(body.data).sps[0])
    assert (sps.width, sps.height) == (320, 240)


def test_the_audio_header_has_a_rate_and_channels() -> None:
    [body] = parse_audio(bodies.audio_header(7).payload)
    config = parse_audio_specific_config(body.data)
    assert (config.object_type, config.sample_rate, config.channels) == (2, 44100, 2)


@pytest.mark.parametrize(
    ("message", "frame_type", "nalu_type"),
    [(bodies.key(5, 60, fill=9), FrameType.KEY, 5), (bodies.inter(5, 60, fill=9), 2, 1)],
)
def test_a_frame_is_one_unit_in_a_body_of_the_size_asked_for(
    message: Message, frame_type: int, nalu_type: int
) -> None:
    assert (len(message.payload), message.timestamp_ms) == (60, 5)
    [body] = parse_video(message.payload)
    [nalu] = split_prefixed(body.data, 4)
    assert (body.frame_type, nalu[0] & 0x1F, set(nalu[2:])) == (frame_type, nalu_type, {9})


def test_a_frame_without_room_for_its_headers_is_refused() -> None:
    assert len(bodies.key(0, bodies.FRAME_OVERHEAD).payload) == bodies.FRAME_OVERHEAD
    with pytest.raises(ValueError, match="a video frame of 9 bytes, expected at least 10"):
        bodies.key(0, 9)


def test_an_audio_frame_is_a_raw_frame_of_the_size_asked_for() -> None:
    message = bodies.audio(3, 12, fill=4)
    [body] = parse_audio(message.payload)
    assert (body.packet_type, body.data) == (AudioPacketType.CODED_FRAMES, bytes([4]) * 10)


def test_metadata_says_what_it_is_given() -> None:
    message = bodies.metadata({"encoder": "me"}, stream_id=4)
    assert (message.type_id, message.stream_id) == (MessageType.DATA_AMF0, 4)
    assert parse_metadata(message.payload).values == {"encoder": "me"}
    assert parse_metadata(bodies.metadata().payload).width == 320


def test_a_command_carries_its_arguments() -> None:
    message = bodies.command("play", None, "a", transaction_id=3.0, stream_id=1)
    assert message.stream_id == 1
    assert Command.decode(message) == Command("play", 3.0, (None, "a"))
