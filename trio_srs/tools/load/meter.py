"""The latency meter's players: everything is read in full, and the time is taken first. Floor 6."""

from __future__ import annotations

import time

from trio_srs.tools.load.client import LoadClient
from trio_srs.tools.load.loop import Loop
from trio_srs.tools.load.plan import LoadPlan
from trio_srs.tools.load.publisher import STAMP, STAMP_AT, STAMP_MARK
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["Meter"]


class Meter(LoadClient):
    """One player of a stamped stream.

    What is ready is taken from all sockets before any of it is read: the time of the last
    player is not that of reading for all the others.

    Attributes:
        latencies_ns: (number of the frame, when it was sent, how long it took, is it sound).
        repeated: frames that came again or out of order.
    """

    def __init__(self, loop: Loop, plan: LoadPlan, number: int) -> None:
        super().__init__(loop, plan, number)
        self._reader = ChunkReader()
        self._last = -1
        self.latencies_ns: list[tuple[int, int, int, bool]] = []
        self.repeated = 0

    def take(self, data: bytes) -> None:
        """Note the time, and read later."""
        now = time.monotonic_ns()
        self.loop.later(lambda: self._guarded(lambda held: self._read_all(held, now), data))

    def _read_all(self, data: bytes, now: int) -> None:
        self._reader.feed(data)
        while (message := self._reader.next_message()) is not None:
            if message.type_id == MessageType.SET_CHUNK_SIZE:
                self._reader.chunk_size = int.from_bytes(message.payload, "big")
            elif message.type_id in (MessageType.VIDEO, MessageType.AUDIO):
                self._see(message, now)
            else:
                self.answer([(message.type_id, message.payload)])

    def _see(self, message: Message, now: int) -> None:
        self.settled = True
        if len(message.payload) < STAMP_AT + STAMP.size:
            return
        mark, number, sent = STAMP.unpack_from(message.payload, STAMP_AT)
        if mark != STAMP_MARK:
            return
        if number <= self._last:
            self.repeated += 1
            return
        self._last = number
        is_sound = message.type_id == MessageType.AUDIO
        self.latencies_ns.append((number, sent, now - sent, is_sound))
