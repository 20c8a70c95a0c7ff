"""Sessions come out of our files and out of packets, whatever the packets went through."""

from __future__ import annotations

import ipaddress
import random
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.inspect.scenes import Scene, file_of
from trio_srs.errors import RefusedError
from trio_srs.tools.inspect.capture_reader import read_captures
from trio_srs.tools.inspect.conversation import SaidMessage, conversation
from trio_srs.tools.inspect.pcap import PacketFileError, packets
from trio_srs.tools.inspect.tcp_streams import tcp_connections
from trio_srs.wire.session_capture import CaptureKind, CaptureRecord, SessionCapture

SYN, ACK, FIN, RST = 2, 16, 1, 4
CLIENT, SERVER = ("10.0.0.2", 50_000), ("10.0.0.1", 1935)
START: Final = 2**32 - 700
"""A sequence number that wraps around soon."""


@attrs.frozen
class Packet:
    """One TCP segment, before it is put into a file."""

    at_us: int
    from_client: bool
    sequence: int
    flags: int
    data: bytes = b""
    missing: int = 0
    """Bytes at the end that were cut off."""


def segments(records: Iterable[CaptureRecord], size: int = 500) -> list[Packet]:
    """What is on the wire for a conversation."""
    next_of = {True: START, False: 7}
    found = [Packet(0, True, START - 1, SYN), Packet(0, False, 6, SYN | ACK)]
    for record in records:
        is_client = record.kind in (CaptureKind.RECEIVED, CaptureKind.PEER_ENDED)
        if record.kind in (CaptureKind.PEER_ENDED, CaptureKind.WE_ENDED):
            found.append(Packet(record.at_us, is_client, next_of[is_client], FIN | ACK))
        for at in range(0, len(record.data), size):
            piece = record.data[at : at + size]
            found.append(Packet(record.at_us, is_client, next_of[is_client], ACK, piece))
            next_of[is_client] = (next_of[is_client] + len(piece)) % 2**32
    return found


def ipv4(packet: Packet) -> bytes:
    (source, port), (target, other) = (CLIENT, SERVER) if packet.from_client else (SERVER, CLIENT)
    tcp = struct.pack(">HHIIBBHHH", port, other, packet.sequence, 0, 6 << 4, packet.flags, 0, 0, 0)
    tcp += b"\x01\x01\x01\0" + packet.data  # options
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0,
        ipaddress.IPv4Address(source).packed, ipaddress.IPv4Address(target).packed,
    )  # fmt: skip
    whole = head + tcp
    return whole[: len(whole) - packet.missing]


def ipv6(packet: Packet) -> bytes:
    ends = [ipaddress.IPv6Address(each).packed for each in ("fe80::2", "fe80::1")]
    source, target = ends if packet.from_client else reversed(ends)
    tcp = ipv4(packet)[20:]
    hops = b"\x06\0" + bytes(6)
    return struct.pack(">IHBB", 6 << 28, len(hops + tcp), 0, 64) + source + target + hops + tcp


LINKS: Final[dict[str, tuple[int, Callable[[Packet], bytes]]]] = {
    "ethernet": (1, lambda each: bytes(12) + b"\x08\0" + ipv4(each) + b"padding"),
    "vlan": (1, lambda each: bytes(12) + b"\x81\0\0\x05\x86\xdd" + ipv6(each)),
    "any": (113, lambda each: bytes(14) + b"\x08\0" + ipv4(each)),
    "any2": (276, lambda each: b"\x86\xdd" + bytes(18) + ipv6(each)),
    "loopback": (0, lambda each: b"\x02\0\0\0" + ipv4(each)),
    "loop": (108, lambda each: b"\0\0\0\x02" + ipv4(each)),
    "raw": (101, ipv6),
}


def pcap(link: str, sent: Iterable[Packet], order: str = "<", nanos: bool = False) -> bytes:
    link_type, frame = LINKS[link]
    magic, tick = (0xA1B23C4D, 1000) if nanos else (0xA1B2C3D4, 1)
    out = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65_535, link_type)]
    for each in sent:
        data = frame(each)
        seconds, us = divmod(each.at_us, 10**6)
        out.append(struct.pack(f"{order}IIII", 1000 + seconds, us * tick, len(data), len(data)))
        out.append(data)
    return b"".join(out)


def block(kind: int, body: bytes, order: str) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def pcapng(link: str, sent: Iterable[Packet], order: str = "<", kind: int = 6) -> bytes:
    link_type, frame = LINKS[link]
    section = struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1)
    options = struct.pack(f"{order}HHB3xHHq", 9, 1, 9, 14, 8, 1000)  # nanoseconds, from 1000 s on
    interface = struct.pack(f"{order}HHI", link_type, 0, 65_535) + options + bytes(4)
    out = [block(0x0A0D0D0A, section, order), block(1, interface, order), block(5, b"", order)]
    for each in sent:
        data, at = frame(each), each.at_us * 1000
        sizes = struct.pack(f"{order}II", len(data), len(data))
        time = struct.pack(f"{order}II", at >> 32, at & 0xFFFFFFFF)
        head = {
            6: struct.pack(f"{order}I", 0) + time + sizes,
            2: struct.pack(f"{order}HH", 0, 0) + time + sizes,
            3: sizes[:4],
        }[kind]
        out.append(block(kind, head + data, order))
    return b"".join(out)


def publish() -> Scene:
    return Scene().publish().happened(CaptureKind.PEER_ENDED)


def messages(capture: SessionCapture) -> list[tuple[str, int, bytes]]:
    return [
        (each.by.value, round(each.at_s * 1000), each.message.payload)
        for each in conversation(capture)
        if isinstance(each, SaidMessage)
    ]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], list[SessionCapture]]:
    def read_one(data: bytes) -> list[SessionCapture]:
        path = tmp_path / "file"
        path.write_bytes(data)
        return list(read_captures(path).sessions)

    return read_one


Read = Callable[[bytes], list[SessionCapture]]


def test_a_file_of_ours_is_read(read: Read) -> None:
    [capture] = read(file_of(publish()))
    assert messages(capture) == messages(publish().capture())


@pytest.mark.parametrize("link", LINKS)
def test_what_was_said_comes_out_of_every_kind_of_link(read: Read, link: str) -> None:
    sent = segments(publish().records)
    expected = messages(publish().capture())
    for data in (
        pcap(link, sent),
        pcap(link, sent, ">", nanos=True),
        pcapng(link, sent),
        pcapng(link, sent, ">", kind=2),
    ):
        [capture] = read(data)
        assert messages(capture) == expected
        assert capture.about["began_at"] == 1000.0
        assert str(capture.about["local"]).endswith(":1935")


def test_packets_without_times_are_read(read: Read) -> None:
    [capture] = read(pcapng("raw", segments(publish().records), kind=3))
    assert len(messages(capture)) == 11


def test_packets_may_come_twice_in_another_order_and_in_other_pieces(read: Read) -> None:
    opening, sent = segments(publish().records)[:2], segments(publish().records, 300)[2:-1]
    again = segments(publish().records, 470)[2:-1]
    mixed = [*sent[3:], *again, *sent]
    random.Random(5).shuffle(mixed)
    [capture] = read(pcap("raw", [*opening, *mixed]))
    said = sorted(payload for *_, payload in messages(capture))
    assert said == sorted(payload for *_, payload in messages(publish().capture()))


def test_lost_and_cut_packets_are_said_to_be_missing(read: Read) -> None:
    sent = segments(publish().records, 100)
    lost = [each for each in sent if not (each.from_client and each.sequence == START + 100)]
    cut = [attrs.evolve(each, missing=30) if each.sequence == START else each for each in sent]
    for damaged, missing in ((lost, 100), (cut, 30)):
        [capture] = read(pcap("raw", damaged))
        gaps = [each.omitted for each in capture.records if each.kind == CaptureKind.OMITTED]
        assert gaps == [(missing, 0)]


def test_several_connections_and_other_traffic_are_told_apart(tmp_path: Path) -> None:
    one = segments(publish().records)
    reset = Packet(400_000, True, one[-1].sequence, RST)
    http = [*segments(())[:2], Packet(0, True, START, ACK, b"GET / HTTP/1.1")]
    tls = [*segments(())[:2], Packet(0, True, START, ACK, b"\x16\x03\x01")]
    reset_again = attrs.evolve(reset, at_us=0)
    opened = [*one[:-1], reset, *http, reset_again, *tls, reset_again, *segments(()), reset_again]
    path = tmp_path / "file"
    path.write_bytes(pcap("raw", [*opened, *one, Packet(9, False, 9, RST)]))
    content = read_captures(path)
    assert [each.about["session"] for each in content.sessions] == ["1", "5"]
    assert [each.rpartition(": ")[2] for each in content.passed_over] == [
        "it begins with b'GET / HT'",
        "a key log is needed",
        "no bytes",
    ]
    kinds = [each.kind for each in content.sessions[0].records]
    assert kinds[-1] == CaptureKind.BROKEN


def test_a_connection_whose_beginning_is_not_there_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(pcap("raw", segments(publish().records)[5:]))
    content = read_captures(path)
    assert not content.sessions
    assert "its beginning is not there" in content.passed_over[0]


def test_the_client_is_who_connected_also_if_only_the_answer_was_captured(read: Read) -> None:
    sent = segments(publish().records)
    [connection] = tcp_connections(packets(pcap("raw", sent[1:])))
    assert connection.client.endswith(":50000")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xd4\xc3\xb2\xa1", "24 bytes, not 4"),
        (b"\n\r\r\n" + bytes(20), "byte 0: a section without byte order"),
        (pcapng("raw", ())[:28] + struct.pack("<II", 1, 9) + bytes(4), "byte 28: a block of 9"),
        (pcapng("raw", ())[:28] + block(6, b"", "<"), "byte 28: a block that cannot be read"),
        (pcapng("raw", ())[:28] + block(3, bytes(4), "<"), "byte 28: a block that cannot be read"),
        (b"FLV", "neither a capture of a session .* it begins with b'FLV'"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(read: Read, data: bytes, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        read(data)


def test_neither_packets_nor_a_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(PacketFileError, match="neither pcap nor pcapng"):
        packets(b"FLV\x01")
    with pytest.raises(RefusedError, match="No such file"):
        read_captures(tmp_path / "nothing")


def test_a_file_that_ends_early_and_packets_of_other_kinds_are_no_error(read: Read) -> None:
    sent = segments(publish().records)
    for data in (pcap("raw", sent), pcapng("raw", sent)):
        for cut in (10, 500):
            assert len(messages(read(data[:-cut])[0])) >= 8
    others = [b"", b"\x60", b"\x45" + bytes(8) + b"\x11" + bytes(20), b"\x10", b"\x60" + bytes(60)]
    head = pcap("raw", ())
    odd = b"".join(struct.pack("<IIII", 0, 0, len(each), len(each)) + each for each in others)
    assert tcp_connections(packets(head + odd)) == []
    for link_type in (0, 1, 108, 276, 9999):
        assert not tcp_connections(
            packets(head[:20] + struct.pack("<I", link_type) + head[24:] + odd)
        )


@pytest.mark.property
@given(st.binary(max_size=300), st.integers(0, 2**32))
def test_any_bytes_are_packets_or_refused(data: bytes, seed: int) -> None:
    chance, sent = random.Random(seed), segments(publish().records)
    for whole in (pcap("ethernet", sent), pcapng("vlan", sent), pcap("raw", ()), pcapng("any", ())):
        damaged = bytearray(whole + data)
        for _ in range(20):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            tcp_connections(packets(bytes(damaged)))
        except PacketFileError:
            continue
