"""One run with a server of our own: a command, or whoever comes, publishes to it. Floor 6."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import trio

from trio_srs.errors import PeerError
from trio_srs.hub.reconnect import find_reconnects
from trio_srs.net.nursery import ungrouped
from trio_srs.server.run import Server, serve
from trio_srs.tools.expect.program import Program, filled_in, running
from trio_srs.tools.expect.publish_progress import LOOK_S, PublishProgress
from trio_srs.tools.expect.run_observer import ObservedPublish, RunObserver
from trio_srs.tools.expect.run_plan import DEFAULT_STREAM, SOURCE_STREAM, RunPlan, placeholders
from trio_srs.tools.expect.run_result import RunResult
from trio_srs.tools.expect.stream_observer import EVERYTHING

if TYPE_CHECKING:
    from trio_srs.tools.expect.source import SourceJob

__all__ = ["ExpectRun"]

_SETTLE_S: Final = 1.0
"""How long the server may take to see that a command that has ended has closed its connections."""
_UNSEEN_S: Final = 0.02
"""What a connection may take from being made to being accepted."""


class ExpectRun:
    """One run. Await :meth:`run`, which may be cancelled at any time.

    Attributes:
        result: what was found; good also after a cancellation.
    """

    def __init__(self, plan: RunPlan) -> None:
        self.result = RunResult(began_at=time.time(), stream=plan.stream)
        self._plan = plan
        self._observer = RunObserver(plan.stream, source=SOURCE_STREAM if plan.source else None)
        self._progress: PublishProgress | None = None
        self._program: Program | None = None
        self._enough = ""

    async def run(self) -> None:
        """Start the server and the command, wait for what comes, and stop everything.

        Raises:
            ProgramStartError: the command cannot be run.
            ListenError: the address cannot be listened on.
        """
        began = trio.current_time()
        try:
            async with serve(self._plan.config()) as server:
                with server.bus.listening(self._observer.hear):
                    async with self._capturing(server):
                        await self._run_beside(server)
        finally:
            self.result.seconds = trio.current_time() - began

    async def _run_beside(self, server: Server) -> None:
        observer, plan = self._observer, self._plan
        observer.on_publish = lambda name: self._measure(server, name)
        url = server.rtmp_url(plan.stream or DEFAULT_STREAM)
        async with ungrouped(), trio.open_nursery() as nursery:
            if plan.source is not None:
                nursery.start_soon(self._offer, server.rtmp_url(SOURCE_STREAM), plan.source)
            if plan.on_ready is not None:
                plan.on_ready(url)
            async with self._running(server, url):
                if self._program is not None:
                    nursery.start_soon(self._tell_end, self._program)
                if plan.meanwhile is not None:
                    nursery.start_soon(_in_thread, plan.meanwhile)
                if plan.enough != EVERYTHING:
                    nursery.start_soon(self._look)
                try:
                    await self._within_time(server)
                finally:
                    self._collect(server)
            nursery.cancel_scope.cancel()

    # ------------------------------------------------------------------ beside the watching

    @asynccontextmanager
    async def _capturing(self, server: Server) -> AsyncIterator[None]:
        """Keep what is published in the block, if that is asked for."""
        if self._plan.capture is None:
            yield
            return
        from trio_srs.tools.capture import capturing  # only here: few runs keep anything

        async with capturing(server, self._plan.capture):
            yield

    @asynccontextmanager
    async def _running(self, server: Server, url: str) -> AsyncIterator[None]:
        """Run the command, if there is one, for as long as the block lasts."""
        plan = self._plan
        if not plan.words:
            yield
            return
        told = {"TRIO_SRS_URL": url}
        if plan.source is not None:
            told["TRIO_SRS_SOURCE_URL"] = server.rtmp_url(SOURCE_STREAM)
        words = filled_in(plan.words, placeholders(url, told.get("TRIO_SRS_SOURCE_URL")))
        environ = {**plan.environ, **told}
        was_over = False
        try:
            async with running(words, environ, show=plan.show, stdout=plan.stdout) as program:
                self._program = program
                try:
                    yield
                finally:
                    was_over = program.ended.is_set()
        finally:
            if self._program is not None:
                self._note_end(self._program, was_over=was_over)

    def _note_end(self, program: Program, *, was_over: bool) -> None:
        hung = self.result.gave_up
        stopped = "" if was_over else self._enough or hung or "the run was interrupted"
        self.result.program = program.end(stopped=stopped, hung=hung)

    async def _tell_end(self, program: Program) -> None:
        await program.ended.wait()
        self._observer.wake()

    async def _offer(self, url: str, source: SourceJob) -> None:
        """Publish the source when somebody has come to play it, so that nothing is missed."""
        from trio_srs.net.rtmp_publisher import open_publisher  # only here: few runs have a source

        await self._observer.source_wanted.wait()
        try:
            async with open_publisher(url) as publisher:
                await source.run(publisher)
        except PeerError as error:
            self.result.remarks += (f"the source was not published to its end: {error}",)

    def _measure(self, server: Server, name: str) -> None:
        stream = server.hub.find(name)
        assert stream is not None  # its publish has just begun
        if self._progress is not None:
            self._progress.close()
        self._progress = PublishProgress(stream.feed)

    async def _look(self) -> None:
        """Look now and then whether there is enough."""
        while True:
            if self._is_enough():
                self._observer.wake()
                return
            await trio.sleep(LOOK_S)

    def _is_enough(self) -> bool:
        is_first = self._plan.kick_after_s is not None and len(self._observer.publishes) < 2
        if self._progress is None or is_first:
            return False
        if reached := self._progress.reached(self._plan.enough):
            self._enough = f"there were enough {reached}"
        return bool(self._enough)

    # ------------------------------------------------------------------ watching

    async def _within_time(self, server: Server) -> None:
        most_s = self._plan.max_time_s
        with trio.move_on_after(most_s) as limit:
            await self._watch(server)
        if limit.cancelled_caught:
            self._give_up(f"did not end within {most_s:g} s in all")

    async def _watch(self, server: Server) -> None:
        """Follow one publish after the other, until nothing more is to come."""
        seen = 0
        while await self._next(seen):
            seen = len(self._observer.publishes)
            publish = self._observer.publishes[-1]
            if self._plan.kick_after_s is not None and not self.result.kicked:
                await self._kick(server, publish, self._plan.kick_after_s)
            await self._end_of(publish)
            if self._enough or self.result.gave_up:
                return
            await self._settle()

    async def _end_of(self, publish: ObservedPublish) -> None:
        """Wait for the end of a publish, of the command, or for enough of it; where there are only
        headers, no longer than for anything."""
        with trio.move_on_after(self._plan.timeout_s) as patience:
            await self._first_frame(publish)
        if patience.cancelled_caught:
            self._give_up(f"sent headers, and no frame within {self._plan.timeout_s:g} s")
            return
        await self._observer.until(lambda: publish.ended or self._is_over or bool(self._enough))

    async def _first_frame(self, publish: ObservedPublish) -> None:
        """Wait for anything but headers."""
        while True:
            if publish.ended or self._is_over or (self._progress and self._progress.has_frames):
                return
            await trio.sleep(LOOK_S)

    @property
    def _is_over(self) -> bool:
        """Whether the command has ended."""
        return self._program is not None and self._program.ended.is_set()

    async def _next(self, seen: int) -> bool:
        """Wait for media of a publish behind those seen; False if none is to come."""
        observer, timeout_s = self._observer, self._plan.timeout_s

        def is_here() -> bool:
            return len(observer.publishes) > seen and observer.publishes[-1].has_media

        awaits_return = self.result.kicked and seen == 1
        if seen and not self._plan.words and not awaits_return:
            return False
        with trio.move_on_after(timeout_s) as patience:
            await observer.until(lambda: is_here() or self._is_over)
            if not is_here():
                await self._settle()
        if patience.cancelled_caught and not is_here():
            self._give_up(_waited(seen, timeout_s, awaits_return=awaits_return))
        return is_here()

    def _give_up(self, why: str) -> None:
        if not self._is_over:
            self.result.gave_up = why

    async def _settle(self) -> None:
        """Let the server see what a command that has ended has left in its sockets."""
        if self._is_over:
            await trio.sleep(_UNSEEN_S)
            with trio.move_on_after(_SETTLE_S):
                await self._observer.until(lambda: self._observer.is_quiet)

    async def _kick(self, server: Server, publish: ObservedPublish, after_s: float) -> None:
        with trio.move_on_at(publish.media_at + after_s):
            await self._observer.until(lambda: publish.ended or self._is_over)
        if not publish.ended and self._observer.stream is not None:
            self.result.kicked = server.hub.kick(
                self._observer.stream, "kicked, as --kick-after says"
            )

    def _collect(self, server: Server) -> None:
        """Take the reports as they are now; synchronous, as this may be on the way out."""
        observer, result, reports = self._observer, self.result, server.reports
        result.happened = tuple(observer.happened)
        if observer.stream is not None:
            result.stream = observer.stream
            published = reports.history(observer.stream)
            result.reports = tuple(r for r in published if any(t.frames for t in r.facts.tracks))
            result.reconnects = find_reconnects(result.reports, server.sessions())
            result.only_headers = not result.reports and any(r.facts.tracks for r in published)
        names = dict.fromkeys(name for rule in self._plan.rules for name in rule.streams)
        found = {name: reports.find(name) for name in names}
        result.named = {name: report for name, report in found.items() if report is not None}
        if self._plan.source is not None:
            result.source = reports.find(SOURCE_STREAM)


async def _in_thread(run: Callable[[], object]) -> None:
    """Run it; nobody waits for its end."""
    await trio.to_thread.run_sync(run, abandon_on_cancel=True)


def _waited(seen: int, timeout_s: float, *, awaits_return: bool) -> str:
    """For what we have waited too long, as the end of a sentence about who was to do it."""
    if awaits_return:
        return f"did not publish again within {timeout_s:g} s"
    if seen:
        return f"did not end within {timeout_s:g} s of the end of what it published"
    return f"sent no audio or video within {timeout_s:g} s"
