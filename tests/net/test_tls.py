"""TLS over memory: handshakes, what is held back, and how a stream may end.

That it keeps every promise is in ``tests/testing/test_conformance.py``.
"""

from __future__ import annotations

import functools
import re
import ssl
from contextlib import suppress

import attrs
import pytest
import trio
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from tests.net.files import OpenBytes
from trio_srs.net.tls import MAX_OFFER, TlsHandshakeError, TlsTransport
from trio_srs.session.file_slice import FileSlice
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair

AUTHORITY = trustme.CA()


@functools.cache  # reading the system's authorities takes longer than a test
def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    return context


@functools.cache
def client_context(trust: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    trust.configure_trust(context)
    return context


def server_side(end: MemoryTransport) -> TlsTransport:
    return TlsTransport(end, server_context(), server_side=True)


def client_side(
    end: MemoryTransport, *, name: str = "localhost", trust: trustme.CA = AUTHORITY
) -> TlsTransport:
    return TlsTransport(end, client_context(trust), server_side=False, server_hostname=name)


async def shake_hands(one: TlsTransport, other: TlsTransport) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.handshake)
        nursery.start_soon(other.handshake)


@attrs.frozen
class Tapped:
    """A server and a client with the wire between them in the test's hands."""

    server: TlsTransport
    client: TlsTransport
    server_wire: MemoryTransport
    client_wire: MemoryTransport

    def ciphertext(self) -> bytes:
        """What the client has sent, taken off the wire."""
        buffer = bytearray(200_000)
        return bytes(buffer[: self.client_wire.receive_into(memoryview(buffer))])

    def deliver(self, data: bytes) -> None:
        """Let the server have these bytes."""
        assert self.server_wire.offer(data) == len(data)


async def tapped() -> Tapped:
    server_end, server_wire = memory_transport_pair(capacity=200_000)
    client_wire, client_end = memory_transport_pair(capacity=200_000)
    both = Tapped(server_side(server_end), client_side(client_end), server_wire, client_wire)

    async def forward(source: MemoryTransport, to: MemoryTransport) -> None:
        while True:
            await to.send_all(await source.receive_some())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(forward, server_wire, client_wire)
        nursery.start_soon(forward, client_wire, server_wire)
        await shake_hands(both.server, both.client)
        await wait_all_tasks_blocked()  # the server's session tickets are on their way
        nursery.cancel_scope.cancel()
    return both


def receive(end: TlsTransport, count: int = 200_000) -> bytes:
    buffer = bytearray(count)
    return bytes(buffer[: end.receive_into(memoryview(buffer))])


# Opening


@pytest.mark.parametrize("room", [7, 65_536])
async def test_a_handshake_needs_little_room_on_the_way(room: int) -> None:
    one, other = memory_transport_pair(capacity=room)
    server, client = server_side(one), client_side(other)
    assert server.version is None

    async def keep_reading() -> None:
        await client.handshake()
        while True:  # the session tickets need room, too
            await client.readable()
            with suppress(BlockingIOError):
                receive(client)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(keep_reading)
        await server.handshake()
        nursery.cancel_scope.cancel()
    assert server.version == client.version == "TLSv1.3"
    assert server.backlog == client.backlog == 0
    assert repr(server) == f"<TlsTransport {one.local} -> {one.peer}>"
    assert (client.local, client.peer) == (other.local, other.peer)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (b"\x03" + bytes(1536), "wrong version number"),  # RTMP's C0 and C1
        (b"GET / HTTP/1.1\r\n\r\n", "http request"),
        (b"", "the peer hung up"),
        (b"\x16\x03\x01", "the peer hung up"),
    ],
)
async def test_a_peer_that_does_not_speak_tls_is_refused(said: bytes, complaint: str) -> None:
    one, other = memory_transport_pair(client="192.0.2.7:50000")
    await other.send_all(said)
    other.shutdown_write()
    message = f"TLS handshake with 192.0.2.7:50000 failed: {complaint}"
    with pytest.raises(TlsHandshakeError, match=re.escape(message)) as refused:
        await server_side(one).handshake()
    assert refused.value.heard == said[:256]


@pytest.mark.parametrize(
    ("name", "trust", "complaint"),
    [
        ("elsewhere.example", AUTHORITY, "certificate not trusted: Hostname mismatch"),
        ("localhost", trustme.CA(), "certificate not trusted: "),
    ],
)
async def test_an_untrusted_server_is_refused_and_told_why(
    name: str, trust: trustme.CA, complaint: str
) -> None:
    one, other = memory_transport_pair()
    heard: list[str] = []

    async def serve() -> None:
        with pytest.raises(TlsHandshakeError) as caught:
            await server_side(one).handshake()
        heard.append(str(caught.value))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        with pytest.raises(TlsHandshakeError, match=complaint):
            await client_side(other, name=name, trust=trust).handshake()
    assert "alert" in heard[0]


async def test_a_connection_that_breaks_in_the_handshake_is_an_os_error() -> None:
    one, other = memory_transport_pair()
    other.reset()
    with pytest.raises(ConnectionResetError):
        await server_side(one).handshake()


async def test_nothing_can_be_offered_before_the_peer_was_heard() -> None:
    one, other = memory_transport_pair()
    server, client = server_side(one), client_side(other)
    sent = trio.Event()

    async def send() -> None:
        while True:
            try:
                client.offer(b"early")
            except BlockingIOError:
                await client.writable()
            else:
                return sent.set()

    with pytest.raises(BlockingIOError, match="hear from the peer"):
        client.offer(b"early")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send)
        await wait_all_tasks_blocked()
        assert not sent.is_set()
        for end in (server, client):  # reading does the handshake by the way
            with pytest.raises(BlockingIOError):
                receive(end)
    assert receive(server) == b"early"


async def test_closing_wakes_who_waits_to_hear_from_the_peer() -> None:
    one, _other = memory_transport_pair()
    server = server_side(one)
    with pytest.raises(BlockingIOError):
        server.offer(b"early")

    async def expect_closed() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await server.writable()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(expect_closed)
        await wait_all_tasks_blocked()
        server.close()


# Writing


async def test_an_offer_takes_at_most_64_kib() -> None:
    both = await tapped()
    assert both.server.offer(bytes(MAX_OFFER + 1)) == MAX_OFFER == 65_536


async def test_what_the_wire_does_not_take_is_held_and_told() -> None:
    one, other = memory_transport_pair()
    server, client = server_side(one), client_side(other)
    await shake_hands(server, client)
    told: list[int] = []
    server.on_backlog = lambda: told.append(server.backlog)
    one.capacity = 1_000
    room = 1_000 - other.unread
    assert server.offer(bytes(5_000)) == 5_000
    held = server.backlog
    assert told == [held]
    assert 4_000 <= held + room - 1_000 <= 5_100
    with pytest.raises(BlockingIOError):
        server.offer(b"more")
    assert server.backlog == held
    assert told == [held]
    one.capacity = 100_000
    assert server.offer(b"more") == 4
    assert server.backlog == 0
    assert receive(client) == bytes(5_000) + b"more"


async def test_pieces_are_taken_until_one_is_not_taken_whole() -> None:
    one, other = memory_transport_pair(capacity=200_000)
    server, client = server_side(one), client_side(other)
    await shake_hands(server, client)
    assert server.offer_all([b"ab", b"cd"]) == 4
    assert server.offer_all([b"e", bytes(MAX_OFFER + 1), b"f"]) == MAX_OFFER + 1
    got = b""
    with suppress(BlockingIOError):
        while True:
            got += receive(client)
    assert got == b"abcde" + bytes(MAX_OFFER)
    one.capacity = 100
    assert server.offer_all([bytes(200), b"not yet"]) == 200
    with pytest.raises(BlockingIOError):
        server.offer_all([b"nor this"])


async def test_what_is_in_a_file_is_read_and_encrypted() -> None:
    one, other = memory_transport_pair(capacity=200_000)
    server, client = server_side(one), client_side(other)
    await shake_hands(server, client)
    with OpenBytes(bytes(range(200)) * 500) as file:
        assert server.offer_all([b"ab", FileSlice(file, 0, 100)]) == 102
        assert server.offer_file(FileSlice(file, 0, 100_000)) == MAX_OFFER
        assert receive(client)[:102] == b"ab" + bytes(range(100))


async def test_writable_pushes_the_backlog_out() -> None:
    one, other = memory_transport_pair()
    server, client = server_side(one), client_side(other)
    await shake_hands(server, client)
    one.capacity = 0
    assert server.offer(bytes(60_000)) == 60_000
    assert server.backlog > 60_000
    got = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.writable)
        await wait_all_tasks_blocked()
        one.capacity = 777
        while len(got) < 60_000:
            await client.readable()
            with suppress(BlockingIOError):
                got += receive(client)
    assert got == bytes(60_000)
    assert server.backlog == 0


async def test_an_answer_made_while_reading_is_told_when_it_is_held() -> None:
    one, other = memory_transport_pair()
    server, client = server_side(one), client_side(other)
    told: list[int] = []
    server.on_backlog = lambda: told.append(server.backlog)
    one.capacity = 0
    with pytest.raises(BlockingIOError):
        client.offer(b"")  # nothing to encrypt: only asks for room
    with pytest.raises(BlockingIOError):
        receive(client)  # begins the handshake
    with pytest.raises(BlockingIOError):
        receive(server)  # wants to answer it
    assert told == [server.backlog]
    assert server.backlog > 0


# Reading


@settings(max_examples=15)
@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5), st.integers(1, 300))
async def test_how_the_ciphertext_is_sliced_does_not_matter(says: list[bytes], piece: int) -> None:
    both = await tapped()
    for said in says:
        assert both.client.offer(said) == len(said)
    ciphertext, got = both.ciphertext(), b""
    for start in range(0, len(ciphertext), piece):
        both.deliver(ciphertext[start : start + piece])
        with suppress(BlockingIOError):
            while True:
                got += receive(both.server, 50)
    assert got == b"".join(says)


async def test_decrypted_bytes_that_found_no_place_are_readable_at_once() -> None:
    both = await tapped()
    both.client.offer(b"0123456789")
    both.deliver(both.ciphertext())
    assert receive(both.server, 4) == b"0123"
    await both.server.readable()
    assert receive(both.server) == b"456789"


async def test_one_reading_brings_all_records_that_there_is_room_for() -> None:
    """Merged reading rests behind a reading that brings less than there is room for."""
    both = await tapped()
    both.client.offer(bytes(40_000))
    both.deliver(both.ciphertext())
    assert len(receive(both.server, 35_000)) == 35_000
    await both.server.readable()
    assert len(receive(both.server)) == 5_000
    with pytest.raises(BlockingIOError):
        receive(both.server)


async def test_a_broken_connection_is_told_behind_what_came_before() -> None:
    both = await tapped()
    both.client.offer(bytes(20_000))
    both.deliver(both.ciphertext() + b"\x17\x03\x03")
    both.server_wire.shutdown_write()
    assert len(receive(both.server)) == 20_000
    await both.server.readable()
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            receive(both.server)


@pytest.mark.parametrize("kept", [0, 1, 4, 5, 6, 50, -1, None])
async def test_only_an_end_inside_a_record_is_a_broken_connection(kept: int | None) -> None:
    both = await tapped()
    both.client.offer(b"first")
    both.deliver(both.ciphertext())
    both.client.offer(bytes(100))
    record = both.ciphertext()
    if kept != 0:
        both.deliver(record[:kept])
    both.server_wire.shutdown_write()
    assert receive(both.server) == b"first" + (bytes(100) if kept is None else b"")
    if kept in (0, None):
        assert receive(both.server) == b""
        await both.server.readable()
        assert receive(both.server) == b""
    else:
        with pytest.raises(ConnectionResetError, match="in the middle of a TLS record"):
            receive(both.server)


async def test_a_close_notify_ends_the_stream() -> None:
    both = await tapped()
    both.client.offer(b"last words")
    both.client.shutdown_write()
    both.deliver(both.ciphertext())
    assert receive(both.server) == b"last words"
    assert receive(both.server) == b""


async def test_a_forged_record_breaks_the_connection_and_the_peer_is_told() -> None:
    both = await tapped()
    both.client.offer(b"the truth")
    record = bytearray(both.ciphertext())
    record[-1] ^= 1
    both.deliver(bytes(record))
    with pytest.raises(ssl.SSLError, match=r"(?i)bad record mac") as caught:
        receive(both.server)
    assert isinstance(caught.value, OSError)
    alert = await both.server_wire.receive_some()
    await both.client_wire.send_all(alert)
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        receive(both.client)


# Closing


async def test_what_came_before_shutting_down_is_still_read_after_it() -> None:
    both = await tapped()
    both.client.offer(b"0123456789")
    both.client.offer(b"abcdef")
    both.deliver(both.ciphertext())
    assert receive(both.server, 2) == b"01"
    both.server.shutdown_write()
    await both.server.readable()
    assert receive(both.server, 3) == b"234"
    assert receive(both.server) == b"56789abcdef"
    both.client.offer(b"later")
    both.deliver(both.ciphertext())
    assert receive(both.server) == b"later"


async def test_the_end_follows_the_backlog() -> None:
    one, other = memory_transport_pair()
    server, client = server_side(one), client_side(other)
    await shake_hands(server, client)
    with pytest.raises(BlockingIOError):
        receive(client)  # session tickets
    told: list[int] = []
    server.on_backlog = lambda: told.append(server.backlog)
    one.capacity = 0
    server.shutdown_write()
    assert told == [server.backlog]
    with pytest.raises(BlockingIOError):
        receive(client)
    one.capacity = 65_536
    await server.writable()
    assert server.backlog == 0
    assert receive(client) == b""


async def test_shutting_down_towards_a_peer_that_is_gone_says_nothing() -> None:
    one, other = memory_transport_pair()
    server, client = server_side(one), client_side(other)
    await shake_hands(server, client)
    client.reset()
    server.shutdown_write()
    server.close()
    server.shutdown_write()
