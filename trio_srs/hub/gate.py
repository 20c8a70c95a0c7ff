"""The gate: who may connect, publish and play. Asked by services; hooks and tests stand in it.

Floor 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import attrs

__all__ = ["AllowAll", "Asked", "Gate"]


@attrs.frozen(kw_only=True)
class Asked:
    """What a peer asks for."""

    session: str
    """The session's id."""
    peer: str
    """The peer's address."""
    vhost: str
    app: str
    name: str = ""
    """The stream's name; empty for ``connect``."""
    params: Mapping[str, str] = attrs.field(factory=dict)
    """The parameters of the URL."""


class Gate(Protocol):
    """Each answers by returning, or refuses by raising :class:`~trio_srs.errors.RefusedError`."""

    async def connect(self, asked: Asked) -> None:
        """May this peer use this application?"""
        ...

    async def publish(self, asked: Asked) -> None:
        """May it publish this stream?"""
        ...

    async def play(self, asked: Asked) -> None:
        """May it play this stream?"""
        ...


class AllowAll:
    """A gate that stands open."""

    async def connect(self, asked: Asked) -> None:
        """Yes."""

    async def publish(self, asked: Asked) -> None:
        """Yes."""

    async def play(self, asked: Asked) -> None:
        """Yes."""
