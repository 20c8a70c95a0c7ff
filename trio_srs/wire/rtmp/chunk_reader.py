"""Received bytes in, whole RTMP messages out: the reading half of the chunk stream. Floor 0."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from trio_srs.wire.rtmp.chunk_parts import EXTENDED, HEADER_SIZE, NOTHING, U32, ChunkParts
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["NO_MEDIA", "ChunkReader", "TakeMedia"]

_FULL: Final = struct.Struct(">xHBHBB")  # basic header, 3-byte time, 3-byte length, type
_MSID: Final = struct.Struct("<I")
_AUDIO: Final = MessageType.AUDIO.value
_VIDEO: Final = MessageType.VIDEO.value
NO_MEDIA: Final = (0, False)
"""What there is of audio and video when the short way cannot be gone."""


TakeMedia: TypeAlias = Callable[[int, int, bytes, float], None]
"""Takes what a message is made of: its type, its timestamp in milliseconds, its payload; and the
time that it is to be told."""


class ChunkReader(ChunkParts):
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

    __slots__ = ()

    def next_message(self) -> Message | None:
        """The next whole message, or None when more bytes are needed.

        Raises:
            ProtocolError: the peer broke the chunk stream; nothing can be read from it again.
        """
        # Nearly always a plain header lies ahead, and often the whole message in one chunk.
        # That is read here, with as few steps as Python can; whatever is unusual is left to
        # the methods of the parts, which can read everything.
        view, pos = self._view, self._pos
        if pos == self._end:
            self.keep()
            return None
        if self._end - pos < HEADER_SIZE[0] or self._current is not None:
            return super().next_message()
        first = view[pos]
        stream = self._streams.get(first & 0x3F)  # 0 and 1, longer basic headers, are never there
        if stream is None or stream.body is not None or stream.extended is not None:
            return super().next_message()
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
            if time == EXTENDED or length > self._message_most:
                return super().next_message()
        if fmt == 0:
            (stream.stream_id,) = _MSID.unpack_from(view, pos + 8)
            timestamp_ms = time
        else:
            timestamp_ms = stream.timestamp_ms + time & U32
        stream.timestamp_ms, stream.delta_ms = timestamp_ms, time
        stream.length, stream.type_id = length, type_id
        begin = pos + HEADER_SIZE[fmt]
        end = begin + length
        if (
            end > self._end
            or length > self.chunk_size
            or length + self._half_read > self._half_read_most
        ):
            payload = self._take_whole(first & 0x3F, begin, length)
            if payload is None:
                self._enter(stream, begin)
                return super().next_message()
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
        while count < most and end - pos >= HEADER_SIZE[0]:
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
                if time == EXTENDED:
                    break
            take = takers.get(stream_id)
            if take is None or (type_id != _VIDEO and type_id != _AUDIO):
                break
            if length > self._message_most or length + self._half_read > self._half_read_most:
                break
            begin = pos + HEADER_SIZE[fmt]
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
            timestamp_ms = time if fmt == 0 else stream.timestamp_ms + time & U32
            stream.timestamp_ms, stream.delta_ms, stream.length = timestamp_ms, time, length
            stream.type_id, stream.stream_id = type_id, stream_id
            count += 1
            take(type_id, timestamp_ms, payload, now)
        if pos == end:  # as keep()
            self._offset += pos
            self._view, self._pos, self._end, self._is_kept = NOTHING, 0, 0, True
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
