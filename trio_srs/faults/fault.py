"""A fault as a value: what goes wrong, for whom, when and how often. Floor 1."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.errors import RefusedError
from trio_srs.faults.fault_kind import AT_REQUEST, KINDS, Choice, FaultKind, FaultMoment
from trio_srs.faults.fault_values import ALL, Nth, Threshold, Unit, may_both_fit
from trio_srs.wire.networks import UNIX, is_in, parse_network

if TYPE_CHECKING:
    from trio_srs.wire.networks import Network

__all__ = ["ANY", "EVERYBODY", "Fault", "FaultError", "FaultTarget", "Occasion"]

ANY: Final = "*"
EVERYBODY: Final = frozenset(
    {"vhost", "app", "stream", "path", "address", "protocol", "nth", "times", "share"}
)
"""The keys that faults of all kinds have."""


class FaultError(RefusedError):
    """What was asked for is no fault. The text says what is wrong, and what was expected."""

    code = "fault_wrong"
    http_status = 400


@attrs.frozen(kw_only=True)
class FaultTarget:
    """Whom a fault may be for."""

    session: str
    peer: str
    """The address."""
    protocol: str = "rtmp"
    vhost: str = ""
    app: str = ""
    stream: str = ""
    """``app/name``; empty while it is not known."""
    path: str = ""
    """What is asked for over HTTP."""


@attrs.frozen
class Occasion:
    """Somebody at a moment at which a fault may be due."""

    moment: FaultMoment
    peer: FaultTarget


@attrs.frozen(kw_only=True)
class Fault:
    """One fault. What it says nothing of may be anything.

    Raises:
        FaultError: the kind has no such moment or key, or one is missing.
    """

    kind: FaultKind
    moment: FaultMoment
    # whom it is for
    vhost: str = ANY
    app: str = ANY
    """A pattern of the application: ``*``, ``?`` and ``[abc]`` as in names of files."""
    stream: str = ANY
    """A pattern of ``app/name``."""
    path: str = ANY
    """A pattern of what is asked for over HTTP: ``*.ts``."""
    address: str = ""
    """A network of addresses, or one address; ``unix`` is whoever comes by such a socket."""
    protocol: str = ANY
    """A pattern: ``rtmp``, ``rtmps``, ``http`` and the like."""
    nth: Nth = ALL
    # when, and how often
    after: Threshold | None = None
    times: int | None = None
    share: float = 1.0
    """In so many cases, drawn by the seed of the plan."""
    for_s: float | None = None
    # what
    code: str = ""
    level: str = ""
    description: str = ""
    object: bool | None = None
    """Whether the answer has a command object; None is as it is without a fault: null."""
    then: str = ""
    """``close`` or ``stay``: what becomes of the connection behind a refusal."""
    command: str = ""
    """What ``connect`` is refused with: ``_error`` or ``_result``."""
    status: int = 0
    """The status of the answer over HTTP."""
    to: str = ""
    by_s: float = 0.0
    rate: int = 0
    """Bytes a second."""
    direction: str = ""
    """``in`` is from the peer, ``out`` to it."""
    bytes: int | None = None
    """How many; None is as many as the kind takes."""
    every: int = 0
    """Of so many frames the first."""
    frames: int = 0
    """How many frames in a row; 0 is one."""
    track: str = ""
    """``video`` or ``audio``; empty is video."""
    alert: str = ""
    """Of TLS, by name."""
    inside: str = ""
    """``chunk``: not between two messages, but in one."""
    broken: str = ""
    """``amf`` or ``chunk``."""
    _network: Network | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        choice, said = KINDS[self.kind], self.said
        self._check(choice, said)
        if self.address and self.address != UNIX:
            try:
                object.__setattr__(self, "_network", parse_network(self.address))
            except ValueError:
                raise FaultError(
                    f"address: expected a network such as 10.0.0.0/8, one address, or unix, not "
                    f"{self.address!r}"
                ) from None

    def _check(self, choice: Choice, said: frozenset[str]) -> None:
        if self.moment not in choice.moments:
            moments = ", ".join(choice.moments)
            raise FaultError(f"{self.kind}: not at {self.moment}, expected one of {moments}")
        by_bytes = self.after is None or self.after.unit is Unit.BYTES
        if self.moment is FaultMoment.REQUEST and not by_bytes:
            raise FaultError(f"{self.kind} at request: after is a size, such as 100kB")
        if missing := [key for key in choice.needs if key not in said]:
            raise FaultError(f"{self.kind}: expected {missing[0]}=...")
        if wrong := sorted(said - self.keys_of(self.kind)):
            known = ", ".join(sorted(self.keys_of(self.kind)))
            raise FaultError(f"{self.kind}: there is no {wrong[0]}; there are {known}")

    @staticmethod
    def keys_of(kind: FaultKind) -> frozenset[str]:
        """The keys that faults of a kind may have."""
        choice = KINDS[kind]
        counted = {"after"} if choice.counted else set()
        lasting = {"for"} if choice.happens.name == "LASTING" else set()
        return EVERYBODY | choice.takes | counted | lasting

    @property
    def said(self) -> frozenset[str]:
        """The keys that it has something of."""
        return frozenset(
            field.metadata.get("key", field.name).removesuffix("_s")
            for field in attrs.fields(type(self))
            if field.init
            and field.name not in ("kind", "moment")
            and getattr(self, field.name) != field.default
        )

    @property
    def decides(self) -> str:
        """What it decides; see :class:`~trio_srs.faults.fault_kind.Choice`."""
        what = KINDS[self.kind].decides
        return "writing" if what == "reading" and self.direction == "out" else what

    @property
    def is_answer(self) -> bool:
        """Whether it is done when something is asked for, in place of the answer or before it."""
        return self.after is None and self.kind in AT_REQUEST

    def fits(self, occasion: Occasion) -> bool:
        """Whether it is about somebody at a moment."""
        peer = occasion.peer
        return (
            self.moment is occasion.moment
            and _fits(peer.vhost, self.vhost)
            and _fits(peer.app, self.app)
            and _fits(peer.stream, self.stream)
            and _fits(peer.path, self.path)
            and _fits(peer.protocol, self.protocol)
            and self._is_from(peer.peer)
        )

    def _is_from(self, peer: str) -> bool:
        if self._network is None:
            return not self.address or peer == UNIX
        return is_in(peer, (self._network,))

    def contradicts(self, other: Fault) -> bool:
        """Whether both may be due for one peer at one moment, and only one can be done."""
        return (
            self.moment is other.moment
            and self.decides == other.decides != ""
            and self.after == other.after
            and self.nth.overlaps(other.nth)
            and all(
                may_both_fit(getattr(self, key), getattr(other, key))
                for key in ("vhost", "app", "stream", "path", "protocol")
            )
            and self._shares_addresses(other)
        )

    def _shares_addresses(self, other: Fault) -> bool:
        mine, others = self._network, other._network
        if mine is None or others is None:
            return not (self.address and other.address) or self.address == other.address
        if mine.version != others.version:
            return False
        return mine.overlaps(others)


def _fits(said: str, pattern: str) -> bool:
    return pattern == ANY or fnmatchcase(said, pattern)
