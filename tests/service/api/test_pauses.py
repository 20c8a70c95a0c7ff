"""How long the API holds everybody else up: by what is looked at between two looks at the sockets.

Not by the time that takes, which is the machine's: see ``benchmarks/micro``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, ClassVar

import pytest
import trio

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM
from tests.hub.steps import longest_step
from tests.service.api.calls import Call
from tests.service.api.site import Site
from trio_srs.hub.bus import RequestRefused
from trio_srs.hub.journal import Journal, JournalEntry
from trio_srs.hub.registry import Registry, SessionEntry
from trio_srs.hub.session_requests import Request, SessionRequests
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.turns import STEP_MOST

pytestmark = pytest.mark.slow

SESSIONS = 1000
EVENTS = 2500
MOST = 2 * STEP_MOST
"""Items in one pass of the scheduler: a step of a walk, and what little others look at."""


class Looked:
    """Counts what is looked at."""

    count: ClassVar[int] = 0
    last: ClassVar[object] = None

    @classmethod
    def at(cls, item: object) -> None:
        """Somebody looks at this one; again at once counts once."""
        cls.count += item is not cls.last
        cls.last = item


class Entered(SessionEntry):
    """A session that knows when somebody looks at what it asked for."""

    def __getattribute__(self, name: str) -> Any:
        if name == "requests":
            Looked.at(self)
        return super().__getattribute__(name)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How much has been looked at: sessions, streams and events."""
    Looked.count = 0
    since, publishing = Journal.since, vars(Stream)["publishing"].fget

    def counted_since(
        self: Journal, number: int, most: int | None = None
    ) -> tuple[JournalEntry, ...]:
        entries = since(self, number, most)
        Looked.count += len(entries)
        return entries

    def counted_publishing(self: Stream) -> bool:
        Looked.at(self)
        return bool(publishing(self))

    monkeypatch.setattr(Journal, "since", counted_since)
    monkeypatch.setattr(Stream, "publishing", property(counted_publishing))
    return lambda: Looked.count


def crowd(registry: Registry) -> None:
    """Many sessions, open and ended, each of which has asked for a stream of its own."""
    for number in range(SESSIONS):
        entry = Entered(f"x{number}", "rtmp", f"10.0.0.1:{number}", float(number))
        asked = Request("publish", f"live/{number}", 1, float(number), "stream_busy")
        entry.requests = SessionRequests()
        entry.requests.newest.append(asked)
        registry.add(entry)
        if number % 3 == 0:
            registry.remove(entry)


def long_journal(site: Site) -> None:
    for number in range(EVENTS):
        site.house.bus.tell(
            RequestRefused(
                session="c1",
                peer="p",
                request="publish",
                stream=f"live/{number % 7}",
                code="x",
                detail="",
            )
        )


ASKED = {
    "the list of sessions": ("/api/v2/sessions", "", SESSIONS),
    "the sessions of one stream": ("/api/v2/sessions", "stream=live/7", SESSIONS),
    "a wait in vain": ("/api/v2/wait", "stream=live/nobody&timeout=1", SESSIONS),
    "events": ("/api/v2/events", "since=0&follow=false", EVENTS),
    "events of one stream": ("/api/v2/events", "since=0&follow=false&stream=live/3", EVENTS),
    "events of no stream": ("/api/v2/events", "since=0&follow=false&stream=live/none", EVENTS),
}


@pytest.mark.parametrize(("path", "query", "least"), ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("clients", [1, 10])
async def test_nobody_is_held_up_by_who_asks_about_everything(
    site: Site, looked: Callable[[], int], path: str, query: str, least: int, clients: int
) -> None:
    crowd(site.house.registry)
    long_journal(site)
    calls = [Call(site.app, path, query) for _ in range(clients)]
    before = looked()
    with longest_step(looked, by="pass") as longest:
        async with trio.open_nursery() as nursery:
            for call in calls:
                nursery.start_soon(call.run)
    assert {call.status for call in calls} <= {200, 408}
    assert looked() - before > 0.9 * least * clients
    assert longest() <= MOST


async def test_nobody_is_held_up_by_who_asks_how_many_streams_there_are(
    site: Site, looked: Callable[[], int]
) -> None:
    call = Call(site.app, "/api/v2/server")
    with ExitStack() as players:
        for number in range(SESSIONS):
            play = site.house.hub.subscribe(
                f"live/{number}", StreamSettings(), FORM, MemoryOutlet()
            )
            players.enter_context(play)
        with longest_step(looked, by="pass") as longest:
            await call.run()
    assert call.json()["streams"] == SESSIONS
    assert longest() <= MOST


async def test_many_who_follow_are_told_one_after_the_other(
    site: Site, looked: Callable[[], int], nursery: trio.Nursery
) -> None:
    calls = [Call(site.app, "/api/v2/events") for _ in range(200)]
    for call in calls:
        nursery.start_soon(call.run)
        await call.heard("retry")
    with longest_step(looked, by="pass") as longest:
        peer = await site.house.publisher("a")
        for call in calls:
            await call.heard("publish_began")
    assert longest() <= MOST
    peer.close()
    for call in calls:
        call.leave()


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    Looked.count = 0
