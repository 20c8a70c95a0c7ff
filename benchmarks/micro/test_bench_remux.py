"""What it costs to make another container of a stream of 1 Mbit/s, once for all who read it.

``pytest benchmarks/micro/test_bench_remux.py``; ``extra_info`` has the microseconds per message of
the best round.
"""

from __future__ import annotations

from typing import Final

from pytest_benchmark.fixture import BenchmarkFixture

from trio_srs.media.remux.mp4_muxer import Mp4Muxer
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.remux.ts_muxer import TsMuxer
from trio_srs.testing import bodies
from trio_srs.wire.rtmp.message import Message

SECONDS: Final = 20
FPS: Final = 25
VIDEO_BYTES: Final = 872_000 // 8 // FPS
AUDIO_BYTES: Final = 340
"""At 46.875 frames a second, 128 kbit/s."""


def stream() -> list[Message]:
    """Pictures and sound in the order of their time, a keyframe every two seconds."""
    pictures = [
        (bodies.inter if i % (2 * FPS) else bodies.key)(i * 1000 // FPS, VIDEO_BYTES, fill=0x88)
        for i in range(SECONDS * FPS)
    ]
    sounds = [
        bodies.audio(i * 64 // 3, AUDIO_BYTES, fill=i % 255 + 1)
        for i in range(SECONDS * 3000 // 64)
    ]
    frames = sorted([*pictures, *sounds], key=lambda message: message.timestamp_ms)
    return [bodies.metadata(), bodies.header(), bodies.audio_header(), *frames]


def note(benchmark: BenchmarkFixture, count: int) -> None:
    if benchmark.stats is not None:  # it is, with --benchmark-disable
        benchmark.extra_info["us/message"] = round(benchmark.stats["min"] * 1e6 / count, 2)


def fragmented_mp4(messages: list[Message]) -> bytes:
    muxer = Mp4Muxer()
    pieces = [
        piece.data
        for message in messages
        for piece in muxer.write(message.type_id, message.timestamp_ms, message.payload)
    ]
    return b"".join(pieces)


def transport_stream(messages: list[Message]) -> bytes:
    muxer = TsMuxer()
    pieces = [
        piece.data
        for message in messages
        for piece in muxer.write(message.type_id, message.timestamp_ms, message.payload)
    ]
    return b"".join(pieces)


def test_ts_muxed(benchmark: BenchmarkFixture) -> None:
    messages = stream()
    assert len(benchmark(transport_stream, messages)) > SECONDS * 125_000
    note(benchmark, len(messages))


def test_mp4_muxed(benchmark: BenchmarkFixture) -> None:
    messages = stream()
    assert len(benchmark(fragmented_mp4, messages)) > SECONDS * 120_000
    note(benchmark, len(messages))


def test_ts_demuxed(benchmark: BenchmarkFixture) -> None:
    messages = stream()
    data = transport_stream(messages)

    def read() -> int:
        demuxer = TsDemuxer()
        return len(demuxer.feed(data)) + len(demuxer.finish())

    assert benchmark(read) > len(messages) - 10
    note(benchmark, len(messages))
