"""Updates: while a publish or a play goes on somebody is asked from time to time whether it still
may. Floor 3.

Each has its own time, and none is asked about again before the answer has come. Media never waits
for it.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.sessions import bytes_of
from trio_srs.service.hooks.calls import update_call
from trio_srs.service.hooks.config import Action, HookPlatforms
from trio_srs.service.hooks.poster import Poster, shown
from trio_srs.service.hooks.posting import post_call
from trio_srs.service.hooks.replies import HookFailedError, HookRefusedError

if TYPE_CHECKING:
    from trio_srs.hub.registry import SessionEntry
    from trio_srs.service.hooks.calls import HookCall
    from trio_srs.service.hooks.ledger import LedgerEntry

__all__ = ["FindSession", "Updates"]

_log = logging.getLogger(__name__)

FindSession = Callable[[str], "SessionEntry | None"]


class Updates:
    """Asks by ``on_update`` about everything that began, until it is over."""

    def __init__(
        self, config: Callable[[], HookPlatforms], poster: Poster, find: FindSession
    ) -> None:
        """
        Args:
            find: the session of an id, if it goes on.
        """
        self._config, self._poster, self._find = config, poster, find
        self._scopes: dict[LedgerEntry, trio.CancelScope] = {}
        self._nursery: trio.Nursery | None = None
        self._room = trio.CapacityLimiter(max(1, config().general.max_connections // 4))

    def __len__(self) -> int:
        """How much is asked about from time to time."""
        return len(self._scopes)

    def began(self, entry: LedgerEntry) -> None:
        """A publish or a play has begun: ask about it, if anybody is to be asked."""
        if self._nursery is not None and self._urls(entry.call):
            self._scopes[entry] = trio.CancelScope()
            self._nursery.start_soon(self._follow, entry)

    def over(self, entry: LedgerEntry) -> None:
        """It is over: nobody is asked about it any more, and no answer is waited for."""
        scope = self._scopes.pop(entry, None)
        if scope is not None:
            scope.cancel()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Ask about what begins from now on, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            for entry in self._scopes:  # of a run that failed
                self._scopes[entry] = trio.CancelScope()
                nursery.start_soon(self._follow, entry)
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                self._nursery = None

    def _urls(self, call: HookCall) -> tuple[str, ...]:
        return self._config().of(call.vhost).urls_of(Action.ON_UPDATE)

    async def _follow(self, entry: LedgerEntry) -> None:
        scope, began_at = self._scopes.get(entry), trio.current_time()
        if scope is None:  # it is over already
            return
        with scope:
            try:
                while True:
                    await trio.sleep(self._config().general.update_interval)
                    await self._ask(entry, math.floor(trio.current_time() - began_at))
            except HookRefusedError as refusal:
                if entry in self._scopes:  # else it was over in the same moment
                    self._end(entry.call, str(refusal))
        self._scopes.pop(entry, None)

    async def _ask(self, entry: LedgerEntry, seconds: int) -> None:
        """Call each URL in order.

        Raises:
            HookRefusedError: it may not go on.
        """
        session = self._find(entry.call.session)
        if session is None:
            return
        received, sent = bytes_of(session)
        call = update_call(entry.call, seconds, sent=sent, received=received)
        for url in self._urls(call):
            await self._call(url, call)

    async def _call(self, url: str, call: HookCall) -> None:
        platforms = self._config()
        try:
            async with self._room:
                answer, dialect = await post_call(self._poster, platforms, url, call)
            dialect.read(answer)
        except HookFailedError as error:
            _log.warning(
                "%s could not be asked by on_update about session %s: %s",
                shown(url),
                call.session,
                error,
                extra={"fields": {"session": call.session, "action": str(call.action)}},
            )
            if platforms.of(call.vhost).update_strict:
                # What is wrong with the server that decides is not for the peer to know.
                raise HookRefusedError("it could not be decided") from None

    def _end(self, call: HookCall, why: str) -> None:
        session = self._find(call.session)
        if session is not None:
            session.end(EndReason.KICKED, f"on_update: {why}")
