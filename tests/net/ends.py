"""A link, its peer in the test's hands, and a session that says what it is told to."""

from __future__ import annotations

import math

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.net.link import Link
from trio_srs.testing.memory import memory_transport_pair

__all__ = ["Ends", "Talk"]


@attrs.define(eq=False)
class Talk:
    """A session that says what it is told to, and notes what it hears."""

    heard: list[tuple[bytes, float]] = attrs.field(factory=list)
    queued: bytearray = attrs.field(factory=bytearray)
    refuses: bool = False

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        if self.refuses:
            raise ProtocolError("byte 0: not what was expected")
        self.heard.append((bytes(data), now))

    def keep(self) -> None:
        pass

    def data_to_send(self) -> bytes:
        data = bytes(self.queued)
        self.queued.clear()
        return data

    def next_deadline(self) -> float:
        return math.inf

    def on_time(self, now: float) -> None:
        pass


class Ends:
    """A link, its peer, and how often somebody was told to drain it."""

    def __init__(self, *, capacity: int = 65_536, stalled_after: float = 10.0) -> None:
        self.near, self.peer = memory_transport_pair(capacity=capacity)
        self.work = 0
        self.link: Link[Talk] = Link(
            self.near,
            Talk(),
            buffer=memoryview(bytearray(4096)),
            stalled_after=stalled_after,
            on_work=self.note_work,
        )

    def note_work(self) -> None:
        self.work += 1

    def arrived(self) -> bytes:
        """What the peer can read now."""
        buffer = bytearray(100_000)
        return bytes(buffer[: self.peer.receive_into(memoryview(buffer))])
