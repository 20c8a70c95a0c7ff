"""How connections end: once, with one reason, whatever happens, and nothing is left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import FAST, House, ask, hear_goodbye
from trio_srs.config.schema import Config
from trio_srs.errors import EndReason
from trio_srs.hub.bus import (
    PlayBegan,
    PlayEnded,
    PublishBegan,
    PublishEnded,
    SessionBegan,
    SessionConnected,
    SessionEnded,
)
from trio_srs.hub.settings import BusyPolicy
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import command, header, key
from trio_srs.testing.peer import Peer
from trio_srs.units import NEVER, Seconds

Do = Callable[[House, Peer], Awaitable[None]]

WAITING: Final = attrs.evolve(FAST, publish_busy=BusyPolicy.WAIT, publish_busy_wait=NEVER)


def check_pairs(house: House) -> None:
    """Everything that began has ended, exactly once, and nothing is held."""
    for began, ended in (
        (SessionBegan, SessionEnded),
        (PublishBegan, PublishEnded),
        (PlayBegan, PlayEnded),
    ):
        told = [(e.session, getattr(e, "stream", "")) for e in house.told(began)]
        over = [(e.session, getattr(e, "stream", "")) for e in house.told(ended)]
        assert sorted(told) == sorted(over), f"{began.__name__} and {ended.__name__}"
    for session in {e.session for e in house.events}:
        told_last = [e for e in house.events if e.session == session][-1]
        assert isinstance(told_last, SessionEnded)
    assert len(house.hub) == 0
    assert len(house.registry) == 0


# ----------------------------------------------------------- moments and ways


async def say_nothing(_house: House, _peer: Peer) -> None:
    """Connected, and nothing else."""


async def begin_the_handshake(_house: House, peer: Peer) -> None:
    await peer.say_bytes(b"\x03" + bytes(1000))


async def shake_hands(_house: House, peer: Peer) -> None:
    await peer.shake_hands()


async def connect(_house: House, peer: Peer) -> None:
    await peer.connect()


async def publish(_house: House, peer: Peer) -> None:
    await peer.publish("b")
    await peer.say(header(), key(0))


async def wait_for_a_name(_house: House, peer: Peer) -> None:
    await peer.connect()
    await peer.create_stream()
    await peer.say(command("publish", None, "a", stream_id=1), key(0))


async def play(_house: House, peer: Peer) -> None:
    await peer.play("a")


async def play_what_nobody_publishes(_house: House, peer: Peer) -> None:
    await peer.play("c")


async def do_all_at_once(_house: House, peer: Peer) -> None:
    await peer.connect()
    for what, name in (("publish", "b"), ("play", "b"), ("publish", "d"), ("play", "a")):
        await ask(peer, what, name)
    await peer.say(key(0))


async def be_refused(_house: House, peer: Peer) -> None:
    await peer.publish("..")


async def stop_everything(house: House, peer: Peer) -> None:
    await do_all_at_once(house, peer)
    await peer.say(*(command("deleteStream", None, float(n)) for n in (1, 2, 3, 4)))


async def stall(house: House, peer: Peer) -> None:
    await peer.play("a")
    [publisher] = [s for s in house.hub if s.name == "live/a"]
    assert publisher.lease is not None
    publisher.lease.append(key(0, 500_000), trio.current_time())


async def hang_up(_house: House, peer: Peer) -> None:
    peer.hang_up()


async def close(_house: House, peer: Peer) -> None:
    peer.close()


async def reset(_house: House, peer: Peer) -> None:
    peer.reset()


async def be_kicked(house: House, peer: Peer) -> None:
    house.kick(peer)


async def break_the_protocol(_house: House, peer: Peer) -> None:
    await peer.say_bytes(b"\xff" * 2000)


async def see_the_server_stop(house: House, _peer: Peer) -> None:
    await house.service.stop(3.0)


async def see_the_server_stop_at_once(house: House, _peer: Peer) -> None:
    await house.service.stop(0.0)


async def fall_silent(_house: House, _peer: Peer) -> None:
    """For longer than any patience."""


MOMENTS: Final[list[Do]] = [
    say_nothing,
    begin_the_handshake,
    shake_hands,
    connect,
    publish,
    wait_for_a_name,
    play,
    play_what_nobody_publishes,
    do_all_at_once,
    be_refused,
    stop_everything,
    stall,
]
ANY: Final = frozenset(EndReason)
WAYS: Final[dict[Do, frozenset[EndReason]]] = {
    hang_up: frozenset({EndReason.PEER_FIN, EndReason.PLAYER_STALLED}),
    close: frozenset({EndReason.PEER_FIN, EndReason.PEER_RST}),
    reset: frozenset({EndReason.PEER_RST}),
    be_kicked: frozenset({EndReason.KICKED}),
    break_the_protocol: frozenset(
        {EndReason.PROTOCOL_ERROR, EndReason.PLAYER_STALLED, EndReason.HANDSHAKE_TIMEOUT}
    ),
    see_the_server_stop: frozenset({EndReason.SHUTDOWN}),
    see_the_server_stop_at_once: frozenset({EndReason.SHUTDOWN}),
    fall_silent: ANY - {EndReason.INTERNAL_ERROR, EndReason.SHUTDOWN, EndReason.PEER_FIN},
}


@pytest.mark.parametrize("way", WAYS, ids=lambda do: do.__name__)
@pytest.mark.parametrize("moment", MOMENTS, ids=lambda do: do.__name__)
async def test_every_session_ends_once_with_its_reason(
    open_house: OpenHouse, moment: Do, way: Do, caplog: pytest.LogCaptureFixture
) -> None:
    house = await open_house(settings=WAITING)
    other = await house.publisher("a")
    peer = house.dial()
    await moment(house, peer)
    await wait_all_tasks_blocked()
    with contextlib.suppress(OSError):
        await way(house, peer)
    end = await house.end_of(peer)
    assert end.reason in WAYS[way]
    assert not [entry for entry in house.registry if entry.peer == end.peer]
    other.close()
    while len(house.registry):
        await house.next_event()
        await wait_all_tasks_blocked()
    check_pairs(house)
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda do: do.__name__)
async def test_cancelling_the_service_ends_every_session(moment: Do) -> None:
    async with trio.open_nursery() as nursery:
        house: House = await nursery.start(House(settings=WAITING).run)
        await house.publisher("a")
        peer = house.dial()
        await moment(house, peer)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    ends = [e.reason for e in house.told(SessionEnded)]
    assert ends[-2:] == [EndReason.SHUTDOWN] * 2
    check_pairs(house)


@pytest.mark.parametrize("steps", range(0, 90, 3))
async def test_cancelled_at_any_checkpoint_nothing_is_left(steps: int) -> None:
    async with trio.open_nursery() as nursery:
        house: House = await nursery.start(House().run)
        for do in (publish, do_all_at_once, wait_for_a_name):
            nursery.start_soon(quietly, do, house, house.dial())
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
    check_pairs(house)


@pytest.mark.parametrize("steps", range(3, 93, 3))  # before, there is nobody to kick
async def test_kicked_at_any_checkpoint_nothing_is_left(house: House, steps: int) -> None:
    async with trio.open_nursery() as nursery:
        for do in (publish, do_all_at_once, wait_for_a_name):
            nursery.start_soon(quietly, do, house, house.dial())
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
        for entry in house.registry:
            entry.end(EndReason.KICKED, "")
        nursery.cancel_scope.cancel()
    with trio.move_on_after(2):
        while len(house.registry):
            await house.next_event()
    await wait_all_tasks_blocked()
    assert {e.reason for e in house.told(SessionEnded)} <= {EndReason.KICKED}
    check_pairs(house)


async def quietly(do: Do, house: House, peer: Peer) -> None:
    with contextlib.suppress(OSError, EOFError, AssertionError):
        await do(house, peer)


async def test_the_first_reason_is_the_reason(house: House) -> None:
    peer = await house.publisher()
    house.kick(peer, "first")
    house.kick(peer, "second")
    peer.reset()
    end = await house.end_of(peer)
    assert (end.reason, end.detail) == (EndReason.KICKED, "first")


async def test_an_end_of_a_session_that_is_over_is_harmless(house: House) -> None:
    peer = await house.publisher()
    [entry] = house.registry
    peer.close()
    await house.end_of(peer)
    entry.end(EndReason.KICKED, "too late")
    await wait_all_tasks_blocked()
    assert len(house.told(SessionEnded)) == 1


async def test_every_end_but_a_vanished_peer_is_told_to_the_peer(house: House) -> None:
    peer = await house.publisher()
    stopped = trio.Event()

    async def stop() -> None:
        await house.service.stop(5.0)
        stopped.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop)
        assert await hear_goodbye(peer) == [
            ("NetConnection.Connect.AppShutdown", "shutdown: the server stops")
        ]
        assert not stopped.is_set()
        peer.close()
    assert trio.current_time() == 0


async def test_a_session_that_connected_is_told_with_what_it_said(house: House) -> None:
    peer = house.dial()
    await peer.shake_hands(digest=True)
    await peer.call("connect", {"app": "live", "flashVer": "Test/1"})
    [connected] = house.told(SessionConnected)
    assert (connected.app, connected.client) == ("live", "Test/1")
    assert connected.handshake == str(peer.handshake)


async def test_a_reload_holds_for_the_connections_that_begin(house: House) -> None:
    first = house.dial()
    await first.shake_hands()
    config = RtmpConfig(chunk_size=4096, close_timeout=Seconds(0.1))
    house.service.configure(Config(rtmp=config))
    second = house.dial()
    for peer, size in ((first, 60_000), (second, 4096)):
        await peer.connect()
        assert peer.reader.chunk_size == size
