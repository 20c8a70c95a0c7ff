"""What is done to those who watch by HTTP, in the middle of it."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.http.house import BEGINNING, Client, HttpHouse, flv
from trio_srs.errors import EndReason
from trio_srs.hub.bus import FaultTaken, PlayEnded, PublishEnded, SessionEnded
from trio_srs.hub.publishing import Publishing
from trio_srs.testing.bodies import inter
from trio_srs.wire.flv.tag import encode_header


async def watching(house: HttpHouse, path: str = "/live/a.flv") -> Client:
    """A viewer who has the head of the answer."""
    client = house.dial()
    await client.ask(path)
    await client.head()
    return client


async def say(publish: Publishing, count: int) -> None:
    """So many frames, at once."""
    publish.append_all([inter(40 * number) for number in range(1, count + 1)], trio.current_time())
    await wait_all_tasks_blocked()


@pytest.mark.parametrize("path", ["/live/a.flv", "/live/a.ts"])
async def test_a_viewer_is_reset_after_a_time(house: HttpHouse, path: str) -> None:
    house.fault("reset play after=2s times=1")
    async with house.publishing():
        before, client = trio.current_time(), await watching(house, path)
        with pytest.raises(ConnectionResetError):
            await client.rest_of_it()
        assert trio.current_time() - before == pytest.approx(2, abs=0.5)
    [ended] = house.told(PlayEnded)
    assert (ended.reason, ended.detail) == (EndReason.FAULT, "fault-1: reset play after=2s times=1")
    [session] = house.told(SessionEnded)
    assert session.reason is EndReason.FAULT


async def test_a_viewer_gets_so_many_bytes_and_the_end(house: HttpHouse) -> None:
    async with house.publishing() as publish:
        whole = flv([*BEGINNING, *(inter(40 * number) for number in range(1, 200))])
        house.fault("close play after=2000B")
        client = house.dial()
        await client.ask("/live/a.flv")
        await say(publish, 199)
        said = await client.rest_of_it()
        head, _, body = said.partition(b"\r\n\r\n")
        assert len(said) == 2000
        assert whole.startswith(body)
        assert b"200 OK" in head


async def test_a_viewer_is_closed_after_so_many_frames(house: HttpHouse) -> None:
    house.fault("close play after=3frames")
    async with house.publishing() as publish:
        client = await watching(house)
        await say(publish, 2)
        assert not house.told(FaultTaken)
        await say(publish, 1)
        await client.rest_of_it()
    assert [event.reason for event in house.told(PlayEnded)] == [EndReason.FAULT]


async def test_a_viewer_who_is_there_meets_the_first_fault_of_all(house: HttpHouse) -> None:
    async with house.publishing():
        client = await watching(house)
        house.fault("reset play after=1s")
        with pytest.raises(ConnectionResetError):
            await client.rest_of_it()


async def test_an_answer_never_comes_to_who_would_watch(house: HttpHouse) -> None:
    house.fault("close play times=1")
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv")
        assert await client.rest_of_it() == b""
    assert [event.reason for event in house.told(SessionEnded)] == [EndReason.FAULT]


async def test_media_are_held_back_and_then_come_at_once(house: HttpHouse) -> None:
    house.fault("stall play after=1s for=2s direction=out")
    async with house.publishing() as publish:
        client = await watching(house)
        await client.exactly(len(flv(BEGINNING)))
        await trio.sleep(1.5)
        await say(publish, 5)
        before = trio.current_time()
        wanted = flv([inter(40 * number) for number in range(1, 6)])[
            len(encode_header(True, True)) :
        ]
        assert await client.exactly(len(wanted)) == wanted
        assert trio.current_time() - before == pytest.approx(1.5, abs=0.1)


async def test_what_only_rtmp_can_say_is_not_said_to_viewers(house: HttpHouse) -> None:
    fault = house.fault("extra_ping play")
    frames = house.fault("drop play after=1frames")
    async with house.publishing() as publish:
        client = await watching(house)
        await say(publish, 1)
        await client.exactly(len(flv([*BEGINNING, inter(40)])))
    assert (fault.met, frames.met) == (0, 0)


async def test_a_publish_over_http_is_reset_after_a_time(house: HttpHouse) -> None:
    house.fault("reset publish after=1s")
    client = house.dial()
    body = flv(BEGINNING)
    await client.ask("/live/b.flv", "POST", body, {"Content-Length": str(len(body) + 1000)})
    await trio.sleep(1.5)
    assert [event.reason for event in house.told(PublishEnded)] == [EndReason.FAULT]
