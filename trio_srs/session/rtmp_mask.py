"""Taking secrets out of what two sides of a connection said, without changing a length. Floor 1.

In commands only: the values of parameters behind a ``?``, and the password of a user in a URL.
Records wait here until it is known what their bytes are.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import Final

import attrs

from trio_srs.session.rtmp_core import COMMANDS
from trio_srs.session.rtmp_observer import ObservedMessage, RtmpObserver
from trio_srs.wire.rtmp.chunk_trace import ChunkSpan
from trio_srs.wire.session_capture import CaptureKind, CaptureRecord

__all__ = ["SecretMask", "masked"]

_NOT_SECRET: Final = frozenset({b"vhost", b"domain", b"authmod"})
"""Parameters that say where, not who."""
# Text in AMF ends at the next marker or length, which does not print.
_PARAMETERS: Final = re.compile(rb"\?([ -~\x80-\xff]*)")
_PARAMETER: Final = re.compile(rb"([^&?=]*=)?([^&?]*)")
_PASSWORD: Final = re.compile(rb"(://[^/:@\x00-\x1f]*:)([^/@\x00-\x1f]+)(?=@)")


def masked(payload: bytes) -> bytes:
    """A command with ``*`` in the place of what may be secret, as long as before."""
    payload = _PASSWORD.sub(lambda found: found[1] + b"*" * len(found[2]), payload)
    return _PARAMETERS.sub(lambda found: b"?" + _PARAMETER.sub(_value, found[1]), payload)


def _value(found: re.Match[bytes]) -> bytes:
    name = found[1] or b""
    return found[0] if name[:-1] in _NOT_SECRET else name + b"*" * len(found[2])


@attrs.define
class _Held:
    """A record whose bytes may still be changed."""

    record: CaptureRecord
    way: _Way | None
    begin: int
    """The place of its first byte in its direction."""
    data: bytearray

    @property
    def end(self) -> int:
        return self.begin + len(self.data)


class _Way:
    """One direction, and its records that are held."""

    def __init__(self, *, is_client: bool) -> None:
        self.observer = RtmpObserver(is_client=is_client)
        self.count = 0
        self.held: deque[_Held] = deque()

    @property
    def settled(self) -> float:
        """How many bytes of it will not be changed any more."""
        if self.observer.is_broken:
            return float("inf")
        behind = (span.payload_at for span in self.observer.unfinished)
        return min((self.observer.understood, *behind))

    def mask(self, spans: Iterable[ChunkSpan]) -> None:
        """Mask a command that stands in these chunks, as far as it is here."""
        places = [(span.payload_at, min(span.end, self.count)) for span in spans]
        whole = b"".join(self._read(begin, end) for begin, end in places)
        covered, at = masked(whole), 0
        if covered == whole:
            return
        for begin, end in places:
            self._write(begin, covered[at : at + end - begin])
            at += end - begin

    def _read(self, begin: int, end: int) -> bytes:
        found = bytearray()
        for held in self.held:
            if held.begin < end and begin < held.end:
                found += held.data[max(0, begin - held.begin) : end - held.begin]
        return bytes(found)

    def _write(self, begin: int, data: bytes) -> None:
        for held in self.held:
            if held.begin < begin + len(data) and begin < held.end:
                at = max(begin, held.begin)
                piece = data[at - begin : held.end - begin]
                held.data[at - held.begin : at - held.begin + len(piece)] = piece


class SecretMask:
    """Masks the records of one session as they come, in order.

    Args:
        is_server: whether the capture was made at the server, so that its peer is the client.
    """

    def __init__(self, *, is_server: bool = True) -> None:
        received, sent = _Way(is_client=is_server), _Way(is_client=not is_server)
        self._ways = {CaptureKind.RECEIVED: received, CaptureKind.SENT: sent}
        self._held: deque[_Held] = deque()

    def add(self, record: CaptureRecord) -> list[CaptureRecord]:
        """One more record; returns those that are settled by it."""
        way = self._ways.get(CaptureKind(record.kind))
        if way is not None:
            held = _Held(record, way, way.count, bytearray(record.data))
            way.count += len(record.data)
            way.held.append(held)
            self._held.append(held)
            self._observe(way, record.data)
        else:
            self._held.append(_Held(record, None, 0, bytearray()))
            if record.kind == CaptureKind.OMITTED:
                for each, count in zip(self._ways.values(), record.omitted, strict=True):
                    self._cover_unfinished(each)
                    each.count += count
                    for _ in each.observer.lose(count):
                        continue
        return self._settled()

    def finish(self) -> list[CaptureRecord]:
        """Nothing more comes; returns all the others."""
        for way in self._ways.values():
            self._cover_unfinished(way)
        rest = [_record(held) for held in self._held]
        self._held.clear()
        return rest

    def _observe(self, way: _Way, data: bytes) -> None:
        for seen in way.observer.feed(data):
            if isinstance(seen, ObservedMessage) and seen.message.type_id in COMMANDS:
                way.mask(seen.spans)
        if way.observer.is_broken:
            self._cover_unfinished(way)

    def _cover_unfinished(self, way: _Way) -> None:
        by_chunk_stream: dict[int, list[ChunkSpan]] = {}
        for span in way.observer.unfinished:
            if span.type_id in COMMANDS:
                by_chunk_stream.setdefault(span.csid, []).append(span)
        for spans in by_chunk_stream.values():
            way.mask(spans)

    def _settled(self) -> list[CaptureRecord]:
        settled = []
        while self._held and self._is_settled(self._held[0]):
            held = self._held.popleft()
            settled.append(_record(held))
            if held.way is not None:
                held.way.held.popleft()
        return settled

    @staticmethod
    def _is_settled(held: _Held) -> bool:
        return held.way is None or held.end <= held.way.settled


def _record(held: _Held) -> CaptureRecord:
    if held.way is None:
        return held.record
    return attrs.evolve(held.record, data=bytes(held.data))
