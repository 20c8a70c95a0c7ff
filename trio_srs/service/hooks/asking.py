"""The gate that asks servers by calls before a peer is told yes. Floor 3."""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs
import trio

from trio_srs.hub.gate import AS_ASKED, AccessRequest, Grant
from trio_srs.hub.ids import SrsIds
from trio_srs.service.hooks.calls import HookCall, connect_call, request_call
from trio_srs.service.hooks.config import Action, HookPlatforms, OnFailure
from trio_srs.service.hooks.deliveries import Deliveries
from trio_srs.service.hooks.dialects import DIALECTS
from trio_srs.service.hooks.ledger import Ledger, LedgerEntry
from trio_srs.service.hooks.poster import Poster, shown
from trio_srs.service.hooks.posting import post_call
from trio_srs.service.hooks.replies import (
    AnswerError,
    HookFailedError,
    HookRefusedError,
    UnheardError,
)

__all__ = ["HooksGate"]

_log = logging.getLogger(__name__)

_WITH_CONNECT = frozenset({"rtmp", "rtmps"})
"""The protocols whose connections SRS tells of; others have publishes and plays alone."""


class HooksGate:
    """Asks for each publish and play, and before the first of an RTMP connection for that."""

    def __init__(
        self,
        config: Callable[[], HookPlatforms],
        ids: SrsIds,
        poster: Poster,
        ledger: Ledger,
        deliveries: Deliveries,
    ) -> None:
        self._config, self._ids, self._poster = config, ids, poster
        self._ledger, self._deliveries = ledger, deliveries

    def minds_connects(self) -> bool:
        """Whether anybody is asked before a stream is named."""
        return any(DIALECTS[it.dialect].asks_at_connect for it in self._config())

    async def connect(self, request: AccessRequest, /) -> Grant | None:
        """Nobody is asked yet where ``on_connect`` names a stream, as SRS's does."""
        targets = self._config().of(request.vhost)
        if not DIALECTS[targets.dialect].asks_at_connect:
            return None
        total_s = self._config().general.total_timeout
        with trio.move_on_after(total_s):
            # There is no stream yet that could have another name.
            return attrs.evolve(await self._connected(request), name="")
        return self._fail(connect_call(self._ids, request), "", _late(total_s))

    async def publish(self, request: AccessRequest, /) -> Grant | None:
        return await self._decide(Action.ON_PUBLISH, request)

    async def play(self, request: AccessRequest, /) -> Grant | None:
        return await self._decide(Action.ON_PLAY, request)

    async def _decide(self, action: Action, request: AccessRequest) -> Grant:
        """Ask for all that a request needs, in time.

        Raises:
            HookRefusedError: somebody said no.
            HookFailedError: it could not be decided, and that is to be a no.
        """
        total_s = self._config().general.total_timeout
        call = request_call(self._ids, action, request)
        with trio.move_on_after(total_s):
            await self._deliveries.settled(call.session, call.stream)
            connected = await self._connected(request)
            entry = self._ledger.request(call, is_asked=self._is_asked(call))
            return connected.then(await self._ask(entry))
        return self._fail(call, "", _late(total_s))

    async def _connected(self, request: AccessRequest) -> Grant:
        ledger, session = self._ledger, request.session
        if request.protocol not in _WITH_CONNECT or ledger.is_connected(session):
            return AS_ASKED
        call = connect_call(self._ids, request)
        entry = ledger.connect(call, is_asked=self._is_asked(call))
        try:
            return await self._ask(entry)
        except BaseException:  # also when there was no time for it
            self._deliveries.put(ledger.disconnect(session))
            raise

    def _is_asked(self, call: HookCall) -> bool:
        return bool(self._urls_of(call))

    def _urls_of(self, call: HookCall) -> tuple[str, ...]:
        return self._config().of(call.vhost).urls_of(call.action)

    async def _ask(self, entry: LedgerEntry) -> Grant:
        """Call each URL in order; the first that says no is the last."""
        grant = AS_ASKED
        for url in self._urls_of(entry.call):
            grant = grant.then(await self._call(url, entry))
            if grant.redirect:
                break
        return grant

    async def _call(self, url: str, entry: LedgerEntry) -> Grant:
        call = entry.call
        was_granted, entry.may_be_granted = entry.may_be_granted, True
        try:
            answer, dialect = await post_call(self._poster, self._config(), url, call)
            grant = dialect.read(answer)
        except HookRefusedError:
            entry.may_be_granted = was_granted
            raise
        except HookFailedError as error:
            if isinstance(error, AnswerError | UnheardError):  # else it may be a yes unheard
                entry.may_be_granted = was_granted
            return self._fail(call, url, error)
        if grant.redirect:
            entry.may_be_granted = was_granted
        return grant

    def _fail(self, call: HookCall, url: str, error: HookFailedError) -> Grant:
        """Somebody could not be asked: as the configuration says, that is a no, or nothing."""
        is_allowed = self._config().of(call.vhost).on_failure is OnFailure.ALLOW
        _log.warning(
            "%s of session %s is %s: %s%s",
            call.action,
            call.session,
            "allowed unasked" if is_allowed else "refused",
            f"{shown(url)}: " if url else "",
            error,
            extra={"fields": {"session": call.session, "action": str(call.action)}},
        )
        if is_allowed:
            return AS_ASKED
        # What is wrong with the server that decides is not for the peer to know.
        raise HookFailedError("it could not be decided") from None


def _late(total_s: float) -> HookFailedError:
    return HookFailedError(f"it was not decided within {total_s:g} s")
