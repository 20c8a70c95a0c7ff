"""Doing one side of a captured session again, and comparing what comes of it. Floor 6."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Final

import attrs
import trio

from trio_srs.errors import RefusedError
from trio_srs.net.transport import Transport
from trio_srs.session.rtmp_observer import ObservedMessage, RtmpObserver
from trio_srs.tools.replay.adaptation import Adaptation, ClientAdaptation, ServerAdaptation
from trio_srs.tools.replay.captured_side import FIRST_PART, CapturedSide, SideStep, read_side
from trio_srs.tools.replay.dialogue_labels import Labels
from trio_srs.wire.session_capture import SessionCapture
from trio_srs.wire.url import RtmpUrl

__all__ = ["NothingToReplayError", "Replay", "ReplayOptions", "ReplayResult"]

_BUFFER: Final = 65_536
_OFFER_MOST: Final = 65_536


class NothingToReplayError(RefusedError):
    """A capture has nothing that one side said."""

    code = "nothing_to_replay"


@attrs.frozen(kw_only=True)
class ReplayOptions:
    """How fast, and with how much patience."""

    speed: float = 1.0
    """How many seconds of the capture go into one; infinite: nothing is waited for but the other
    side."""
    patience_s: float = 5.0
    """How long an answer may take that the capture has, and the other side's end."""
    url: RtmpUrl | None = None
    """What a client asks for in place of what was captured."""


@attrs.define
class ReplayResult:
    """What came of it."""

    bytes_sent: int = 0
    bytes_received: int = 0
    ended_by: str = ""
    """Who ended it: ``client`` or ``server``."""
    answers: list[str] = attrs.field(factory=list)
    """What the server answered, in order."""
    differences: list[str] = attrs.field(factory=list)
    """What was not as in the capture, in words."""


class Replay:
    """One side of a session, done again.

    Attributes:
        result: what came of it so far.

    Args:
        is_client: which side.

    Raises:
        NothingToReplayError: that side said nothing, or a part of the capture is missing before it.
    """

    def __init__(self, capture: SessionCapture, options: ReplayOptions, *, is_client: bool) -> None:
        self.captured: CapturedSide = read_side(capture, is_client=is_client)
        if not self.captured.steps:
            side = "client" if is_client else "server"
            raise NothingToReplayError(f"the {side} says nothing in this capture")
        self.result = ReplayResult()
        self._options, self._is_client = options, is_client
        self._me, self._other = ("client", "server") if is_client else ("server", "client")
        self._live = Labels()
        self._adaptation: Adaptation = (
            ClientAdaptation(self.captured, self._live, options.url)
            if is_client
            else ServerAdaptation(self.captured, self._live)
        )
        self._mine, self._theirs = (
            RtmpObserver(is_client=is_client),
            RtmpObserver(is_client=not is_client),
        )
        self._first_part = bytearray()
        self._changed = trio.Event()
        self._other_ended = False
        self._given_up: set[str] = set()

    async def run(self, transport: Transport) -> ReplayResult:
        """Do it on a connection, which is closed at the end; what came of it.

        That the other side breaks off or goes on differently is no error, but a difference.
        """
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._hear, transport)
                await self._say_all(transport)
                await self._finish(transport)
                nursery.cancel_scope.cancel()
        finally:
            transport.close()
        self._compare()
        return self.result

    # ------------------------------------------------------------------- saying

    async def _say_all(self, transport: Transport) -> None:
        began = trio.current_time()
        for step in self.captured.steps:
            if math.isfinite(self._options.speed):
                await trio.sleep_until(began + step.at_s / self._options.speed)
            await self._heard_before(step)
            if self._other_ended:
                break
            await self._say(transport, self._adaptation.data(step, bytes(self._first_part)))
        while transport.backlog and not self._other_ended:
            with suppress(OSError):
                await transport.writable()

    async def _heard_before(self, step: SideStep) -> None:
        """Wait for what was heard before this in the capture."""
        with trio.move_on_after(self._options.patience_s):
            while not self._other_ended and (
                len(self._first_part) < step.after_bytes
                or not step.after <= self._live.heard | self._given_up
            ):
                await self._changed.wait()
        for label in sorted(step.after - self._live.heard - self._given_up):
            self._given_up.add(label)
            if not self._other_ended:
                self._differs(
                    f"no {label} of the {self._other} within {self._options.patience_s:g} s"
                )

    async def _say(self, transport: Transport, data: bytes) -> None:
        for seen in self._mine.feed(data):
            if isinstance(seen, ObservedMessage):
                (self._live.call if self._is_client else self._live.answer)(seen.message)
        rest = memoryview(data)
        while rest and not self._other_ended:
            try:
                taken = transport.offer(rest[:_OFFER_MOST])
            except BlockingIOError:
                await transport.writable()
                continue
            except OSError:
                self._end_by(self._other)
                return
            rest = rest[taken:]
            self.result.bytes_sent += taken

    async def _finish(self, transport: Transport) -> None:
        """End as the capture does: wait for the other side's end, or end first."""
        if self.captured.ended_by in (self._me, ""):
            self._end_by(self._me)
            transport.shutdown_write()
        with trio.move_on_after(self._options.patience_s):
            while not self._other_ended:
                await self._changed.wait()
        if not self._other_ended and not self.result.ended_by:
            self._end_by(self._me)

    # ------------------------------------------------------------------ hearing

    async def _hear(self, transport: Transport) -> None:
        buffer = memoryview(bytearray(_BUFFER))
        while not self._other_ended:
            await transport.readable()
            try:
                count = transport.receive_into(buffer)
            except BlockingIOError:
                continue
            except OSError:
                count = 0
            if count:
                self._take(bytes(buffer[:count]))
            else:
                self._other_ended = True
                self._end_by(self._other)
            self._changed.set()
            self._changed = trio.Event()

    def _take(self, data: bytes) -> None:
        self.result.bytes_received += len(data)
        self._first_part += data[: FIRST_PART - len(self._first_part)]
        for seen in self._theirs.feed(data):
            if isinstance(seen, ObservedMessage):
                (self._live.answer if self._is_client else self._live.call)(seen.message)

    def _end_by(self, side: str) -> None:
        self.result.ended_by = self.result.ended_by or side

    # ---------------------------------------------------------------- comparing

    def _differs(self, text: str) -> None:
        self.result.differences.append(text)

    def _compare(self) -> None:
        result, then, now = self.result, self.captured.answers, self._live.answers
        result.answers = [str(each) for each in now]
        if not self.captured.is_whole:
            self._differs("the capture is not whole: it was done up to where bytes are left out")
            return
        if self._is_client:
            for before, after in zip(then, now, strict=False):
                if str(before) != str(after):
                    self._differs(f"{after.label}: {after}, in the capture {before}")
            for missing in then[len(now) :]:
                self._differs(f"{missing.label}: nothing, in the capture {missing}")
            for more in now[len(then) :]:
                self._differs(f"{more.label}: {more}, in the capture nothing")
        if self.captured.ended_by and self.captured.ended_by != result.ended_by:
            self._differs(
                f"ended by the {result.ended_by}, in the capture by the {self.captured.ended_by}"
            )
