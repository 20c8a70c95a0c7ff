"""The chunk stream read as plainly as the clauses say it: what the real reader is compared with.

It has all bytes from the beginning, copies each of them by itself, and knows no shortcut.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, Protocol, TypeAlias, cast

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_parts import ChunkParts
from trio_srs.wire.rtmp.chunk_reader import ChunkReader, TakeMedia
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.oddity import Oddities

Verdict = tuple[list[Message], str]
"""The messages that came out, and what was said at the end: nothing, or the complaint."""


SMALL: Final = ChunkLimits(message=600, half_read=900, chunk_streams=4)
"""Limits that a few hundred bytes can meet."""


Takers: TypeAlias = Mapping[int, TakeMedia]


class Reader(Protocol):
    """What both readers can do."""

    chunk_size: int

    def abort(self, csid: int) -> None: ...

    def next_message(self) -> Message | None: ...


@attrs.define(eq=False)
class Stream:
    """What one chunk stream remembers."""

    time: int = 0
    delta: int = 0
    absolute: bool = True
    extended: int | None = None
    length: int = 0
    type_id: int = 0
    stream_id: int = 0
    body: list[int] | None = None


class PlainReader:
    """The oracle."""

    def __init__(
        self, data: bytes, *, chunk_size: int = 128, limits: ChunkLimits | None = None
    ) -> None:
        self.data = data
        self.chunk_size = chunk_size
        self.limits = limits or ChunkLimits()
        self.streams: dict[int, Stream] = {}
        self.begins: list[int] = []
        """Where each chunk that was begun begins."""
        self.pos = 0

    def abort(self, csid: int) -> None:
        if csid in self.streams:
            self.streams[csid].body = None

    def next_message(self) -> Message | None:
        try:
            while self.pos < len(self.data):
                message = self.chunk()
                if message is not None:
                    return message
        except EOFError:
            self.pos = len(self.data)
        return None

    def take(self, count: int) -> list[int]:
        taken: list[int] = []
        for _ in range(count):
            if self.pos == len(self.data):
                raise EOFError
            taken.append(self.data[self.pos])
            self.pos += 1
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def chunk(self) -> Message | None:
        self.begins.append(self.pos)
        fmt, csid = divmod(self.number(1), 64)
        if csid < 2:
            csid = 64 + int.from_bytes(self.take(csid + 1), "little")
        stream = self.streams.get(csid)
        if stream is None:
            if fmt > 1:
                raise self.blame(f"chunk stream {csid} begins with fmt {fmt}, expected 0")
            if len(self.streams) == (most := self.limits.chunk_streams):
                raise self.blame(
                    f"chunk stream {csid} is one more than the limit of {most} chunk streams"
                )
            stream = Stream()
        if fmt < 3:
            if stream.body is not None:
                raise self.blame(f"fmt {fmt} inside a message on chunk stream {csid}, expected 3")
            self.header(stream, fmt, csid)
            self.streams[csid] = stream
        elif stream.body is not None:
            self.skip_extended(stream)
        else:
            self.repeat(stream)
        return self.payload(stream, csid)

    def header(self, stream: Stream, fmt: int, csid: int) -> None:
        time = self.number(3)
        length, type_id = stream.length, stream.type_id
        if fmt < 2:
            length, type_id = self.number(3), self.number(1)
        if fmt < 1:
            stream.stream_id = int.from_bytes(self.take(4), "little")
        extended = self.number(4) if time == 0xFFFFFF else None
        if length > (most := self.limits.message):
            raise self.blame(
                f"message of {length} bytes on chunk stream {csid}; the limit is {most} bytes"
            )
        if extended is not None:
            time = extended
        stream.length, stream.type_id, stream.extended = length, type_id, extended
        stream.delta, stream.absolute = time, fmt == 0
        stream.time = time if fmt == 0 else (stream.time + time) % 2**32

    def repeat(self, stream: Stream) -> None:
        if stream.extended is None:
            stream.time = (stream.time + stream.delta) % 2**32
            return
        value = int.from_bytes(self.take(4), "big")
        if value == stream.extended and not stream.absolute:
            stream.time = (stream.time + value) % 2**32
        elif (value - stream.time) % 2**32 < 3_600_000:
            stream.time = value
        else:
            self.pos -= 4  # it was left out
            stream.time = (stream.time + (0 if stream.absolute else stream.delta)) % 2**32

    def skip_extended(self, stream: Stream) -> None:
        """Inside a message, the extended timestamp is there if it looks like it."""
        if stream.extended is None:
            return
        here = self.data[self.pos : self.pos + 4]
        for sent in (stream.extended, stream.time):
            if sent.to_bytes(4, "big").startswith(here):
                self.take(4)
                return

    def payload(self, stream: Stream, csid: int) -> Message | None:
        body = stream.body or []
        held = sum(len(s.body) for s in self.streams.values() if s.body is not None)
        size = min(self.chunk_size, stream.length - len(body))
        if held + size > (most := self.limits.half_read):
            raise self.blame(
                f"chunk of {size} bytes on chunk stream {csid} beside {held} bytes of "
                f"unfinished messages; the limit is {most} bytes"
            )
        body += self.take(size)
        stream.body = body
        if len(body) < stream.length:
            return None
        stream.body = None
        return Message(stream.type_id, stream.stream_id, stream.time, bytes(body))

    def blame(self, text: str) -> ProtocolError:
        return ProtocolError(f"byte {self.begins[-1]}: {text}")


@attrs.define(eq=False)
class ShortWay:
    """The real reader, read by :meth:`ChunkReader.take_media` as far as that goes.

    Attributes:
        most: messages that are taken at once.
        streams: the message streams whose media somebody takes; None for all there are.
        taken: messages that came this way.
    """

    reader: ChunkReader
    most: int = 2
    streams: frozenset[int] | None = None
    taken: int = 0
    _ready: deque[Message] = attrs.field(factory=deque)

    def get(self, stream_id: int) -> TakeMedia | None:
        """Who takes what is of a message stream."""
        if self.streams is not None and stream_id not in self.streams:
            return None
        return lambda type_id, time, payload, now: self._ready.append(
            Message(type_id, stream_id, time, payload)
        )

    @property
    def chunk_size(self) -> int:
        return self.reader.chunk_size

    @chunk_size.setter
    def chunk_size(self, size: int) -> None:
        self.reader.chunk_size = size

    def abort(self, csid: int) -> None:
        self.reader.abort(csid)

    @property
    def oddities(self) -> Oddities | None:
        return self.reader.oddities

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        self.reader.feed(data)

    def keep(self) -> None:
        self.reader.keep()

    def next_message(self) -> Message | None:
        if not self._ready:
            count, is_all = self.reader.take_media(cast(Takers, self), 0.0, self.most)
            assert count == len(self._ready) <= self.most
            assert not is_all or not self.reader.held
            self.taken += count
        return self._ready.popleft() if self._ready else self.reader.next_message()


def obey(reader: Reader, message: Message) -> None:
    """Do what a session does: Set Chunk Size and Abort work before the next message is read."""
    number = int.from_bytes(message.payload[:4], "big")
    if message.type_id == MessageType.SET_CHUNK_SIZE and 1 <= number <= 2**31 - 1:
        reader.chunk_size = number
    elif message.type_id == MessageType.ABORT:
        reader.abort(number)


def drain(reader: Reader) -> Verdict:
    """Everything that can be read now."""
    got = []
    try:
        while (message := reader.next_message()) is not None:
            got.append(message)
            obey(reader, message)
    except ProtocolError as exc:
        return got, str(exc)
    return got, ""


def drain_pieces(reader: ChunkParts | ShortWay, pieces: list[bytes]) -> Verdict:
    """Everything, when the bytes come in pieces, each in the same buffer, overwritten after."""
    got = []
    buffer = bytearray(max(map(len, pieces), default=0))
    for piece in pieces:
        buffer[: len(piece)] = piece
        reader.feed(memoryview(buffer)[: len(piece)])
        some, complaint = drain(reader)
        got += some
        if complaint:
            return got, complaint
        buffer[:] = b"\xee" * len(buffer)
    return got, ""


def both_ways(make: Callable[[], ChunkReader]) -> tuple[ChunkReader, ShortWay]:
    """One that is read message by message, and one that is read the short way."""
    return make(), ShortWay(make())


def in_steps(data: bytes, step: int) -> list[bytes]:
    """``data`` in pieces of ``step`` bytes."""
    return [data[at : at + step] for at in range(0, len(data), step)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """``data`` in pieces, cut at some places, some of them empty."""
    return [data[a:b] for a, b in pairwise([0, *sorted(places), len(data)])]


def check(data: bytes) -> None:
    """Fail unless the real reader reads ``data`` as plainly, whole and in pieces."""
    for limits in (SMALL, ChunkLimits()):
        plain = drain(PlainReader(data, limits=limits))
        for step in (1, 1 + len(data) // 7, len(data) + 1):
            for reader in both_ways(lambda: ChunkReader(limits=limits)):  # noqa: B023 - at once
                assert drain_pieces(reader, in_steps(data, step)) == plain
