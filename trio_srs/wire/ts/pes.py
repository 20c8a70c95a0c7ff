"""PES packets: a header with its times before the data of one or more access units. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.ts.packet import WRAP_TICKS

__all__ = ["AUDIO_ID", "PRIVATE_ID", "VIDEO_ID", "PesError", "PesHeader", "build_pes", "parse_pes"]

VIDEO_ID: Final = 0xE0
"""stream_id of the first video stream."""
AUDIO_ID: Final = 0xC0
"""stream_id of the first MPEG audio stream."""
PRIVATE_ID: Final = 0xBD
"""private_stream_1: of codecs that have no stream_id of their own (AC-3, Opus)."""

_PREFIX: Final = b"\x00\x00\x01"
_ALIGNED: Final = 0x84  # '10', and an access unit begins right behind the header
_MOST: Final = 0xFFFF
_FIXED, _TIME = 9, 5
_LENGTH_AT: Final = 6
_PLAIN_IDS: Final = frozenset({0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF})
"""stream_ids without flags and times: maps, padding, private_stream_2 (2.4.3.7)."""
_FIRST_VIDEO, _LAST_VIDEO = 0xE0, 0xEF


class PesError(ProtocolError):
    """A PES packet whose header cannot be read. The text names the byte and the field."""

    code = "pes_error"


@attrs.define
class PesHeader:
    """What the header says."""

    stream_id: int
    length: int
    """Bytes of the whole PES packet; 0 if it does not say (video only)."""
    size: int
    """Bytes of the header: where the data begin."""
    pts: int | None = None
    """Ticks of 90 kHz, 33 bits."""
    dts: int | None = None
    """Likewise; None if it is that of presentation."""


def _time(prefix: int, ticks: int) -> bytes:
    value = ticks % WRAP_TICKS
    bits = (
        prefix << 36 | value >> 30 << 33 | 1 << 32
        | (value >> 15 & 0x7FFF) << 17 | 1 << 16
        | (value & 0x7FFF) << 1 | 1
    )  # fmt: skip
    return bits.to_bytes(_TIME, "big")


def build_pes(stream_id: int, data: bytes, pts: int, dts: int) -> bytes:
    """Write a PES packet.

    Layout::

        0..2           00 00 01
        3      u8      stream_id
        4..5   u16     bytes behind this; 0 for video that is longer than it can say
        6      u8      0x84: an access unit begins right behind the header
        7      u8      0x80 or 0xc0: PTS, or PTS and DTS
        8      u8      bytes of what follows before the data: 5 or 10
        9..            PTS and DTS, 33 bits each in 5 bytes with marker bits between

    Args:
        pts: ticks of 90 kHz of any size; written modulo 2**33, as is ``dts``.
        dts: written if it differs.

    Raises:
        ValueError: over 65,535 bytes of something other than video. A caller's mistake.

    Source:
        ISO/IEC 13818-1:2022, 2.4.3.6 and 2.4.3.7.
    """
    if pts == dts:
        times, flags = _time(2, pts), 0x80
    else:
        times, flags = _time(3, pts) + _time(1, dts), 0xC0
    length = 3 + len(times) + len(data)
    if length > _MOST:
        if not _FIRST_VIDEO <= stream_id <= _LAST_VIDEO:
            raise ValueError(f"a PES packet of {length} bytes; only video has more than {_MOST}")
        length = 0
    fixed = bytes((stream_id, length >> 8, length & 0xFF, _ALIGNED, flags, len(times)))
    return b"".join((_PREFIX, fixed, times, data))


def parse_pes(data: bytes) -> PesHeader | None:
    """Read the header at the beginning of a PES packet.

    Returns:
        None if more bytes are needed.

    Raises:
        PesError: no start code, no '10' where it belongs, times that are longer than the header
            says, or marker bits that are 0.

    Source:
        ISO/IEC 13818-1:2022, 2.4.3.6 and 2.4.3.7.
    """
    if not data.startswith(_PREFIX[: len(data)]):
        raise PesError(f"a PES packet begins with {data[:3].hex()}, expected 000001")
    if len(data) < _LENGTH_AT:
        return None
    stream_id, length = data[3], int.from_bytes(data[4:6], "big")
    whole = _LENGTH_AT + length if length else 0
    if stream_id in _PLAIN_IDS:
        return PesHeader(stream_id, whole, _LENGTH_AT)
    if len(data) < _FIXED:
        return None
    if data[6] >> 6 != 2:
        raise PesError(f"flags {data[6]:#04x} (byte 6), expected the first two bits to be 10")
    size = _FIXED + data[8]
    if len(data) < size:
        return None
    pts, dts = _times(data, data[7] >> 6, size)
    return PesHeader(stream_id, whole, size, pts, dts)


def _times(data: bytes, which: int, size: int) -> tuple[int | None, int | None]:
    if which < 2:  # 1 is forbidden: as good as none
        return None, None
    if size < _FIXED + _TIME * (which - 1):
        raise PesError(f"a header of {data[8]} bytes (byte 8), expected its times to fit in")
    pts = _read_time(data, _FIXED)
    return pts, _read_time(data, _FIXED + _TIME) if which == 3 else None


def _read_time(data: bytes, at: int) -> int:
    bits = int.from_bytes(data[at : at + _TIME], "big")
    if not (bits & 1 and bits >> 16 & 1 and bits >> 32 & 1):
        raise PesError(f"a time of {data[at : at + _TIME].hex()} (byte {at}) without marker bits")
    return (bits >> 33 & 7) << 30 | (bits >> 17 & 0x7FFF) << 15 | bits >> 1 & 0x7FFF
