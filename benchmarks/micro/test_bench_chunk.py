"""How long the chunk stream takes: to read one message, to write one.

``pytest benchmarks/micro/test_bench_chunk.py``; ``extra_info`` has the microseconds per message
and the megabytes per second of the best round.
"""

from __future__ import annotations

from typing import Final

import attrs
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter, message_pieces
from trio_srs.wire.rtmp.message import Message, MessageType


@attrs.frozen
class Shape:
    """What one publisher sends."""

    payload: int
    chunk: int
    read: int = 65_536
    """Bytes that come at a time; 1460 is one TCP segment."""
    count: int = 400

    def messages(self) -> list[Message]:
        """Messages of nearly this length, 40 ms apart; none is as long as the one before."""
        return [
            Message(MessageType.VIDEO, 1, 40 * i, bytes(self.payload - i % 3))
            for i in range(self.count)
        ]

    def wire(self) -> bytes:
        """They in chunks."""
        writer = ChunkWriter(chunk_size=self.chunk)
        return b"".join(writer.write(message) for message in self.messages())


SHAPES: Final = {
    "audio": Shape(100, 4096),
    "video-60000": Shape(1500, 60_000),
    "video-4096": Shape(1500, 4096),
    "video-128": Shape(1500, 128),
    "frame-4096": Shape(5000, 4096),
    "frame-128": Shape(5000, 128),
    "keyframe-60000": Shape(60_000, 60_000, count=40),
    "keyframe-4096": Shape(60_000, 4096, count=40),
    "audio-segments": Shape(100, 4096, read=1460),
    "video-segments": Shape(1500, 4096, read=1460),
    "video-128-segments": Shape(1500, 128, read=1460),
    "keyframe-segments": Shape(60_000, 60_000, read=1460, count=40),
}


def note(benchmark: BenchmarkFixture, shape: Shape) -> None:
    """Say it per message."""
    if benchmark.stats is not None:  # it is, with --benchmark-disable
        best = benchmark.stats["min"]
        benchmark.extra_info["us/message"] = round(best / shape.count * 1e6, 2)
        benchmark.extra_info["MB/s"] = round(shape.payload * shape.count / best / 1e6)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_read(benchmark: BenchmarkFixture, shape: Shape) -> None:
    """As a connection does: each read into the same buffer, then all that came of it."""
    wire = shape.wire()
    buffer = bytearray(shape.read)
    view = memoryview(buffer)

    def read() -> list[Message]:
        reader = ChunkReader(chunk_size=shape.chunk)
        got = []
        for at in range(0, len(wire), shape.read):
            piece = wire[at : at + shape.read]
            view[: len(piece)] = piece
            reader.feed(view[: len(piece)])
            while (message := reader.next_message()) is not None:
                got.append(message)
        return got

    assert benchmark(read) == shape.messages()
    note(benchmark, shape)


WRITTEN: Final = ["audio", "video-4096", "frame-128", "keyframe-60000", "keyframe-4096"]


@pytest.mark.parametrize("name", WRITTEN)
def test_write(benchmark: BenchmarkFixture, name: str) -> None:
    """With the shortest headers, as a publisher."""
    shape = SHAPES[name]
    messages = shape.messages()

    def write() -> bytes:
        writer = ChunkWriter(chunk_size=shape.chunk)
        return b"".join([writer.write(message) for message in messages])

    assert benchmark(write) == shape.wire()
    note(benchmark, shape)


@pytest.mark.parametrize("name", WRITTEN)
def test_pieces(benchmark: BenchmarkFixture, name: str) -> None:
    """With full headers, as made once for all players."""
    shape = SHAPES[name]
    messages = shape.messages()

    def write() -> list[bytes]:
        return [
            piece
            for m in messages
            for piece in message_pieces(
                m.type_id, m.stream_id, m.timestamp_ms, m.payload, shape.chunk
            )
        ]

    reader = ChunkReader(chunk_size=shape.chunk)
    reader.feed(b"".join(benchmark(write)))
    assert list(iter(reader.next_message, None)) == messages
    note(benchmark, shape)
