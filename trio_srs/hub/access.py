"""Access: asks the gates, in order and in time, and makes of a name the stream that they grant.

Floor 2. Every way in and out asks here. Whatever a gate does, there is an answer: what it raises,
what it returns that makes no sense, and no answer in time are refusals, and the session goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence

import attrs
import trio

from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessConfig, AccessRequest, Gate, Grant
from trio_srs.hub.resolution import ResolvedStream, Rules, resolve_stream
from trio_srs.hub.ruling import Judge, allow_all
from trio_srs.hub.supervisor import Supervisor

__all__ = ["AccessControl", "GateFailedError", "GateTimeoutError", "RedirectError"]

_log = logging.getLogger(__name__)

_Ask = Callable[[Gate, AccessRequest], Awaitable[Grant | None]]


def _always() -> bool:
    return True


@attrs.frozen
class _Standing:
    """A gate, and when it has anything to say."""

    gate: Gate
    when: Callable[[], bool] = _always
    at_connect: Callable[[], bool] = _always


class GateFailedError(RefusedError):
    """A gate failed to decide; the log has the traceback."""

    code = "gate_failed"
    http_status = 503


class GateTimeoutError(RefusedError):
    """The gates took too long to decide."""

    code = "gate_timeout"
    http_status = 503


class RedirectError(RefusedError):
    """What was asked for is somewhere else. The text has no parameters: they may be secret."""

    code = "redirect"
    srs_code = 2997
    http_status = 302

    def __init__(self, url: str) -> None:
        front, slashes, rest = url.partition("?")[0].rpartition("://")
        host, slash, path = rest.partition("/")
        super().__init__(f"go to {front}{slashes}{host.rpartition('@')[2]}{slash}{path}")
        self.url = url


class AccessControl:
    """Whom the gates of one server let do what.

    They are asked one after the other. The first refusal counts, and so does the first redirect;
    each sees what those before it granted, and of two grants the later one's words count more.
    """

    def __init__(
        self,
        rules: Rules,
        gates: Sequence[Gate] = (),
        *,
        config: Callable[[], AccessConfig] = AccessConfig,
        supervisor: Supervisor | None = None,
    ) -> None:
        """
        Args:
            gates: with none, everybody may do everything.
            config: asked at each request, and by gates that go by it.
            supervisor: is told of bugs in gates.
        """
        self.rules = rules
        self._gates = [_Standing(gate) for gate in gates]
        self.config = config
        self.judge: Judge = allow_all
        """What the rules of the configuration say, also of what nobody asks gates for."""
        self.first: Gate | None = None
        """Asked before all others, and given any time: faults that are asked for."""
        self._supervisor = supervisor or Supervisor()

    def add(
        self,
        gate: Gate,
        *,
        when: Callable[[], bool] = _always,
        at_connect: Callable[[], bool] = _always,
    ) -> None:
        """Ask one more, behind the others.

        Args:
            when: whether it has anything to say at present; it is not asked where it has not.
            at_connect: the same of connects alone, where it has something to say.
        """
        self._gates.append(_Standing(gate, when, at_connect))

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked at present: everything is granted as it is asked for."""
        return self.first is None and not any(it.when() for it in self._gates)

    @property
    def is_open_to_connect(self) -> bool:
        """Whether nobody is asked at present who has anything to say to a connect."""
        return self.first is None and not self._asked_at_connect()

    def _asked_at_connect(self) -> list[Gate]:
        return [it.gate for it in self._gates if it.when() and it.at_connect()]

    @property
    def gate_names(self) -> tuple[str, ...]:
        """What kinds of gates are asked at present, but for the one that :attr:`judge` is of."""
        judging = getattr(self.judge, "__self__", None)
        gates = (it.gate for it in self._gates if it.gate is not judging and it.when())
        return tuple(type(gate).__name__ for gate in gates)

    async def connect(self, request: AccessRequest) -> Grant:
        """May a peer use an application?

        Returns:
            what holds for all that it asks for after that.

        Raises:
            RefusedError: no, or not here: see :class:`RedirectError`.
        """
        gates = self._asked_at_connect()
        return (await self._ask(request, lambda gate, it: gate.connect(it), gates)).granted

    async def publish(self, request: AccessRequest) -> ResolvedStream:
        """May it publish a stream, and which one is that? Raises as :meth:`connect`."""
        asked = await self._ask(request, lambda gate, it: gate.publish(it), self._asked())
        return self._resolve(asked)

    async def play(self, request: AccessRequest) -> ResolvedStream:
        """May it play a stream, and which one is that? Raises as :meth:`connect`."""
        asked = await self._ask(request, lambda gate, it: gate.play(it), self._asked())
        return self._resolve(asked)

    def _asked(self) -> list[Gate]:
        return [it.gate for it in self._gates if it.when()]

    def as_asked(self, request: AccessRequest) -> ResolvedStream | None:
        """Which stream a peer may publish or play, without waiting, while :attr:`is_open`; None
        where a gate is to be asked. Raises RefusedError: it is none."""
        return self._resolve(request) if self.is_open else None

    def _resolve(self, request: AccessRequest) -> ResolvedStream:
        granted = request.granted
        return resolve_stream(
            self.rules,
            request.vhost,
            request.app,
            request.name,
            overrides=granted.settings,
            account=granted.account,
        )

    async def _ask(self, request: AccessRequest, ask: _Ask, gates: Sequence[Gate]) -> AccessRequest:
        """The request as it is granted."""
        if self.first is not None:
            request = await self._ask_one(self.first, request, ask)
        if not gates:  # as nearly always: a deadline would cost more than all the rest
            return request
        timeout_s = self.config().gate_timeout
        with trio.move_on_after(timeout_s):
            for gate in gates:
                request = await self._ask_one(gate, request, ask)
            return request
        _log.warning(
            "a gate did not decide within %g s: session %s is refused",
            timeout_s,
            request.session,
            extra={"fields": {"session": request.session}},
        )
        raise GateTimeoutError(f"it was not decided within {timeout_s:g} s")

    async def _ask_one(self, gate: Gate, request: AccessRequest, ask: _Ask) -> AccessRequest:
        grant = await self._answer(gate, request, ask)
        if grant is None:
            return request
        if grant.redirect:
            raise RedirectError(grant.redirect)
        return request.under(grant)

    async def _answer(self, gate: Gate, request: AccessRequest, ask: _Ask) -> Grant | None:
        try:
            grant = await ask(gate, request)
            if grant is not None:
                _check(grant, request)
        except RefusedError:
            raise
        except Exception as bug:
            refusals = list(_refusals(bug))
            if refusals:  # of a gate that asks several others at once
                raise refusals[0] from None
            what = f"what {type(gate).__name__} was to decide for session {request.session}"
            self._supervisor.report(what, bug, session=request.session)
            raise GateFailedError("it could not be decided") from None
        return grant


def _check(grant: Grant, request: AccessRequest) -> None:
    if not isinstance(grant, Grant):
        raise TypeError(f"a gate returned {grant!r}, expected a Grant or None")
    if grant.name and not request.name:
        raise ValueError(f"a gate granted the stream name {grant.name!r} to a connect")


def _refusals(error: Exception) -> Iterator[RefusedError]:
    """The refusals in a group, if there is nothing else in it."""
    if isinstance(error, ExceptionGroup) and error.split(RefusedError)[1] is None:
        for each in error.exceptions:
            yield each if isinstance(each, RefusedError) else next(_refusals(each))
