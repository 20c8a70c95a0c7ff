"""What faults need of a connection, and what they hold for one. Floor 2."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import trio

from trio_srs.faults.fault_kind import FaultMoment
from trio_srs.faults.fault_plan import Claim, PlannedFault
from trio_srs.net.faulty_transport import FaultyTransport
from trio_srs.net.link import Link
from trio_srs.net.transport import Transport
from trio_srs.session.rtmp_core import RtmpCore

__all__ = ["FaultyConnection", "Patient", "PatientEntry"]


class PatientEntry(Protocol):
    """What is known of a connection that faults may be done to."""

    @property
    def publishes(self) -> Mapping[int, str]:
        """The streams that it publishes, by message stream."""
        ...

    @property
    def plays(self) -> Mapping[int, str]:
        """The streams that it plays, by message stream."""
        ...


class Patient(Protocol):
    """A connection that faults may be done to."""

    @property
    def entry(self) -> PatientEntry:
        """What is known of it."""
        ...

    link: Link[Any]

    def cut_off(self, detail: str, *, is_reset: bool) -> None:
        """End it without a word."""
        ...

    def interpose(self, wrap: Callable[[Transport], Transport]) -> None:
        """Put a transport between it and its own."""
        ...

    def look_again(self) -> None:
        """Something of it is due sooner than it was."""
        ...

    def start(self, task: Callable[[], Awaitable[object]]) -> None:
        """Run something beside it, for as long as it lasts."""
        ...


class FaultyConnection:
    """One connection, as faults see it.

    Attributes:
        claims: what is to be done to it later.
    """

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        self.claims: list[Claim] = []
        self._transport: FaultyTransport | None = None

    @property
    def entry(self) -> PatientEntry:
        """What is known of it."""
        return self.patient.entry

    @property
    def said_app(self) -> str:
        """The application that was asked for, of a connection that is not connected yet."""
        request = getattr(self.patient.link.session, "connect_request", None)
        return request.app if request is not None else ""

    @property
    def speaks_rtmp(self) -> bool:
        """Whether it has RTMP's framing."""
        return isinstance(getattr(self.patient.link.session, "core", None), RtmpCore)

    @property
    def core(self) -> RtmpCore:
        """RTMP's framing, of a connection that speaks RTMP."""
        core: RtmpCore = self.patient.link.session.core
        return core

    @property
    def transport(self) -> FaultyTransport:
        """What does wrong between it and its own transport; put there when it is first needed."""
        if self._transport is None:
            self.patient.interpose(self._wrap)
        assert self._transport is not None  # it was wrapped
        return self._transport

    def _wrap(self, below: Transport) -> Transport:
        self._transport = transport = FaultyTransport(below)
        return transport

    def call_after_s(self, seconds: float, due: Callable[[], None]) -> None:
        """Call ``due`` so much later, if it lasts so long."""

        async def wait() -> None:
            await trio.sleep(seconds)
            due()

        self.patient.start(wait)

    def call_after_bytes(self, count: int, moment: FaultMoment, due: Callable[[], None]) -> None:
        """Call ``due`` when so many bytes went through: of a publish those that came, otherwise
        those that were sent."""
        is_in = moment is FaultMoment.PUBLISH
        valve = self.transport.reading if is_in else self.transport.writing
        valve.call_after(count, due)

    def end(self, label: str, *, is_reset: bool) -> None:
        """Cut it off, without anything that is still to be said."""
        if not is_reset:
            self.transport.mute()
        self.patient.cut_off(label, is_reset=is_reset)

    def let_go(self, moment: FaultMoment | None = None) -> None:
        """It is over: what was to be done to it is free for others.

        Args:
            moment: only what began there is over.
        """
        over = [it for it in self.claims if moment is None or it.fault.moment is moment]
        for claim in over:
            self.claims.remove(claim)
            claim.let_go()

    def claims_of(self, planned: PlannedFault) -> list[Claim]:
        """What one fault has to do with it, done or to be done."""
        return [claim for claim in self.claims if claim.planned is planned]
