"""Counting what a player gets, for next to nothing: a stream is skimmed, not put together.

Floor 6. Players of one stream get the same bytes, and mostly in the same slices. So what is
known of a connection between two reads is a value, a :class:`Position`, shared by everybody who
is there; and what a slice of bytes does at a position is worked out once, for the first who
reads it. For all others it is a comparison of bytes, which also shows that they got the same.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.serial import serial_step

__all__ = ["FrameTimes", "Position", "PositionT", "SkimError", "SkimStep", "Skimmer"]

_MOST_POSITIONS: Final = 2048
_MOST_STEPS: Final = 32


class SkimError(ProtocolError):
    """What a server sends makes no sense."""

    code = "skim_error"


@attrs.frozen(eq=False, kw_only=True)
class Position:
    """Where a connection's reader stands, and all that it needs to go on; protocols add to it."""

    video_ms: int = -1
    """Timestamp of the last whole video frame, -1 before the first."""
    audio_ms: int = -1
    steps: dict[int, tuple[bytes, SkimStep]] = attrs.field(factory=dict)
    """What slices do here, by their length."""

    @property
    def media_ms(self) -> int:
        """How far the media has come; -1 before the first."""
        return max(self.video_ms, self.audio_ms)


PositionT = TypeVar("PositionT", bound=Position)


@attrs.define(eq=False)
class SkimStep:
    """What one slice of bytes brings."""

    after: Position
    messages: int = 0
    """Whole frames of audio and video, each in what the protocol packs it in."""
    keyframes: int = 0
    backward: int = 0
    """Timestamps below the one before of the same kind."""
    skipped: int = 0
    """Video frames missing, by the timestamps."""
    has_media: bool = False
    """Whether a byte of audio or video is in it."""
    handed_out: list[tuple[int, bytes]] = attrs.field(factory=list)
    """RTMP's control messages and commands: type and payload."""
    is_plain: bool = False
    """Media and nothing else: no keyframe, nothing wrong, nothing to hear. Nearly all are."""


@attrs.define(eq=False)
class FrameTimes:
    """How far one connection's media have come, while a slice is read."""

    step: SkimStep
    frame_ms: float
    video_ms: int
    audio_ms: int

    def count(self, time_ms: int, *, is_video: bool, is_key: bool) -> None:
        """A frame is whole."""
        step, last = self.step, self.video_ms if is_video else self.audio_ms
        step.messages += 1
        step.keyframes += is_key
        if is_video:
            self.video_ms = time_ms
        else:
            self.audio_ms = time_ms
        if last < 0:
            return
        ahead = serial_step(last, time_ms)
        if ahead < 0:
            step.backward += 1
        elif is_video and self.frame_ms:
            step.skipped += max(0, round(ahead / self.frame_ms) - 1)


class Skimmer(abc.ABC, Generic[PositionT]):
    """Works out steps, and remembers them for everybody.

    Args:
        start: where every connection begins.
        frame_ms: between two video frames; how missing ones are noticed. 0 looks for none.
    """

    def __init__(self, start: PositionT, frame_ms: float = 0.0) -> None:
        self.start: Position = start
        self._frame_ms = frame_ms
        self._positions: dict[object, PositionT] = {}

    def step(self, position: Position, data: bytes) -> SkimStep:
        """What ``data`` does at a position.

        Raises:
            SkimError: it is not what it should be.
        """
        known = position.steps.get(len(data))
        if known is not None and known[0] == data:
            return known[1]
        step = self._read(position, data)
        step.is_plain = step.has_media and not (
            step.handed_out or step.keyframes or step.backward or step.skipped
        )
        if len(position.steps) >= _MOST_STEPS:
            position.steps.clear()
        position.steps[len(data)] = (data, step)
        return step

    @abc.abstractmethod
    def _read(self, position: Position, data: bytes) -> SkimStep:
        """Work out what nobody has read here so far."""

    def _shared(self, key: object, make: Callable[[], PositionT]) -> PositionT:
        """The one position that is described by a key."""
        if len(self._positions) >= _MOST_POSITIONS:
            self._positions.clear()
        found = self._positions.get(key)
        if found is None:
            found = self._positions[key] = make()
        return found
