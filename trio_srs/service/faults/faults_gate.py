"""Refusals, redirects, late answers and none at all: a gate that does wrong on purpose. Floor 3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Never

import trio

from trio_srs.faults.fault import Fault, FaultTarget, Occasion
from trio_srs.faults.fault_kind import AT_REQUEST, FaultKind, FaultMoment
from trio_srs.faults.fault_plan import Claim, FaultPlan
from trio_srs.hub.fault_injection import FaultRefusalError
from trio_srs.hub.gate import AccessRequest, Grant
from trio_srs.session.rtmp_answers import RefusalForm
from trio_srs.wire.rtmp.status import StatusCode

__all__ = ["FaultsGate", "peer_of"]

_CODES: Final = {
    FaultMoment.CONNECT: StatusCode.CONNECT_REJECTED,
    FaultMoment.PUBLISH: StatusCode.PUBLISH_BAD_NAME,
    FaultMoment.PLAY: StatusCode.PLAY_STREAM_NOT_FOUND,
}
_HTTP: Final = {FaultMoment.PLAY: 404}


def _is_answer(fault: Fault) -> bool:
    return fault.is_answer


def peer_of(request: AccessRequest) -> FaultTarget:
    """Who asks, as faults see it."""
    return FaultTarget(
        session=request.session,
        peer=request.peer,
        protocol=request.protocol,
        vhost=request.vhost,
        app=request.app,
        stream=f"{request.app}/{request.name}" if request.name else "",
    )


class FaultsGate:
    """Asked before all other gates.

    Args:
        end: does what ends a connection.
    """

    def __init__(self, plan: FaultPlan, end: Callable[[Claim], None]) -> None:
        self._plan, self._end = plan, end

    async def connect(self, request: AccessRequest) -> Grant | None:
        return await self._meet(FaultMoment.CONNECT, request)

    async def publish(self, request: AccessRequest) -> Grant | None:
        return await self._meet(FaultMoment.PUBLISH, request)

    async def play(self, request: AccessRequest) -> Grant | None:
        return await self._meet(FaultMoment.PLAY, request)

    async def _meet(self, moment: FaultMoment, request: AccessRequest) -> Grant | None:
        claims = self._plan.meet(Occasion(moment, peer_of(request)), _is_answer)
        claims.sort(key=lambda claim: AT_REQUEST.index(claim.fault.kind))
        try:
            for claim in claims:
                grant = await self._do(claim)
                if grant is not None:
                    return grant
            return None
        finally:
            for claim in claims:
                claim.let_go()

    async def _do(self, claim: Claim) -> Grant | None:
        fault = claim.fault
        match fault.kind:
            case FaultKind.LATE:
                claim.take()
                await trio.sleep(fault.by_s)
                return None
            case FaultKind.REDIRECT:
                claim.take()
                return Grant(redirect=fault.to)
            case FaultKind.REFUSE:
                claim.take()
                raise _refusal(claim)
            case FaultKind.SILENT:
                claim.take()
                return await _never()
        self._end(claim)
        return await _never()


def _refusal(claim: Claim) -> FaultRefusalError:
    fault = claim.fault
    return FaultRefusalError(
        fault.description or f"refused on purpose ({claim.planned.name})",
        form=RefusalForm(
            code=fault.code or _CODES[fault.moment],
            level=fault.level,
            has_object=bool(fault.object),
            command=fault.command or "_error",
        ),
        stays=fault.then == "stay",
        status=fault.status or _HTTP.get(fault.moment, 403),
    )


async def _never() -> Never:
    """Wait until the peer has left."""
    while True:
        await trio.sleep_forever()
