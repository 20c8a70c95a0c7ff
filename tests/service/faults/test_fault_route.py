"""What is answered over HTTP in place of playlists and segments."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import ClassVar

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from trio_srs.errors import RefusedError
from trio_srs.faults.fault import FaultTarget
from trio_srs.faults.fault_plan import Claim, FaultPlan
from trio_srs.faults.fault_text import parse_fault
from trio_srs.hub.fault_injection import FaultRefusalError
from trio_srs.service.base import WebAnswer, WebClient, WebRoute
from trio_srs.service.faults.fault_route import FaultRoute
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.http_target import HttpTarget

CLIENT = WebClient(peer="127.0.0.1:5000", protocol="http")


@attrs.define(eq=False)
class Site:
    """A route that answers what was asked for, and how often it was."""

    stream_ending: ClassVar[str] = ""

    asked: int = 0
    is_later: bool = False
    rest: AsyncGenerator[bytes, None] | None = None

    def answer(
        self, asked: HttpRequest, client: WebClient, /
    ) -> WebAnswer | Awaitable[WebAnswer] | None:
        self.asked += 1
        if asked.target.path == "/nothing":
            return None
        body = f"{asked.target.path} {self.asked}".encode()
        answer = WebAnswer(
            content_type="text/plain", chunks=(body,), cache_control="no-cache", rest=self.rest
        )
        return self._later(answer) if self.is_later else answer

    async def _later(self, answer: WebAnswer) -> WebAnswer:
        await trio.sleep(1)
        return answer


@attrs.define(eq=False)
class Desk:
    """A site behind a route of faults."""

    site: Site = attrs.field(factory=Site)
    plan: FaultPlan = attrs.field(factory=FaultPlan)
    on_wire: list[str] = attrs.field(factory=list)
    routes: list[WebRoute] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.routes += [
            FaultRoute(self.plan, self.routes, self._target, self._on_wire),
            self.site,
        ]

    def _target(self, client: WebClient, path: str) -> FaultTarget:
        return FaultTarget(session="", peer=client.peer, protocol=client.protocol, path=path)

    def _on_wire(self, claim: Claim, _client: WebClient) -> None:
        claim.take()
        self.on_wire.append(claim.fault.kind)

    async def get(self, path: str) -> str:
        """The body of an answer; a refusal's status."""
        asked = HttpRequest("GET", HttpTarget.parse(path), {}, "1.1", f"GET {path}")
        try:
            for route in self.routes:
                answer = route.answer(asked, CLIENT)
                if answer is not None:
                    break
            if answer is None:
                return "none"
            got = answer if isinstance(answer, WebAnswer) else await answer
        except FaultRefusalError as refusal:
            return str(refusal.status)
        return b"".join(map(bytes, got.chunks)).decode()


@pytest.fixture
def desk() -> Callable[..., Desk]:
    def make(*faults: str, is_later: bool = False) -> Desk:
        made = Desk(Site(is_later=is_later))
        for text in faults:
            made.plan.add(parse_fault(text))
        return made

    return make


async def test_without_a_fault_it_is_as_ever(desk: Callable[..., Desk]) -> None:
    assert await desk().get("/a.ts") == "/a.ts 1"
    assert await desk("refuse request path=*.m3u8").get("/a.ts") == "/a.ts 1"
    assert await desk("late request by=1s").get("/nothing") == "404"


async def test_segments_are_missing_now_and_then(desk: Callable[..., Desk]) -> None:
    made = desk("refuse request path=*.ts status=503 nth=2-3")
    assert [await made.get("/a.ts") for _ in range(4)] == ["/a.ts 1", "503", "503", "/a.ts 2"]
    assert await made.get("/a.m3u8") == "/a.m3u8 3"


@pytest.mark.parametrize("is_later", [False, True])
async def test_an_answer_is_late(
    desk: Callable[..., Desk], autojump_clock: trio.testing.MockClock, is_later: bool
) -> None:
    made = desk("late request by=6s", is_later=is_later)
    before = trio.current_time()
    assert await made.get("/a.ts") == "/a.ts 1"
    assert trio.current_time() - before == pytest.approx(6 + is_later)


async def test_an_answer_never_comes(
    desk: Callable[..., Desk], autojump_clock: trio.testing.MockClock
) -> None:
    made = desk("silent request times=1")
    with trio.move_on_after(100) as waiting:
        await made.get("/a.ts")
    assert waiting.cancelled_caught
    assert await made.get("/a.ts") == "/a.ts 1"


async def test_an_answer_lacks_its_end(desk: Callable[..., Desk]) -> None:
    assert await desk("truncate request").get("/abc.ts") == "/abc"
    assert await desk("truncate request bytes=2").get("/abc.ts") == "/a"


async def test_what_is_waited_for_is_cut_when_it_is_there(
    desk: Callable[..., Desk], autojump_clock: trio.testing.MockClock
) -> None:
    made = desk("truncate request times=1", is_later=True)
    assert await made.get("/abc.ts") == "/abc"
    assert made.plan["fault-1"].taken == 1


async def test_what_is_made_while_it_is_sent_is_not_cut(desk: Callable[..., Desk]) -> None:
    async def rest() -> AsyncGenerator[bytes, None]:
        yield b"more"

    made = desk("truncate request times=1")
    made.site.rest = rest()
    assert await made.get("/abc.ts") == "/abc.ts 1"
    assert made.plan["fault-1"].taken == 0


@pytest.mark.filterwarnings("error")
async def test_nothing_is_made_of_what_is_refused(desk: Callable[..., Desk]) -> None:
    made = desk("refuse request", is_later=True)
    assert await made.get("/abc.ts") == "404"
    assert made.site.asked == 0


async def test_a_playlist_stays_what_it_was(
    desk: Callable[..., Desk], autojump_clock: trio.testing.MockClock
) -> None:
    made = desk("stale request path=*.m3u8 nth=2 for=5s")
    assert [await made.get("/a.m3u8") for _ in range(4)] == [
        "/a.m3u8 1",
        *["/a.m3u8 2"] * 3,
    ]
    assert await made.get("/b.ts") == "/b.ts 3"
    await trio.sleep(6)
    await wait_all_tasks_blocked()
    assert await made.get("/a.m3u8") == "/a.m3u8 4"


async def test_what_is_done_to_the_connection_is_not_done_here(desk: Callable[..., Desk]) -> None:
    made = desk("reset request after=100B", "slow request rate=1kB")
    assert await made.get("/a.ts") == "/a.ts 1"
    assert made.on_wire == ["slow", "reset"]


def test_a_time_cannot_be_waited_for_while_something_is_asked_for() -> None:
    with pytest.raises(RefusedError, match="after is a size"):
        parse_fault("reset request after=2s")
