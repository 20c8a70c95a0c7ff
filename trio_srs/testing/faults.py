"""Faults that a test asks a server for, and whether they were done. Floor 7."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypedDict

from trio_srs.errors import PeerError
from trio_srs.testing.hints import WithHints

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FaultNotTakenError", "FaultWords", "RequestedFault"]

__tracebackhide__ = True  # pytest: see channel


class FaultNotTakenError(PeerError, AssertionError):
    """A fault that was asked for so many times was never done: nobody came to whom it could be."""

    code = "fault_not_taken"


class FaultWords(TypedDict, total=False):
    """The keys of a fault; see the reference of faults."""

    at: str
    vhost: str
    app: str
    stream: str
    path: str
    address: str
    protocol: str
    nth: int | str
    after: float | str
    times: int
    share: float
    for_: float | str
    code: str
    level: str
    description: str
    object: str
    then: str
    command: str
    status: int
    to: str
    by: float | str
    rate: int | str
    direction: str
    bytes: int | str
    every: int
    frames: int
    track: str
    alert: str
    inside: str
    broken: str


class Asks(Protocol):
    """A server that can be asked."""

    def _ask(self, verb: str, within_s: float, /, **words: object) -> Any: ...


class RequestedFault(WithHints):
    """A fault that a server does, from when it was asked for until :meth:`remove`.

    As a context manager it is removed at the end of the block, which fails if the fault was asked
    for so many ``times`` and never done.

    Attributes:
        name: what the server calls it, in events and reports.
        text: it, as text.
        is_removed: whether it was taken back.
    """

    def __init__(self, server: Asks, answer: Mapping[str, Any], within_s: float) -> None:
        self._server, self._within_s = server, within_s
        self.name: str = answer["name"]
        self.text: str = answer["text"]
        self._last: Mapping[str, Any] = answer
        self.is_removed = False

    def _look(self) -> Mapping[str, Any]:
        if not self.is_removed:
            self._last = self._server._ask("fault", self._within_s, name=self.name)
        return self._last

    @property
    def taken(self) -> int:
        """How often it was done."""
        return int(self._look()["taken"])

    @property
    def met(self) -> int:
        """How often it fitted somebody at its moment, be it done or not."""
        return int(self._look()["met"])

    def remove(self) -> None:
        """Do it no more; what of it still goes on ends. Idempotent."""
        if not self.is_removed:
            self._last = self._server._ask("remove_fault", self._within_s, name=self.name)
            self.is_removed = True

    def check_taken(self) -> None:
        """See that it was done, if it was asked for so many times.

        Raises:
            FaultNotTakenError: it never was.
        """
        last = self._look()
        if last["times"] is not None and not last["taken"]:
            raise FaultNotTakenError(
                f"{self.name}, {self.text!r}, was never done: it fitted "
                + (f"{last['met']} of those who came" if last["met"] else "nobody who came")
            )

    def __enter__(self) -> Self:
        """Have it for as long as the block lasts."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()
        if error is None:
            self.check_taken()
