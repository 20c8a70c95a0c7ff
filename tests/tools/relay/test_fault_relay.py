"""A relay in front of a server: bytes as they are, until a fault is due."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from trio_srs.config.layers import layered
from trio_srs.errors import RefusedError
from trio_srs.faults.fault_plan import TakenFault
from trio_srs.faults.fault_text import parse_fault
from trio_srs.net.address import Address
from trio_srs.server.run import Server, serve
from trio_srs.testing.bodies import command, header, inter, key
from trio_srs.testing.child.serving import FOR_TESTS
from trio_srs.testing.peer import Peer, status_code
from trio_srs.tools.relay.fault_relay import FaultRelay
from trio_srs.wire.rtmp.control import PingRequest
from trio_srs.wire.url import RtmpUrl

pytestmark = pytest.mark.interop


@asynccontextmanager
async def relayed(*faults: str) -> AsyncIterator[tuple[Server, Peer, list[TakenFault]]]:
    """A server, a peer that connects to the relay in front of it, and what was done to it."""
    taken: list[TakenFault] = []
    async with serve(layered(FOR_TESTS)) as server, trio.open_nursery() as nursery:
        url = RtmpUrl.parse(server.rtmp_url("live/a"))
        relay = FaultRelay(url.host, url.port, map(parse_fault, faults), on_taken=taken.append)
        [at, *_] = await nursery.start(relay.run, Address("127.0.0.1", 0))
        there = RtmpUrl.parse(f"{at}/live/a")
        with trio.fail_after(10):
            async with await Peer.connect_tcp(there.host, there.port) as peer:
                yield server, peer, taken
        nursery.cancel_scope.cancel()


async def test_without_a_fault_the_server_is_as_if_nobody_were_between() -> None:
    async with relayed() as (server, peer, taken):
        assert await peer.publish("a") == "NetStream.Publish.Start"
        await peer.say(header(), key(0), *(inter(at) for at in range(40, 400, 40)))
        await server.wait_for("live/a", "frames:10")
        peer.hang_up()
        await server.wait_for("live/a", "unpublished")
        assert taken == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("refuse connect object=object", "NetConnection.Connect.Rejected"),
        ("refuse publish stream=live/a code=NetStream.Publish.Denied", "NetStream.Publish.Denied"),
        ("redirect publish to=rtmp://elsewhere/live/b", "NetStream.Publish.BadName"),
    ],
)
async def test_the_relay_refuses_in_place_of_the_server(fault: str, code: str) -> None:
    async with relayed(fault) as (server, peer, taken):
        assert await peer.publish("a") == code
        assert [each.what for each in taken] == [fault]
        await peer.hear_end()
        assert server.reports.find("live/a") is None


async def test_create_stream_is_refused_and_the_connection_stays() -> None:
    async with relayed("refuse createStream then=stay") as (_, peer, _taken):
        await peer.connect()
        answer = await peer.call("createStream", None)
        assert (answer.name, status_code(answer)) == ("_error", "NetConnection.Call.Failed")


async def test_an_answer_is_late_and_another_never_comes() -> None:
    async with relayed("late connect by=200ms", "silent createStream") as (_, peer, _taken):
        began = trio.current_time()
        await peer.connect()
        assert trio.current_time() - began >= 0.2
        with trio.move_on_after(0.3) as waiting:
            await peer.create_stream()
        assert waiting.cancelled_caught


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset publish after=100ms", ConnectionResetError),
        ("close publish after=100ms inside=chunk", EOFError),
        ("reset publish after=2frames", ConnectionResetError),
        ("reset publish after=2keyframes", ConnectionResetError),
        ("reset publish after=200B", ConnectionResetError),
        ("reset accept", ConnectionResetError),
        ("close createStream", EOFError),
    ],
)
async def test_a_connection_ends_by_a_fault(fault: str, error: type[Exception]) -> None:
    async with relayed(fault) as (_, peer, taken):
        with pytest.raises(error):
            await _publish_to_the_end(peer)
        assert len(taken) == 1


async def _publish_to_the_end(peer: Peer) -> None:
    await peer.publish("a")
    await peer.say(header(), key(0), inter(40), key(80), key(120))
    while True:
        await peer.hear()


async def test_what_is_said_in_between_tears_nothing() -> None:
    async with relayed("extra_ping publish after=50ms", "stall publish after=200ms for=200ms") as (
        server,
        peer,
        taken,
    ):
        await peer.publish("a")
        await peer.hear_control(PingRequest)
        await trio.sleep(0.2)
        await peer.say(header(), key(0))
        await server.wait_for("live/a", "first_keyframe")
        await peer.say(command("FCUnpublish", None, "a", transaction_id=9))
        assert (await peer.hear_command("_result")).transaction_id == 9
        assert len(taken) == 2


@pytest.mark.parametrize(
    "fault", ["drop play", "malformed connect", "silent pong", "refuse request"]
)
def test_what_a_relay_cannot_do_is_an_error(fault: str) -> None:
    with pytest.raises(RefusedError, match="a relay cannot do that"):
        FaultRelay("127.0.0.1", 1935, [parse_fault(fault)])


async def test_who_is_passed_on_to_nobody_is_reset() -> None:
    async with trio.open_nursery() as nursery:
        relay = FaultRelay("127.0.0.1", 9, [])
        [at, *_] = await nursery.start(relay.run, Address("127.0.0.1", 0))
        there = RtmpUrl.parse(f"{at}/live/a")
        async with await Peer.connect_tcp(there.host, there.port) as peer:
            with pytest.raises(ConnectionResetError):
                await peer.shake_hands()
        nursery.cancel_scope.cancel()
