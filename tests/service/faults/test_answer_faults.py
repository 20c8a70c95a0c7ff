"""Answers that come late, never, out of order or broken."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.faults.ends import ends
from tests.service.rtmp.house import House
from trio_srs.errors import EndReason, ProtocolError
from trio_srs.testing.bodies import command, inter
from trio_srs.testing.peer import Peer, status_code
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import Acknowledgement, PingRequest, PingResponse, WindowAckSize
from trio_srs.wire.rtmp.message import MessageType


async def test_one_answer_is_late_and_what_is_behind_it_waits(house: House) -> None:
    house.fault("late releaseStream by=2s")
    peer = house.dial()
    await peer.connect()
    before = trio.current_time()
    await peer.say(
        command("releaseStream", None, "a", transaction_id=7),
        command("createStream", None, transaction_id=8),
    )
    heard = [await peer.hear_command("_result") for _ in range(2)]
    assert [each.transaction_id for each in heard] == [7, 8]
    assert trio.current_time() - before == pytest.approx(2)


async def test_two_answers_change_places(house: House) -> None:
    house.fault("swap releaseStream")
    peer = house.dial()
    await peer.connect()
    await peer.say(
        command("releaseStream", None, "a", transaction_id=7),
        command("createStream", None, transaction_id=8),
    )
    heard = [await peer.hear_command("_result") for _ in range(2)]
    assert [each.transaction_id for each in heard] == [8, 7]


async def test_create_stream_is_never_answered(house: House) -> None:
    house.fault("silent createStream times=1")
    peer = house.dial()
    await peer.connect()
    with trio.move_on_after(20) as waiting:
        await peer.create_stream()
    assert waiting.cancelled_caught
    assert await peer.create_stream() == 2


async def test_create_stream_is_refused(house: House) -> None:
    house.fault("refuse createStream description=full")
    peer = house.dial()
    await peer.connect()
    answer = await peer.call("createStream", None)
    assert (answer.name, status_code(answer)) == ("_error", "NetConnection.Call.Failed")


async def test_a_connection_ends_in_place_of_an_answer_that_no_gate_gives(house: House) -> None:
    house.fault("reset createStream")
    peer = house.dial()
    await peer.connect()
    with pytest.raises(ConnectionResetError):
        await peer.create_stream()
    assert ends(house) == [EndReason.FAULT]


@pytest.mark.parametrize("moment", ["connect", "createStream", "publish", "play"])
async def test_the_amf_of_an_answer_cannot_be_read(house: House, moment: str) -> None:
    house.fault(f"malformed {moment} times=1")
    peer = house.dial()
    with pytest.raises(ProtocolError, match=r"AMF|byte"):
        await (peer.play("a") if moment == "play" else peer.publish("a"))


async def test_the_chunk_of_an_answer_cannot_be_read(house: House) -> None:
    house.fault("malformed publish broken=chunk")
    with pytest.raises(ProtocolError):
        await house.dial().publish("a")


@pytest.mark.parametrize(("fault", "acknowledged"), [("", True), ("silent acknowledgement", False)])
async def test_acknowledgements_may_be_withheld(
    house: House, fault: str, acknowledged: bool
) -> None:
    if fault:
        house.fault(fault)
    peer = await house.publisher()
    await peer.say_control(WindowAckSize(1000))
    await wait_all_tasks_blocked()
    await _send(peer, 200)
    with trio.move_on_after(5):
        await peer.hear_control(Acknowledgement)
    assert any(isinstance(each, Acknowledgement) for each in peer.controls) is acknowledged


async def test_an_acknowledgement_is_late(house: House) -> None:
    house.fault("late acknowledgement by=3s times=1")
    peer = await house.publisher()
    await peer.say_control(WindowAckSize(1000))
    await wait_all_tasks_blocked()
    before = trio.current_time()
    await _send(peer, 100)
    await peer.hear_control(Acknowledgement)
    assert trio.current_time() - before == pytest.approx(3)


async def test_a_ping_is_never_answered(house: House) -> None:
    house.fault("silent pong")
    peer = await house.publisher()
    await peer.say_control(PingRequest(7))
    with trio.move_on_after(5):
        await peer.hear_control(PingResponse)
    assert not any(isinstance(each, PingResponse) for each in peer.controls)


async def test_a_silent_player_is_not_pinged(house: House) -> None:
    house.fault("silent ping")
    peer = await house.player()
    with trio.move_on_after(100):
        await peer.hear_control(PingRequest)
    assert not any(isinstance(each, PingRequest) for each in peer.controls)


async def test_a_moment_is_that_of_the_answer_and_no_notice(house: House) -> None:
    fault = house.fault("silent publish times=1")
    assert fault.fault.moment == "publish"
    peer = house.dial()
    await peer.connect()
    await peer.create_stream()
    await peer.say(
        command("FCPublish", None, "a", transaction_id=5),
        command("publish", None, "a", "live", stream_id=1),
    )
    heard = await peer.hear_command("_result")
    assert heard.transaction_id == 5
    assert heard.message().type_id == MessageType.COMMAND_AMF0
    assert isinstance(heard, Command)


async def _send(peer: Peer, count: int) -> None:
    await peer.say(*(inter(number) for number in range(1, count)))
