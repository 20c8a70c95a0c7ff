"""Deadlines: each exact to the millisecond, each with a reason of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import FAST, House, ask, hear_goodbye
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import command, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.units import NEVER, Seconds, Timeout
from trio_srs.wire.rtmp.control import PingRequest, PingResponse

SETTINGS = attrs.evolve(
    FAST,
    first_packet_timeout=Timeout(3.003),
    publish_idle_timeout=Timeout(2.002),
    stalled_timeout=Timeout(4.004),
)
CONFIG = RtmpConfig(
    handshake_timeout=Timeout(1.001),
    connect_timeout=Timeout(5.005),
    command_idle_timeout=Timeout(6.006),
    refusal_linger=Seconds(0.707),
    close_timeout=Seconds(0.0),  # so that an end is told at once
)


async def say_nothing(_house: House, _peer: Peer) -> None:
    """Connected, and nothing else."""


async def shake_hands(_house: House, peer: Peer) -> None:
    await peer.shake_hands()


async def connect(_house: House, peer: Peer) -> None:
    await peer.connect()


async def publish_nothing(_house: House, peer: Peer) -> None:
    await peer.publish("a")


async def publish_a_little(_house: House, peer: Peer) -> None:
    await peer.publish("a")
    await trio.sleep(1)
    await peer.say(key(0))
    await trio.sleep(1)
    await peer.say(inter(1000))


async def publish_and_chatter(house: House, peer: Peer) -> None:
    await publish_a_little(house, peer)
    await peer.call("getStreamLength", None, "a")  # which is no media


async def play_what_nobody_publishes(_house: House, peer: Peer) -> None:
    await peer.play("a")


async def stop_publishing(_house: House, peer: Peer) -> None:
    await peer.publish("a")
    await peer.say(key(0), command("deleteStream", None, 1.0))


async def be_refused(house: House, peer: Peer) -> None:
    await peer.publish("..")


async def stall(house: House, peer: Peer) -> None:
    publisher = await house.publisher()
    await peer.play("a")
    await wait_all_tasks_blocked()
    await publisher.say(key(0, 100_000))


CASES: list[tuple[Callable[[House, Peer], Awaitable[None]], float, EndReason]] = [
    (say_nothing, 1.001, EndReason.HANDSHAKE_TIMEOUT),
    (shake_hands, 5.005, EndReason.CONNECT_TIMEOUT),
    (connect, 6.006, EndReason.COMMAND_IDLE_TIMEOUT),
    (publish_nothing, 3.003, EndReason.FIRST_PACKET_TIMEOUT),
    (publish_a_little, 2.002, EndReason.PUBLISH_IDLE_TIMEOUT),
    (publish_and_chatter, 2.002, EndReason.PUBLISH_IDLE_TIMEOUT),
    (play_what_nobody_publishes, 6.006, EndReason.COMMAND_IDLE_TIMEOUT),
    (stop_publishing, 6.006, EndReason.COMMAND_IDLE_TIMEOUT),
    (be_refused, 0.707, EndReason.REFUSED),
    (stall, 4.004, EndReason.PLAYER_STALLED),
]


@pytest.mark.parametrize(("do", "after", "reason"), CASES, ids=[c[0].__name__ for c in CASES])
async def test_a_deadline_is_exact_and_has_its_reason(
    open_house: OpenHouse,
    do: Callable[[House, Peer], Awaitable[None]],
    after: float,
    reason: EndReason,
) -> None:
    house = await open_house(settings=SETTINGS, config=CONFIG)
    peer = house.dial()
    await do(house, peer)
    await wait_all_tasks_blocked()
    began = trio.current_time()
    await trio.sleep(after - 0.001)
    await wait_all_tasks_blocked()
    assert not house.told(SessionEnded, peer=transport_of(peer).local)
    end = await house.end_of(peer)
    assert end.reason is reason
    assert trio.current_time() - began == pytest.approx(after, abs=1e-9)
    assert f"{after:g} s" in end.detail or reason is EndReason.REFUSED


async def test_the_idle_deadline_of_a_publisher_counts_from_its_last_message(
    open_house: OpenHouse,
) -> None:
    house = await open_house(settings=SETTINGS, config=CONFIG)
    peer = await house.publisher()
    for n in range(30):
        await trio.sleep(2.001)
        await peer.say(inter(n))
    assert not house.told(SessionEnded)
    assert await house.reason_of(peer) is EndReason.PUBLISH_IDLE_TIMEOUT
    assert trio.current_time() == pytest.approx(30 * 2.001 + 2.002)


async def test_a_publisher_need_not_say_anything_but_media(open_house: OpenHouse) -> None:
    settings = attrs.evolve(SETTINGS, publish_idle_timeout=NEVER)
    house = await open_house(settings=settings, config=CONFIG)
    await house.publisher()
    await trio.sleep(3600)
    assert not house.told(SessionEnded)


async def test_never_is_never(open_house: OpenHouse) -> None:
    config = attrs.evolve(
        CONFIG,
        handshake_timeout=NEVER,
        connect_timeout=NEVER,
        command_idle_timeout=NEVER,
        ping_after=NEVER,
    )
    settings = attrs.evolve(
        SETTINGS, first_packet_timeout=NEVER, publish_idle_timeout=NEVER, stalled_timeout=NEVER
    )
    house = await open_house(settings=settings, config=config)
    silent = [say_nothing, shake_hands, connect, play_what_nobody_publishes, publish_nothing]
    for do in silent:
        await do(house, house.dial())
    await house.publisher("b")
    await trio.sleep(2 * 3600)  # many times any default
    assert not house.told(SessionEnded)


async def test_a_silent_player_is_pinged_and_its_answer_keeps_it(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(ping_after=Timeout(30.0)))
    player = await house.player()
    for n in range(1, 21):
        ping = await player.hear_control(PingRequest)
        assert isinstance(ping, PingRequest)
        assert trio.current_time() == 30 * n
        await player.say_control(PingResponse(ping.timestamp_ms))
        await wait_all_tasks_blocked()
    assert not house.told(SessionEnded)


async def test_pings_without_answer_go_on_until_the_end(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(ping_after=Timeout(30.0)))
    player = await house.player()
    told = await hear_goodbye(player)
    assert len([c for c in player.controls if isinstance(c, PingRequest)]) == 5
    assert told == [
        (
            "NetConnection.Connect.Closed",
            "command_idle_timeout: heard nothing for 180 s, not even a pong",
        )
    ]


async def test_a_timeout_is_told_before_the_connection_closes(open_house: OpenHouse) -> None:
    house = await open_house(settings=SETTINGS)
    peer = await house.publisher()
    assert await hear_goodbye(peer) == [
        ("NetConnection.Connect.Closed", "publish_idle_timeout: live/a: no media for 2.002 s")
    ]


async def test_a_refused_peer_that_asks_again_may_linger_anew(open_house: OpenHouse) -> None:
    house = await open_house(settings=SETTINGS, config=CONFIG)
    peer = house.dial()
    await peer.connect()
    await peer.create_stream()
    for _ in range(5):
        assert (await ask(peer, "publish", "..", stream_id=1))[0] == "NetStream.Failed"
        await trio.sleep(0.706)
        assert not house.told(SessionEnded)
    end = await house.end_of(peer)
    assert end.detail == "bad_stream_name: stream name '..' has the segment '..'"
    assert end.seconds == pytest.approx(4 * 0.706 + 0.707)


async def test_one_who_plays_may_be_refused_something_else_and_stay(
    open_house: OpenHouse,
) -> None:
    config = attrs.evolve(CONFIG, command_idle_timeout=NEVER)
    house = await open_house(settings=SETTINGS, config=config)
    player = await house.player()
    assert (await ask(player, "publish", ".."))[0] == "NetStream.Failed"
    await trio.sleep(60)
    assert not house.told(SessionEnded)


async def test_a_peer_that_never_reads_its_answers_is_given_up(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(SETTINGS, publish_idle_timeout=NEVER))
    peer = await house.publisher()
    sent = 0
    with contextlib.suppress(ConnectionResetError):
        while sent < 1_000_000:  # a ping is answered with as many bytes as it has
            await peer.say_control(*[PingRequest(n) for n in range(1000)])
            sent += 18_000
    assert sent < 1_000_000, "answers piled up"
    assert await house.reason_of(peer) is EndReason.PEER_STALLED  # it plays nothing


@pytest.mark.parametrize("patience_s", [(3, 60), (60, 3)])
async def test_of_two_plays_the_one_that_bears_less_is_the_bound(
    open_house: OpenHouse, patience_s: tuple[int, int]
) -> None:
    house = await open_house(settings=attrs.evolve(SETTINGS, publish_idle_timeout=NEVER))
    publisher, player = await house.publisher("a"), house.dial()
    await player.connect()
    for name, seconds in zip("ab", patience_s, strict=True):
        house.rules.settings = attrs.evolve(
            house.rules.settings, stalled_timeout=Timeout(float(seconds))
        )
        assert (await ask(player, "play", name))[0] == "NetStream.Play.Start"
    began = trio.current_time()
    await publisher.say(key(0, 500_000))
    ended = await house.end_of(player)
    assert ended.reason is EndReason.PLAYER_STALLED
    assert trio.current_time() - began == pytest.approx(3, abs=0.1)


async def test_a_play_that_is_over_bounds_nobody_any_more(open_house: OpenHouse) -> None:
    house = await open_house(
        settings=attrs.evolve(SETTINGS, publish_idle_timeout=NEVER, stalled_timeout=Timeout(3.0))
    )
    publisher, player = await house.publisher("a"), house.dial()
    await player.connect()
    assert (await ask(player, "play", "b"))[0] == "NetStream.Play.Start"
    house.rules.settings = attrs.evolve(house.rules.settings, stalled_timeout=Timeout(20.0))
    assert (await ask(player, "play", "a"))[0] == "NetStream.Play.Start"
    await player.say(command("closeStream", None, stream_id=1))
    await wait_all_tasks_blocked()
    began = trio.current_time()
    await publisher.say(key(0, 500_000))
    await house.end_of(player)
    assert trio.current_time() - began == pytest.approx(20, abs=0.1)
