"""Packets out of pcap and pcapng files, as tcpdump and Wireshark write them. Floor 6.

Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. Blocks and options that say nothing about
packets are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import ClassVar, Final

import attrs

from trio_srs.errors import RefusedError

__all__ = ["CapturedPacket", "PacketFileError", "is_packet_file", "packets"]

_PCAP: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1e6),
    b"\xd4\xc3\xb2\xa1": ("<", 1e6),
    b"\xa1\xb2\x3c\x4d": (">", 1e9),
    b"\x4d\x3c\xb2\xa1": ("<", 1e9),
}
"""Byte order and ticks of a second, by what a pcap file begins with."""
_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_OLD_PACKET: Final = 2
_SIMPLE_PACKET: Final = 3
_ENHANCED_PACKET: Final = 6
_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_TSRESOL: Final = 9
_TSOFFSET: Final = 14
_END_OF_OPTIONS: Final = 0


class PacketFileError(RefusedError):
    """A file of packets cannot be read. The text says where."""

    code = "bad_packet_file"
    http_status: ClassVar[int] = 400


@attrs.frozen
class CapturedPacket:
    """One packet, as far as it was captured."""

    at_s: float
    """Unix time."""
    link_type: int
    """What it begins with (tcpdump.org/linktypes.html)."""
    data: bytes


@attrs.frozen
class _Interface:
    link_type: int
    ticks: float
    """Of a second."""
    offset_s: int


def is_packet_file(start: bytes) -> bool:
    """Whether a file that begins so is one of packets."""
    return start[:4] in _PCAP or start[:4] == _SECTION.to_bytes(4, "big")


def packets(data: bytes) -> Iterator[CapturedPacket]:
    """The packets of a file, in its order. One that ends inside a packet is read up to there.

    Raises:
        PacketFileError: it is none of these formats, or what it says is no sense.
    """
    if data[:4] in _PCAP:
        return _of_pcap(data)
    if is_packet_file(data):
        return _of_pcapng(data)
    raise PacketFileError(f"neither pcap nor pcapng: it begins with {data[:4]!r}")


def _of_pcap(data: bytes) -> Iterator[CapturedPacket]:
    order, ticks = _PCAP[data[:4]]
    if len(data) < 24:
        raise PacketFileError(f"the head of a pcap file has 24 bytes, not {len(data)}")
    link_type = struct.unpack_from(f"{order}I", data, 20)[0] & 0xFFFF
    head = struct.Struct(f"{order}IIII")
    at = 24
    while len(data) - at >= head.size:
        seconds, fraction, captured, _ = head.unpack_from(data, at)
        begin = at + head.size
        if len(data) - begin < captured:
            return
        yield CapturedPacket(seconds + fraction / ticks, link_type, data[begin : begin + captured])
        at = begin + captured


def _of_pcapng(data: bytes) -> Iterator[CapturedPacket]:
    order, interfaces = "<", list[_Interface]()
    at = 0
    while len(data) - at >= 12:
        if data[at : at + 4] == _SECTION.to_bytes(4, "big"):
            try:
                order = _ORDERS[data[at + 8 : at + 12]]
            except KeyError:
                raise PacketFileError(f"byte {at}: a section without byte order") from None
            interfaces = []
        kind, length = struct.unpack_from(f"{order}II", data, at)
        if length < 12 or length % 4:
            raise PacketFileError(f"byte {at}: a block of {length} bytes")
        if len(data) - at < length:
            return
        body = data[at + 8 : at + length - 4]
        try:
            if kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            elif (packet := _packet(kind, body, order, interfaces)) is not None:
                yield packet
        except (struct.error, IndexError) as error:
            raise PacketFileError(f"byte {at}: a block that cannot be read: {error}") from error
        at += length


def _interface(body: bytes, order: str) -> _Interface:
    (link_type,) = struct.unpack_from(f"{order}H", body)
    ticks, offset_s, at = 1e6, 0, 8
    while len(body) - at >= 4:
        code, length = struct.unpack_from(f"{order}HH", body, at)
        value = body[at + 4 : at + 4 + length]
        if code == _END_OF_OPTIONS:
            break
        if code == _TSRESOL:
            ticks = 2.0 ** (value[0] & 0x7F) if value[0] & 0x80 else 10.0 ** value[0]
        elif code == _TSOFFSET:
            (offset_s,) = struct.unpack(f"{order}q", value)
        at += 4 + length + -length % 4
    return _Interface(link_type, ticks, offset_s)


def _packet(
    kind: int, body: bytes, order: str, interfaces: list[_Interface]
) -> CapturedPacket | None:
    if kind in (_ENHANCED_PACKET, _OLD_PACKET):
        layout = "IIIII" if kind == _ENHANCED_PACKET else "HHIIII"
        number, *others = struct.unpack_from(f"{order}{layout}", body)
        high, low, captured, _ = others[-4:]
        interface = interfaces[number]
        at_s = interface.offset_s + (high << 32 | low) / interface.ticks
        return CapturedPacket(at_s, interface.link_type, body[20 : 20 + captured])
    if kind == _SIMPLE_PACKET:  # without a time
        (length,) = struct.unpack_from(f"{order}I", body)
        return CapturedPacket(0.0, interfaces[0].link_type, body[4 : 4 + length])
    return None
