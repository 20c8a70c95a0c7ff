"""Waiting for a stream over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.service.api.calls import Call
from tests.service.api.site import Site

WAIT = "/api/v2/wait"


async def wait(site: Site, **params: Any) -> tuple[int, Any]:
    return await site.get(WAIT, params={"stream": "live/a", **params})


async def test_what_has_happened_is_answered_at_once(autojump_clock: MockClock, site: Site) -> None:
    peer = await site.house.publisher("a")
    status, said = await wait(site, until="frames:1")
    assert status == 200
    assert said["waited_s"] == 0
    assert said | {"waited_s": 0} == {
        "stream": "live/a",
        "until": "frames:1",
        "met": True,
        "publishing": True,
        "publishes": 1,
        "frames": 1,
        "keyframes": 1,
        "waited_s": 0,
        "happened": [],
    }
    peer.close()


@pytest.mark.parametrize("until", ["published", "first_media", "first_keyframe", "frames:1"])
async def test_what_happens_is_answered_when_it_does(
    autojump_clock: MockClock, site: Site, until: str
) -> None:
    answers = []

    async def ask() -> None:
        answers.append(await wait(site, until=until))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.sleep(3)
        assert not answers
        peer = await site.house.publisher("a")
    [(status, said)] = answers
    assert (status, said["met"], said["publishing"]) == (200, True, True)
    assert said["waited_s"] == pytest.approx(3)
    peer.close()


async def test_what_does_not_happen_is_answered_with_what_did(
    autojump_clock: MockClock, site: Site
) -> None:
    peer = await site.house.publisher("b")
    began = trio.current_time()
    status, said = await wait(site, until="first_keyframe", timeout=2.5)
    assert trio.current_time() - began == pytest.approx(2.5)
    assert status == 408
    assert (said["code"], said["where"]) == ("wait_timeout", "query.until")
    assert said["message"].startswith("no keyframe on live/a within 2.5 s; published: live/b by ")
    reached = said["reached"]
    assert (reached["met"], reached["publishing"], reached["publishes"]) == (False, False, 0)
    assert reached["happened"][0].startswith("published: live/b by 127.0.0.1")
    peer.close()


async def test_only_what_happens_after_an_event_counts(
    autojump_clock: MockClock, site: Site
) -> None:
    first = await site.house.publisher("a")
    first.close()
    await site.house.end_of(first)
    since = (await site.get("/api/v2/server"))[1]["last_event"]
    assert (await wait(site))[0] == 200  # it was
    assert (await wait(site, since=since, timeout=1))[0] == 408  # not again
    second = await site.house.publisher("a")
    status, said = await wait(site, since=since, timeout=1)
    assert (status, said["publishes"]) == (200, 2)
    second.close()


async def test_the_end_of_a_publish_can_be_waited_for(site: Site) -> None:
    peer = await site.house.publisher("a")
    peer.close()
    status, said = await wait(site, until="unpublished")
    assert (status, said["met"], said["publishing"]) == (200, True, False)


@pytest.mark.parametrize(
    ("params", "code", "where"),
    [
        ({"until": "frames"}, "bad_until", "query.until"),
        ({"until": "frames:0"}, "bad_until", "query.until"),
        ({"until": "soon"}, "bad_until", "query.until"),
        ({"until": "hls_ready"}, "cannot_be_ready", "query.until"),
        ({"timeout": "-1"}, "bad_request", "query.timeout"),
        ({"timeout": "3601"}, "bad_request", "query.timeout"),
        ({"timeout": "nan"}, "bad_request", "query.timeout"),
        ({"timeout": "soon"}, "bad_request", "query.timeout"),
        ({"since": "-2"}, "bad_request", "query.since"),
        ({"since": "null"}, "bad_request", "query.since"),
        ({"stream": "live"}, "bad_stream_name", "query.stream"),
    ],
)
async def test_what_cannot_be_waited_for_is_refused_with_its_place(
    site: Site, params: dict[str, str], code: str, where: str
) -> None:
    status, said = await wait(site, **params)
    assert (status, said["code"], said["where"]) == (400, code, where)


async def test_a_wait_without_a_stream_is_refused(site: Site) -> None:
    status, said = await site.get(WAIT)
    assert (status, said["code"], said["where"]) == (400, "bad_request", "query.stream")


async def test_a_stop_ends_a_wait(site: Site, nursery: trio.Nursery) -> None:
    call = Call(site.app, WAIT, "stream=live/a&timeout=3600")
    nursery.start_soon(call.run)
    await wait_all_tasks_blocked()
    site.context.stopping.set()
    await call.over.wait()
    assert (call.status, call.json()["code"]) == (503, "server_stops")


async def test_a_client_that_goes_is_waited_for_no_more(site: Site, nursery: trio.Nursery) -> None:
    call = Call(site.app, WAIT, "stream=live/a&timeout=3600")
    nursery.start_soon(call.run)
    await wait_all_tasks_blocked()
    assert not call.over.is_set()
    listeners = len(site.house.bus._of_streams)
    call.leave()
    await call.over.wait()
    assert len(site.house.bus._of_streams) == listeners - 1
