"""Limits: one connection too many is told so, and nobody else notices."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import RequestRefused, SessionEnded
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import command, inter
from trio_srs.testing.peer import Peer, status_code

REJECTED = "NetConnection.Connect.Rejected"


async def test_one_connection_too_many_is_told_so_and_closed_politely(
    open_house: OpenHouse,
) -> None:
    house = await open_house(config=RtmpConfig(max_connections=2))
    await house.publisher()
    await house.player()
    third = house.dial()
    answer = await third.connect()
    assert answer.name == "_error"
    assert status_code(answer) == REJECTED
    assert "the server has its 2 connections" in str(answer.args[1])
    assert await third.hear_end() == []  # a FIN: a reset would raise
    third.close()
    assert await house.reason_of(third) is EndReason.LIMIT
    assert house.told(RequestRefused)[0].code == "too_many_connections"


async def test_the_others_do_not_notice_one_connection_too_many(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(max_connections=2))
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    assert await house.dial().publish("a") == REJECTED
    await publisher.say(inter(40))
    assert await player.hear_media() == [inter(40)]


async def test_a_place_that_is_free_again_can_be_had(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(max_connections=1))
    for _ in range(5):
        peer = await house.publisher()
        assert await house.dial().publish("b") == REJECTED
        await trio.sleep(2)  # the refused one is closed by then
        peer.close()
        await house.end_of(peer)


async def test_the_limit_per_address_counts_each_address_alone(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(max_connections_per_ip=2))
    for host in ("10.0.0.1", "[fe80::1]"):
        await house.publisher(f"{host[-2]}a", host=host)
        await house.publisher(f"{host[-2]}b", host=host)
        third = house.dial(host)
        answer = await third.connect()
        assert f"{host} has its 2 connections" in str(answer.args[1])
    assert len(house.told(RequestRefused)) == 2


async def test_what_a_refused_peer_sent_besides_does_not_destroy_the_answer(
    open_house: OpenHouse,
) -> None:
    house = await open_house(config=RtmpConfig(max_connections=1))
    await house.publisher()
    second = house.dial()
    await second.shake_hands()
    connect = command("connect", {"app": "live"}, transaction_id=1)
    await second.say(connect, *[inter(n, 5000) for n in range(10)])
    await wait_all_tasks_blocked()
    await second.say(*[inter(n, 5000) for n in range(10)])  # while it is being closed
    assert status_code(await second.hear_command("_error")) == REJECTED
    assert await second.hear_end() == []
    second.hang_up()
    assert await house.reason_of(second) is EndReason.LIMIT


@pytest.mark.parametrize("more", [0, 5_000_000], ids=["no more", "5 MB more"])
async def test_closing_is_bounded_in_time_and_bytes(house: House, more: int) -> None:
    peer = await house.publisher()
    house.kick(peer)
    began = trio.current_time()
    with trio.move_on_after(10):
        await send_on(peer, more)
    assert await house.reason_of(peer) is EndReason.KICKED
    assert house.told(SessionEnded)[0].seconds - began <= 1
    assert transport_of(peer).unread < 1000


async def send_on(peer: Peer, size: int) -> None:
    try:
        await peer.say_bytes(bytes(size))
        await trio.sleep_forever()
    except OSError:
        return


@pytest.mark.parametrize(
    "config",
    [RtmpConfig(max_connections=5), RtmpConfig(max_connections_per_ip=5)],
    ids=["in all", "per address"],
)
async def test_there_is_room_as_soon_as_there_is_whoever_was_refused_before(
    open_house: OpenHouse, config: RtmpConfig
) -> None:
    """An encoder that tries again eight times a second: a refused try is held for a second."""
    house = await open_house(config=config)
    clients = [await house.publisher(f"cam{number}") for number in range(5)]
    for _ in range(40):
        assert await house.dial().publish("encoder") == REJECTED
        await trio.sleep(1 / 8)
    clients.pop().close()
    await wait_all_tasks_blocked()
    assert await house.dial().publish("encoder") == "NetStream.Publish.Start"
    assert await house.dial().publish("another") == REJECTED


async def test_who_is_being_closed_takes_no_place(open_house: OpenHouse) -> None:
    """Kicked, and does not read: its connection is there for another second."""
    house = await open_house(config=RtmpConfig(max_connections=1))
    for _ in range(5):
        peer = await house.publisher()
        house.kick(peer)
    assert trio.current_time() == 0


async def test_who_only_shakes_hands_takes_no_place(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(max_connections=1))
    for _ in range(10):
        await house.dial().shake_hands()
    await house.publisher()
