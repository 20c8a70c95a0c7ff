"""Faults of what is served by HTTP in pieces: playlists and segments. Floor 3."""

from __future__ import annotations

import inspect
import math
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from trio_srs.faults.fault import Occasion
from trio_srs.faults.fault_kind import FaultKind, FaultMoment
from trio_srs.faults.fault_plan import Claim, FaultPlan
from trio_srs.hub.fault_injection import FaultRefusalError
from trio_srs.service.base import WebAnswer, WebClient, WebRoute

if TYPE_CHECKING:
    from trio_srs.faults.fault import FaultTarget
    from trio_srs.session.http_events import HttpRequest

__all__ = ["FaultRoute"]

_STATUS: Final = 404
_STALE_MOST: Final = 100
_ORDER: Final = (
    FaultKind.LATE,
    FaultKind.SLOW,
    FaultKind.CLOSE,
    FaultKind.RESET,
    FaultKind.REFUSE,
    FaultKind.SILENT,
    FaultKind.STALE,
    FaultKind.TRUNCATE,
)
_OVER: Final = (FaultKind.CLOSE, FaultKind.RESET)
_EDITS: Final = (FaultKind.STALE, FaultKind.TRUNCATE)

_Answer = WebAnswer | Awaitable[WebAnswer] | None


class _Never:
    """The answer where a connection has just been ended: nobody waits for it any more."""

    def __await__(self) -> Generator[Any, None, WebAnswer]:
        return _sleep_forever().__await__()


async def _sleep_forever() -> WebAnswer:
    while True:
        await trio.sleep_forever()


class FaultRoute:
    """Stands before the routes of others, and answers wrongly in their place.

    Args:
        routes: all of them; this is the first.
        target_of: who asks for a path, as faults see it.
        on_wire: does what is done to the connection and not to the answer.
    """

    stream_ending: Final = ""

    def __init__(
        self,
        plan: FaultPlan,
        routes: Sequence[WebRoute],
        target_of: Callable[[WebClient, str], FaultTarget],
        on_wire: Callable[[Claim, WebClient], None],
    ) -> None:
        self._plan, self._routes = plan, routes
        self._target_of, self._on_wire = target_of, on_wire
        self._stale: dict[str, tuple[float, WebAnswer]] = {}

    def answer(self, asked: HttpRequest, client: WebClient, /) -> _Answer:
        """See :class:`~trio_srs.service.base.WebRoute`: None where no fault is due."""
        path = asked.target.path
        if (stale := self._stale.get(path)) is not None:
            until, answer = stale
            if trio.current_time() < until:
                return answer
            del self._stale[path]
        if not self._plan.has(FaultMoment.REQUEST):
            return None
        occasion = Occasion(FaultMoment.REQUEST, self._target_of(client, path))
        claims = self._plan.meet(occasion)
        if not claims:
            return None
        claims.sort(key=lambda claim: _ORDER.index(claim.fault.kind))
        if any(claim.fault.kind in (FaultKind.LATE, FaultKind.SILENT) for claim in claims):
            return self._later(claims, asked, client)
        return self._now(claims, asked, client)

    def _now(self, claims: list[Claim], asked: HttpRequest, client: WebClient) -> _Answer:
        path = asked.target.path
        edits = [claim for claim in claims if claim.fault.kind in _EDITS]
        with ExitStack() as stack:
            for edit in edits:
                stack.callback(edit.let_go)  # if nothing comes of it
            for claim in claims:
                if claim.fault.kind is FaultKind.REFUSE:  # before anything is made of it
                    raise _refusal(claim, path)
                if claim not in edits:
                    self._on_wire(claim, client)
                if claim.is_done and claim.fault.kind in _OVER:
                    return _Never()
            answer = self._true_answer(asked, client)
            if not edits or answer is None:
                return answer
            if isinstance(answer, WebAnswer):
                return self._edited(answer, edits, path)
            return self._edited_later(answer, edits, path, stack.pop_all())

    async def _edited_later(
        self, answer: Awaitable[WebAnswer], edits: list[Claim], path: str, stack: ExitStack
    ) -> WebAnswer:
        with stack:
            return self._edited(await answer, edits, path)

    def _edited(self, answer: WebAnswer, edits: list[Claim], path: str) -> WebAnswer:
        """The answer as the client gets it."""
        for claim in edits:
            fault = claim.fault
            if answer.rest is not None:
                continue  # it is made while it is sent
            if claim.take(path) and fault.kind is FaultKind.TRUNCATE:
                answer = _cut(answer, fault.bytes)
            elif fault.kind is FaultKind.STALE:
                self._keep(path, answer, fault.for_s)
        return answer

    async def _later(self, claims: list[Claim], asked: HttpRequest, client: WebClient) -> WebAnswer:
        while claims and claims[0].fault.kind is FaultKind.LATE:
            late = claims.pop(0)
            late.take(asked.target.path)
            await trio.sleep(late.fault.by_s)
        if claims and claims[0].fault.kind is FaultKind.SILENT:
            claims[0].take(asked.target.path)
            await trio.sleep_forever()
        answer = self._now(claims, asked, client)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is None:
            raise FaultRefusalError("nothing is served there", status=_STATUS)
        return answer

    def _true_answer(self, asked: HttpRequest, client: WebClient) -> _Answer:
        """What would be answered without a fault. Raises RefusedError."""
        for route in self._routes:
            if route is not self:
                answer = route.answer(asked, client)
                if answer is not None:
                    return answer
        return None

    def _keep(self, path: str, answer: WebAnswer, for_s: float | None) -> None:
        """Answer the same from now on."""
        if len(self._stale) < _STALE_MOST:
            until = math.inf if for_s is None else trio.current_time() + for_s
            self._stale[path] = until, answer

    def forget_stale(self) -> None:
        """Answer what is true again."""
        self._stale.clear()


def _refusal(claim: Claim, path: str) -> FaultRefusalError:
    claim.take(path)
    words = claim.fault.description or f"refused on purpose ({claim.planned.name})"
    return FaultRefusalError(words, status=claim.fault.status or _STATUS)


def _cut(answer: WebAnswer, most: int | None) -> WebAnswer:
    """An answer without its end: half of it, or so many bytes."""
    whole = b"".join(map(bytes, answer.chunks))
    part = whole[: len(whole) // 2 if most is None else most]
    return attrs.evolve(answer, chunks=(part,), is_text=False, etag="", has_ranges=False)
