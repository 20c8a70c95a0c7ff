"""Publishers: each its own stream, the same canned messages, in real time. Floor 6."""

from __future__ import annotations

import struct
import time
from typing import Any, Final

from trio_srs.tools.load.client import LoadClient
from trio_srs.tools.load.dialogue import CHUNK_SIZE
from trio_srs.tools.load.loop import Loop
from trio_srs.tools.load.plan import LoadPlan
from trio_srs.tools.load.skim import Skimmer
from trio_srs.tools.load.source import LoadSource
from trio_srs.wire.rtmp.chunk_writer import message_pieces

__all__ = ["STAMP", "LoadPublisher", "StampingPublisher"]

STAMP: Final = struct.Struct(">4sIQ")
"""Mark, number of the frame, and the monotonic clock in ns: behind the header of a frame's first
slice, at which looks whoever packs frames anew."""
STAMP_MARK: Final = b"STMP"
STAMP_AT: Final = 12
_U32: Final = 0xFFFFFFFF


class LoadPublisher(LoadClient):
    """One publisher.

    Attributes:
        lags_s: for each message, how much later than due it was handed to the kernel.
        sent: messages handed to the kernel.
    """

    publishes = True

    def __init__(
        self, loop: Loop, plan: LoadPlan, number: int, skimmer: Skimmer[Any], source: LoadSource
    ) -> None:
        super().__init__(loop, plan, number)
        self._skimmer, self._source = skimmer, source
        self._position = skimmer.start
        self._next = 0
        self._began_media_at = 0.0
        self._due = 0.0
        self.lags_s: list[float] = []
        self.sent = 0

    def take(self, data: bytes) -> None:
        """Hear the server; it has little to say."""
        step = self._skimmer.step(self._position, data)
        self._position = step.after
        self.answer(step.handed_out)

    def on_start(self) -> None:
        """Begin with the headers, and go on in real time."""
        self.settled = True
        self._began_media_at = self._due = time.monotonic()
        for kind, body in self._source.headers:
            self.send(self._encode(kind, 0, body))
        self._send_due()

    def on_sent(self) -> None:
        """The kernel has taken what it would not take before: go on, late."""
        self.lags_s.append(time.monotonic() - self._due)
        self._schedule()

    def _schedule(self) -> None:
        source, plan = self._source, self._plan
        rounds, index = divmod(self._next, len(source.items))
        ms = rounds * source.length_ms + source.items[index][0]
        self._due = self._began_media_at + ms / 1000 / plan.speed
        self.loop.at(self._due, self._send_due)

    def _send_due(self) -> None:
        if self.failure:
            return
        source = self._source
        rounds, index = divmod(self._next, len(source.items))
        ms, kind, body = source.items[index]
        ms = (rounds * source.length_ms + ms) * self._plan.stretch
        self._next += 1
        self.sent += 1
        if self.send(self._encode(kind, ms, self.marked(body))):
            self.lags_s.append(time.monotonic() - self._due)
            self._schedule()

    def marked(self, frame: bytes) -> bytes:
        """A frame as it is to be sent; called right before that, and never for a header."""
        return frame

    def _encode(self, kind: int, ms: int, body: bytes) -> bytes:
        stream_id = self.dialogue.stream_id
        return b"".join(message_pieces(kind, stream_id, ms & _U32, body, CHUNK_SIZE))


class StampingPublisher(LoadPublisher):
    """Writes number and time into every frame, where a slice has its samples. Headers stay whole:
    a server that reads them drops a publisher whose header makes no sense."""

    def marked(self, frame: bytes) -> bytes:
        """With a stamp, if there is room for one."""
        if len(frame) < STAMP_AT + STAMP.size:
            return frame
        stamp = STAMP.pack(STAMP_MARK, self._next, time.monotonic_ns())
        return frame[:STAMP_AT] + stamp + frame[STAMP_AT + STAMP.size :]
