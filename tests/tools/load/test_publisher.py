"""What a publisher of the load says when its publish is accepted."""

from __future__ import annotations

import socket
import sys

import pytest

from trio_srs.tools.load.client import S0_S1_S2_SIZE
from trio_srs.tools.load.loop import READ, Loop
from trio_srs.tools.load.plan import Load, LoadPlan
from trio_srs.tools.load.publisher import (
    STAMP,
    STAMP_AT,
    STAMP_MARK,
    LoadPublisher,
    StampingPublisher,
)
from trio_srs.tools.load.skim_chunks import ChunkSkimmer
from trio_srs.tools.load.source import LoadSource, frame_body, synthetic
from trio_srs.wire.codec.avc import parse_avc_config, parse_sps
from trio_srs.wire.flv.audio import parse_audio
from trio_srs.wire.flv.video import parse_video
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import on_status
from trio_srs.wire.rtmp.message import Message, MessageType

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")

PLAN = LoadPlan(load=Load.LATENCY, url="rtmp://127.0.0.1/live/s")
HELLO = b"\x03" + bytes(S0_S1_S2_SIZE - 1)
STARTED = on_status("NetStream.Publish.Start", "go").message(1)
LONG_HEADERS = ((9, b"\x17\0\0\0\0" + bytes(range(200))), (8, b"\xaf\0" + bytes(90)))


def sent(loop: Loop, kind: type[LoadPublisher], source: LoadSource) -> list[Message]:
    """Audio and video that a publisher sends at once: its headers, and the first frame."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        publisher = kind(loop, PLAN, 0, ChunkSkimmer(), source)
        publisher.sock = ours
        loop.add(ours.fileno(), READ, publisher.ready)
        theirs.send(HELLO)
        publisher.ready(READ)
        theirs.send(encode_message(STARTED, 128))
        publisher.ready(READ)
        reader = ChunkReader(chunk_size=4096)
        reader.feed(theirs.recv(10**6)[1536:])
        media = (MessageType.AUDIO, MessageType.VIDEO)
        return [m for m in iter(reader.next_message, None) if m.type_id in media]


@pytest.mark.parametrize("kind", [LoadPublisher, StampingPublisher])
@pytest.mark.parametrize(
    "source",
    [
        synthetic(100),
        synthetic(16, audio=False),
        LoadSource(LONG_HEADERS, ((0, 9, frame_body(99, key=True)),), 40),
    ],
    ids=["with sound", "pictures alone", "long headers"],
)
def test_headers_arrive_as_they_are(
    loop: Loop, kind: type[LoadPublisher], source: LoadSource
) -> None:
    media = sent(loop, kind, source)
    assert [(m.type_id, m.payload) for m in media[: len(source.headers)]] == list(source.headers)


def test_headers_of_a_stamped_stream_can_be_read(loop: Loop) -> None:
    video, audio, *_ = sent(loop, StampingPublisher, synthetic(100))
    [header] = parse_video(video.payload)
    assert parse_sps(parse_avc_config(header.data).sps[0]).width == 320
    assert parse_audio(audio.payload)[0].data


def test_a_frame_is_stamped_behind_its_first_bytes(loop: Loop) -> None:
    *_, frame = sent(loop, StampingPublisher, synthetic(16, audio=False))
    plain = frame_body(len(frame.payload), key=True)
    mark, number, _ = STAMP.unpack_from(frame.payload, STAMP_AT)
    assert (mark, number) == (STAMP_MARK, 1)
    assert frame.payload[:STAMP_AT] == plain[:STAMP_AT]
    assert frame.payload[STAMP_AT + STAMP.size :] == plain[STAMP_AT + STAMP.size :]


def test_a_frame_without_room_for_a_stamp_is_left_alone(loop: Loop) -> None:
    tiny = b"\x27\1\0\0\0\0\0\0\1\x41"
    *_, frame = sent(loop, StampingPublisher, LoadSource((), ((0, 9, tiny),), 40))
    assert frame.payload == tiny
