"""One direction of a connection, as somebody sees it who only listens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from trio_srs.session import rtmp_observer
from trio_srs.session.rtmp_observer import (
    BytesLost,
    Observation,
    ObservedError,
    ObservedHandshake,
    ObservedMessage,
    ObservedOddity,
    RtmpObserver,
)
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.handshake import (
    HANDSHAKE_BYTES,
    RANDOM_BYTES,
    ClientHandshake,
    HandshakeKind,
    ServerHandshake,
)
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.oddity import OddityKind

SHAKEN: Final = b"\x03" + bytes(HANDSHAKE_BYTES - 1)


def both_handshakes(*, digest: bool) -> tuple[bytes, bytes]:
    """All that a client says, and all that a server says."""
    client = ClientHandshake(random=bytes(range(256)) * 12, digest=digest)
    server = ServerHandshake(random=bytes(RANDOM_BYTES))
    c0c1 = client.begin()
    answer = server.receive(c0c1)
    return c0c1 + client.receive(answer), answer


def media(at_ms: int) -> Message:
    return Message(8, 1, at_ms, b"\xaf\x01" + b"\xff" * (30 + at_ms // 20 % 7))


def seen_of(observer: RtmpObserver, data: bytes, piece: int = 10**6) -> list[Observation]:
    def all_of() -> Iterator[Observation]:
        for at in range(0, len(data), piece):
            yield from observer.feed(data[at : at + piece])

    return list(all_of())


@pytest.mark.parametrize("digest", [False, True])
def test_the_handshake_of_either_side_is_recognised(digest: bool) -> None:
    client, server = both_handshakes(digest=digest)
    kind = HandshakeKind.DIGEST_1 if digest else HandshakeKind.PLAIN
    assert seen_of(RtmpObserver(is_client=True), client) == [ObservedHandshake(kind)]
    assert seen_of(RtmpObserver(is_client=False), server) == [ObservedHandshake(kind)]


@pytest.mark.parametrize("piece", [1, 7, 10**6])
def test_messages_come_with_their_places_however_the_bytes_are_cut(piece: int) -> None:
    writer = ChunkWriter()
    size = Message(1, 0, 0, SetChunkSize(4096).encode())
    first = writer.write(size)
    writer.chunk_size = 4096
    long = Message(9, 1, 0, bytes(1000))
    data = SHAKEN + first + writer.write(long)
    observer = RtmpObserver(is_client=True)
    _, one, two = seen_of(observer, data, piece)
    assert isinstance(one, ObservedMessage)
    assert isinstance(two, ObservedMessage)
    assert (one.message, one.offset, one.end) == (size, 3073, 3073 + 16)
    assert (two.message, two.offset, two.end) == (long, one.end, len(data))
    assert observer.understood == len(data)
    assert observer.unfinished == ()


def test_an_oddity_is_told_once_behind_its_message() -> None:
    small = Message(1, 0, 0, SetChunkSize(100).encode())
    data = SHAKEN + ChunkWriter().write(small) * 2
    _, _, odd, again = seen_of(RtmpObserver(is_client=True), data)
    assert odd == ObservedOddity(OddityKind.SMALL_CHUNKS, "chunks of 100 bytes", 3073 + 16)
    assert isinstance(again, ObservedMessage)


def test_the_parts_of_an_aggregate_are_not_told_apart() -> None:
    part = bytes((8, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0)) + b"\xaf\x01" + bytes(4)
    data = SHAKEN + ChunkWriter().write(Message(22, 1, 0, part)) + ChunkWriter().write(media(1))
    seen = seen_of(RtmpObserver(is_client=True), data)
    types = [each.message.type_id for each in seen if isinstance(each, ObservedMessage)]
    assert types == [22, 8]


@pytest.mark.parametrize(
    ("data", "code", "understood"),
    [
        (b"GET / HTTP/1.1\r\n", "handshake_error", 0),
        (SHAKEN + b"\xc3", "chunk_order", 3073),
        (SHAKEN + ChunkWriter().write(Message(1, 0, 0, b"")), "control_error", 3073 + 12),
    ],
)
def test_an_error_is_told_with_its_place_and_ends_it(
    data: bytes, code: str, understood: int
) -> None:
    observer = RtmpObserver(is_client=True)
    error = seen_of(observer, data)[-1]
    assert isinstance(error, ObservedError)
    assert (error.code, error.offset) == (code, understood)
    assert observer.is_broken
    assert not [*observer.feed(b"more"), *observer.lose(5), *observer.end()]


def test_behind_lost_bytes_it_goes_on_with_the_next_message() -> None:
    writer = ChunkWriter()
    written = [writer.write(media(at)) for at in range(0, 12_000, 20)]
    head, rest = SHAKEN + b"".join(written[:5]), b"".join(written[100:])
    observer = RtmpObserver(is_client=True)
    assert len(seen_of(observer, head)) == 6
    lost = sum(map(len, written[5:100])) + 3
    assert not [*observer.lose(0), *observer.lose(lost - 10), *observer.lose(10)]
    seen = seen_of(observer, rest[3:], 100)
    gap, *others = [*seen, *observer.end()]
    assert isinstance(gap, BytesLost)
    assert gap == BytesLost(lost, len(written[100]) - 3)
    assert len(others) == len(written) - 101
    assert isinstance(others[0], ObservedMessage)
    assert others[0].offset == len(head) + lost + gap.passed_over


def test_between_two_gaps_where_nothing_is_found_nothing_is_told() -> None:
    writer = ChunkWriter()
    written = [writer.write(media(at)) for at in range(0, 400, 20)]
    observer = RtmpObserver(is_client=True)
    seen_of(observer, SHAKEN + written[0] + written[1])
    seen: list[Observation] = [*observer.lose(30), *observer.feed(b"???"), *observer.lose(9)]
    seen += [*observer.feed(b"".join(written[2:])), *observer.end()]
    gap, *others = seen
    assert gap == BytesLost(42, 0)
    assert len(others) == 18


def test_more_is_waited_for_where_nothing_is_found_yet() -> None:
    writer = ChunkWriter()
    written = [writer.write(media(at)) for at in range(0, 8000, 20)]
    observer = RtmpObserver(is_client=True)
    seen_of(observer, SHAKEN + written[0] + written[1])
    assert not [*observer.lose(30), *observer.feed(bytes(4096))]
    gap, *others = [*observer.feed(b"".join(written[2:])), *observer.end()]
    assert gap == BytesLost(30, 4096)
    assert len(others) == 398


def test_the_end_without_a_gap_is_nothing_to_tell() -> None:
    observer = RtmpObserver(is_client=True)
    assert observer.understood == 0
    assert not [*observer.feed(SHAKEN[:-1]), *observer.end()]


@pytest.mark.parametrize("count", [100, 2**14])
def test_where_nothing_makes_sense_behind_lost_bytes_that_is_an_error(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtmp_observer, "_LAST_SEARCH", 2**14)
    observer = RtmpObserver(is_client=True)
    seen_of(observer, SHAKEN + ChunkWriter().write(media(0)))
    [error] = [*observer.lose(50), *observer.feed(bytes(count)), *observer.end()]
    assert isinstance(error, ObservedError)
    assert error.text == f"no message can be told in {count} bytes behind 50 lost ones"


def test_a_gap_in_the_handshake_is_an_error() -> None:
    observer = RtmpObserver(is_client=True)
    [error] = [*observer.feed(SHAKEN[:9]), *observer.lose(3)]
    assert isinstance(error, ObservedError)
    assert error.text == "3 bytes of the handshake are missing"
