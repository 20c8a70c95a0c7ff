"""What the API says of the server."""

from __future__ import annotations

import os

import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.api.site import ADDRESSES, Site
from trio_srs.hub.supervisor import TaskKind
from trio_srs.version import VERSION


async def test_the_server_says_what_it_is_and_where(site: Site) -> None:
    status, said = await site.get("/api/v2/server")
    assert status == 200
    assert (said["version"], said["pid"], said["addresses"]) == (VERSION, os.getpid(), ADDRESSES)
    assert said["uptime_s"] >= 0
    assert said["began_at"] == (await site.get("/api/v2/server"))[1]["began_at"]


async def test_the_server_counts_what_goes_on_and_what_has(site: Site) -> None:
    publisher = await site.house.publisher("a")
    player = await site.house.player("a")
    second = site.house.dial()
    assert await second.publish("a") == "NetStream.Publish.BadName"
    _, said = await site.get("/api/v2/server")
    assert [said[word] for word in ("sessions", "streams", "publishers", "players")] == [3, 1, 1, 1]
    totals = said["totals"]
    assert [totals[w] for w in ("sessions", "publishes", "plays", "refused")] == [3, 1, 1, 1]
    assert (totals["bytes_in"], totals["bytes_out"]) == (0, 0)

    publisher.close()
    await site.house.end_of(publisher)
    totals = (await site.get("/api/v2/server"))[1]["totals"]
    assert totals["bytes_in"] > 0
    assert totals["bytes_out"] > 0
    for peer in (player, second):
        peer.close()


async def test_the_server_counts_its_bugs(site: Site) -> None:
    site.house.hub.supervisor.report("nothing at all", KeyError("a bug"))
    assert (await site.get("/api/v2/server"))[1]["totals"]["internal_errors"] == 1


async def test_the_server_says_how_its_tasks_stand(site: Site) -> None:
    supervisor = site.house.hub.supervisor
    async with trio.open_nursery() as nursery:
        await nursery.start(supervisor.run)
        supervisor.start("reports", trio.sleep_forever)
        supervisor.start("relay", trio.sleep_forever, kind=TaskKind.SOURCE)
        await wait_all_tasks_blocked()
        [task] = (await site.get("/api/v2/server"))[1]["tasks"]
        assert task == {
            "name": "reports",
            "kind": "server",
            "state": "running",
            "restarts": 0,
            "last_error": "",
        }
        nursery.cancel_scope.cancel()


async def test_the_server_says_the_number_of_its_newest_event(site: Site) -> None:
    assert (await site.get("/api/v2/server"))[1]["last_event"] == 0
    peer = await site.house.publisher("a")
    assert (await site.get("/api/v2/server"))[1]["last_event"] == site.house.journal.last > 0
    peer.close()
