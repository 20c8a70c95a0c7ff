"""What a service says on its bus, noted, and waited for."""

from __future__ import annotations

from typing import Protocol, TypeVar

import attrs
import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import Bus, Event, SessionEnded
from trio_srs.testing.memory import MemoryTransport

__all__ = ["Witness", "transport_of"]

_Kind = TypeVar("_Kind", bound=Event)


class _Connected(Protocol):
    """A peer of any protocol."""

    @property
    def transport(self) -> object:
        """Its end of the connection."""


def transport_of(peer: _Connected) -> MemoryTransport:
    """The peer's end of its connection, with what a test may do to it."""
    assert isinstance(peer.transport, MemoryTransport)
    return peer.transport


@attrs.define(kw_only=True, eq=False)
class Witness:
    """Whoever makes a service listens with :attr:`events`."""

    bus: Bus = attrs.field(factory=Bus)
    events: list[Event] = attrs.field(factory=list)

    def told(self, kind: type[_Kind], **fields: object) -> list[_Kind]:
        """What was said on the bus, of one kind, with these fields, so far."""
        return [
            event
            for event in self.events
            if isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in fields.items())
        ]

    async def next_event(self) -> None:
        """Wait until something is said on the bus."""
        said = trio.Event()
        with self.bus.listening(lambda _: said.set()):
            await said.wait()

    async def end_of(self, peer: _Connected) -> SessionEnded:
        """How the session of a peer ended, as soon as it has."""
        address = transport_of(peer).local
        while not (ends := self.told(SessionEnded, peer=address)):
            await self.next_event()
        assert len(ends) == 1
        return ends[0]

    async def reason_of(self, peer: _Connected) -> EndReason:
        """The reason alone."""
        return (await self.end_of(peer)).reason
