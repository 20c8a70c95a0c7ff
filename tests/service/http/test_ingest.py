"""FLV that is posted is published, with the lease, the events and the report of any other."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.http.conftest import OpenHouse
from tests.service.http.house import BEGINNING, Client, HttpHouse, flv
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PublishBegan, PublishEnded
from trio_srs.service.http.config import HttpConfig
from trio_srs.testing.bodies import inter, key

FILE = flv([*BEGINNING, inter(40)])
CHUNKED = {"Transfer-Encoding": "chunked"}


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def publisher(house: HttpHouse, path: str = "/live/a.flv") -> Client:
    """One that has posted a file without its end."""
    client = house.dial()
    await client.ask(path, "POST", fields=CHUNKED)
    await client.say(chunk(FILE))
    return client


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_file_is_published_and_what_came_of_it_is_the_answer(
    house: HttpHouse, method: str
) -> None:
    client = house.dial()
    await client.ask("/live/a.flv", method, FILE)
    answer = await client.answer()
    size = sum(len(each.payload) for each in (*BEGINNING, inter(40)))
    assert answer.status == 200
    assert answer.json == {"stream": "live/a", "messages": 5, "bytes": size}
    [began] = house.told(PublishBegan)
    [ended] = house.told(PublishEnded)
    assert (began.stream, began.flow) == ("live/a", "flv")
    assert (ended.reason, ended.messages, ended.bytes) == (EndReason.STREAM_CLOSED, 5, size)
    report = house.hub.reports.newest("live/a")
    assert report is not None
    assert report.publisher.protocol == "http-flv"
    await client.ask("/live/a.flv", method, FILE)  # the connection is kept
    assert (await client.answer()).status == 200


async def test_each_tag_goes_out_as_soon_as_it_is_whole(house: HttpHouse) -> None:
    client = house.dial()
    await client.ask("/live/a.flv", "POST", fields={"Expect": "100-continue", **CHUNKED})
    assert (await client.head()).status == 100
    viewer = house.dial()
    await viewer.ask("/live/a.flv")
    for at in range(0, len(FILE), 50):
        await client.say(chunk(FILE[at : at + 50]))
    await viewer.head()
    assert await viewer.exactly(len(FILE)) == FILE
    await client.say(chunk(b""))
    assert (await client.answer()).json["messages"] == 5


async def test_what_flv_reserves_is_passed_over(house: HttpHouse) -> None:
    odd = bytearray(flv([key(20)])[13:])
    odd[0] = 7
    client = house.dial()
    await client.ask("/live/a.flv", "POST", FILE + bytes(odd))
    assert (await client.answer()).json["messages"] == 5


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "FLV"),
        (b"", "no FLV"),
        (FILE[:-20], "ends within a tag"),
        (FILE[:-50] + b"\x09\xff\xff\xff", "ends within a tag"),
    ],
    ids=["png", "empty", "cut short", "a tag too long"],
)
async def test_what_is_no_flv_is_refused_in_words(
    house: HttpHouse, body: bytes, detail: str
) -> None:
    client = house.dial()
    await client.ask("/live/a.flv", "POST", body)
    answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (400, "bad_flv_body")
    assert detail in answer.json["detail"]
    assert house.hub.find("live/a") is None


async def test_a_name_that_is_taken_is_refused(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", "POST", FILE)
        answer = await client.answer()
        assert (answer.status, answer.json["error"]) == (409, "stream_busy")
        await client.ask("/live/b.flv", "POST", FILE)
        assert (await client.answer()).status == 200


async def test_a_publisher_that_is_ended_is_told_why(house: HttpHouse) -> None:
    client = await publisher(house)
    assert house.hub.kick("live/a", "enough")
    answer = await client.answer()
    assert (answer.status, answer.json) == (403, {"error": "kicked", "detail": "enough"})
    assert await client.rest_of_it() == b""


async def test_one_that_falls_silent_is_told_and_let_go(house: HttpHouse) -> None:
    client = await publisher(house)
    began = trio.current_time()
    answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (408, "publish_idle_timeout")
    assert trio.current_time() - began == pytest.approx(house.settings.publish_idle_timeout)


async def test_one_that_breaks_off_has_ended(house: HttpHouse) -> None:
    client = await publisher(house)
    client.transport.close()
    end = await house.end_of(client)
    assert end.reason in {EndReason.PEER_FIN, EndReason.PEER_RST}
    assert house.told(PublishEnded)[0].reason is end.reason
    assert house.hub.find("live/a") is None


async def test_chunks_that_are_none_are_a_fault_of_the_client(house: HttpHouse) -> None:
    client = await publisher(house)
    await client.say(b"zz\r\n")
    answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (400, "bad_request")
    assert (await house.end_of(client)).reason is EndReason.PROTOCOL_ERROR
    assert client.rest + await client.rest_of_it() == b""  # no other answer


async def test_publishing_over_http_can_be_switched_off(open_house: OpenHouse) -> None:
    house = await open_house(config=HttpConfig(publish=False))
    client = house.dial()
    await client.ask("/live/a.flv", "POST", FILE)
    answer = await client.answer()
    assert (answer.status, answer.json["error"]) == (405, "method_not_allowed")


async def test_a_stop_ends_a_publisher_in_words(house: HttpHouse) -> None:
    client = await publisher(house)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.service.stop, 5.0)
        answer = await client.answer()
        assert (answer.status, answer.json["error"]) == (503, "shutdown")
        assert await client.rest_of_it() == b""
        client.transport.close()
    await wait_all_tasks_blocked()
    assert len(house.registry) == 0
