"""What the API says of streams, and how it ends a publish."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import FixedRules, House
from tests.service.witness import transport_of
from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.made_files import WrittenFiles
from trio_srs.hub.supervisor import ONCE, RESTART, TaskKind


class TwoHosts(FixedRules):
    """A virtual host beside the default one."""

    def vhost_of(self, host: str) -> str:
        return "example.com" if host.endswith("example.com") else "__defaultVhost__"


async def test_the_streams_are_listed_by_name(site: Site) -> None:
    peers = [await site.house.publisher("b"), await site.house.player("a")]
    status, said = await site.get("/api/v2/streams")
    assert status == 200
    a, b = said["streams"]
    assert (a["name"], a["publishing"], a["session"], a["players"]) == ("live/a", False, None, 1)
    assert (b["name"], b["publishing"], b["session"], b["players"]) == ("live/b", True, "c1", 0)
    for peer in peers:
        peer.close()


async def test_a_stream_says_who_publishes_it_and_what_came(site: Site) -> None:
    peer = await site.house.publisher("a")
    status, said = await site.get("/api/v2/streams/live/a")
    assert status == 200
    assert said["peer"] == transport_of(peer).local
    assert (said["frames"], said["keyframes"], said["publishes"]) == (1, 1, 1)
    assert 0 <= said["silent_s"] <= said["seconds"]
    assert said["end"] is None
    peer.close()


async def test_a_stream_says_how_its_tasks_stand(site: Site) -> None:
    async def fail() -> None:
        raise PeerError("the origin is gone")

    peer = await site.house.publisher("a")
    [stream] = site.house.hub
    async with trio.open_nursery() as nursery:
        await nursery.start(site.house.hub.supervisor.run)
        for name, kind, restart in (
            ("relay", TaskKind.SOURCE, RESTART),
            ("recorder", TaskKind.OUTPUT, ONCE),
        ):
            stream.tasks.start(name, fail, kind=kind, restart=restart)
        await wait_all_tasks_blocked()
        tasks = (await site.get("/api/v2/streams/live/a"))[1]["tasks"]
        assert [(task["name"], task["kind"], task["state"]) for task in tasks] == [
            ("relay", "source", "backing_off"),
            ("recorder", "output", "failed"),
        ]
        assert tasks[0]["last_error"] == "peer_error: the origin is gone"
        stream.tasks.cancel()
        await wait_all_tasks_blocked()
        [task] = (await site.get("/api/v2/streams"))[1]["streams"][0]["tasks"]
        assert task["name"] == "recorder"
        stream.tasks.forget(*stream.tasks)
        assert list(stream.tasks) == []
        nursery.cancel_scope.cancel()
    peer.close()


async def test_a_stream_that_was_published_says_how_that_ended(site: Site) -> None:
    peer = await site.house.publisher("a")
    peer.close()
    await site.house.end_of(peer)
    status, said = await site.get("/api/v2/streams/live/a")
    assert status == 200
    assert (said["publishing"], said["session"], said["end"]) == (False, "c1", "peer_fin")
    assert (said["frames"], said["seconds"], said["silent_s"]) == (1, None, None)
    assert [each["name"] for each in (await site.get("/api/v2/streams"))[1]["streams"]] == [
        "live/a"
    ]


async def test_a_publisher_that_has_sent_nothing_has_not_been_silent_yet(site: Site) -> None:
    peer = site.house.dial()
    await peer.publish("a")
    assert (await site.get("/api/v2/streams/live/a"))[1]["silent_s"] is None
    peer.close()


@pytest.mark.parametrize("path", ["room/a%20b", "room%2Fa%20b"])
async def test_a_name_may_have_slashes_and_blanks(site: Site, path: str) -> None:
    peer = await site.house.publisher("room/a b")
    status, said = await site.get(f"/api/v2/streams/live/{path}")
    assert (status, said["name"]) == (200, "live/room/a b")
    peer.close()


async def test_a_stream_of_a_virtual_host_is_found_by_any_of_its_names(house: House) -> None:
    async with open_site(house) as site:
        site.context.hosts = TwoHosts(house.settings)
        with house.hub.streams.using("example.com/live/a", house.settings):
            path = "/api/v2/streams/live/a"
            status, said = await site.get(path, params={"vhost": "www.example.com"})
            assert (status, said["name"]) == (200, "example.com/live/a")
            assert (await site.get(path, params={"vhost": "elsewhere"}))[0] == 404
            assert (await site.get(path))[0] == 404


async def test_a_stream_that_nobody_uses_is_unknown(site: Site) -> None:
    status, said = await site.get("/api/v2/streams/live/a")
    assert (status, said["code"], said["where"]) == (404, "unknown_stream", "path")
    assert said["message"] == "nobody publishes or plays live/a, or has published it"


async def test_a_publisher_is_kicked_and_its_name_is_free_at_once(site: Site) -> None:
    peer = await site.house.publisher("a")
    path = "/api/v2/streams/live/a/publisher"
    assert await site.ask("DELETE", path, params={"detail": "out"}) == (204, None)
    assert not len(site.house.registry)  # the connection is closed by then
    status, said = await site.ask("DELETE", path)
    assert (status, said["code"]) == (404, "not_published")
    end = await site.house.end_of(peer)
    assert (end.reason, end.detail) == (EndReason.KICKED, "out")
    again = await site.house.publisher("a")
    again.close()


async def test_a_name_that_is_none_is_refused(site: Site) -> None:
    status, said = await site.get("/api/v2/streams/live/..%2Fb")
    assert (status, said["code"], said["where"]) == (400, "bad_stream_name", "path")


async def test_a_stream_is_found_under_every_way_to_write_it(site: Site) -> None:
    peer = await site.house.publisher("a")
    ways = ["live/a", "live%2Fa", "/live/a/", "rtmp://127.0.0.1:40123/live/a", "live/a%3Ftoken=1"]
    for way in ways:
        status, said = await site.get(f"/api/v2/streams/{way}")
        assert (status, said["name"]) == (200, "live/a"), way
    for way in map(unquote, ways):
        assert (await site.get("/api/v2/wait", params={"stream": way}))[0] == 200, way
        status, said = await site.get("/api/v2/sessions", params={"stream": way})
        assert [each["peer"] for each in said["sessions"]], way
    peer.close()


async def test_one_word_is_told_to_be_no_stream(site: Site) -> None:
    _, said = await site.get("/api/v2/streams/cam1")
    assert "a stream is /api/v2/streams/APP/NAME" in said["message"]
    status, said = await site.get("/api/v2/wait", params={"stream": "cam1", "timeout": 60})
    assert (status, said["code"], said["where"]) == (400, "bad_stream_name", "query.stream")
    assert "did you mean 'live/cam1'" in said["message"]


@pytest.mark.parametrize(
    ("query", "expected", "total"),
    [
        ("", ["live/a", "live/b", "live/c"], 3),
        ("sort=-name&count=2", ["live/c", "live/b"], 3),
        ("only=published", ["live/a", "live/b"], 2),
        ("only=unpublished", ["live/c"], 1),
        ("name=live/[bc]", ["live/b", "live/c"], 2),
        ("name=other/*", [], 0),
        ("sort=-players&count=1", ["live/c"], 3),
        ("sort=frames&count=1", ["live/c"], 3),
        ("sort=-seconds&start=2", ["live/c"], 3),
        ("start=1&count=1", ["live/b"], 3),
    ],
)
async def test_those_are_listed_that_are_asked_for(
    site: Site, query: str, expected: list[str], total: int
) -> None:
    house = site.house
    peers = [await house.publisher("a"), await house.publisher("b"), await house.player("c")]
    _, said = await site.get(f"/api/v2/streams?{query}")
    assert ([each["name"] for each in said["streams"]], said["total"]) == (expected, total)
    for peer in peers:
        peer.close()


async def test_a_stream_says_how_its_files_fare(site: Site) -> None:
    peer = await site.house.publisher("a")
    _, said = await site.get("/api/v2/streams/live/a")
    assert said["files"] is None
    written = WrittenFiles(trouble="[Errno 30] Read-only file system", failures=2, lost=1)
    site.context.made_files.written["live/a"] = written
    _, said = await site.get("/api/v2/streams/live/a")
    assert said["files"] == {"trouble": written.trouble, "failures": 2, "lost": 1}
    peer.close()
