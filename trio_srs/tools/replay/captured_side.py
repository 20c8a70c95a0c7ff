"""What one side said in a capture, step by step, and what it had heard before each. Floor 6."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.session.rtmp_observer import ObservedMessage, RtmpObserver
from trio_srs.tools.replay.dialogue_labels import HeardAnswer, Labels
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.handshake import HANDSHAKE_BYTES
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.session_capture import CaptureKind, SessionCapture

__all__ = ["FIRST_PART", "CapturedSide", "SideStep", "read_side"]

FIRST_PART: Final = 1537
"""Bytes of the version and the first part of a handshake."""
_ENDS: Final = {
    CaptureKind.PEER_ENDED: "client",
    CaptureKind.WE_ENDED: "server",
    CaptureKind.CLOSED: "server",
    CaptureKind.RESET: "server",
}


@attrs.frozen(kw_only=True)
class SideStep:
    """Some bytes that were said: a part of the handshake, a chunk, or what could not be read."""

    at_s: float
    data: bytes
    after: frozenset[str]
    """The labels of the other side's that had been heard: they are waited for."""
    after_bytes: int
    """Of the other side's handshake, likewise."""
    part: int = 0
    """1 and 2 are the parts of the handshake; 0 is what comes behind."""
    message: Message | None = None
    """Of the first chunk of a message that message; of the others nothing."""
    csid: int = 0
    fmt: int = 0
    is_rest: bool = False
    """Whether it is a chunk behind the first of its message."""
    chunk_size: int = 128
    """What was in force."""


@attrs.frozen
class CapturedSide:
    """One side of a session."""

    steps: tuple[SideStep, ...]
    labels: Labels
    """Of both sides, at the end."""
    ended_by: str
    """Who ended it first: ``client`` or ``server``; empty if that is not in the capture."""
    is_whole: bool
    """Whether nothing is left out of the capture."""

    @property
    def answers(self) -> list[HeardAnswer]:
        """What the server had answered."""
        return self.labels.answers


class _BothSides:
    """Both directions as they are read; ``mine`` is the one that is to be done again."""

    def __init__(self, *, is_client: bool) -> None:
        self.is_client = is_client
        self.labels = Labels()
        self.theirs = 0
        self.mine = bytearray()
        self.ends: list[tuple[int, float, frozenset[str], int]] = []
        """Of each piece of mine: where it ends, when it came, and what was heard before."""
        self.seen: list[ObservedMessage] = []
        self._others: set[str] = set()
        self._observers = {each: RtmpObserver(is_client=each) for each in (True, False)}

    def take(self, data: bytes, at_s: float, *, from_client: bool) -> None:
        is_mine = from_client is self.is_client
        if is_mine:
            self.mine += data
            heard = frozenset(self._others)
            self.ends.append((len(self.mine), at_s, heard, min(self.theirs, FIRST_PART)))
        else:
            self.theirs += len(data)
        for seen in self._observers[from_client].feed(data):
            if isinstance(seen, ObservedMessage):
                said = self.labels.call if from_client else self.labels.answer
                label = said(seen.message)
                if is_mine:
                    self.seen.append(seen)
                elif label is not None:
                    self._others.add(label)

    def steps(self) -> Iterator[SideStep]:
        """What I said, in the order of its bytes."""
        ends = iter(self.ends)
        end, at_s, heard, theirs = 0, 0.0, frozenset[str](), 0
        for piece in self._pieces():
            while piece.end > end:
                end, at_s, heard, theirs = next(ends)
            yield attrs.evolve(
                piece.step,
                at_s=at_s,
                data=bytes(self.mine[piece.begin : piece.end]),
                after=heard,
                after_bytes=theirs,
            )

    def _pieces(self) -> Iterator[_SaidPiece]:
        """All that I said, in pieces: parts of the handshake, chunks, and what is between."""
        size, at = len(self.mine), 0
        for part, end in ((1, FIRST_PART), (2, HANDSHAKE_BYTES)):
            if at < size:
                yield _SaidPiece(at, min(end, size), attrs.evolve(_NOTHING, part=part))
                at = min(end, size)
        for chunk in sorted(self._chunks(), key=lambda each: each.begin):
            if at < chunk.begin:
                yield _SaidPiece(at, chunk.begin, _NOTHING)
            yield chunk
            at = chunk.end
        if at < size:
            yield _SaidPiece(at, size, _NOTHING)

    def _chunks(self) -> Iterator[_SaidPiece]:
        chunk_size = _FIRST_CHUNK_SIZE
        for seen in self.seen:
            for index, span in enumerate(seen.spans):
                step = attrs.evolve(
                    _NOTHING,
                    message=None if index else seen.message,
                    csid=span.csid,
                    fmt=span.fmt,
                    is_rest=index > 0,
                    chunk_size=chunk_size,
                )
                yield _SaidPiece(span.offset, span.end, step)
            if seen.message.type_id == MessageType.SET_CHUNK_SIZE:
                with suppress(ProtocolError, ValueError):
                    chunk_size = SetChunkSize.decode(seen.message.payload).size


@attrs.frozen
class _SaidPiece:
    begin: int
    end: int
    step: SideStep
    """All about it but its bytes, and when they came."""


_FIRST_CHUNK_SIZE: Final = 128
_NOTHING: Final = SideStep(at_s=0.0, data=b"", after=frozenset(), after_bytes=0)


def read_side(capture: SessionCapture, *, is_client: bool) -> CapturedSide:
    """What a side said in a capture.

    Args:
        is_client: whether it is the client's side.
    """
    reading = _BothSides(is_client=is_client)
    ended_by, is_whole = "", True
    for record in capture.records:
        at_s = record.at_us / 1e6
        if record.kind == CaptureKind.RECEIVED:
            reading.take(record.data, at_s, from_client=True)
        elif record.kind == CaptureKind.SENT:
            reading.take(record.data, at_s, from_client=False)
        elif record.kind == CaptureKind.OMITTED:
            is_whole = False
            break
        elif record.kind == CaptureKind.BROKEN:
            ended_by = ended_by or "client"
        else:
            ended_by = ended_by or _ENDS[CaptureKind(record.kind)]
    return CapturedSide(tuple(reading.steps()), reading.labels, ended_by, is_whole)
