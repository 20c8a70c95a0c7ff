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
_PARAMETERS: Final = re.compile(rb"\?(.*)", re.DOTALL)
_PARAMETER: Final = re.compile(rb"([^&?=]*=)?([^&?]*)")
_PASSWORD: Final = re.compile(rb"(://[^/:@]*:)([^/@]+)(?=@)")
_SECRETS_ANYWHERE: Final = re.compile(rb"(?<=[\w./-])\?[!-~]+|://[!-~]+")
"""Where it is not known what is text."""
_FIXED: Final = {0x00: 8, 0x01: 1, 0x05: 0, 0x06: 0, 0x07: 2, 0x0B: 10, 0x0D: 0}
"""Bytes behind the marker of an AMF0 value without text (AMF 0, 2)."""
_LENGTH: Final = {0x02: 2, 0x0C: 4, 0x0F: 4}
"""Bytes that say how long a text is."""
_OBJECTS: Final = {0x03: 0, 0x08: 4, 0x10: 0}
"""Bytes between the marker of what has named values and the first name."""
_TYPED_OBJECT: Final = 0x10
_OBJECT_END: Final = 0x09
_STRICT_ARRAY: Final = 0x0A
_NAMED: Final = -1


def masked(payload: bytes) -> bytes:
    """A command with ``*`` in the place of what may be secret, as long as before."""
    told = bytearray(payload)
    texts, end = _texts(payload)
    for begin, behind in texts:
        told[begin:behind] = _covered(payload[begin:behind])
    # What is behind the end is damaged, or AMF3.
    told[end:] = _SECRETS_ANYWHERE.sub(lambda found: _covered(found[0]), payload[end:])
    return bytes(told)


def _covered(text: bytes) -> bytes:
    text = _PASSWORD.sub(lambda found: found[1] + b"*" * len(found[2]), text)
    return _PARAMETERS.sub(lambda found: b"?" + _PARAMETER.sub(_value, found[1]), text)


def _value(found: re.Match[bytes]) -> bytes:
    name = found[1] or b""
    return found[0] if name[:-1] in _NOT_SECRET else name + b"*" * len(found[2])


def _texts(payload: bytes) -> tuple[list[tuple[int, int]], int]:
    """Where texts stand in AMF0 values, in order, and up to where the values make sense."""
    size, at = len(payload), 0
    texts: list[tuple[int, int]] = []
    inside: list[int] = []
    """Of what we are inside of: how many values an array still has; :data:`_NAMED`."""
    while at < size:
        began = at
        while inside and not inside[-1]:
            inside.pop()
        if inside and inside[-1] == _NAMED:
            at += 2 + _number(payload, at, 2)
        elif inside:
            inside[-1] -= 1
        marker = payload[at] if at < size else _OBJECT_END
        at += 1
        if marker in _FIXED:
            at += _FIXED[marker]
        elif marker in _LENGTH:
            begin = at + _LENGTH[marker]
            at = begin + _number(payload, at, _LENGTH[marker])
            texts.append((begin, min(at, size)))
        elif marker == _STRICT_ARRAY:
            inside.append(_number(payload, at, 4))
            at += 4
        elif marker in _OBJECTS:
            inside.append(_NAMED)
            at += 2 + _number(payload, at, 2) if marker == _TYPED_OBJECT else _OBJECTS[marker]
        elif marker == _OBJECT_END and inside:
            inside.pop()
        else:
            return texts, began
    return texts, size


def _number(payload: bytes, at: int, size: int) -> int:
    return int.from_bytes(payload[at : at + size], "big")


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
