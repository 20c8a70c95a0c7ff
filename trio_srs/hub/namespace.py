"""Namespaces: virtual hosts that are made, and ended, while a server runs. Floor 2.

What is here is known to all who look at them; who keeps them is imported when the first is asked
for (:mod:`trio_srs.service.namespaces`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from trio_srs.errors import EndReason, RefusedError

__all__ = [
    "Namespace",
    "NamespaceEnd",
    "NamespaceFullError",
    "NamespaceLeft",
    "NamespaceNameError",
    "Namespaces",
    "TooManyNamespacesError",
    "UnknownNamespaceError",
]


class NamespaceNameError(RefusedError):
    """A namespace cannot have such a name, or something else has it."""

    code = "bad_namespace_name"
    http_status = 409


class UnknownNamespaceError(RefusedError):
    """There is no namespace of that name, or not any more."""

    code = "unknown_namespace"
    http_status = 404


class TooManyNamespacesError(RefusedError):
    """There are as many namespaces as there may be."""

    code = "too_many_namespaces"
    http_status = 409


class NamespaceFullError(RefusedError):
    """A namespace has as many sessions as it may."""

    code = "too_many_sessions_of_namespace"
    srs_code = 1074
    end = EndReason.LIMIT
    http_status = 503


@attrs.define(eq=False, kw_only=True)
class Namespace:
    """One namespace, while there is it."""

    name: str
    """Of its virtual host; an application of this name leads into it as well."""
    settings: Mapping[str, Any]
    """What was given of its virtual host, as tables of a file."""
    ttl_s: float
    """How long it stays when nobody is in it and nobody asks about it."""
    max_sessions: int | None
    """The most sessions in it at once; None counts none."""
    token: str
    """What lets its bearer ask the API about it, and about nothing else."""
    began_at: float
    """Trio's clock, in seconds."""
    active_at: float
    """When somebody was in it, or asked about it, for the last time."""
    first_event: int
    """The number of the newest event when it was made."""
    sessions: dict[str, bool] = attrs.field(factory=dict)
    """By id those that are in it now, and whether each was let in: who was refused is in it until
    it leaves, and takes no place."""
    sessions_ended: int = 0
    """How many were in it and have ended."""

    @property
    def front(self) -> str:
        """What the names of its streams begin with in the hub."""
        return f"{self.name}/"

    @property
    def ends_at(self) -> float:
        """When it ends if nothing happens until then, on the same clock; not while somebody is in
        it."""
        return self.active_at + self.ttl_s


@attrs.frozen(kw_only=True)
class NamespaceLeft:
    """What was still there of a namespace when everything in it had been ended."""

    sessions: tuple[str, ...] = ()
    """The ids of sessions whose connections are not closed."""
    streams: tuple[str, ...] = ()
    """Streams that somebody still uses."""
    tasks: tuple[str, ...] = ()
    """Tasks of its streams."""
    descriptors: tuple[str, ...] = ()
    """Sockets of its RTMP sessions that are still open."""

    @property
    def is_nothing(self) -> bool:
        """Whether everything was given back."""
        return self == NamespaceLeft()

    def __str__(self) -> str:
        fields = attrs.asdict(self).items()
        words = [f"{kind[:-1]} {name}" for kind, names in fields for name in names]
        return ", ".join(words) or "nothing"


@attrs.frozen(kw_only=True)
class NamespaceEnd:
    """What became of a namespace."""

    name: str
    """What it was called."""
    sessions: tuple[str, ...]
    """The ids of the sessions that were ended with it."""
    left: NamespaceLeft
    """What is still there of it; nothing, unless something was not given back."""
    files: tuple[str, ...]
    """Files on the server's disk that were made of its streams and sessions, and are still there;
    the newest 1,000."""


class Namespaces(Protocol):
    """The namespaces of one server."""

    def __iter__(self) -> Iterator[Namespace]:
        """Those there are, in the order in which they were made."""
        ...

    def find(self, name: str) -> Namespace:
        """One of them. Raises UnknownNamespaceError: there is none of that name."""
        ...

    def token_of(self, name: str) -> str:
        """What lets its bearer ask the API about one; empty if there is none of that name."""
        ...

    def touch(self, name: str) -> None:
        """Somebody asked about it, if there is one of that name: it does not end for a while."""
        ...

    def make(
        self,
        name: str = "",
        *,
        settings: Mapping[str, Any] | None = None,
        ttl_s: float | None = None,
        max_sessions: int | None = None,
        faults: Sequence[str] = (),
    ) -> Namespace:
        """Make one.

        Args:
            name: one is made up if it is empty.
            settings: what holds in it, as a table ``[vhost.NAME]`` of a file.
            ttl_s: see :class:`Namespace`; a default if it is None.
            faults: what the server does wrong in it, each as text.

        Raises:
            NamespaceNameError, TooManyNamespacesError, ConfigInvalidError, FaultError: it cannot
                be; nothing was made.
        """
        ...

    def change(
        self,
        name: str,
        *,
        settings: Mapping[str, Any] | None = None,
        ttl_s: float | None = None,
        max_sessions: int | None = None,
    ) -> Namespace:
        """Change what is given, for what begins from now on; settings as a merge patch.

        Raises:
            UnknownNamespaceError, ConfigInvalidError: it cannot be done; nothing was changed.
        """
        ...

    async def end(self, name: str, detail: str = "") -> NamespaceEnd:
        """End one, and everything in it; it is over when this returns.

        Args:
            detail: why, for its peers.

        Raises:
            UnknownNamespaceError: there is none of that name.
        """
        ...
