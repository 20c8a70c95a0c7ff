"""Deliveries: calls that only tell something, made in order, and again until they are heard.
Floor 3.

The calls of a session are made one after the other, whatever becomes of each; those of different
sessions side by side.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import attrs
import trio

from trio_srs.service.hooks.calls import HookCall
from trio_srs.service.hooks.config import HookPlatforms
from trio_srs.service.hooks.poster import Poster, shown
from trio_srs.service.hooks.posting import post_call
from trio_srs.service.hooks.replies import HookFailedError, HookRefusedError

__all__ = ["Deliveries"]

_log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.5
_MOST_PAUSE_S: Final = 30.0
_AGAIN: Final = frozenset({408, 425, 429})
"""Statuses of the client's fault (RFC 9110 15.5) after which the same call may succeed."""


@attrs.define(eq=False)
class _Delivery:
    """One call on its way."""

    call: HookCall
    at: float
    """When it was due, on Trio's clock."""
    was_tried: bool = False
    """Whether it has failed, so that others need not wait for it."""


class Deliveries:
    """What is still to be told.

    Attributes:
        made: calls that were heard.
        lost: calls that were given up, or for which there was no room.
    """

    def __init__(self, config: Callable[[], HookPlatforms], poster: Poster) -> None:
        self.made = self.lost = 0
        self._config, self._poster = config, poster
        self._lines: dict[str, deque[_Delivery]] = {}
        """By session, or by what else keeps its order; there is none that is empty."""
        self._of_streams: dict[str, set[_Delivery]] = {}
        self._count = 0
        self._changed = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._given_up = ""
        """Why nothing is told any more."""
        self._room = trio.CapacityLimiter(max(1, config().general.max_connections // 2))

    def __len__(self) -> int:
        """How many there are to be made."""
        return self._count

    def put(self, calls: Iterable[HookCall]) -> None:
        """Tell this, behind what is to be told of the same session."""
        for call in calls:
            config = self._config()
            if not config.of(call.vhost).urls_of(call.action):
                continue
            if self._given_up:
                self._lose(call, self._given_up)
            elif self._count >= config.general.queue:
                self._lose(call, f"hooks.queue is full: {self._count} wait")
            else:
                self._add(_Delivery(call, trio.current_time()))

    def _add(self, delivery: _Delivery) -> None:
        call = delivery.call
        self._count += 1
        if call.stream:
            self._of_streams.setdefault(call.stream, set()).add(delivery)
        order = call.order or call.session
        line = self._lines.get(order)
        if line is not None:
            line.append(delivery)
            return
        self._lines[order] = deque([delivery])
        if self._nursery is not None:
            self._nursery.start_soon(self._run_line, order)

    def _remove(self, delivery: _Delivery) -> None:
        call = delivery.call
        self._count -= 1
        if call.stream:
            others = self._of_streams[call.stream]
            others.discard(delivery)
            if not others:
                del self._of_streams[call.stream]
        self._tell_changed()

    def _tell_changed(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def _lose(self, call: HookCall, why: str) -> None:
        self.lost += 1
        _log.error(
            "%s of session %s is lost: %s; %d lost so far",
            call.action,
            call.session,
            why,
            self.lost,
            extra={"fields": {"session": call.session, "action": str(call.action)}},
        )

    async def settled(self, session: str, stream: str) -> None:
        """Wait until whatever concerns a request has been told: all of its session, and what
        others have to tell of its stream, unless that could not be delivered at once."""
        while session in self._lines or any(
            not each.was_tried for each in self._of_streams.get(stream, ())
        ):
            await self._changed.wait()

    async def over(self) -> None:
        """Wait until there is nothing to be told."""
        while self._count:
            await self._changed.wait()

    def give_up(self, why: str) -> None:
        """Everything that is still to be told is lost, and whatever comes after it. The first
        reason holds."""
        self._given_up = self._given_up or why
        for line in self._lines.values():
            for delivery in line:
                self._lose(delivery.call, self._given_up)
        self._lines.clear()
        self._of_streams.clear()
        self._count = 0
        self._tell_changed()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Deliver until cancelled; what waits then is lost."""
        self._given_up = ""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                for order in self._lines:
                    nursery.start_soon(self._run_line, order)
                task_status.started()
                try:
                    await trio.sleep_forever()
                finally:
                    self._nursery = None
        finally:
            if trio.current_effective_deadline() == -math.inf:  # it was not a bug in here
                self.give_up("the server was cancelled")

    async def _run_line(self, order: str) -> None:
        line = self._lines[order]
        while line:
            await self._deliver(line[0])
            delivery = line.popleft()
            if not line:
                del self._lines[order]
            self._remove(delivery)

    async def _deliver(self, delivery: _Delivery) -> None:
        """Call each URL in order; those that do not hear it again, later and later."""
        call, urls, pause_s = delivery.call, list(self._urls(delivery)), _FIRST_PAUSE_S
        while True:
            failed = [url for url in urls if not await self._is_heard(url, call)]
            if not failed:
                self.made += 1
                return
            delivery.was_tried = True
            self._tell_changed()
            if trio.current_time() + pause_s > delivery.at + self._config().general.retry_for:
                where = ", ".join(map(shown, failed))
                self._lose(call, f"{where} did not hear it")
                return
            await trio.sleep(pause_s)
            urls, pause_s = failed, min(2 * pause_s, _MOST_PAUSE_S)

    def _urls(self, delivery: _Delivery) -> tuple[str, ...]:
        call = delivery.call
        return self._config().of(call.vhost).urls_of(call.action)

    async def _is_heard(self, url: str, call: HookCall) -> bool:
        try:
            async with self._room:
                answer, dialect = await post_call(self._poster, self._config(), url, call)
            if answer.status >= 500 or answer.status in _AGAIN:
                raise HookFailedError(f"status {answer.status}")
        except HookFailedError as error:
            self._warn("did not hear", url, call, error)
            return False
        try:
            dialect.read(answer)
        except (HookFailedError, HookRefusedError) as error:
            self._warn("does not agree with", url, call, error)  # it was heard all the same
        return True

    def _warn(self, what: str, url: str, call: HookCall, error: Exception) -> None:
        _log.warning(
            "%s %s %s of session %s: %s",
            shown(url),
            what,
            call.action,
            call.session,
            error,
            extra={"fields": {"session": call.session, "action": str(call.action)}},
        )
