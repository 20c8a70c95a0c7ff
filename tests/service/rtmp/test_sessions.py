"""What is told of a session: what it asked for, and what it got, while it lasts and after."""

from __future__ import annotations

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import FAST, House, ask
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.sessions import SessionFacts, sessions_of
from trio_srs.testing.bodies import command, header, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.units import Timeout


def told(house: House, peer: Peer) -> SessionFacts:
    address = transport_of(peer).local
    sessions = sessions_of(house.registry, trio.current_time(), 0.0)
    [facts] = [each for each in sessions if each.peer == address]
    return facts


async def test_a_publisher_asked_for_a_stream_and_got_it(house: House) -> None:
    peer = await house.publisher("a?token=secret")
    await trio.sleep(1.5)
    facts = told(house, peer)
    assert (facts.app, facts.end) == ("live", None)
    assert facts.seconds == pytest.approx(1.5)
    assert facts.handshake_s == pytest.approx(0.0)
    assert facts.bytes_in > 3000 + 100
    [request] = facts.requests
    assert (request.what, request.stream, request.outcome) == ("publish", "live/a", "accepted")
    assert (request.messages, request.end) == (2, None)
    assert request.bytes == len(header().payload) + len(key(0).payload)


async def test_what_was_asked_for_and_got_is_told_after_the_end(house: House) -> None:
    peer = await house.publisher()
    player = await house.player()
    await peer.say(inter(40))
    peer.hang_up()
    await house.end_of(peer)
    player.hang_up()
    end = await house.end_of(player)
    publisher, facts = told(house, peer), told(house, player)
    assert (publisher.end, publisher.requests[0].end) == (EndReason.PEER_FIN, EndReason.PEER_FIN)
    assert publisher.requests[0].messages == 3
    [played] = facts.requests
    assert (played.what, played.stream, played.end) == ("play", "live/a", EndReason.PEER_FIN)
    assert 0 < played.bytes < facts.bytes_out == end.bytes_out
    assert (played.stalls, played.skips, played.skipped) == (0, 0, 0)


async def test_what_a_player_was_sent_is_exact_while_it_plays(house: House) -> None:
    peer, player = await house.publisher(), await house.player()
    before = told(house, player)
    await peer.say(inter(40, 1000))
    await wait_all_tasks_blocked()
    after = told(house, player)
    sent = after.requests[0].bytes - before.requests[0].bytes
    assert 1000 <= sent == after.bytes_out - before.bytes_out < 1020


async def test_a_player_that_is_too_slow_has_stalled_and_skipped(open_house: OpenHouse) -> None:
    house = await open_house(settings=attrs.evolve(FAST, slow_reader_after=Timeout(1.0)))
    peer, player = await house.publisher(), house.dial(capacity=4096)
    await player.play("a")
    for number in range(1, 6):
        await peer.say(key(number * 1000, 9000))
        await trio.sleep(0.6)
    [request] = told(house, player).requests
    assert request.stalls >= 1
    assert request.skips == 0
    while (await player.hear_media())[0].timestamp_ms < 5000:
        continue
    await wait_all_tasks_blocked()
    [request] = told(house, player).requests
    assert request.skips == 1
    assert request.skipped >= 1


async def test_refused_requests_are_told_with_their_code(house: House) -> None:
    await house.publisher()
    peer = house.dial()
    await peer.connect()
    await ask(peer, "publish", "a?secret")
    await ask(peer, "publish", "b", stream_id=1)
    first, second = told(house, peer).requests
    assert (first.stream, first.outcome) == ("live/a", "stream_busy")
    assert "already published" in first.detail
    assert (second.stream, second.outcome) == ("live/b", "accepted")
    [entry] = [each for each in house.registry if each.publishes == {1: "live/b"}]
    assert entry.peer == transport_of(peer).local


async def test_a_refused_connect_is_a_request_too(house: House) -> None:
    house.rules.disabled.add("off.example")
    peer = house.dial()
    await peer.call("connect", {"app": "live", "tcUrl": "rtmp://off.example/live"})
    await peer.hear_end()
    peer.close()
    await house.end_of(peer)
    facts = told(house, peer)
    [request] = facts.requests
    assert (request.what, request.stream) == ("connect", "live")
    assert (request.outcome, facts.app) == ("vhost_disabled", None)


async def test_several_streams_of_one_session_are_several_requests(house: House) -> None:
    peer = await house.publisher()
    await ask(peer, "publish", "b")
    await peer.say(command("FCUnpublish", None, "a"))
    await wait_all_tasks_blocked()
    first, second = told(house, peer).requests
    assert (first.stream, first.end) == ("live/a", EndReason.STREAM_CLOSED)
    assert (second.stream, second.end) == ("live/b", None)
