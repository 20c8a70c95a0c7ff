"""Whether a server does anything wrong on purpose: all that is looked at where it does not.

Floor 2. What makes faults of a plan is imported when the first is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from trio_srs.errors import InternalError, RefusedError
from trio_srs.session.rtmp_answers import AS_USUAL, RefusalForm

if TYPE_CHECKING:
    from trio_srs.faults.fault import Fault
    from trio_srs.faults.fault_plan import FaultPlan, PlannedFault

__all__ = ["FaultInjection", "FaultRefusalError", "FaultWork"]


class FaultRefusalError(RefusedError):
    """A fault that was asked for refuses it."""

    code = "fault"

    def __init__(
        self,
        text: str,
        *,
        form: RefusalForm = AS_USUAL,
        stays: bool = False,
        status: int = 403,
    ) -> None:
        """
        Args:
            form: how it is said over RTMP.
            stays: whether the connection is left open for as long as its peer likes.
            status: how it is said over HTTP.
        """
        super().__init__(text)
        self.form, self.stays, self.status = form, stays, status


def _nobody() -> FaultWork:
    raise InternalError("a fault was asked for where nobody does any")


class FaultWork(Protocol):
    """Does what a plan says."""

    on_add: list[Callable[[Fault], None]]
    """Told of each fault that is asked for."""

    @property
    def plan(self) -> FaultPlan:
        """The faults there are."""
        ...

    def adopt(self, connection: Any, /) -> None:
        """A connection begins, or was there when the first fault was asked for.

        Args:
            connection: a :class:`~trio_srs.service.faults.fault_injector.ServedPatient`.
        """
        ...

    def tls_fault(self, peer: str, protocol: str, /) -> Any:
        """What is to go wrong with the TLS of a peer: a
        :class:`~trio_srs.net.tls_faults.TlsFault`, or None."""
        ...

    def adopt_client(self, connection: Any, /) -> None:
        """A client asks over HTTP, by a connection that is no session."""
        ...

    def add(self, fault: Fault) -> PlannedFault:
        """Have one more fault, also for those who are there. Raises FaultConflictError."""
        ...

    def remove(self, name: str) -> PlannedFault:
        """Have one no more, and undo what of it still goes on. Raises UnknownFaultError."""
        ...


@attrs.define(eq=False)
class FaultInjection:
    """The faults of one server.

    Args:
        begin: makes who does them, when the first is asked for.
    """

    begin: Callable[[], FaultWork] = _nobody
    work: FaultWork | None = None
    """None while none was ever asked for. Nothing else is looked at on the way of a peer."""
    on_begin: list[Callable[[FaultWork], None]] = attrs.field(factory=list)
    """Told of the work when it begins: by services, whose connections are to be adopted."""

    def needed(self) -> FaultWork:
        """Who does faults; there is one from now on."""
        if self.work is None:
            self.work = work = self.begin()
            for tell in self.on_begin:
                tell(work)
        return self.work
