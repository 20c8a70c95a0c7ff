"""Players: thousands that skim what they get. Floor 6."""

from __future__ import annotations

import math
import time
from typing import Any, Final

import attrs

from trio_srs.tools.load.client import READ_SIZE, LoadClient
from trio_srs.tools.load.loop import READ, Loop
from trio_srs.tools.load.plan import LoadPlan
from trio_srs.tools.load.skim import Skimmer

__all__ = ["LoadPlayer", "PlayerCount"]

_GAP_S: Final = 2.0
_STALLED_BUFFER: Final = 4096


@attrs.define
class PlayerCount:
    """What one player has counted so far; the difference of two is a window's share."""

    bytes_in: int
    messages: int
    keyframes: int
    backward: int
    skipped: int
    gaps: int
    media_ms: int


class LoadPlayer(LoadClient):
    """One player.

    Attributes:
        first_media_s: from the start of connecting to its first byte of audio or video.
        first_keyframe_s: the same to its first whole keyframe.
    """

    def __init__(self, loop: Loop, plan: LoadPlan, number: int, skimmer: Skimmer[Any]) -> None:
        self._stalls = number < plan.stalled
        super().__init__(loop, plan, number)
        self._skimmer = skimmer
        self._position = skimmer.start
        self.messages = 0
        self.keyframes = 0
        self.backward = 0
        self.skipped = 0
        self.gaps = 0
        self.first_media_s = math.nan
        self.first_keyframe_s = math.nan
        self._last_media_at = math.inf

    @property
    def stalls(self) -> bool:
        """Whether it never reads what it plays."""
        return self._stalls

    @property
    def receive_buffer(self) -> int:
        """Small when it is to stall soon."""
        return _STALLED_BUFFER if self._stalls else super().receive_buffer

    def on_start(self) -> None:
        """One that stalls has done what it is for."""
        if self._stalls:
            self.settled = True
            self.stop_reading()

    def ready(self, events: int) -> None:
        """The short way, for bytes that another player of the stream has read before.

        All the cost of a thousand players is here; everything unusual goes the long way.
        """
        sock = self.sock
        if events != READ or sock is None or not self.keyframes:
            super().ready(events)
            return
        try:
            data = sock.recv(READ_SIZE)
        except OSError as error:
            self.on_read_error(error)
            return
        known = self._position.steps.get(len(data))
        if known is None or known[0] != data or not known[1].is_plain:
            self.dispatch(data)
            return
        step = known[1]
        self._position = step.after
        self.messages += step.messages
        self.bytes_in += len(data)
        now = self.loop.now
        if now - self._last_media_at > _GAP_S:
            self.gaps += 1
        self._last_media_at = now
        if self.bytes_in >= self.acknowledge_at:
            self.acknowledge()

    def take(self, data: bytes) -> None:
        """Skim, and answer what is to be answered."""
        step = self._skimmer.step(self._position, data)
        self._position = step.after
        if step.handed_out:
            self.answer(step.handed_out)
        if step.has_media:
            now = self.loop.now
            if now - self._last_media_at > _GAP_S:
                self.gaps += 1
            self._last_media_at = now
            self.messages += step.messages
            if not self.keyframes:
                self._begin_media(bool(step.keyframes))
            self.keyframes += step.keyframes
            self.backward += step.backward
            self.skipped += step.skipped

    def _begin_media(self, has_keyframe: bool) -> None:
        waited = time.monotonic() - self.began_at
        if math.isnan(self.first_media_s):
            self.first_media_s = waited
            self.settled = True
        if has_keyframe:
            self.first_keyframe_s = waited

    def count(self) -> PlayerCount:
        """Everything counted so far."""
        return PlayerCount(
            self.bytes_in,
            self.messages,
            self.keyframes,
            self.backward,
            self.skipped,
            self.gaps + (self.loop.now - self._last_media_at > _GAP_S),
            self._position.media_ms,
        )
