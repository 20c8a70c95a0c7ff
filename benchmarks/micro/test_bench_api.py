"""How long the API holds everybody else up while it walks everything there is.

``pytest benchmarks/micro/test_bench_api.py``; ``extra_info`` has the longest time of the processor
between two looks at the sockets, in milliseconds. The bounds are
a test, by number: tests/service/api/test_pauses.py.
"""

from __future__ import annotations

import time
from typing import Any, Final

import pytest
import trio
from pytest_benchmark.fixture import BenchmarkFixture

from tests.service.api.calls import Call
from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import House
from trio_srs.hub.bus import RequestRefused
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import Request, SessionRequests

SESSIONS: Final = 10_000
EVENTS: Final = 10_000

ASKED: Final = {
    "ten waits in vain": ("/api/v2/wait", "stream=live/nobody&timeout=0.1", 10),
    "the list of sessions": ("/api/v2/sessions", "", 1),
    "ten lists of sessions": ("/api/v2/sessions", "", 10),
    "ten feeds of nothing": ("/api/v2/events", "since=0&follow=false&stream=live/none", 10),
    "ten feeds of everything": ("/api/v2/events", "since=0&follow=false", 10),
}


class Pauses(trio.abc.Instrument):
    """The longest time of the processor between two looks at the sockets."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._began = time.thread_time()

    def after_io_wait(self, timeout: float) -> None:
        self._began = time.thread_time()

    def before_io_wait(self, timeout: float) -> None:
        self.longest_s = max(self.longest_s, time.thread_time() - self._began)


def fill(site: Site) -> None:
    """Many sessions, each of which was refused a stream, and many events."""
    for number in range(SESSIONS):
        entry = SessionEntry(f"x{number}", "rtmp", f"10.0.0.1:{number}", float(number))
        entry.requests = SessionRequests()
        name = f"live/{number}"
        entry.requests.newest.append(Request("publish", name, 1, float(number), "stream_busy"))
        site.house.registry.add(entry)
    who: dict[str, Any] = {"session": "c1", "peer": "p", "request": "publish"}
    for number in range(EVENTS):
        name = f"live/{number % 7}"
        site.house.bus.tell(RequestRefused(**who, stream=name, code="x", detail=""))


async def longest_pause(path: str, query: str, clients: int) -> float:
    async with trio.open_nursery() as nursery:
        house: House = await nursery.start(House().run)
        async with open_site(house) as site:
            fill(site)
            pauses = Pauses()
            trio.lowlevel.add_instrument(pauses)
            async with trio.open_nursery() as calls:
                for _ in range(clients):
                    calls.start_soon(Call(site.app, path, query).run)
            trio.lowlevel.remove_instrument(pauses)
        nursery.cancel_scope.cancel()
    return pauses.longest_s


@pytest.mark.parametrize(("path", "query", "clients"), ASKED.values(), ids=ASKED)
def test_longest_pause(benchmark: BenchmarkFixture, path: str, query: str, clients: int) -> None:
    pauses: list[float] = []

    def ask() -> None:
        pauses.append(trio.run(longest_pause, path, query, clients))

    benchmark.pedantic(ask, rounds=3)
    benchmark.extra_info["longest_pause_ms"] = round(min(pauses) * 1000, 2)
