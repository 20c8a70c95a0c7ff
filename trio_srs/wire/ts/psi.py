"""Program specific information: the tables that say what is on which PID. Floor 0."""

from __future__ import annotations

import struct
from typing import Final

import attrs

from trio_srs.errors import ProtocolError

__all__ = [
    "PAT_PID",
    "ElementaryStream",
    "ProgramAssociation",
    "ProgramMap",
    "PsiError",
    "build_pat",
    "build_pmt",
    "crc32_mpeg2",
    "parse_section",
]

PAT_PID: Final = 0
"""Where a reader begins."""

_PAT, _PMT = 0x00, 0x02
_HEAD: Final = struct.Struct(">BHHBBB")
_PAIR: Final = struct.Struct(">HH")
_STREAM: Final = struct.Struct(">BHH")
_LONG: Final = 0xB000  # section_syntax_indicator, and reserved bits
_CURRENT: Final = 0xC1
_PID_MASK, _LENGTH_MASK = 0x1FFF, 0x0FFF
_PID_BITS, _LENGTH_BITS = 0xE000, 0xF000
_CRC_SIZE: Final = 4
_LEAST: Final = _HEAD.size + _CRC_SIZE


class PsiError(ProtocolError):
    """A section that cannot be read. The text says what and where."""

    code = "psi_error"


@attrs.frozen
class ElementaryStream:
    """One stream of a program."""

    stream_type: int
    pid: int
    descriptors: bytes = b""


@attrs.frozen
class ProgramAssociation:
    """A program association table."""

    programs: tuple[tuple[int, int], ...]
    """(program number, PID of its map); number 0 is the network's and no program."""
    version: int = 0


@attrs.frozen
class ProgramMap:
    """A program map table."""

    program: int
    pcr_pid: int
    """Where the clock is."""
    streams: tuple[ElementaryStream, ...]
    version: int = 0
    """0 to 31; one more, modulo 32, each time that anything else in here changes."""
    descriptors: bytes = b""


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x104C11DB7 if crc & 0x80000000 else 0)
        rows.append(crc)
    return tuple(rows)


_CRC: Final = _table()


def crc32_mpeg2(data: bytes) -> int:
    """The checksum of sections (annex A): over one with its checksum it is 0."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc << 8 & 0xFFFFFFFF ^ _CRC[crc >> 24 ^ byte]
    return crc


def _section(table_id: int, number: int, version: int, body: bytes) -> bytes:
    length = _HEAD.size - 3 + len(body) + _CRC_SIZE
    flags = _CURRENT | version % 32 << 1
    section = _HEAD.pack(table_id, _LONG | length, number, flags, 0, 0) + body
    return section + crc32_mpeg2(section).to_bytes(_CRC_SIZE, "big")


def build_pat(table: ProgramAssociation) -> bytes:
    """Write a section of table 0 (2.4.4.3), transport_stream_id 1."""
    body = b"".join(_PAIR.pack(number, _PID_BITS | pid) for number, pid in table.programs)
    return _section(_PAT, 1, table.version, body)


def build_pmt(table: ProgramMap) -> bytes:
    """Write a section of table 2 (2.4.4.9)."""
    info = table.descriptors
    parts = [_PAIR.pack(_PID_BITS | table.pcr_pid, _LENGTH_BITS | len(info)), info]
    for stream in table.streams:
        size = _LENGTH_BITS | len(stream.descriptors)
        parts += (
            _STREAM.pack(stream.stream_type, _PID_BITS | stream.pid, size),
            stream.descriptors,
        )
    return _section(_PMT, table.program, table.version, b"".join(parts))


def parse_section(section: bytes) -> ProgramAssociation | ProgramMap | None:
    """Read a whole section, without the pointer field.

    Layout::

        0      u8      table_id: 0 PAT, 2 PMT
        1..2   u16     0b10110000...: 12 bits of bytes behind this
        3..4   u16     transport stream id, or program number
        5      u8      0b11VVVVVC: version; C is 0 for a table that does not hold yet
        6..7   u8 x2   number of this section and of the last
        ...            the table
        ...    u32     CRC-32 of all before

    Returns:
        None for another table, and for one that does not hold yet.

    Raises:
        PsiError: cut short, a wrong checksum, or lengths that do not fit.

    Source:
        ISO/IEC 13818-1:2022, 2.4.4.3 to 2.4.4.9.
    """
    if section[:1] not in (b"\x00", b"\x02"):
        return None
    if len(section) < _LEAST or crc32_mpeg2(section):
        raise PsiError(f"a section of table {section[0]} and {len(section)} bytes: its CRC is bad")
    table_id, _, number, flags, _, _ = _HEAD.unpack_from(section)
    if not flags & 1:
        return None
    body, version = section[_HEAD.size : -_CRC_SIZE], flags >> 1 & 31
    if table_id == _PAT:
        pairs = _PAIR.iter_unpack(body[: len(body) // 4 * 4])
        return ProgramAssociation(tuple((n, pid & _PID_MASK) for n, pid in pairs), version)
    return _parse_map(body, number, version)


def _parse_map(body: bytes, number: int, version: int) -> ProgramMap:
    if len(body) < _PAIR.size:
        raise PsiError(f"a program map of {len(body)} bytes, expected at least {_PAIR.size}")
    pcr_pid, size = _PAIR.unpack_from(body)
    pos = _PAIR.size + (size & _LENGTH_MASK)
    info, streams = body[_PAIR.size : pos], []
    while pos + _STREAM.size <= len(body):
        stream_type, pid, size = _STREAM.unpack_from(body, pos)
        pos += _STREAM.size
        end = pos + (size & _LENGTH_MASK)
        streams.append(ElementaryStream(stream_type, pid & _PID_MASK, body[pos:end]))
        pos = end
    if pos != len(body):
        raise PsiError(f"a program map's last entry ends at byte {pos} of {len(body)}")
    return ProgramMap(number, pcr_pid & _PID_MASK, tuple(streams), version, info)
