"""What every sans-IO session looks like to a link: verbs for bytes, and two for time. Floor 1."""

from __future__ import annotations

import enum
from typing import Final, Protocol

__all__ = ["NEED_DATA", "NEED_DECISION", "NEED_TURN", "Need", "Session"]


class Need(enum.Enum):
    """What a session needs before it can report another event."""

    DATA = enum.auto()
    """More bytes from the peer."""
    DECISION = enum.auto()
    """An answer to the last event; nothing behind it is interpreted until then."""
    TURN = enum.auto()
    """Another call, when others have had their turn: there is more, but much was done already."""


NEED_DATA: Final = Need.DATA
NEED_DECISION: Final = Need.DECISION
NEED_TURN: Final = Need.TURN


class Session(Protocol):
    """Bytes in, bytes out, and time as an argument.

    After any call output may be queued: take :meth:`data_to_send` and write it, in order.
    ``now`` is any clock in seconds that does not run backwards.
    """

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        """Take what the peer sent. It must stay unchanged until :meth:`keep`."""
        ...

    def keep(self) -> None:
        """Copy what was received and not yet interpreted, so that the buffer may be reused."""
        ...

    def data_to_send(self) -> bytes:
        """What to send now; empty when there is nothing."""
        ...

    def next_deadline(self) -> float:
        """When :meth:`on_time` wants to be called next; infinite for never."""
        ...

    def on_time(self, now: float) -> None:
        """Do what is due; calling it early does nothing."""
        ...
