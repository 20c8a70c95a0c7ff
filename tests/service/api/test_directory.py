"""A directory of two processes behind the API: it shows the sessions of both, and ends them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import trio

from tests.service.api.site import open_site
from tests.service.rtmp.house import House
from trio_srs.errors import EndReason
from trio_srs.hub.directory import SessionView
from trio_srs.hub.ids import Ids, ProcessName
from trio_srs.hub.journal import Journal
from trio_srs.hub.registry import Registry, SessionEntry


class Directory:
    """What several processes know of their sessions, together."""

    def __init__(self, *views: SessionView) -> None:
        self._views = views

    @property
    def recent(self) -> Collection[SessionEntry]:
        return [entry for view in self._views for entry in view.recent]

    def __len__(self) -> int:
        return sum(map(len, self._views))

    def __iter__(self) -> Iterator[SessionEntry]:
        return iter(sorted((it for view in self._views for it in view), key=lambda it: it.began_at))

    def find(self, session: str) -> SessionEntry | None:
        return next(filter(None, (view.find(session) for view in self._views)), None)

    def find_ended(self, session: str) -> SessionEntry | None:
        return next(filter(None, (view.find_ended(session) for view in self._views)), None)


def house_of(name: str) -> House:
    """A server in a process of that name."""
    ids = Ids(ProcessName(name))
    return House(registry=Registry(ids=ids), journal=Journal(ids=ids))


async def test_the_sessions_of_two_processes_are_one_list_and_each_can_be_ended(
    nursery: trio.Nursery,
) -> None:
    one, other = house_of("a"), house_of("b")
    for house in (one, other):
        await nursery.start(house.run)
    peers = [await one.publisher(), await other.publisher(), await one.player()]
    async with open_site(one) as site:
        site.context.registry = Directory(one.registry, other.registry)
        with other.bus.listening(one.bus.tell):
            _, said = await site.get("/api/v2/sessions")
            assert sorted(session["id"] for session in said["sessions"]) == ["a-c1", "a-c2", "b-c1"]
            assert (await site.get("/api/v2/server"))[1]["sessions"] == 3
            status, _ = await site.ask("DELETE", "/api/v2/sessions/b-c1")
            assert status == 204
            assert (await other.end_of(peers[1])).reason is EndReason.KICKED
            _, said = await site.get("/api/v2/sessions/b-c1")
            assert said["end"] == "kicked"
            assert (await site.get("/api/v2/sessions/b-c2"))[0] == 404
    for peer in peers:
        peer.close()


async def test_reports_and_events_name_the_process_as_well(nursery: trio.Nursery) -> None:
    house = house_of("a")
    await nursery.start(house.run)
    peer = await house.publisher()
    [publish_record] = house.reports.publish_records("live/a")
    assert publish_record.report().session == "a-c1"
    assert {event.session for event in house.events} == {"a-c1"}
    peer.close()


if TYPE_CHECKING:

    def _is_a_view(directory: Directory) -> SessionView:
        return directory
