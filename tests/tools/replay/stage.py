"""A server in memory whose sessions are captured, and captured sessions done again on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import attrs
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.service.rtmp.house import FAST, House
from trio_srs.hub.registry import SessionEntry
from trio_srs.media.report import StreamReport
from trio_srs.net.transport import Transport
from trio_srs.net.wire_tap import Tap
from trio_srs.service.base import PutTap
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer
from trio_srs.tools.replay.replayed_side import Replay, ReplayOptions, ReplayResult
from trio_srs.units import Seconds
from trio_srs.wire.session_capture import CaptureKind, CaptureRecord, SessionCapture

T = TypeVar("T")


def on_stage(play: Callable[[Stage], Awaitable[T]], **settings: Any) -> T:
    """Run a play under a mock clock, on a stage of its own."""

    async def main() -> T:
        async with trio.open_nursery() as nursery:
            stage = Stage(**settings)
            await nursery.start(stage.house.run)
            result = await play(stage)
            nursery.cancel_scope.cancel()
        return result

    return trio.run(main, clock=MockClock(autojump_threshold=0))


class Stage:
    """One server, and captures of the sessions that it had."""

    def __init__(self, **settings: Any) -> None:
        self.house = House(settings=attrs.evolve(FAST, **settings))
        taps: list[PutTap] = [self._put_tap]
        self.house.context.taps = taps
        self.captures: list[list[CaptureRecord]] = []

    def _put_tap(self, transport: Transport, entry: SessionEntry) -> Transport:
        records: list[CaptureRecord] = []
        self.captures.append(records)

        def note(kind: CaptureKind, data: bytes) -> None:
            at_us = int((trio.current_time() - entry.began_at) * 1e6)
            records.append(CaptureRecord(kind, at_us, data))

        return Tap(transport, note)

    def capture(self, number: int = -1) -> SessionCapture:
        return SessionCapture({"session": "c1"}, tuple(self.captures[number]))

    def dial(self) -> Peer:
        return self.house.dial()

    async def settled(self) -> None:
        """Wait until the server has no more to do with those that have ended."""
        await trio.sleep(10)

    async def replay(self, capture: SessionCapture, **options: Any) -> ReplayResult:
        """Be the client of a capture, at this server."""
        server, client = memory_transport_pair(capacity=2**20)
        replay = Replay(capture, ReplayOptions(**options), is_client=True)
        self.house.service.serve(server)
        result = await replay.run(client)
        await wait_all_tasks_blocked()
        return result

    def report(self, stream: str) -> StreamReport:
        report = self.house.reports.find(stream)
        assert report is not None
        return report


SOON = Seconds(1.0)
