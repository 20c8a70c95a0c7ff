"""The reading half of the chunk stream, by the letter: one chunk after the other. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.rtmp.chunk_limits import (
    ChunkLimits,
    ChunkOrderError,
    HalfReadError,
    MessageTooLongError,
    TooManyChunkStreamsError,
)
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.oddity import Oddities, OddityKind, note

__all__ = [
    "DEFAULT_CHUNK_SIZE",
    "EXTENDED",
    "HEADER_SIZE",
    "NOTHING",
    "U32",
    "ChunkParts",
    "ChunkStream",
]

DEFAULT_CHUNK_SIZE: Final = 128
"""Both directions begin with this (RTMP 1.0, 5.4.1)."""
EXTENDED: Final = 0xFFFFFF
"""The timestamp field that says that an extended timestamp follows."""
U32: Final = 0xFFFFFFFF
HEADER_SIZE: Final = (12, 8, 4, 1)
"""Of a basic header of one byte and the message header, by fmt, without an extended timestamp."""
NOTHING: Final = memoryview(b"")
"""What is left of what was received when all of it is read."""
_NEAR_MS: Final = 3_600_000
"""An extended timestamp at a fmt 3 message start is believed when this close to the last one."""


@attrs.define(eq=False)
class ChunkStream:
    """What one chunk stream remembers between two chunks."""

    csid: int
    timestamp_ms: int = 0
    delta_ms: int = 0
    extended: int | None = None
    """The extended timestamp field as it was sent, when the last full header had one."""
    after_absolute: bool = True
    """That header was fmt 0, so ``extended`` is a timestamp and no delta."""
    length: int = 0
    type_id: int = 0
    stream_id: int = 0
    body: bytearray | None = None
    """The part of a message that is here; None between messages."""


class ChunkParts:
    """Puts messages together from chunks, whatever lawful order they come in.

    What :class:`~trio_srs.wire.rtmp.chunk_reader.ChunkReader` promises holds for this: that one
    knows a shorter way for what nearly always comes, and has no other state.

    Source: RTMP 1.0, 5.3.1.
    """

    __slots__ = (
        "_chunk_left",
        "_current",
        "_end",
        "_half_read",
        "_half_read_most",
        "_is_kept",
        "_limits",
        "_message_most",
        "_offset",
        "_pos",
        "_streams",
        "_view",
        "chunk_size",
        "oddities",
    )

    def __init__(
        self, *, chunk_size: int = DEFAULT_CHUNK_SIZE, limits: ChunkLimits | None = None
    ) -> None:
        self.chunk_size = chunk_size
        self._limits = limits or ChunkLimits()
        self._message_most = self._limits.message
        self._half_read_most = self._limits.half_read
        self._view = NOTHING
        self._pos = 0
        self._end = 0
        self._is_kept = True  # self._view is our own copy
        self._offset = 0  # bytes of the connection before self._view
        self._streams: dict[int, ChunkStream] = {}
        self._current: ChunkStream | None = None  # whose chunk we are inside of
        self._chunk_left = 0  # payload bytes of that chunk still to come
        self._half_read = 0
        self.oddities: Oddities | None = None
        """What was odd; None while nothing was."""

    def note(self, kind: OddityKind, detail: str) -> None:
        """Something odd was read just now, here or by whoever reads the messages."""
        if self.oddities is None:
            self.oddities = {}
        note(self.oddities, kind, detail, self.offset)

    @property
    def offset(self) -> int:
        """Bytes parsed since the chunk stream began: the place of the next chunk."""
        return self._offset + self._pos

    @property
    def held(self) -> int:
        """Bytes fed and not yet parsed."""
        return self._end - self._pos

    @property
    def half_read(self) -> int:
        """Bytes held in messages that are not complete."""
        return self._half_read

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take what the peer sent; see the class for how long ``data`` must stay unchanged."""
        view = data if type(data) is memoryview else memoryview(data)
        self._offset += self._pos
        if self._pos != self._end:
            view = memoryview(b"".join((self._view[self._pos :], view)))
            self._is_kept = True
        else:
            self._is_kept = False
        self._view, self._pos, self._end = view, 0, len(view)

    def keep(self) -> None:
        """Copy what is not parsed yet, so that the buffer given to :meth:`feed` may be reused.

        What was copied already is not copied again before half of it is parsed.
        """
        if self._is_kept and self._end < 2 * (self._end - self._pos):
            return
        rest = NOTHING if self._pos == self._end else memoryview(self._view[self._pos :].tobytes())
        self._offset += self._pos
        self._view, self._pos, self._end = rest, 0, len(rest)
        self._is_kept = True

    def abort(self, csid: int) -> None:
        """Forget the unfinished message on ``csid``, if there is one (RTMP 1.0, 5.4.2).

        To be called when an Abort message was read, so never in the middle of a chunk.
        """
        stream = self._streams.get(csid)
        if stream is not None and stream.body is not None:
            self._half_read -= len(stream.body)
            stream.body = None

    def next_message(self) -> Message | None:
        """The next whole message, or None when more bytes are needed.

        Raises:
            ProtocolError: the peer broke the chunk stream; nothing can be read from it again.
        """
        while True:
            # Parse, then commit: a header that is not all here is read again later.
            stream = self._current or self._begin_chunk()
            if stream is None:
                break
            message = self._take_payload(stream)
            if message is not None:
                return message
            if self._current is not None:  # the buffer ended inside this chunk
                break
        self.keep()
        return None

    def _begin_chunk(self) -> ChunkStream | None:
        """Read one chunk's headers; None when they are not all here."""
        view, pos, end = self._view, self._pos, self._end
        if pos == end:
            return None
        first = view[pos]
        fmt, csid = first >> 6, first & 0x3F
        pos += 1
        if csid < 2:  # 2-byte and 3-byte basic headers, little-endian (5.3.1.1)
            extra = csid + 1
            if end - pos < extra:
                return None
            csid = 64 + int.from_bytes(view[pos : pos + extra], "little")
            pos += extra
        stream = self._streams.get(csid) or self._fresh(fmt, csid)
        if fmt == 3:
            if stream.body is not None:
                return self._continue_message(stream, pos)
            return self._repeat_message(stream, pos)
        if stream.body is not None:
            raise ChunkOrderError(
                f"byte {self.offset}: fmt {fmt} inside a message on chunk stream {csid}, expected 3"
            )
        return self._begin_message(stream, fmt, pos)

    def _fresh(self, fmt: int, csid: int) -> ChunkStream:
        if fmt > 1:
            raise ChunkOrderError(
                f"byte {self.offset}: chunk stream {csid} begins with fmt {fmt}, expected 0"
            )
        if len(self._streams) >= self._limits.chunk_streams:
            raise TooManyChunkStreamsError(
                f"byte {self.offset}: chunk stream {csid} is one more than the limit of "
                f"{self._limits.chunk_streams} chunk streams"
            )
        return ChunkStream(csid)

    def _begin_message(self, stream: ChunkStream, fmt: int, pos: int) -> ChunkStream | None:
        """A message header of fmt 0, 1 or 2."""
        view, head = self._view, pos
        pos += HEADER_SIZE[fmt] - 1
        if self._end < pos:
            return None
        time = view[head] << 16 | view[head + 1] << 8 | view[head + 2]
        extended = None
        if time == EXTENDED:
            if self._end - pos < 4:
                return None
            time = extended = int.from_bytes(view[pos : pos + 4], "big")
            pos += 4
        if fmt < 2:
            length = view[head + 3] << 16 | view[head + 4] << 8 | view[head + 5]
            if length > self._message_most:
                raise MessageTooLongError(
                    length=length,
                    limit=self._message_most,
                    csid=stream.csid,
                    offset=self.offset,
                )
            stream.length, stream.type_id = length, view[head + 6]
        if fmt == 0:
            stream.stream_id = int.from_bytes(view[head + 7 : head + 11], "little")
            stream.timestamp_ms = time
        else:
            stream.timestamp_ms = (stream.timestamp_ms + time) & U32
        stream.delta_ms, stream.extended, stream.after_absolute = time, extended, fmt == 0
        if fmt == 1 and stream.csid not in self._streams:
            self.note(
                OddityKind.FIRST_CHUNK_FMT, f"chunk stream {stream.csid} begins with fmt 1, not 0"
            )
        self._streams[stream.csid] = stream
        return self._enter(stream, pos)

    def _repeat_message(self, stream: ChunkStream, pos: int) -> ChunkStream | None:
        """A fmt 3 chunk that begins a message: everything is as it was, the delta included."""
        if stream.extended is None:
            # After fmt 0 its timestamp is the delta (RTMP 1.0, 5.3.1.2.4).
            stream.timestamp_ms = (stream.timestamp_ms + stream.delta_ms) & U32
            return self._enter(stream, pos)
        if self._end - pos < 4:
            return None
        value = int.from_bytes(self._view[pos : pos + 4], "big")
        if not stream.after_absolute and value == stream.extended:
            stream.timestamp_ms = (stream.timestamp_ms + value) & U32
            pos += 4
        elif (value - stream.timestamp_ms) & U32 < _NEAR_MS:
            stream.timestamp_ms = value
            pos += 4
        else:
            # Left out. After fmt 0 twice the timestamp would be the letter and is never meant;
            # librtmp writes such a chunk for "at the same time".
            if not stream.after_absolute:
                stream.timestamp_ms = (stream.timestamp_ms + stream.delta_ms) & U32
            self._note_missing(stream)
        return self._enter(stream, pos)

    def _continue_message(self, stream: ChunkStream, pos: int) -> ChunkStream | None:
        """A fmt 3 chunk inside a message, with or without its extended timestamp."""
        if stream.extended is not None:
            here = bytes(self._view[pos : pos + 4])
            sent = (stream.extended, stream.timestamp_ms)  # ffmpeg repeats the field, SRS the time
            if any(value.to_bytes(4, "big").startswith(here) for value in sent):
                if len(here) < 4:
                    return None
                pos += 4
            else:
                self._note_missing(stream)
        return self._enter(stream, pos)

    def _note_missing(self, stream: ChunkStream) -> None:
        self.note(
            OddityKind.EXTENDED_TIMESTAMP_MISSING,
            f"from a fmt 3 chunk on chunk stream {stream.csid}",
        )

    def _enter(self, stream: ChunkStream, pos: int) -> ChunkStream:
        """Commit to the chunk whose payload begins at ``pos``."""
        left = stream.length if stream.body is None else stream.length - len(stream.body)
        left = min(left, self.chunk_size)
        # Before its bytes are waited for, so that the verdict does not depend on how they come.
        if self._half_read + left > self._half_read_most:
            raise HalfReadError(
                f"byte {self.offset}: chunk of {left} bytes on chunk stream {stream.csid} beside "
                f"{self._half_read} bytes of unfinished messages; "
                f"the limit is {self._half_read_most} bytes"
            )
        self._pos, self._current, self._chunk_left = pos, stream, left
        return stream

    def _take_payload(self, stream: ChunkStream) -> Message | None:
        """Move payload from the buffer to the message; the message when it is whole."""
        view, pos = self._view, self._pos
        body, left = stream.body, self._chunk_left
        here = self._end - pos
        if body is None:
            if left == stream.length and left <= here:
                self._pos, self._current = pos + left, None
                return self._message(stream, view[pos : pos + left].tobytes())
            body = stream.body = bytearray()
        if left > here:
            body += view[pos:]
            self._half_read += here
            self._pos, self._chunk_left = self._end, left - here
            return None
        if len(body) + left == stream.length:
            body += view[pos : pos + left]
            self._pos += left
        else:
            left = self._take_run(stream, body, left)
        self._current = None
        if len(body) < stream.length:
            self._half_read += left
            return None
        stream.body = None
        self._half_read -= stream.length - left
        return self._message(stream, bytes(body))

    def _message(self, stream: ChunkStream, payload: bytes) -> Message:
        return Message(stream.type_id, stream.stream_id, stream.timestamp_ms, payload)

    def _take_run(self, stream: ChunkStream, body: bytearray, left: int) -> int:
        """Move as many chunks of this message as lie behind each other; return their payload.

        A peer that stays at 128 bytes sends a frame in dozens of chunks. Where they are not
        interleaved, the byte at each stride is this stream's fmt 3 header, so a slice of the
        headers is compared and cut out in one go.

        Args:
            body: where the payload goes.
            left: bytes of the present chunk that were not taken; they are all here.
        """
        view, pos, size = self._view, self._pos, self.chunk_size
        chunks = 0  # whole ones and the last, behind the present one
        if stream.csid < 64 and stream.extended is None:
            missing = stream.length - len(body)
            # What _enter says to each chunk: no limit may be passed in the middle, either.
            room = min(missing, self._half_read_most - self._half_read) - left
            behind = min(self._end - pos - left, room + (room + size - 1) // size)
            chunks, part = divmod(behind, size + 1)
            if part and left + chunks * size + part - 1 == missing:
                chunks += 1
        if not chunks:
            body += view[pos : pos + left]
            self._pos = pos + left
            return left
        begin = pos + left
        headers = view[begin : begin + (chunks - 1) * (size + 1) + 1 : size + 1].tobytes()
        ours = bytes((0xC0 | stream.csid,))
        if headers != ours * chunks:
            chunks -= len(headers.lstrip(ours))
        payload = min(missing, left + chunks * size)
        self._pos = pos + payload + chunks
        run = bytearray(view[pos : self._pos])
        del run[left :: size + 1]
        body += run
        return payload
