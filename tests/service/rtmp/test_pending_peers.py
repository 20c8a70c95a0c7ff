"""Pending peers: who only shakes hands costs no task, and ends like anybody else."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import House
from trio_srs.config.schema import Config
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionBegan, SessionEnded
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.tcp import SocketTransport
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.service.rtmp.pending_peers import PendingPeer
from trio_srs.testing.bodies import header, key
from trio_srs.testing.peer import Peer
from trio_srs.units import Timeout

pytestmark = pytest.mark.skipif(not SharedReader.works, reason="epoll is Linux only")

C0_C1 = b"\x03" + bytes(1536)
S0_S1_S2 = 1 + 1536 + 1536


@asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    """Real sockets, but pairs of them: nothing here has a port, or takes any time."""
    house = House(config=house.config, reader=SharedReader())
    async with trio.open_nursery() as nursery:
        await nursery.start(house.run)
        yield house
        nursery.cancel_scope.cancel()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    config = RtmpConfig(handshake_timeout=Timeout(3.0), connect_timeout=Timeout(7.0))
    async with running(House(config=config)) as house:
        yield house


def dial(
    house: House, transport: Callable[[socket.socket], SocketTransport] = SocketTransport
) -> Peer:
    near, far = socket.socketpair()
    house.service.serve(transport(near))
    return Peer(SocketTransport(far))


def say(peer: Peer, data: bytes) -> None:
    assert peer.transport.offer(data) == len(data)


async def hear(peer: Peer, most: int = 65_536) -> bytes:
    """Everything until the server closes, or so much of it."""
    heard, buffer = b"", memoryview(bytearray(65_536))
    while len(heard) < most:
        await peer.transport.readable()
        count = peer.transport.receive_into(buffer)
        if not count:
            return heard
        heard += bytes(buffer[:count])
    return heard


async def end_of(house: House) -> SessionEnded:
    while not (ends := house.told(SessionEnded)):
        await house.next_event()
    [end] = ends
    return end


def tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living


async def test_who_shakes_hands_and_leaves_costs_no_task(house: House) -> None:
    before = tasks()
    peers = [dial(house) for _ in range(5)]
    for peer in peers:
        say(peer, C0_C1)
        say(peer, bytes(1536))
    for peer in peers:
        await hear(peer, S0_S1_S2)
    assert tasks() == before
    assert len(house.registry) == len(house.told(SessionBegan)) == 5
    for peer in peers:
        peer.close()
    await wait_all_tasks_blocked()
    assert len(house.registry) == 0
    ends = house.told(SessionEnded, reason=EndReason.PEER_FIN)
    assert {(end.session, end.bytes_in, end.bytes_out) for end in ends} == {
        (f"c{number}", 2 * 1536 + 1, S0_S1_S2) for number in range(1, 6)
    }


async def test_a_handshake_in_pieces_is_one(house: House) -> None:
    async with dial(house) as peer:
        for at in range(0, 1537, 500):
            say(peer, C0_C1[at : at + 500])
            await wait_all_tasks_blocked()
        say(peer, bytes(1000))
        await wait_all_tasks_blocked()
        say(peer, bytes(536))
        await wait_all_tasks_blocked()
        [entry] = house.registry
        entry.end(EndReason.KICKED, "enough")
        assert len(await hear(peer)) >= S0_S1_S2
    assert (await end_of(house)).reason is EndReason.KICKED


async def test_who_asks_for_something_is_a_connection(house: House) -> None:
    async with dial(house) as publisher, dial(house) as player:
        assert await publisher.publish("a") == "NetStream.Publish.Start"
        await publisher.say(header(), key(0))
        assert await player.play("a") == "NetStream.Play.Start"
        assert header().payload in {message.payload for message in await player.hear_media(3)}
        assert len(house.registry) == 2
    while len(house.told(SessionEnded)) < 2:
        await house.next_event()
    assert len(house.registry) == 0


async def test_what_comes_behind_the_handshake_at_once_is_not_lost(house: House) -> None:
    async with dial(house) as peer:
        say(peer, C0_C1 + bytes(1536) + b"\x02\0\0\0\0\0\x04\x01\0\0\0\0\0\0\0\0")  # chunk size 0
        assert len(await hear(peer)) >= S0_S1_S2
    end = await end_of(house)
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert "SET_CHUNK_SIZE at byte 0: size is 0" in end.detail


async def test_who_does_not_speak_rtmp_is_told_so_in_the_log(house: House) -> None:
    async with dial(house) as peer:
        say(peer, b"GET /live/cam1 HTTP/1.1\r\n\r\n")
        await hear(peer)
    end = await end_of(house)
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert "an HTTP client connected to the RTMP port: GET /live/cam1" in end.detail


@pytest.mark.parametrize(
    ("said", "after_s", "reason", "text"),
    [
        (b"", 3.0, EndReason.HANDSHAKE_TIMEOUT, "no handshake within 3 s"),
        (C0_C1, 3.0, EndReason.HANDSHAKE_TIMEOUT, "no handshake within 3 s"),
        (C0_C1 + bytes(1536), 8.0, EndReason.CONNECT_TIMEOUT, "no connect command within 7 s"),
    ],
    ids=["silent", "half", "whole"],
)
async def test_nobody_stays_too_long(
    house: House, said: bytes, after_s: float, reason: EndReason, text: str
) -> None:
    began = trio.current_time()
    async with dial(house) as peer:
        await trio.sleep(1)
        if said:
            say(peer, said)
        await hear(peer)
    assert trio.current_time() - began == pytest.approx(after_s)
    end = await end_of(house)
    assert (end.reason, end.detail) == (reason, text)


async def test_each_is_put_out_when_its_own_time_is_over(house: House) -> None:
    """Those that came later are not waited for, and those that left do not matter. (The others
    do not close, so that each is waited for another second.)"""
    ends = []
    with house.bus.listening(
        lambda event: (
            ends.append((event.session, round(trio.current_time() - began, 3)))
            if isinstance(event, SessionEnded)
            else None
        )
    ):
        began = trio.current_time()
        peers = []
        for _ in range(4):
            peers.append(dial(house))
            await trio.sleep(0.5)
        peers[0].close()
        await trio.sleep(5)
    assert ends == [("c1", 2.0), ("c2", 4.5), ("c3", 5.0), ("c4", 5.5)]
    for peer in peers:
        peer.close()


async def test_a_reload_holds_for_those_who_come(house: House) -> None:
    async with dial(house) as first:
        house.service.configure(Config(rtmp=RtmpConfig(handshake_timeout=Timeout(1.0))))
        began = trio.current_time()
        async with dial(house) as second:
            await hear(second)
            assert trio.current_time() - began == pytest.approx(1.0)
        await hear(first)
        assert trio.current_time() - began == pytest.approx(3.0)


async def test_a_reset_is_noticed(house: House) -> None:
    peer = dial(house)
    say(peer, C0_C1)
    await wait_all_tasks_blocked()
    peer.close()  # with S0, S1 and S2 unread: on a Unix-domain socket that is a reset
    assert (await end_of(house)).reason is EndReason.PEER_RST


async def test_an_answer_that_is_not_taken_whole_is_finished(house: House) -> None:
    class Narrow(SocketTransport):
        """Has room for a few bytes at first."""

        def __init__(self, sock: socket.socket) -> None:
            super().__init__(sock)
            self.offer = self._offer_few
            self._send = sock.send

        def _offer_few(self, data: bytes | memoryview) -> int:
            self.offer = self._send
            return self._send(data[:100])

    async with dial(house, Narrow) as peer:
        assert await peer.publish("a") == "NetStream.Publish.Start"


@pytest.mark.parametrize("error", [BlockingIOError, ConnectionResetError])
async def test_an_answer_that_cannot_be_sent(house: House, error: type[OSError]) -> None:
    class Stuck(SocketTransport):
        def __init__(self, sock: socket.socket) -> None:
            super().__init__(sock)
            self.offer = self._fail
            self._send = sock.send

        def _fail(self, data: bytes | memoryview) -> int:
            self.offer = self._send
            raise error

    async with dial(house, Stuck) as peer:
        say(peer, C0_C1)
        if error is BlockingIOError:
            say(peer, bytes(1536))
            await wait_all_tasks_blocked()
            [entry] = house.registry
            entry.end(EndReason.KICKED, "")
            assert len(await hear(peer)) >= S0_S1_S2
        else:
            assert (await end_of(house)).reason is EndReason.PEER_RST


async def test_a_stop_tells_pending_peers(house: House) -> None:
    async with dial(house) as peer:
        say(peer, C0_C1 + bytes(1536))
        await wait_all_tasks_blocked()
        await house.service.stop(5.0)
        assert len(await hear(peer)) >= S0_S1_S2
    assert (await end_of(house)).reason is EndReason.SHUTDOWN


async def test_finishing_waits_for_pending_peers(house: House) -> None:
    peer = dial(house)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.service.finish)
        await wait_all_tasks_blocked()
        assert nursery.child_tasks
        peer.close()


async def test_when_the_service_is_cancelled_nobody_is_left_behind() -> None:
    async with running(House()) as house:
        peer = dial(house)
        await wait_all_tasks_blocked()
        assert len(house.registry) == 1
    assert len(house.registry) == 0
    async with peer:
        assert await hear(peer) == b""


async def test_a_bug_in_reading_pending_peers_ends_one(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with dial(house) as first, dial(house) as second:
        with monkeypatch.context() as patch:
            patch.setattr(PendingPeer, "_shake", lambda *_: 1 / 0)
            say(first, C0_C1)
            assert (await end_of(house)).reason is EndReason.INTERNAL_ERROR
        assert "a bug ended pending session c1" in caplog.text
        say(second, C0_C1)
        await second.transport.readable()
