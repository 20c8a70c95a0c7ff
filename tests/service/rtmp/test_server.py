"""The service: listeners, the connections they bring, and how it all stops. Real sockets too."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House, hear_goodbye
from trio_srs.config.schema import Config
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionBegan, SessionEnded
from trio_srs.hub.gate import AccessRequest, AllowAll
from trio_srs.net.address import Address
from trio_srs.net.certificate import self_signed_context
from trio_srs.net.listen import ListenError
from trio_srs.net.tcp import SocketTransport
from trio_srs.net.tls import TlsTransport
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.service.rtmp.server import socket_options
from trio_srs.testing.bodies import inter
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer
from trio_srs.units import Bytes, Seconds

real_clock = pytest.mark.trio(run=trio.run)  # what comes over a real socket takes real time


def trusting() -> ssl.SSLContext:
    """A client's context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


# -------------------------------------------------------------------- stopping


async def test_stopping_takes_no_time_with_nobody_there(house: House) -> None:
    await house.service.stop(5.0)
    assert trio.current_time() == 0


async def test_stopping_waits_for_peers_that_take_their_time(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(close_timeout=Seconds(60.0)))
    peer = await house.publisher()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.service.stop, 5.0)
        await trio.sleep(3)
        assert await hear_goodbye(peer)
        peer.close()
    assert trio.current_time() == 3


@pytest.mark.parametrize("grace_s", [0.0, 0.25, 5.0])
async def test_a_peer_that_does_not_go_is_cut_off_after_the_grace(
    open_house: OpenHouse, grace_s: float
) -> None:
    house = await open_house(config=RtmpConfig(close_timeout=Seconds(60.0)))
    peer = await house.publisher()
    await house.service.stop(grace_s)
    assert trio.current_time() == grace_s
    await wait_all_tasks_blocked()
    [end] = house.told(SessionEnded)
    assert (end.reason, end.seconds) == (EndReason.SHUTDOWN, grace_s)
    # What was said had left us: it is not lost although nobody waited for the peer to hear it.
    assert [code for code, _ in await hear_goodbye(peer)] == ["NetConnection.Connect.AppShutdown"]


async def test_a_peer_that_reads_nothing_is_reset_after_the_grace(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(close_timeout=Seconds(60.0)))
    await house.publisher()
    player = await house.player()
    await player.hear_media(3)
    [lease] = [live.lease for live in house.hub]
    assert lease is not None
    lease.append(inter(40, 500_000), trio.current_time())
    house.hub.broadcaster.push(lease.stream.feed)
    await wait_all_tasks_blocked()
    await house.service.stop(2.0)
    assert trio.current_time() == 2
    with pytest.raises(ConnectionResetError):
        await player.hear_end()


async def test_finishing_lets_sessions_go_on(house: House) -> None:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    finished = trio.Event()

    async def finish() -> None:
        await house.service.finish()
        finished.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(finish)
        for n in range(20):
            await trio.sleep(9)
            await publisher.say(inter(n))
            assert await player.hear_media() == [inter(n)]
            await player.call("getStreamLength", None, "a")
        publisher.close()
        await trio.sleep(1)
        assert not finished.is_set()
        player.close()
    assert finished.is_set()


async def test_a_connection_of_the_last_moment_is_told_too(house: House) -> None:
    peer = house.dial()  # its task has not run yet
    await house.service.stop(5.0)
    assert await house.reason_of(peer) is EndReason.SHUTDOWN


async def test_a_gate_that_cannot_be_cancelled_does_not_hold_up_a_stop(
    open_house: OpenHouse,
) -> None:
    class StubbornGate(AllowAll):
        async def publish(self, asked: AccessRequest) -> None:
            with trio.CancelScope(shield=True):
                await trio.sleep(60)

    house = await open_house(gates=(StubbornGate(),))
    peer = house.dial()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer.publish, "a")
        await wait_all_tasks_blocked()
        await house.service.stop(2.0)
        assert trio.current_time() == 2
        nursery.cancel_scope.cancel()
    with trio.fail_after(70):
        assert await house.reason_of(peer) is EndReason.SHUTDOWN
    assert len(house.hub) == 0


# ----------------------------------------------------------------- real sockets


def addresses(*texts: str) -> tuple[Address, ...]:
    return tuple(map(Address.parse, texts))


Listening = Callable[..., Awaitable[House]]


@pytest.fixture
def listening(nursery: trio.Nursery) -> Listening:
    """``await listening(rtmp=[...], rtmps=[...])``: a service on real sockets."""

    async def listen(rtmp: Sequence[str] = (), rtmps: Sequence[str] = (), **parts: Any) -> House:
        config = attrs.evolve(parts.pop("config", RtmpConfig()), listen=addresses(*rtmp))
        house = House(config=config, rtmps=addresses(*rtmps), **parts)
        await house.service.listen()
        await nursery.start(house.run)
        return house

    return listen


def port_of(house: House, protocol: str = "rtmp") -> int:
    return house.service.acceptor.listeners[protocol][0].address.port


@real_clock
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_a_peer_may_come_over_tcp(listening: Listening, host: str) -> None:
    house = await listening([f"{host}:0"])
    async with await Peer.connect_tcp(host.strip("[]"), port_of(house)) as peer:
        assert await peer.publish("a") == "NetStream.Publish.Start"
    while not house.told(SessionEnded):
        await house.next_event()
    [began] = house.told(SessionBegan)
    assert began.protocol == "rtmp"
    assert began.peer.startswith(f"{host}:")


@real_clock
async def test_a_peer_may_come_over_a_unix_socket(listening: Listening, tmp_path: Path) -> None:
    house = await listening([f"unix:{tmp_path}/s"])
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(f"{tmp_path}/s")
        peer = Peer(SocketTransport(sock))
        assert await peer.publish("a") == "NetStream.Publish.Start"
        peer.close()
    house.service.close()
    assert not (tmp_path / "s").exists()


@real_clock
async def test_a_peer_may_come_over_tls(listening: Listening) -> None:
    house = await listening(rtmps=["127.0.0.1:0"])
    port = port_of(house, "rtmps")
    async with await Peer.connect_tcp("127.0.0.1", port, tls=trusting()) as peer:
        assert await peer.publish("a") == "NetStream.Publish.Start"
        await peer.say(inter(0, 200_000))
        async with await Peer.connect_tcp("127.0.0.1", port, tls=trusting()) as player:
            await player.play("a")
            assert (await player.hear_media(2))[1] == inter(0, 200_000)
    assert house.told(SessionBegan)[0].protocol == "rtmps"


@real_clock
async def test_plain_words_on_the_tls_port_are_a_protocol_error(listening: Listening) -> None:
    house = await listening(rtmps=["127.0.0.1:0"])
    async with await Peer.connect_tcp("127.0.0.1", port_of(house, "rtmps")) as peer:
        await peer.say_bytes(b"\x03" + bytes(1536))
        while not house.told(SessionEnded):
            await house.next_event()
    [end] = house.told(SessionEnded)
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert "TLS handshake with 127.0.0.1" in end.detail
    assert "wrong version number" in end.detail


@real_clock
async def test_who_hangs_up_in_the_tls_handshake_ends_only_itself(listening: Listening) -> None:
    house = await listening(rtmps=["127.0.0.1:0"])
    for way in (Peer.close, Peer.reset):
        peer = await Peer.connect_tcp("127.0.0.1", port_of(house, "rtmps"))
        await peer.say_bytes(b"\x16\x03\x01")
        way(peer)
        await house.next_event()
    while len(house.told(SessionEnded)) < 2:
        await house.next_event()
    async with await Peer.connect_tcp(
        "127.0.0.1", port_of(house, "rtmps"), tls=trusting()
    ) as other:
        assert await other.publish("a") == "NetStream.Publish.Start"


async def test_the_tls_handshake_counts_for_the_deadline(house: House) -> None:
    server, client = memory_transport_pair()
    tls = TlsTransport(server, self_signed_context(), server_side=True)
    house.service.serve(tls, "rtmps", opening=tls.handshake)
    await trio.sleep(4.999)
    assert not house.told(SessionEnded)
    await client.receive_all()
    client.close()
    while not house.told(SessionEnded):
        await house.next_event()
    [end] = house.told(SessionEnded)
    assert (end.reason, end.seconds) == (EndReason.HANDSHAKE_TIMEOUT, 5.0)


@real_clock
async def test_an_address_that_is_taken_cannot_be_listened_on(listening: Listening) -> None:
    house = await listening(["127.0.0.1:0"])
    taken = f"127.0.0.1:{port_of(house)}"
    with pytest.raises(ListenError, match=f"cannot listen on {taken}: Address already in use"):
        await House(config=RtmpConfig(listen=addresses(taken))).service.listen()


@real_clock
async def test_a_connection_far_over_the_limit_is_closed_unheard(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    house = await listening(["127.0.0.1:0"], config=RtmpConfig(max_connections=1))
    peers = [await Peer.connect_tcp("127.0.0.1", port_of(house)) for _ in range(1 + 64 + 1)]
    assert await peers[-1].hear_bytes() == b""
    assert "closed a connection unheard: more than 1" in caplog.text
    assert await peers[0].publish("a") == "NetStream.Publish.Start"  # it is the only client
    assert await peers[1].publish("b") == "NetConnection.Connect.Rejected"
    for peer in peers:
        peer.close()


@real_clock
async def test_accepting_goes_on_after_descriptors_ran_out(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(config=RtmpConfig(listen=addresses("127.0.0.1:0")))
    await house.service.listen()
    [listener] = house.service.acceptor.listeners["rtmp"]
    accept, times = socket.socket.accept, iter(range(2))

    def fail(sock: socket.socket) -> Any:
        if next(times, None) is not None:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(sock)

    monkeypatch.setattr(socket.socket, "accept", fail)
    async with trio.open_nursery() as nursery:
        await nursery.start(house.run)
        async with await Peer.connect_tcp("127.0.0.1", listener.address.port) as peer:
            assert await peer.publish("a") == "NetStream.Publish.Start"
        nursery.cancel_scope.cancel()
    [record] = [r for r in caplog.records if r.levelname == "WARNING"]  # two failures, one line
    expected = f"cannot accept on {listener.address}: Too many open files; trying again every"
    assert expected in record.getMessage()


def test_a_socket_is_prepared_as_the_configuration_says() -> None:
    config = RtmpConfig(
        tcp_nodelay=False,
        tcp_keepalive=Seconds(30.0),
        send_buffer=Bytes(65_536),
        notsent_lowat=Bytes(16_384),
    )
    options = socket_options(config)
    assert (options.nodelay, options.keepalive_idle) == (False, 30.0)
    assert (options.send_buffer, options.notsent_lowat) == (65_536, 16_384)


async def test_a_larger_read_buffer_holds_after_a_reload(house: House) -> None:
    before = house.context.buffer
    house.service.configure(Config(rtmp=RtmpConfig(chunk_size=4096)))
    assert house.context.buffer is before
    house.service.configure(Config(rtmp=RtmpConfig(read_buffer=Bytes(8192))))
    assert len(house.context.buffer) == 8192
