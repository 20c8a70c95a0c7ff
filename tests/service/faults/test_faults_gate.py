"""Refusals, redirects, late answers and none, told from what a peer hears."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.faults.ends import ends
from tests.service.rtmp.house import House, ask
from trio_srs.errors import EndReason
from trio_srs.hub.bus import FaultTaken, RequestRefused
from trio_srs.testing.peer import status_code


async def test_a_refused_publish_hears_the_code_the_level_and_the_words(house: House) -> None:
    house.fault(
        "refuse publish", code="NetStream.Publish.Denied", level="status", description="no key"
    )
    peer = house.dial()
    await peer.connect()
    await peer.create_stream()
    assert await ask(peer, "publish", "a") == ("NetStream.Publish.Denied", "no key")
    [refused] = house.told(RequestRefused)
    assert refused.code == "fault"


@pytest.mark.parametrize("has", ["null", "object"])
async def test_a_refusal_has_a_command_object_if_it_is_to(house: House, has: str) -> None:
    house.fault("refuse connect", object=has)
    answer = await house.dial().connect()
    assert answer.name == "_error"
    assert status_code(answer) == "NetConnection.Connect.Rejected"
    assert isinstance(answer.args[0], dict) is (has == "object")


async def test_a_connect_may_be_refused_by_a_result(house: House) -> None:
    house.fault("refuse connect command=_result level=error code=NetConnection.Connect.Failed")
    answer = await house.dial().connect()
    assert (answer.name, status_code(answer)) == ("_result", "NetConnection.Connect.Failed")


@pytest.mark.parametrize("then", ["stay", "close"])
async def test_the_connection_of_a_refusal_stays_or_is_closed(house: House, then: str) -> None:
    house.fault("refuse publish", then=then)
    peer = house.dial()
    await peer.publish("a")
    with trio.move_on_after(60) as waiting:
        await peer.hear_end()
    assert waiting.cancelled_caught is (then == "stay")


async def test_who_is_refused_twice_is_then_accepted(house: House) -> None:
    fault = house.fault("refuse publish times=2")
    said = [await house.dial().publish("a") for _ in range(3)]
    assert said == ["NetStream.Publish.BadName"] * 2 + ["NetStream.Publish.Start"]
    assert (fault.taken, fault.met) == (2, 3)


async def test_only_the_one_whom_it_is_for_meets_a_fault(house: House) -> None:
    house.fault("refuse publish stream=live/cam* address=10.0.0.0/8")
    assert await house.dial("10.0.0.1").publish("cam1") == "NetStream.Publish.BadName"
    assert await house.dial("10.0.0.1").publish("other") == "NetStream.Publish.Start"
    assert await house.dial("127.0.0.1").publish("cam1") == "NetStream.Publish.Start"


async def test_a_redirect_names_the_place(house: House) -> None:
    house.fault("redirect publish to=rtmp://elsewhere/live/b")
    peer = house.dial()
    await peer.connect()
    await peer.create_stream()
    _, words = await ask(peer, "publish", "a")
    assert words == "go to rtmp://elsewhere/live/b"


async def test_a_late_yes_comes_when_it_is_due(house: House) -> None:
    house.fault("late publish by=30s")  # longer than a gate may take
    before = trio.current_time()
    assert await house.dial().publish("a") == "NetStream.Publish.Start"
    assert trio.current_time() - before == pytest.approx(30)


async def test_a_late_no_is_late_and_a_no(house: House) -> None:
    house.fault("late publish by=3s")
    house.fault("refuse publish")
    before = trio.current_time()
    assert await house.dial().publish("a") == "NetStream.Publish.BadName"
    assert trio.current_time() - before == pytest.approx(3)


async def test_a_silent_connect_is_never_answered_and_the_peer_may_leave(house: House) -> None:
    house.fault("silent connect")
    peer = house.dial()
    with trio.move_on_after(100) as waiting:
        await peer.connect()
    assert waiting.cancelled_caught
    peer.hang_up()
    await wait_all_tasks_blocked()
    assert ends(house) == [EndReason.PEER_FIN]


@pytest.mark.parametrize(("kind", "error"), [("close", EOFError), ("reset", ConnectionResetError)])
async def test_a_connection_may_end_in_place_of_an_answer(
    house: House, kind: str, error: type[Exception]
) -> None:
    house.fault(f"{kind} connect")
    with pytest.raises(error):
        await house.dial().connect()
    await trio.sleep(2)
    assert ends(house) == [EndReason.FAULT]


async def test_half_a_connection_is_closed_and_the_other_half_read(house: House) -> None:
    house.fault("half_close connect")
    peer = house.dial()
    with pytest.raises(EOFError):
        await peer.connect()
    await trio.sleep(5)
    assert ends(house) == []


async def test_each_one_taken_is_an_event_and_stands_with_the_session(house: House) -> None:
    fault = house.fault("late publish by=1s times=1")
    await house.publisher()
    [told] = house.told(FaultTaken)
    assert (told.fault, told.stream) == (fault.name, "live/a")
    [entry] = house.registry
    assert [what for _, what in entry.faults] == [f"{fault.name}: late publish times=1 by=1s"]


async def test_it_stands_in_the_report_of_a_publish(house: House) -> None:
    house.fault("late connect by=1s")
    house.fault("status publish code=NetStream.Publish.Idle after=1s")
    await house.publisher()
    await trio.sleep(2)
    report = house.reports.find("live/a")
    assert report is not None
    steps = [(step.detail, round(step.at_s)) for step in report.timeline if step.what == "fault"]
    assert steps == [
        ("fault-1: late connect by=1s", 0),
        ("fault-2: status publish after=1s code=NetStream.Publish.Idle", 2),
    ]


async def test_the_second_of_two_players_is_refused(house: House) -> None:
    house.fault("refuse play nth=2 code=NetStream.Failed")
    assert await house.dial().play("a") == "NetStream.Play.Start"
    peer = house.dial()
    await peer.connect()
    await peer.create_stream()
    assert await ask(peer, "play", "a") == (
        "NetStream.Failed",
        "refused on purpose (fault-1)",
    )
    await peer.hear_end()
