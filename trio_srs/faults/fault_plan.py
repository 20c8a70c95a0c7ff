"""Which faults there are, which is due for whom, and what became of each. Floor 1.

All of it is decided here, and nothing is done: who serves a connection asks, at moments, and does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import count
from typing import Final

import attrs

from trio_srs.faults.fault import Fault, FaultError, FaultTarget, Occasion
from trio_srs.faults.fault_kind import FaultMoment
from trio_srs.faults.fault_text import fault_text

__all__ = ["Claim", "FaultPlan", "PlannedFault", "TakenFault", "UnknownFaultError"]

_KEPT: Final = 1000


class FaultConflictError(FaultError):
    """Two faults contradict each other: both may be due for one peer, and only one can be done."""

    code = "fault_conflict"
    http_status = 409


class UnknownFaultError(FaultError):
    """There is no fault of that name."""

    code = "fault_unknown"
    http_status = 404


@attrs.frozen(kw_only=True)
class TakenFault:
    """A fault that was done to somebody."""

    fault: str
    """Its name."""
    what: str
    """As it is written: see :mod:`trio_srs.faults.fault_text`."""
    peer: FaultTarget
    detail: str = ""
    """What else there is to say."""


@attrs.define(eq=False)
class PlannedFault:
    """A fault of a plan, and what became of it so far."""

    name: str
    fault: Fault
    met: int = 0
    """How often it fitted somebody at its moment."""
    reserved: int = 0
    """How many of them it waits for: it is due for them later."""
    taken: int = 0
    """How often it was done."""

    @property
    def text(self) -> str:
        """As it is written: see :mod:`trio_srs.faults.fault_text`."""
        return fault_text(self.fault)

    @property
    def is_over(self) -> bool:
        """Whether it was done as often as it may be."""
        return self.fault.times is not None and self.taken >= self.fault.times

    def claims(self, seed: int) -> bool:
        """Whether it is for who fits it now; that one is counted."""
        fault = self.fault
        self.met += 1
        if self.met not in fault.nth:
            return False
        if fault.times is not None and self.taken + self.reserved >= fault.times:
            return False
        return fault.share >= 1 or _draw(seed, self.name, self.met) < fault.share


class Claim:
    """A fault that is due for somebody: now, or when what it waits for has come."""

    __slots__ = ("_is_open", "_plan", "is_done", "is_going_on", "occasion", "planned")

    def __init__(self, plan: FaultPlan, planned: PlannedFault, occasion: Occasion) -> None:
        self.planned, self.occasion = planned, occasion
        self._plan = plan
        self._is_open = True
        self.is_done = False
        """Whether it was done to a connection."""
        self.is_going_on = False
        """Whether it was done, and lasts."""
        planned.reserved += 1

    @property
    def fault(self) -> Fault:
        return self.planned.fault

    @property
    def label(self) -> str:
        """Which one it is, in words."""
        return f"{self.planned.name}: {self.planned.text}"

    def take(self, detail: str = "") -> bool:
        """It is done now, which everybody is told; whether it still may be. Once only.

        Args:
            detail: what else there is to say; by default, over HTTP, what was asked for.
        """
        if not self._is_open:
            return False
        self._is_open = False
        self.planned.reserved -= 1
        self.planned.taken += 1
        self._plan.tell(
            TakenFault(
                fault=self.planned.name,
                what=self.planned.text,
                peer=self.occasion.peer,
                detail=detail or self.occasion.peer.path,
            )
        )
        return True

    def let_go(self) -> None:
        """It will not be done to this peer: it is free for another. Idempotent."""
        if self._is_open:
            self._is_open = False
            self.planned.reserved -= 1


class FaultPlan:
    """The faults of one server.

    Args:
        seed: of what is left to chance. The same seed, and the same order of peers, is the same
            faults.
        on_taken: told of each that is done.
    """

    def __init__(
        self, seed: int = 0, on_taken: Callable[[TakenFault], None] = lambda _: None
    ) -> None:
        self.seed = seed
        self._on_taken = on_taken
        self._numbers = count(1)
        self._planned: dict[str, PlannedFault] = {}

    def __len__(self) -> int:
        return len(self._planned)

    def __iter__(self) -> Iterator[PlannedFault]:
        """Those there are, in the order in which they were added."""
        return iter(list(self._planned.values()))

    def __getitem__(self, name: str) -> PlannedFault:
        """One of them.

        Raises:
            UnknownFaultError: there is none of that name.
        """
        try:
            return self._planned[name]
        except KeyError:
            raise UnknownFaultError(f"there is no fault {name!r}") from None

    def add(self, fault: Fault) -> PlannedFault:
        """Have one more.

        Raises:
            FaultConflictError: it contradicts another that is not over.
        """
        for other in self:
            if not other.is_over and fault.contradicts(other.fault):
                raise FaultConflictError(
                    f"{fault_text(fault)!r} contradicts {other.name}, {other.text!r}: both may be "
                    f"due for one peer, and only one of them can be done"
                )
        planned = PlannedFault(f"fault-{next(self._numbers)}", fault)
        self._planned[planned.name] = planned
        return planned

    def remove(self, name: str) -> PlannedFault:
        """Have one no more; what is done already stays so.

        Raises:
            UnknownFaultError: there is none of that name.
        """
        planned = self[name]
        del self._planned[name]
        return planned

    def has(self, moment: FaultMoment) -> bool:
        """Whether anything may be due at a moment."""
        return any(each.fault.moment is moment and not each.is_over for each in self)

    def meet(
        self, occasion: Occasion, which: Callable[[Fault], bool] = lambda _: True
    ) -> list[Claim]:
        """What is due for somebody at a moment, each to be taken or let go.

        Args:
            which: those that are asked about; the others do not count this occasion.
        """
        return [
            Claim(self, planned, occasion)
            for planned in self
            if which(planned.fault) and planned.fault.fits(occasion) and planned.claims(self.seed)
        ]

    def tell(self, taken: TakenFault) -> None:
        """Pass on that one was done."""
        self._on_taken(taken)


def _draw(seed: int, name: str, number: int) -> float:
    """A number from 0 up to 1 that is always the same for the same three."""
    drawn = blake2b(f"{seed}/{name}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") / 2**64
