"""A capture as a conversation: who said what, and when. Floor 6."""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from trio_srs.session.rtmp_observer import (
    BytesLost,
    Observation,
    ObservedError,
    ObservedHandshake,
    ObservedMessage,
    ObservedOddity,
    RtmpObserver,
)
from trio_srs.wire.rtmp.chunk_trace import ChunkSpan
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.session_capture import CaptureKind, SessionCapture

__all__ = [
    "By",
    "Remark",
    "RemarkKind",
    "SaidMessage",
    "Utterance",
    "conversation",
]

_US: Final = 1e6


class By(enum.StrEnum):
    """Which of the two sides said it."""

    CLIENT = "client"
    SERVER = "server"


class RemarkKind(enum.StrEnum):
    """What there is to say beside messages."""

    HANDSHAKE = "handshake"
    """A side has said all of its handshake."""
    ODD = "odd"
    """Something odd, the first time that a side did it; it stands behind its message."""
    LOST = "lost"
    """Bytes are not in the capture, or no message could be told in them."""
    ERROR = "error"
    """Nothing more can be made of what a side said."""
    END = "end"
    """A side says nothing more, or the connection is closed or broken."""


@attrs.frozen
class Remark:
    """Something beside the messages."""

    at_s: float
    """Seconds since the session began."""
    by: By
    kind: RemarkKind
    text: str
    offset: int
    """Bytes of this direction before it."""


@attrs.frozen
class SaidMessage:
    """A whole message, who said it, and when its chunks came."""

    at_s: float
    """When its last byte was there: seconds since the session began."""
    by: By
    number: int
    """Its place among all messages of the conversation, of both sides: the first is 1."""
    message: Message
    spans: tuple[ChunkSpan, ...]
    """Its chunks; offsets count from the first byte of the direction."""
    chunks_at_s: tuple[float, ...]
    """When each of them was there whole."""

    @property
    def csid(self) -> int:
        """The chunk stream that it came on."""
        return self.spans[0].csid

    @property
    def offset(self) -> int:
        """Bytes of this direction before it."""
        return self.spans[0].offset


Utterance = Remark | SaidMessage

_ENDS: Final[Mapping[int, tuple[bool, str]]] = {
    CaptureKind.PEER_ENDED: (True, "sends nothing more"),
    CaptureKind.WE_ENDED: (False, "sends nothing more"),
    CaptureKind.CLOSED: (False, "closes the connection"),
    CaptureKind.RESET: (False, "resets the connection"),
}
"""Whether it is the peer that did it, and what."""


class _Side:
    """One direction, and when each of its bytes came."""

    def __init__(self, by: By) -> None:
        self.by = by
        self.observer = RtmpObserver(is_client=by is By.CLIENT)
        self.count = 0
        self._ends: list[int] = []
        self._times: list[float] = []

    def take(self, data: bytes, at_s: float) -> Iterator[Observation]:
        """Some more bytes came."""
        self.count += len(data)
        self._ends.append(self.count)
        self._times.append(at_s)
        return self.observer.feed(data)

    def lose(self, count: int) -> Iterator[Observation]:
        """Some bytes are not in the capture."""
        self.count += count
        return self.observer.lose(count)

    def when(self, offset: int) -> float:
        """When the byte before this place was there."""
        index = min(bisect_right(self._ends, offset - 1), len(self._times) - 1)
        return self._times[index]


def conversation(capture: SessionCapture) -> Iterator[Utterance]:
    """What both sides said, in the order in which it was there.

    What was captured at a server has the client as its peer.
    """
    peer, ours = _Side(By.CLIENT), _Side(By.SERVER)
    numbers = iter(range(1, 2**63))
    at_s = 0.0
    for record in capture.records:
        at_s = record.at_us / _US
        if record.kind in (CaptureKind.RECEIVED, CaptureKind.SENT):
            side = peer if record.kind == CaptureKind.RECEIVED else ours
            yield from _said(side, side.take(record.data, at_s), at_s, numbers)
        elif record.kind == CaptureKind.OMITTED:
            yield from _lost(peer, ours, record.omitted, at_s, numbers)
        elif record.kind == CaptureKind.BROKEN:
            text = f"the connection broke: {record.data.decode(errors='replace')}"
            yield Remark(at_s, By.SERVER, RemarkKind.END, text, ours.count)
        else:
            is_peer, text = _ENDS[record.kind]
            side = peer if is_peer else ours
            yield Remark(at_s, side.by, RemarkKind.END, text, side.count)
    for side in (peer, ours):
        yield from _said(side, side.observer.end(), at_s, numbers)
        yield from _unfinished(side, at_s)


def _lost(
    peer: _Side, ours: _Side, omitted: Iterable[int], at_s: float, numbers: Iterator[int]
) -> Iterator[Utterance]:
    for side, count in zip((peer, ours), omitted, strict=True):
        if count:
            text = f"{count} bytes are left out of the capture"
            yield Remark(at_s, side.by, RemarkKind.LOST, text, side.count)
            yield from _said(side, side.lose(count), at_s, numbers)


def _said(
    side: _Side, seen: Iterable[Observation], at_s: float, numbers: Iterator[int]
) -> Iterator[Utterance]:
    for each in seen:
        match each:
            case ObservedMessage(message, spans):
                chunks_at_s = tuple(side.when(span.end) for span in spans)
                said_at_s = max(chunks_at_s)
                yield SaidMessage(said_at_s, side.by, next(numbers), message, spans, chunks_at_s)
            case ObservedHandshake(kind):
                yield Remark(at_s, side.by, RemarkKind.HANDSHAKE, kind.value, 0)
            case ObservedOddity(kind, detail, offset):
                yield Remark(at_s, side.by, RemarkKind.ODD, f"{kind.value}: {detail}", offset)
            case BytesLost(count, passed_over):
                text = (
                    f"goes on behind {count} lost bytes; {passed_over} behind them were passed "
                    "over, and timestamps may be too small from here on"
                )
                yield Remark(at_s, side.by, RemarkKind.LOST, text, side.observer.understood)
            case ObservedError(code, text, offset):
                yield Remark(at_s, side.by, RemarkKind.ERROR, f"{code}: {text}", offset)


def _unfinished(side: _Side, at_s: float) -> Iterator[Remark]:
    """What a side began and never finished."""
    if side.observer.is_broken:
        return
    if side.count and not side.observer.understood:
        text = f"the handshake ends after {side.count} bytes"
        yield Remark(at_s, side.by, RemarkKind.LOST, text, side.count)
    by_chunk_stream: dict[int, list[ChunkSpan]] = {}
    for span in side.observer.unfinished:
        by_chunk_stream.setdefault(span.csid, []).append(span)
    for csid, spans in by_chunk_stream.items():
        here = sum(max(0, min(span.end, side.count) - span.payload_at) for span in spans)
        text = (
            f"a message of type {spans[0].type_id} on chunk stream {csid} ends after {here} bytes"
        )
        yield Remark(at_s, side.by, RemarkKind.LOST, text, spans[0].offset)
