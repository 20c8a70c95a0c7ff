"""The hooks of one server, from its start to its end. Floor 3."""

from __future__ import annotations

from contextlib import ExitStack

import trio

from trio_srs.hub.bus import Bus, Event
from trio_srs.hub.ids import SrsIds
from trio_srs.hub.made_files import MadeFile, MadeFiles
from trio_srs.service.base import PortlessService, StopPhase
from trio_srs.service.hooks.asking import HooksGate
from trio_srs.service.hooks.calls import TAKEN_BACK_BY, HookCall, file_call, with_done
from trio_srs.service.hooks.config import HookPlatforms
from trio_srs.service.hooks.deliveries import Deliveries
from trio_srs.service.hooks.ledger import Ledger
from trio_srs.service.hooks.make import HooksSections
from trio_srs.service.hooks.poster import Poster
from trio_srs.service.hooks.updates import FindSession, Updates

__all__ = ["HooksService"]


class HooksService(PortlessService):
    """Asks and tells by calls. It listens nowhere, and is there until the last session has ended.

    Attributes:
        platforms: what holds for calls that begin.
        gate: asks; to be the last of all gates, so that nobody hears of what another refuses.
        deliveries: what is still to be told.
        updates: what is asked about while it goes on.
    """

    def __init__(
        self,
        platforms: HookPlatforms,
        ids: SrsIds,
        bus: Bus,
        poster: Poster,
        made_files: MadeFiles | None = None,
        *,
        find_session: FindSession,
    ) -> None:
        """
        Args:
            find_session: the session of an id, if it goes on.
            made_files: who tells of files that are made of streams, if anybody makes some.
        """
        self.platforms = platforms
        self._ids, self._bus, self._poster = ids, bus, poster
        self._made_files = made_files or MadeFiles()
        self.updates = Updates(self._current, poster, find_session)
        self._ledger = Ledger(self.updates.began, self.updates.over, self._is_told)
        self.deliveries = Deliveries(self._current, poster)
        self.gate = HooksGate(self._current, ids, poster, self._ledger, self.deliveries)
        self._listening = ExitStack()

    def _current(self) -> HookPlatforms:
        return self.platforms

    @property
    def stop_phase(self) -> StopPhase:
        """It tells how the sessions ended."""
        return StopPhase.WITNESSES

    async def listen(self) -> None:
        """Hear what becomes of what was granted."""
        self._listening.enter_context(self._bus.listening(self._hear))
        self._listening.enter_context(self._made_files.listening(self._hear_of_file))

    def _hear(self, event: Event) -> None:
        if self._ledger.has(event.session):
            self.deliveries.put(with_done(self._ledger.hear(event)))

    def _is_told(self, call: HookCall) -> bool:
        """Whether anybody is called when what a call granted is over."""
        targets = self.platforms.of(call.vhost)
        return any(map(targets.urls_of, TAKEN_BACK_BY[call.action]))

    def _hear_of_file(self, made: MadeFile) -> None:
        publish = self._ledger.publish_of(made.session, made.stream)
        call = file_call(self._ids, made, publish, self.platforms.vhost_of)
        self.deliveries.put([call])

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Make calls until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self._poster.run)
            await nursery.start(self.updates.run)
            await self.deliveries.run(task_status=task_status)

    async def prepare(self) -> None:
        """Be ready for the first call."""
        await self._poster.prepare()

    def configure(self, sections: HooksSections, /) -> None:
        """Go on with another configuration: it holds for the calls that begin."""
        self.platforms = sections.hook_platforms

    def close(self) -> None:
        """Hear nothing more. Idempotent."""
        self._listening.close()

    async def finish(self) -> None:
        """Wait until everything has been told."""
        await self.deliveries.over()

    async def stop(self, grace_s: float) -> None:
        """The same, for so long at most; what could not be told by then is lost, and logged."""
        with trio.move_on_after(grace_s):
            await self.deliveries.over()
        self.deliveries.give_up("the server stopped")
