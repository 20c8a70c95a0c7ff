"""Counting what a player gets, for next to nothing: a chunk stream is skimmed, not put together.

Floor 6. Players of one stream get the same bytes, and mostly in the same slices. So what is
known of a chunk stream between two reads is a value, a :class:`Position`, shared by everybody
who is there; and what a slice of bytes does at a position is worked out once, for the first who
reads it. For all others it is a comparison of bytes, which also shows that they got the same.

Headers are read, of whatever chunk size and fmt a server likes; payload is passed over, except
in control messages and commands, which are handed out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.message import MessageType
from trio_srs.wire.serial import serial_step

__all__ = ["Position", "SkimError", "SkimStep", "Skimmer"]

_EXTENDED: Final = 0xFFFFFF
_U32: Final = 0xFFFFFFFF
_HEADER_SIZE: Final = (11, 7, 3, 0)
_AUDIO, _VIDEO = MessageType.AUDIO.value, MessageType.VIDEO.value
_MEDIA: Final = (_AUDIO, _VIDEO)
_HANDED_OUT: Final = (
    *(MessageType.SET_CHUNK_SIZE, MessageType.USER_CONTROL, MessageType.WINDOW_ACK_SIZE),
    *(MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3),
)
_LONGEST_HANDED_OUT: Final = 65536
_MOST_POSITIONS: Final = 2048
_MOST_STEPS: Final = 32


class SkimError(ProtocolError):
    """A server's chunk stream makes no sense."""

    code = "skim_error"


class _Chunks(NamedTuple):
    """What is known of one chunk stream between two chunks."""

    length: int = 0
    kind: int = 0
    time_ms: int = 0
    delta_ms: int = 0
    extended: int = -1
    """The extended timestamp of the last full header, or -1."""
    missing: int = 0
    """Bytes of the message under way that are still to come; 0 between messages."""
    is_key: bool = False
    body: bytes = b""
    """What is here of a message to be handed out."""


@attrs.frozen(eq=False)
class Position:
    """Where a connection's reader stands, and all that it needs to go on."""

    chunk_size: int = 128
    rest: bytes = b""
    """Bytes of a header that is not all here."""
    csid: int = 0
    left: int = 0
    """Payload bytes still to come of the chunk that we are inside of."""
    chunks: dict[int, _Chunks] = attrs.field(factory=dict)
    video_ms: int = -1
    """Timestamp of the last whole video message, -1 before the first."""
    audio_ms: int = -1
    steps: dict[int, tuple[bytes, SkimStep]] = attrs.field(factory=dict)
    """What slices do here, by their length."""

    @property
    def media_ms(self) -> int:
        """How far the media has come; -1 before the first."""
        return max(self.video_ms, self.audio_ms)


@attrs.define(eq=False)
class SkimStep:
    """What one slice of bytes brings."""

    after: Position
    messages: int = 0
    """Whole audio and video messages."""
    keyframes: int = 0
    backward: int = 0
    """Timestamps below the one before of the same kind."""
    skipped: int = 0
    """Video frames missing, by the timestamps."""
    has_media: bool = False
    """Whether a byte of an audio or video message is in it."""
    handed_out: list[tuple[int, bytes]] = attrs.field(factory=list)
    """Control messages and commands: type and payload."""
    is_plain: bool = False
    """Media and nothing else: no keyframe, nothing wrong, nothing to hear. Nearly all are."""


class Skimmer:
    """Works out steps, and remembers them for everybody.

    Args:
        frame_ms: between two video frames; how missing ones are noticed. 0 looks for none.
    """

    def __init__(self, frame_ms: float = 0.0) -> None:
        self.start = Position()
        self._frame_ms = frame_ms
        self._positions: dict[object, Position] = {}

    def step(self, position: Position, data: bytes) -> SkimStep:
        """What ``data`` does at a position.

        Raises:
            SkimError: it is no chunk stream.
        """
        known = position.steps.get(len(data))
        if known is not None and known[0] == data:
            return known[1]
        step = _Reading(position, data, self._frame_ms, self._shared).run()
        if len(position.steps) >= _MOST_STEPS:
            position.steps.clear()
        position.steps[len(data)] = (data, step)
        return step

    def _shared(self, key: object, make: Callable[[], Position]) -> Position:
        """The one position that is described by a key."""
        if len(self._positions) >= _MOST_POSITIONS:
            self._positions.clear()
        found = self._positions.get(key)
        if found is None:
            found = self._positions[key] = make()
        return found


class _Reading:
    """One walk over one slice."""

    def __init__(
        self,
        position: Position,
        data: bytes,
        frame_ms: float,
        shared: Callable[[object, Callable[[], Position]], Position],
    ) -> None:
        self._data = position.rest + data if position.rest else data
        self._frame_ms, self._shared = frame_ms, shared
        self._at = 0
        self._chunk_size = position.chunk_size
        self._csid, self._left = position.csid, position.left
        self._chunks = dict(position.chunks)
        self._times = {_VIDEO: position.video_ms, _AUDIO: position.audio_ms}
        self._step = SkimStep(position)

    def run(self) -> SkimStep:
        """Go as far as the bytes reach."""
        while True:
            if self._left:
                self._pass_payload()
                if self._left:
                    break
            if not self._enter_chunk():
                break
        step = self._step
        step.after = self._stand()
        step.is_plain = step.has_media and not (
            step.handed_out or step.keyframes or step.backward or step.skipped
        )
        return step

    def _stand(self) -> Position:
        """Where the walk ended, shared with all who come here too."""
        rest = self._data[self._at :]
        times = self._times
        where = (self._chunk_size, rest, self._csid, self._left)
        # Two who joined apart differ in the times of what they were told first: those of media
        # matter, others do not.
        chunks = {
            csid: each if each.kind in _MEDIA else each._replace(time_ms=0, delta_ms=0)
            for csid, each in sorted(self._chunks.items())
        }
        key = (*where, *chunks.items(), times[_VIDEO], times[_AUDIO])
        return self._shared(key, lambda: Position(*where, chunks, times[_VIDEO], times[_AUDIO]))

    def _enter_chunk(self) -> bool:
        """Read a chunk's headers; whether they were all here."""
        data, at, end = self._data, self._at, len(self._data)
        if at >= end:
            return False
        fmt, csid = data[at] >> 6, data[at] & 63
        at += 1
        if csid < 2:
            extra = csid + 1
            if end - at < extra:
                return False
            csid = 64 + int.from_bytes(data[at : at + extra], "little")
            at += extra
        old = self._chunks.get(csid, _Chunks())
        if old.missing:
            if fmt != 3:
                raise SkimError(f"fmt {fmt} inside a message on chunk stream {csid}, expected 3")
            return self._go_on(csid, old, at)
        return self._begin(csid, fmt, old, at)

    def _go_on(self, csid: int, old: _Chunks, at: int) -> bool:
        """A chunk more of a message; some repeat the extended timestamp, some do not."""
        if old.extended >= 0:
            here = self._data[at : at + 4]
            if old.extended.to_bytes(4, "big").startswith(here):
                if len(here) < 4:
                    return False
                at += 4
        self._at, self._csid = at, csid
        self._left = min(self._chunk_size, old.missing)
        return True

    def _begin(self, csid: int, fmt: int, old: _Chunks, at: int) -> bool:
        """A message's first chunk. Video is entered only with the two bytes that say what it is."""
        data, end = self._data, len(self._data)
        head = at
        at += _HEADER_SIZE[fmt]
        if at > end:
            return False
        length, kind, delta, extended = old.length, old.kind, old.delta_ms, old.extended
        if fmt < 3:
            delta, extended = int.from_bytes(data[head : head + 3], "big"), -1
        if fmt < 2:
            length, kind = int.from_bytes(data[head + 3 : head + 6], "big"), data[head + 6]
        if delta == _EXTENDED or (fmt == 3 and extended >= 0):
            if end - at < 4:
                return False
            delta = extended = int.from_bytes(data[at : at + 4], "big")
            at += 4
        is_key = False
        if kind == _VIDEO and length >= 2:
            if end - at < 2:
                return False
            is_key = _is_key(data[at], data[at + 1])
        time = delta if fmt == 0 or (fmt == 3 and extended >= 0) else old.time_ms + delta & _U32
        chunks = _Chunks(length, kind, time, delta, extended, length, is_key)
        self._chunks[csid] = chunks
        self._at, self._csid = at, csid
        self._left = min(self._chunk_size, length)
        if not length:
            self._finish(chunks)
        return True

    def _pass_payload(self) -> None:
        old = self._chunks[self._csid]
        count = min(self._left, len(self._data) - self._at)
        if not count:
            return
        body = old.body
        if old.kind in _HANDED_OUT and old.length <= _LONGEST_HANDED_OUT:
            body += self._data[self._at : self._at + count]
        elif old.kind in _MEDIA:
            self._step.has_media = True
        self._at += count
        self._left -= count
        missing = old.missing - count
        if missing:
            self._chunks[self._csid] = old._replace(missing=missing, body=body)
        else:
            done = self._chunks[self._csid] = old._replace(missing=0, body=b"", is_key=False)
            self._finish(done._replace(body=body, is_key=old.is_key))

    def _finish(self, chunks: _Chunks) -> None:
        """A message is whole."""
        if chunks.kind in _MEDIA:
            self._count(chunks)
        elif chunks.kind in _HANDED_OUT:
            self._step.handed_out.append((chunks.kind, chunks.body))
            if chunks.kind == MessageType.SET_CHUNK_SIZE:
                self._chunk_size = int.from_bytes(chunks.body, "big") or self._chunk_size

    def _count(self, chunks: _Chunks) -> None:
        step, last = self._step, self._times[chunks.kind]
        step.messages += 1
        step.keyframes += chunks.is_key
        self._times[chunks.kind] = chunks.time_ms
        if last < 0:
            return
        ahead = serial_step(last, chunks.time_ms)
        if ahead < 0:
            step.backward += 1
        elif chunks.kind == _VIDEO and self._frame_ms:
            step.skipped += max(0, round(ahead / self._frame_ms) - 1)


def _is_key(first: int, second: int) -> bool:
    """Whether a video message is a keyframe with a picture in it (FLV 10.1; Enhanced RTMP v2)."""
    if first >> 4 & 7 != 1:
        return False
    packet = first & 15 if first & 0x80 else second
    return packet != 0
