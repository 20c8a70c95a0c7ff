"""FLV files: the file header, tags, a reader and what a writer needs. Floor 0."""

from __future__ import annotations

import struct
from typing import Final

import attrs

from trio_srs.errors import ProtocolError

__all__ = [
    "HEADER_SIZE",
    "MAX_BODY",
    "TAG_HEAD_SIZE",
    "TAG_TAIL_SIZE",
    "FlvError",
    "FlvHeader",
    "FlvReader",
    "FlvTag",
    "encode_header",
    "encode_tag",
    "encode_tag_head",
    "encode_tag_tail",
]

HEADER_SIZE: Final = 13
"""Bytes of a file header, the previous tag size of 0 behind it included."""
TAG_HEAD_SIZE: Final = 11
"""Bytes before a tag's body."""
TAG_TAIL_SIZE: Final = 4
"""Bytes after a tag's body: the size of head and body again."""
MAX_BODY: Final = 0xFFFFFF
"""The largest body a tag can have, in bytes: its size has 24 bits."""

_SIGNATURE = b"FLV"
_HAS_AUDIO, _HAS_VIDEO = 0x04, 0x01
_FILE_HEADER = struct.Struct(">3sBBI")
_SIZE_TIME_STREAM = struct.Struct(">III")
_U32 = struct.Struct(">I")
_ENCRYPTED = 0x20
_MAX_HEADER = 4096  # a header says how long it is; nobody has ever had a reason to exceed 9


class FlvError(ProtocolError):
    """Bytes that are no FLV file, or one we do not read. The text names the byte and the field."""

    code = "flv_error"


@attrs.frozen
class FlvHeader:
    """The file header. Players trust it, writers often guess: treat it as a hint."""

    has_audio: bool
    has_video: bool


@attrs.define  # not frozen: one per media packet
class FlvTag:
    """One tag. Treat as immutable."""

    type_id: int
    """8 audio, 9 video, 18 script data, as RTMP's message type ids; others pass through."""
    timestamp_ms: int
    """Unsigned 32 bits; the extension byte is already in it."""
    body: bytes


class FlvReader:
    """An FLV file in slices in, tags out; knows no files and no sockets.

    Call :meth:`feed`, then :meth:`next_tag` until it returns None. Wrong previous tag sizes are
    counted (:attr:`bad_tails`) and otherwise ignored: several muxers write zeros, or leave out the
    head. Where one is neither, bytes are missing or too many: :attr:`damaged_at`. After an error
    the reader is dead: FLV has no mark to find the next tag by.

    Args:
        max_body: the largest body believed, in bytes. The default is what the field can say.
    """

    def __init__(self, *, max_body: int = MAX_BODY) -> None:
        self.header: FlvHeader | None = None
        """Known once the first bytes are read."""
        self.bad_tails = 0
        self.damaged_at: int | None = None
        """The byte of the first tag that is not what the size behind it says."""
        self._max_body = max_body
        self._buffer = bytearray()
        self._pos = 0  # everything before this is parsed
        self._passed = 0  # bytes of the file that have left the buffer

    @property
    def offset(self) -> int:
        """Bytes of the file read so far: where the next tag begins."""
        return self._passed + self._pos

    @property
    def pending(self) -> int:
        """Bytes fed and not yet part of a tag; at the end of a whole file, 0."""
        return len(self._buffer) - self._pos

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take the file's next bytes, cut anywhere."""
        del self._buffer[: self._pos]
        self._passed += self._pos
        self._pos = 0
        self._buffer += data

    def next_tag(self) -> FlvTag | None:
        """Return the next tag, or None until more bytes are fed.

        Layout of a tag::

            0      u8      0b00FTTTTT: F is set if the body is encrypted, T is the type
            1..3   u24     size of the body
            4..6   u24     timestamp, ms, low 24 bits
            7      u8      timestamp, high 8 bits
            8..10  u24     stream id, ignored (0)
            11     ...     body
            ...    u32     size of all before, 11 + body

        Raises:
            FlvError: no FLV signature, a header or tag beyond the limits, an encrypted body, or
                another file where a tag should be.

        Source:
            FLV 10.1, E.2, E.3 and E.4.1.
        """
        if self.header is None and not self._read_header():
            return None
        buffer, pos = self._buffer, self._pos
        if len(buffer) < pos + TAG_HEAD_SIZE:
            return None
        first, time = buffer[pos], buffer[pos + 4 : pos + 8]
        size = int.from_bytes(buffer[pos + 1 : pos + 4], "big")
        if buffer.startswith(_SIGNATURE, pos):
            raise FlvError(f"another FLV file begins at byte {self.offset}; only one is read")
        if first & _ENCRYPTED:
            raise FlvError(f"the tag at byte {self.offset} is encrypted; that is not read")
        if size > self._max_body:
            raise FlvError(
                f"the tag at byte {self.offset} has {size} bytes; the limit is {self._max_body}"
            )
        start = pos + TAG_HEAD_SIZE
        end = start + size
        if len(buffer) < end + TAG_TAIL_SIZE:
            return None
        tail = _U32.unpack_from(buffer, end)[0]
        if tail != TAG_HEAD_SIZE + size:
            self.bad_tails += 1
            if tail not in (0, size) and self.damaged_at is None:
                self.damaged_at = self.offset
        self._pos = end + TAG_TAIL_SIZE
        timestamp_ms = time[3] << 24 | time[0] << 16 | time[1] << 8 | time[2]
        return FlvTag(first & 0x1F, timestamp_ms, bytes(buffer[start:end]))

    def _read_header(self) -> bool:
        """Read the file header and the tail behind it; False until they are all there."""
        buffer = self._buffer
        if not _SIGNATURE.startswith(buffer[:3]):
            raise FlvError(f"the file begins with {buffer[:3].hex()}, expected 464c56 (FLV)")
        if len(buffer) < _FILE_HEADER.size:
            return False
        _, version, flags, size = _FILE_HEADER.unpack_from(buffer)
        if version != 1:
            raise FlvError(f"FLV version {version} (byte 3), expected 1")
        if not _FILE_HEADER.size <= size <= _MAX_HEADER:
            raise FlvError(f"a file header of {size} bytes (byte 5), expected 9 to {_MAX_HEADER}")
        if len(buffer) < size + TAG_TAIL_SIZE:
            return False
        if _U32.unpack_from(buffer, size)[0] != 0:
            self.bad_tails += 1
        self._pos = size + TAG_TAIL_SIZE
        self.header = FlvHeader(bool(flags & _HAS_AUDIO), bool(flags & _HAS_VIDEO))
        return True


def encode_header(audio: bool, video: bool) -> bytes:
    """Write the file header and the previous tag size of 0 after it: 13 bytes."""
    flags = (_HAS_AUDIO if audio else 0) | (_HAS_VIDEO if video else 0)
    return _FILE_HEADER.pack(_SIGNATURE, 1, flags, _FILE_HEADER.size) + bytes(TAG_TAIL_SIZE)


def encode_tag_head(type_id: int, timestamp_ms: int, size: int) -> bytes:
    """Write the 11 bytes before a body of ``size`` bytes. Stream id 0.

    Args:
        type_id: 0 to 31.
        timestamp_ms: unsigned 32 bits.
        size: at most :data:`MAX_BODY`.

    Raises:
        ValueError: a field beyond its bits. A caller's mistake.
    """
    if not (0 <= size <= MAX_BODY and 0 <= type_id <= 0x1F and 0 <= timestamp_ms <= 0xFFFFFFFF):
        raise ValueError(
            f"a tag of type {type_id}, {size} bytes at {timestamp_ms} ms; "
            "they have 5, 24 and 32 bits"
        )
    time = (timestamp_ms & 0xFFFFFF) << 8 | timestamp_ms >> 24
    return _SIZE_TIME_STREAM.pack(type_id << 24 | size, time, 0)[:TAG_HEAD_SIZE]


def encode_tag_tail(size: int) -> bytes:
    """Write the 4 bytes after a body of ``size`` bytes."""
    return _U32.pack(TAG_HEAD_SIZE + size)


def encode_tag(tag: FlvTag) -> bytes:
    """Write a whole tag: head, body and tail.

    Raises:
        ValueError: as :func:`encode_tag_head`.
    """
    size = len(tag.body)
    head = encode_tag_head(tag.type_id, tag.timestamp_ms, size)
    return b"".join((head, tag.body, encode_tag_tail(size)))
