"""What is done to a connection in the middle of what it does."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.faults.ends import ends
from tests.service.rtmp.house import House
from trio_srs.errors import EndReason
from trio_srs.hub.bus import FaultTaken, PublishEnded
from trio_srs.testing.bodies import inter, key
from trio_srs.testing.memory import MemoryTransport
from trio_srs.testing.peer import Peer
from trio_srs.wire.rtmp.control import PingRequest, SetChunkSize, WindowAckSize


async def test_a_publisher_is_reset_after_a_time(house: House) -> None:
    house.fault("reset publish after=2s times=1")
    peer = await house.publisher()
    before = trio.current_time()
    with pytest.raises(ConnectionResetError):
        await peer.hear_end()
    assert trio.current_time() - before == pytest.approx(2)
    [ended] = house.told(PublishEnded)
    assert (ended.reason, ended.detail) == (
        EndReason.FAULT,
        "fault-1: reset publish after=2s times=1",
    )


async def test_a_publisher_is_closed_after_so_many_bytes(house: House) -> None:
    house.fault("close publish after=1000B")
    peer = await house.publisher()
    while not house.told(FaultTaken):
        await peer.say(inter(40))
        await wait_all_tasks_blocked()
    await peer.hear_end()
    await trio.sleep(2)
    assert ends(house) == [EndReason.FAULT]


@pytest.mark.parametrize(("after", "sent"), [("3frames", 3), ("2keyframes", 10)])
async def test_a_publisher_is_reset_after_so_many_frames(
    house: House, after: str, sent: int
) -> None:
    house.fault("reset publish", after=after)
    peer = house.dial()
    await peer.publish("a")
    for number in range(sent):
        assert not house.told(PublishEnded)
        await peer.say(inter(number * 40) if number % 9 else key(number * 40))
        await wait_all_tasks_blocked()
    assert len(house.told(PublishEnded)) == 1


async def test_a_player_gets_a_part_of_a_chunk_and_the_end(house: House) -> None:
    house.fault("close play after=1s inside=chunk")
    await house.publisher()
    peer = await house.player()
    heard = await peer.hear_end()
    assert peer.reader.held
    assert heard


async def test_nothing_more_is_read_of_a_publisher_until_the_fault_is_over(house: House) -> None:
    house.fault("stall publish after=1s for=5s")
    peer = await house.publisher()
    await trio.sleep(2)
    await peer.say(inter(40))
    await wait_all_tasks_blocked()
    assert _unread(house, peer) > 0
    await trio.sleep(5)
    assert _unread(house, peer) == 0
    assert ends(house) == []


async def test_a_publisher_that_is_there_meets_a_fault_that_is_asked_for_later(
    house: House,
) -> None:
    house.fault("refuse play")  # so that there is somebody who does faults
    peer = await house.publisher()
    fault = house.fault("stall publish")
    await peer.say(inter(40))
    await wait_all_tasks_blocked()
    assert _unread(house, peer) > 0
    house.faults.needed().remove(fault.name)
    await wait_all_tasks_blocked()
    assert _unread(house, peer) == 0


async def test_the_first_fault_of_all_finds_who_is_there(house: House) -> None:
    peer = await house.publisher()
    house.fault("close publish after=1s")
    assert await peer.hear_end() is not None
    [taken] = house.told(FaultTaken)
    assert taken.stream == "live/a"


async def test_a_publisher_is_read_slowly(house: House) -> None:
    house.fault("slow publish rate=1000")
    peer = await house.publisher()
    await peer.say(*(inter(number * 40) for number in range(1, 60)))
    before = _unread(house, peer)
    await trio.sleep(1)
    assert before - _unread(house, peer) == pytest.approx(1000, rel=0.2)


async def test_a_player_is_sent_no_more_than_so_much(house: House) -> None:
    house.fault("slow play rate=1000")
    publisher, player = await house.publisher(), await house.player()
    await publisher.say(*(inter(number * 40) for number in range(1, 400)))
    heard = 0
    with trio.move_on_after(2):
        while True:
            heard += len(await player.hear_bytes())
    assert heard == pytest.approx(2000, rel=0.2)


async def test_what_a_publisher_is_told_beside_its_media(house: House) -> None:
    for text in (
        "extra_ping publish after=1s",
        "window publish after=2s bytes=1",
        "chunk_size publish after=3s bytes=64",
        "reconnect_request publish after=4s to=rtmp://elsewhere/live",
    ):
        house.fault(text)
    peer = await house.publisher()
    peer.controls.clear()
    said = await peer.hear_command("onStatus")
    info = said.args[1]
    assert isinstance(info, dict)
    assert info["code"] == "NetConnection.Connect.ReconnectRequest"
    assert info["tcUrl"] == "rtmp://elsewhere/live"
    assert [type(each) for each in peer.controls] == [PingRequest, WindowAckSize, SetChunkSize]


async def test_noise_is_no_rtmp(house: House) -> None:
    house.fault("noise publish after=1s bytes=100")
    peer = await house.publisher()
    assert len(await peer.hear_bytes()) == 100


async def test_a_fault_that_waits_is_free_for_another_when_its_peer_leaves(house: House) -> None:
    fault = house.fault("reset publish after=10s times=1")
    first = await house.publisher()
    assert fault.reserved == 1
    first.close()
    await wait_all_tasks_blocked()
    assert (fault.reserved, fault.taken) == (0, 0)
    await house.publisher()
    assert fault.reserved == 1


@pytest.mark.parametrize(
    ("text", "error"), [("close handshake", EOFError), ("reset accept", ConnectionResetError)]
)
async def test_a_connection_ends_before_anything_is_said(
    house: House, text: str, error: type[Exception]
) -> None:
    house.fault(text)
    peer = house.dial()
    with pytest.raises(error):
        await peer.shake_hands()


async def test_a_handshake_is_answered_late(house: House) -> None:
    house.fault("late handshake by=3s")
    before = trio.current_time()
    await house.dial().shake_hands()
    assert trio.current_time() - before == pytest.approx(3, abs=0.1)


async def test_a_publisher_that_reads_and_answers_nothing_is_never_ended_for_it(
    house: House,
) -> None:
    """As librtmp and OBS do: no acknowledgement, no pong, and our words pile up unread."""
    peer = await house.publisher()
    for at_s in range(5, 1200, 5):
        await peer.say(inter(at_s * 1000))
        await trio.sleep(5)
    assert ends(house) == []


def _unread(house: House, peer: Peer) -> int:
    """Bytes that wait at the service's end of a peer's connection."""
    ours = peer.transport
    assert isinstance(ours, MemoryTransport)
    return len(ours._outgoing.data)
