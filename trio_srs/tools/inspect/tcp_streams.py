"""TCP connections out of packets: what each side sent, in order, with its times. Floor 6.

Sources: RFC 791, 8200, 9293. What is fragmented by IP is missing, as lost packets are.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable
from typing import Final

import attrs

from trio_srs.tools.inspect.pcap import CapturedPacket
from trio_srs.wire.session_capture import CaptureKind, CaptureRecord, omission

__all__ = ["TcpConnection", "tcp_connections"]

_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_TCP: Final = 6
_MOD: Final = 2**32
_HELD_MOST: Final = 4 * 2**20
"""Bytes of a direction that wait for a packet that may be lost."""
_IPV6_EXTENSIONS: Final = frozenset({0, 43, 60})
_ETHERTYPES: Final = {0x0800: 4, 0x86DD: 6}
_VLAN: Final = frozenset({0x8100, 0x88A8, 0x9100})
_LOOPBACK: Final = {2: 4, 24: 6, 28: 6, 30: 6}
"""IP's version by the address family of BSD's systems (link types 0 and 108)."""


@attrs.frozen
class _Segment:
    source: str
    target: str
    sequence: int
    flags: int
    data: bytes
    size: int
    """Of the data as it was sent: more than there is, if the packet was cut off."""


class _Direction:
    """What one side sent."""

    def __init__(self) -> None:
        self.next: int | None = None
        self.first = b""
        """The first bytes."""
        self.begins = False
        """Whether the beginning is there."""
        self._held: dict[int, tuple[bytes, int]] = {}
        """By sequence number: what came too early, and how long it was."""

    def take(self, segment: _Segment) -> list[tuple[bytes, int]]:
        """What is new and in order: bytes, and how many are missing before them."""
        sequence = segment.sequence
        if segment.flags & _SYN:
            self.next, self.begins = (sequence + 1) % _MOD, True
            sequence = self.next
        if self.next is None:
            self.next = sequence
        if segment.size:
            self._held.setdefault(sequence, (segment.data, segment.size))
        found = self._in_order()
        if sum(len(data) for data, _ in self._held.values()) > _HELD_MOST:
            found += self.skip()
        return found

    def _in_order(self) -> list[tuple[bytes, int]]:
        found: list[tuple[bytes, int]] = []
        assert self.next is not None
        while self._held:
            sequence = min(self._held, key=self._ahead)
            ahead = self._ahead(sequence)
            if ahead > 0:
                break
            data, size = self._held.pop(sequence)
            if -ahead < size:
                self._keep(data[-ahead:])
                found.append((data[-ahead:], 0))
                missing = size - max(len(data), -ahead)
                if missing:
                    found.append((b"", missing))
                self.next = (sequence + size) % _MOD
        return found

    def skip(self) -> list[tuple[bytes, int]]:
        """Go on behind what is missing."""
        found: list[tuple[bytes, int]] = []
        while self._held:
            assert self.next is not None
            sequence = min(self._held, key=self._ahead)
            found.append((b"", self._ahead(sequence)))
            self.next = sequence
            found += self._in_order()
        return found

    def _ahead(self, sequence: int) -> int:
        """How far it is ahead of what is next; negative behind it."""
        assert self.next is not None
        return (sequence - self.next + _MOD // 2) % _MOD - _MOD // 2

    def _keep(self, data: bytes) -> None:
        if len(self.first) < 8:
            self.first += data[:8]


class TcpConnection:
    """One connection.

    Attributes:
        client, server: their addresses; the client is who connected, or else who spoke first.
        began_at: when its first packet was there: Unix time.
        records: what happened, the client being the peer.
    """

    def __init__(self, client: str, server: str, began_at: float) -> None:
        self.client, self.server, self.began_at = client, server, began_at
        self.records: list[CaptureRecord] = []
        self._ways = {client: _Direction(), server: _Direction()}
        self._last_us = 0
        self.is_over = False

    @property
    def begins(self) -> bool:
        """Whether the beginning of what the client sent is there."""
        return self._ways[self.client].begins

    @property
    def first(self) -> tuple[bytes, bytes]:
        """The first bytes of the client and of the server."""
        return self._ways[self.client].first, self._ways[self.server].first

    def take(self, segment: _Segment, at_s: float) -> None:
        """One more packet of it."""
        self._last_us = max(self._last_us, round((at_s - self.began_at) * 1e6))
        is_client = segment.source == self.client
        self._note(is_client, self._ways[segment.source].take(segment))
        if segment.flags & _RST:
            self.is_over = True
            kind = CaptureKind.BROKEN if is_client else CaptureKind.RESET
            self._add(kind, b"the client reset the connection" if is_client else b"")
        elif segment.flags & _FIN:
            self._add(CaptureKind.PEER_ENDED if is_client else CaptureKind.WE_ENDED)

    def finish(self) -> None:
        """No more packets come."""
        for address, way in self._ways.items():
            self._note(address == self.client, way.skip())

    def _note(self, is_client: bool, found: Iterable[tuple[bytes, int]]) -> None:
        for data, missing in found:
            if missing:
                counts = (missing, 0) if is_client else (0, missing)
                self.records.append(omission(self._last_us, *counts))
            if data:
                self._add(CaptureKind.RECEIVED if is_client else CaptureKind.SENT, data)

    def _add(self, kind: CaptureKind, data: bytes = b"") -> None:
        self.records.append(CaptureRecord(kind, self._last_us, data))


def tcp_connections(packets: Iterable[CapturedPacket]) -> list[TcpConnection]:
    """All connections, in the order in which they began."""
    found: list[TcpConnection] = []
    by_ends: dict[frozenset[str], TcpConnection] = {}
    for packet in packets:
        segment = _segment(packet)
        if segment is None:
            continue
        ends = frozenset((segment.source, segment.target))
        connection = by_ends.get(ends)
        opens = segment.flags & (_SYN | _ACK) == _SYN
        if connection is None or (opens and connection.is_over):
            is_answer = segment.flags & (_SYN | _ACK) == _SYN | _ACK
            client = segment.target if is_answer else segment.source
            server = segment.source if is_answer else segment.target
            connection = TcpConnection(client, server, packet.at_s)
            by_ends[ends] = connection
            found.append(connection)
        connection.take(segment, packet.at_s)
    for connection in found:
        connection.finish()
    return found


def _segment(packet: CapturedPacket) -> _Segment | None:
    """The TCP segment in a packet; None if there is none, or nothing whole enough."""
    try:
        ip = _network_layer(packet.link_type, packet.data)
        return None if ip is None else _of_ip(ip)
    except (IndexError, struct.error, ValueError):
        return None


def _network_layer(link_type: int, data: bytes) -> bytes | None:
    """What is inside the link's frame, if that is IP."""
    match link_type:
        case 1:  # Ethernet
            at = 12
        case 113:  # Linux "any"
            at = 14
        case 276:  # the same, second form: the protocol comes first
            return data[20:] if int.from_bytes(data[:2], "big") in _ETHERTYPES else None
        case 0:  # BSD's loopback, in the byte order of the machine
            family = min(int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big"))
            return data[4:] if family in _LOOPBACK else None
        case 108:
            return data[4:] if int.from_bytes(data[:4], "big") in _LOOPBACK else None
        case 12 | 101 | 228 | 229:  # IP itself
            return data
        case _:
            return None
    kind = int.from_bytes(data[at : at + 2], "big")
    while kind in _VLAN:
        at += 4
        kind = int.from_bytes(data[at : at + 2], "big")
    return data[at + 2 :] if kind in _ETHERTYPES else None


def _of_ip(data: bytes) -> _Segment | None:
    version = data[0] >> 4
    if version == 4:
        total, _, fragment = struct.unpack_from(">HHH", data, 2)
        if data[9] != _TCP or fragment & 0x3FFF:
            return None
        head = (data[0] & 0x0F) * 4
        source, target = (str(ipaddress.IPv4Address(data[at : at + 4])) for at in (12, 16))
        length = (total or len(data)) - head  # 0 where the network card does the cutting
        return _of_tcp(data[head : head + length], length, source, target)
    if version != 6:
        return None
    payload = int.from_bytes(data[4:6], "big") or len(data) - 40
    kind, head = data[6], 40
    while kind in _IPV6_EXTENSIONS:
        kind, head = data[head], head + (data[head + 1] + 1) * 8
    if kind != _TCP:
        return None
    source, target = (f"[{ipaddress.IPv6Address(data[at : at + 16])}]" for at in (8, 24))
    length = payload - (head - 40)
    return _of_tcp(data[head : head + length], length, source, target)


def _of_tcp(data: bytes, length: int, source: str, target: str) -> _Segment:
    from_port, to_port, sequence = struct.unpack_from(">HHI", data)
    head = (data[12] >> 4) * 4
    return _Segment(
        f"{source}:{from_port}",
        f"{target}:{to_port}",
        sequence,
        data[13],
        data[head:],
        max(0, length - head),
    )
