"""One direction of an RTMP connection, as somebody sees it who only listens. Floor 1.

Inspection, masking and replay of captures read through it; it stands on the same core as server and
client, and so finds the same errors and oddities at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, cast

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.session.rtmp_core import RtmpCore, SessionLimits
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_trace import ChunkSpan, ChunkTracer
from trio_srs.wire.rtmp.handshake import (
    HANDSHAKE_BYTES,
    RANDOM_BYTES,
    ClientHandshake,
    HandshakeKind,
    ServerHandshake,
)
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.oddity import OddityKind

__all__ = [
    "BytesLost",
    "Observation",
    "ObservedError",
    "ObservedHandshake",
    "ObservedMessage",
    "ObservedOddity",
    "RtmpObserver",
]

_FIRST_SEARCH: Final = 4096
_LAST_SEARCH: Final = 2**21
"""Bytes behind a gap in which a message must be found."""


@attrs.frozen
class ObservedHandshake:
    """A side has said all of its handshake."""

    kind: HandshakeKind
    """What its first part looks like."""


@attrs.frozen
class ObservedMessage:
    """A whole message, and where it stood."""

    message: Message
    spans: tuple[ChunkSpan, ...]
    """Its chunks; offsets count from the first byte of the direction, as those of errors do."""

    @property
    def offset(self) -> int:
        """Of its first byte."""
        return self.spans[0].offset

    @property
    def end(self) -> int:
        """Of the first byte behind it."""
        return self.spans[-1].end


@attrs.frozen
class ObservedOddity:
    """Something odd, the first time that it was done."""

    kind: OddityKind
    detail: str
    offset: int


@attrs.frozen
class BytesLost:
    """So many bytes could not be read, as bytes before them are missing."""

    count: int
    passed_over: int
    """Bytes that are there, up to where a message was found."""


@attrs.frozen
class ObservedError:
    """Nothing more can be made of the bytes of this direction."""

    code: str
    """Of the error; as in the list of errors."""
    text: str
    offset: int
    """Bytes that had been understood."""


Observation = ObservedHandshake | ObservedMessage | ObservedOddity | BytesLost | ObservedError


class _TracedCore(RtmpCore):
    reader_type: ClassVar[type[ChunkReader]] = ChunkTracer


class RtmpObserver:
    """Makes observations of the bytes of one direction.

    Attributes:
        is_broken: whether nothing more can be made of what comes.

    Args:
        is_client: whether it is the direction from the client to the server.
    """

    def __init__(self, *, is_client: bool, limits: SessionLimits | None = None) -> None:
        self.is_broken = False
        random = bytes(RANDOM_BYTES)
        handshake: ServerHandshake | ClientHandshake
        if is_client:
            handshake = ServerHandshake(random=random)
        else:
            handshake = ClientHandshake(random=random, digest=True)
        self._handshake = handshake
        self._core = _TracedCore(
            handshake, limits=limits or SessionLimits(), ping_after=0.0, now=0.0
        )
        self._tracer = cast(ChunkTracer, self._core._reader)
        self._received = 0
        self._lost = 0
        self._behind_gap: bytearray | None = None
        self._search_at = _FIRST_SEARCH
        self._oddities = 0

    @property
    def unfinished(self) -> tuple[ChunkSpan, ...]:
        """The chunks of messages that are not whole."""
        return _moved(self._tracer.unfinished)

    @property
    def understood(self) -> int:
        """How many bytes of the direction were made something of."""
        if not self._handshake.done:
            return 0
        return HANDSHAKE_BYTES + self._tracer.offset

    def feed(self, data: bytes) -> Iterator[Observation]:
        """Observe what comes of some more bytes. To be exhausted."""
        if self.is_broken:
            return
        self._received += len(data)
        if self._behind_gap is not None:
            self._behind_gap += data
            if len(self._behind_gap) >= self._search_at:
                self._search_at *= 2
                yield from self._search(is_all=False)
            return
        yield from self._read(data)

    def lose(self, count: int) -> Iterator[Observation]:
        """So many bytes come next that nobody has. To be exhausted."""
        if self.is_broken or not count:
            return
        if not self._handshake.done:
            yield self._broken(ProtocolError(f"{count} bytes of the handshake are missing"))
            return
        if self._behind_gap is not None:  # nothing was found between two gaps
            self._lost += len(self._behind_gap)
        self._lost += count
        self._behind_gap, self._search_at = bytearray(), _FIRST_SEARCH

    def end(self) -> Iterator[Observation]:
        """Nothing more comes. To be exhausted."""
        if self._behind_gap is not None:
            yield from self._search(is_all=True)

    def _search(self, *, is_all: bool) -> Iterator[Observation]:
        data = bytes(self._behind_gap or b"")
        at = self._tracer.find_start(data, is_all=is_all)
        if at is None:
            if is_all or len(data) >= _LAST_SEARCH:
                lost = f"no message can be told in {len(data)} bytes behind {self._lost} lost ones"
                self._behind_gap = None
                yield self._broken(ProtocolError(lost))
            return
        self._tracer.lose(self._lost + at)
        yield BytesLost(self._lost, at)
        self._behind_gap, self._lost = None, 0
        yield from self._read(data[at:])

    def _read(self, data: bytes) -> Iterator[Observation]:
        core = self._core
        was_done = self._handshake.done
        try:
            core.receive_data(data, 0.0)
            core.out.clear()
            if self._handshake.done and not was_done:
                yield ObservedHandshake(self._handshake.kind)
            while (message := core.read()) is not None:
                yield ObservedMessage(message, _moved(self._tracer.spans))
                core.sift(message)
                core.parts.clear()
                core.out.clear()
                yield from self._new_oddities()
        except ProtocolError as error:
            yield from self._new_oddities()
            yield self._broken(error)

    def _new_oddities(self) -> Iterator[ObservedOddity]:
        found = self._core.oddities
        for kind, odd in list(found.items())[self._oddities :]:
            yield ObservedOddity(kind, odd.detail, odd.offset)
        self._oddities = len(found)

    def _broken(self, error: ProtocolError) -> ObservedError:
        self.is_broken = True
        return ObservedError(error.code, str(error), self.understood)


def _moved(spans: tuple[ChunkSpan, ...]) -> tuple[ChunkSpan, ...]:
    """The same, counted from the first byte of the direction."""
    return tuple(
        attrs.evolve(
            span,
            offset=span.offset + HANDSHAKE_BYTES,
            payload_at=span.payload_at + HANDSHAKE_BYTES,
        )
        for span in spans
    )
