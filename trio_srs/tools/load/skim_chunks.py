"""Skimming RTMP: the chunk stream of a player, once the handshake is over. Floor 6.

Headers are read, of whatever chunk size and fmt a server likes; payload is passed over, except
in control messages and commands, which are handed out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import attrs

from trio_srs.tools.load.skim import FrameTimes, Position, SkimError, Skimmer, SkimStep
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["ChunkPosition", "ChunkSkimmer", "is_keyframe"]

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


@attrs.frozen(eq=False, kw_only=True)
class ChunkPosition(Position):
    """Between two chunks, or inside of one."""

    chunk_size: int = 128
    rest: bytes = b""
    """Bytes of a header that is not all here."""
    csid: int = 0
    left: int = 0
    """Payload bytes still to come of the chunk that we are inside of."""
    chunks: dict[int, _Chunks] = attrs.field(factory=dict)


class ChunkSkimmer(Skimmer[ChunkPosition]):
    """Skims the chunk streams of players.

    Args:
        frame_ms: between two video frames; how missing ones are noticed. 0 looks for none.
    """

    def __init__(self, frame_ms: float = 0.0) -> None:
        super().__init__(ChunkPosition(), frame_ms)

    def _read(self, position: Position, data: bytes) -> SkimStep:
        assert isinstance(position, ChunkPosition)
        return _Reading(position, data, self._frame_ms, self._shared).run()


class _Reading:
    """One walk over one slice."""

    def __init__(
        self,
        position: ChunkPosition,
        data: bytes,
        frame_ms: float,
        shared: Callable[[object, Callable[[], ChunkPosition]], ChunkPosition],
    ) -> None:
        self._data = position.rest + data if position.rest else data
        self._shared = shared
        self._at = 0
        self._chunk_size = position.chunk_size
        self._csid, self._left = position.csid, position.left
        self._chunks = dict(position.chunks)
        self._step = SkimStep(position)
        self._times = FrameTimes(self._step, frame_ms, position.video_ms, position.audio_ms)

    def run(self) -> SkimStep:
        """Go as far as the bytes reach."""
        while True:
            if self._left:
                self._pass_payload()
                if self._left:
                    break
            if not self._enter_chunk():
                break
        self._step.after = self._stand()
        return self._step

    def _stand(self) -> ChunkPosition:
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
        key = (*where, *chunks.items(), times.video_ms, times.audio_ms)
        return self._shared(
            key,
            lambda: ChunkPosition(
                chunk_size=self._chunk_size,
                rest=rest,
                csid=self._csid,
                left=self._left,
                chunks=chunks,
                video_ms=times.video_ms,
                audio_ms=times.audio_ms,
            ),
        )

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
            is_key = is_keyframe(data[at], data[at + 1])
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
            is_video = chunks.kind == _VIDEO
            self._times.count(chunks.time_ms, is_video=is_video, is_key=chunks.is_key)
        elif chunks.kind in _HANDED_OUT:
            self._step.handed_out.append((chunks.kind, chunks.body))
            if chunks.kind == MessageType.SET_CHUNK_SIZE:
                self._chunk_size = int.from_bytes(chunks.body, "big") or self._chunk_size


def is_keyframe(first: int, second: int) -> bool:
    """Whether a video message is a keyframe with a picture in it (FLV 10.1; Enhanced RTMP v2)."""
    if first >> 4 & 7 != 1:
        return False
    packet = first & 15 if first & 0x80 else second
    return packet != 0
