"""Received bytes in, whole RTMP messages out: the reading half of the chunk stream. Floor 0."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.oddity import Oddities, OddityKind, note

__all__ = [
    "ChunkLimits",
    "ChunkOrderError",
    "ChunkReader",
    "HalfReadError",
    "MessageTooLongError",
    "TakeMedia",
    "TooManyChunkStreamsError",
]

DEFAULT_CHUNK_SIZE: Final = 128
"""Both directions begin with this (RTMP 1.0, 5.4.1)."""

_EXTENDED: Final = 0xFFFFFF
_U32: Final = 0xFFFFFFFF
_HEADER_SIZE: Final = (12, 8, 4, 1)
"""Of a basic header of one byte and the message header, by fmt, without an extended timestamp."""
_FULL: Final = struct.Struct(">xHBHBB")  # basic header, 3-byte time, 3-byte length, type
_MSID: Final = struct.Struct("<I")
_NOTHING: Final = memoryview(b"")
_AUDIO: Final = MessageType.AUDIO.value
_VIDEO: Final = MessageType.VIDEO.value
NO_MEDIA: Final = (0, False)
"""What there is of audio and video when the short way cannot be gone."""
_NEAR_MS: Final = 3_600_000
"""An extended timestamp at a fmt 3 message start is believed when this close to the last one."""


TakeMedia: TypeAlias = Callable[[int, int, bytes, float], None]
"""Takes what a message is made of: its type, its timestamp in milliseconds, its payload; and the
time that it is to be told."""


class ChunkOrderError(ProtocolError):
    """A chunk came where its fmt is not allowed (RTMP 1.0, 5.3.1.2)."""

    code = "chunk_order"
    srs_code = 2001


class MessageTooLongError(ProtocolError):
    """A header announced a message longer than the limit."""

    code = "message_too_long"

    def __init__(self, *, length: int, limit: int, csid: int, offset: int) -> None:
        super().__init__(
            f"byte {offset}: message of {length} bytes on chunk stream {csid}; "
            f"the limit is {limit} bytes"
        )
        self.length, self.limit, self.csid = length, limit, csid


class TooManyChunkStreamsError(ProtocolError):
    """The peer opened more chunk streams than one connection may have."""

    code = "too_many_chunk_streams"


class HalfReadError(ProtocolError):
    """A chunk would make the unfinished messages of one connection longer than allowed."""

    code = "half_read_limit"


@attrs.frozen(kw_only=True)
class ChunkLimits:
    """What a peer is believed before it has proved anything."""

    message: int = 0xFFFFFF
    """Longest message in bytes: the length field has 24 bits (nginx-rtmp takes 1 MiB)."""
    half_read: int = 2 * 0xFFFFFF
    """Bytes held in all unfinished messages, the chunk that is being read counted as a whole: by
    default a longest message in each of two chunk streams."""
    chunk_streams: int = 256
    """Chunk streams of one connection: ffmpeg and OBS use fewer than 10, nginx-rtmp allows 32."""


@attrs.define(eq=False)
class _ChunkStream:
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


class ChunkReader:
    """Puts messages together from chunks; knows no sockets and no clock.

    Call :meth:`feed`, then :meth:`next_message` until it answers None. Messages come out one
    at a time *on purpose*: a Set Chunk Size changes how the bytes behind it are to be read,
    so the session sets :attr:`chunk_size` between two calls.

    The bytes given to :meth:`feed` are not copied until they must be: they have to stay as
    they are until :meth:`next_message` has answered None or :meth:`keep` was called.

    Lenient where real peers differ:

    * fmt 1 on a fresh chunk stream (librtmp's ping) counts from timestamp 0, as in SRS;
    * an extended timestamp missing from fmt 3 chunks is detected by its value, as in SRS;
    * at a fmt 3 message start after fmt 0 an extended timestamp is absolute, as in SRS.

    How the bytes were cut when they were fed changes neither a message nor an error.

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
        self._view = _NOTHING
        self._pos = 0
        self._end = 0
        self._is_kept = True  # self._view is our own copy
        self._offset = 0  # bytes of the connection before self._view
        self._streams: dict[int, _ChunkStream] = {}
        self._current: _ChunkStream | None = None  # whose chunk we are inside of
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
        rest = _NOTHING if self._pos == self._end else memoryview(self._view[self._pos :].tobytes())
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
        # Nearly always a plain header lies ahead, and often the whole message in one chunk.
        # That is read here, with as few steps as Python can; whatever is unusual is left to
        # the methods below, which can read everything.
        view, pos = self._view, self._pos
        if pos == self._end:
            self.keep()
            return None
        if self._end - pos < _HEADER_SIZE[0] or self._current is not None:
            return self._next_in_parts()
        first = view[pos]
        stream = self._streams.get(first & 0x3F)  # 0 and 1, longer basic headers, are never there
        if stream is None or stream.body is not None or stream.extended is not None:
            return self._next_in_parts()
        fmt = first >> 6
        if fmt == 3:
            time, length, type_id = stream.delta_ms, stream.length, stream.type_id
        else:
            high, low, length_high, length_low, type_id = _FULL.unpack_from(view, pos)
            time = high << 8 | low
            if fmt == 2:
                length, type_id = stream.length, stream.type_id
            else:
                length = length_high << 8 | length_low
            if time == _EXTENDED or length > self._message_most:
                return self._next_in_parts()
        if fmt == 0:
            (stream.stream_id,) = _MSID.unpack_from(view, pos + 8)
            timestamp_ms = time
        else:
            timestamp_ms = stream.timestamp_ms + time & _U32
        stream.timestamp_ms, stream.delta_ms = timestamp_ms, time
        stream.length, stream.type_id = length, type_id
        begin = pos + _HEADER_SIZE[fmt]
        end = begin + length
        if (
            end > self._end
            or length > self.chunk_size
            or length + self._half_read > self._half_read_most
        ):
            payload = self._take_whole(first & 0x3F, begin, length)
            if payload is None:
                self._enter(stream, begin)
                return self._next_in_parts()
            return Message(type_id, stream.stream_id, timestamp_ms, payload)
        self._pos = end
        return Message(type_id, stream.stream_id, timestamp_ms, view[begin:end].tobytes())

    def take_media(
        self, takers: Mapping[int, TakeMedia], now: float, most: int
    ) -> tuple[int, bool]:
        """Hand over audio and video as it comes out of :meth:`next_message`, without a message
        made of each: what lies ahead of it whole and plain, up to the first that is anything else.

        Args:
            takers: who takes that of a message stream, which may be gone when it has.
            now: what they are told.
            most: so many messages at most.

        Returns:
            how many that were, and whether that was all there is.

        Raises:
            whatever they raise: of a message that counts as read.
        """
        if self._current is not None:
            return NO_MEDIA
        view, pos, end, streams = self._view, self._pos, self._end, self._streams
        count = 0
        while count < most and end - pos >= _HEADER_SIZE[0]:
            first = view[pos]
            stream = streams.get(first & 0x3F)
            if stream is None or stream.body is not None or stream.extended is not None:
                break
            fmt = first >> 6
            stream_id = stream.stream_id
            if fmt == 3:
                time, length, type_id = stream.delta_ms, stream.length, stream.type_id
            else:
                high, low, length_high, length_low, type_id = _FULL.unpack_from(view, pos)
                time = high << 8 | low
                if fmt == 2:
                    length, type_id = stream.length, stream.type_id
                else:
                    length = length_high << 8 | length_low
                    if fmt == 0:
                        (stream_id,) = _MSID.unpack_from(view, pos + 8)
                if time == _EXTENDED:
                    break
            take = takers.get(stream_id)
            if take is None or (type_id != _VIDEO and type_id != _AUDIO):
                break
            if length > self._message_most or length + self._half_read > self._half_read_most:
                break
            begin = pos + _HEADER_SIZE[fmt]
            if length <= self.chunk_size:
                behind = begin + length
                if behind > end:
                    break
                payload = view[begin:behind].tobytes()
                self._pos = pos = behind
            else:
                whole = self._take_whole(first & 0x3F, begin, length)
                if whole is None:
                    break
                payload, pos = whole, self._pos
            timestamp_ms = time if fmt == 0 else stream.timestamp_ms + time & _U32
            stream.timestamp_ms, stream.delta_ms, stream.length = timestamp_ms, time, length
            stream.type_id, stream.stream_id = type_id, stream_id
            count += 1
            take(type_id, timestamp_ms, payload, now)
        if pos == end:  # as keep()
            self._offset += pos
            self._view, self._pos, self._end, self._is_kept = _NOTHING, 0, 0, True
            return count, True
        return count, False

    def _take_whole(self, csid: int, begin: int, length: int) -> bytes | None:
        """A payload in several chunks, if they are all here and follow each other."""
        size = self.chunk_size
        behind = (length - 1) // size  # chunks behind the first
        end = begin + length + behind
        if behind < 1 or end > self._end or length + self._half_read > self._half_read_most:
            return None
        run = bytearray(self._view[begin:end])
        if run[size :: size + 1] != bytes((0xC0 | csid,)) * behind:  # fmt 3, at each stride
            return None
        del run[size :: size + 1]
        self._pos = end
        return bytes(run)

    def _next_in_parts(self) -> Message | None:
        """The same as :meth:`next_message`, for every lawful sequence of bytes."""
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

    def _begin_chunk(self) -> _ChunkStream | None:
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

    def _fresh(self, fmt: int, csid: int) -> _ChunkStream:
        if fmt > 1:
            raise ChunkOrderError(
                f"byte {self.offset}: chunk stream {csid} begins with fmt {fmt}, expected 0"
            )
        if len(self._streams) >= self._limits.chunk_streams:
            raise TooManyChunkStreamsError(
                f"byte {self.offset}: chunk stream {csid} is one more than the limit of "
                f"{self._limits.chunk_streams} chunk streams"
            )
        return _ChunkStream(csid)

    def _begin_message(self, stream: _ChunkStream, fmt: int, pos: int) -> _ChunkStream | None:
        """A message header of fmt 0, 1 or 2."""
        view, head = self._view, pos
        pos += _HEADER_SIZE[fmt] - 1
        if self._end < pos:
            return None
        time = view[head] << 16 | view[head + 1] << 8 | view[head + 2]
        extended = None
        if time == _EXTENDED:
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
            stream.timestamp_ms = (stream.timestamp_ms + time) & _U32
        stream.delta_ms, stream.extended, stream.after_absolute = time, extended, fmt == 0
        if fmt == 1 and stream.csid not in self._streams:
            self.note(
                OddityKind.FIRST_CHUNK_FMT, f"chunk stream {stream.csid} begins with fmt 1, not 0"
            )
        self._streams[stream.csid] = stream
        return self._enter(stream, pos)

    def _repeat_message(self, stream: _ChunkStream, pos: int) -> _ChunkStream | None:
        """A fmt 3 chunk that begins a message: everything is as it was, the delta included."""
        if stream.extended is None:
            # After fmt 0 its timestamp is the delta (RTMP 1.0, 5.3.1.2.4).
            stream.timestamp_ms = (stream.timestamp_ms + stream.delta_ms) & _U32
            return self._enter(stream, pos)
        if self._end - pos < 4:
            return None
        value = int.from_bytes(self._view[pos : pos + 4], "big")
        if not stream.after_absolute and value == stream.extended:
            stream.timestamp_ms = (stream.timestamp_ms + value) & _U32
            pos += 4
        elif (value - stream.timestamp_ms) & _U32 < _NEAR_MS:
            stream.timestamp_ms = value
            pos += 4
        else:
            # Left out. After fmt 0 twice the timestamp would be the letter and is never meant;
            # librtmp writes such a chunk for "at the same time".
            if not stream.after_absolute:
                stream.timestamp_ms = (stream.timestamp_ms + stream.delta_ms) & _U32
            self._note_missing(stream)
        return self._enter(stream, pos)

    def _continue_message(self, stream: _ChunkStream, pos: int) -> _ChunkStream | None:
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

    def _note_missing(self, stream: _ChunkStream) -> None:
        self.note(
            OddityKind.EXTENDED_TIMESTAMP_MISSING,
            f"from a fmt 3 chunk on chunk stream {stream.csid}",
        )

    def _enter(self, stream: _ChunkStream, pos: int) -> _ChunkStream:
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

    def _take_payload(self, stream: _ChunkStream) -> Message | None:
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

    def _message(self, stream: _ChunkStream, payload: bytes) -> Message:
        return Message(stream.type_id, stream.stream_id, stream.timestamp_ms, payload)

    def _take_run(self, stream: _ChunkStream, body: bytearray, left: int) -> int:
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
