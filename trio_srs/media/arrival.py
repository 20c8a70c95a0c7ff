"""When frames came, against when they say they are for. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.clock import Clock, ClockStep
from trio_srs.media.facts import ArrivalFacts

__all__ = ["Arrivals"]

_BREAK: Final = ClockStep.BREAK  # asking an enumeration takes long


@attrs.define(eq=False)
class _Newest:
    """The newest frame of a track."""

    came_s: float
    lag: float
    left_out_ms: int = 0
    """Gaps for which nobody waited: the clock was set."""
    left_out_last_ms: int = 0
    """How much of that is due to this frame."""


@attrs.define(eq=False)
class Arrivals:
    """Follows the arrival of all frames of a stream."""

    published_at_s: float | None
    """When the publish was accepted, on the clock of all arrivals; None if nobody knows."""
    resolution_s: float | None = None
    """How exact arrivals are."""
    _began_s: float | None = None
    _began_ms: int = 0
    _keyframe_s: float | None = None
    _last_s: float = 0.0
    lag_ms: float = 0.0
    """Of the newest frame."""
    _newest: dict[Clock, _Newest] = attrs.field(factory=dict)
    """Of each track: it may be astray."""
    _least: float = 0.0
    _most: float = 0.0
    _silence: float = 0.0

    def add(self, arrived_at_s: float, clock: Clock) -> None:
        """Take the next frame, which the clock of its track has taken."""
        time_ms = clock.time_ms
        newest = self._newest.get(clock)
        if self._began_s is None:
            self._began_s, self._began_ms = arrived_at_s, time_ms
            silence = self._since_publish(arrived_at_s) or 0.0
        else:
            silence = arrived_at_s - self._last_s
        if silence > self._silence:
            self._silence = silence
        self._last_s = arrived_at_s
        lag = (arrived_at_s - self._began_s) * 1000 - (time_ms - self._began_ms)
        if newest is None:
            self._newest[clock] = newest = _Newest(arrived_at_s, lag)
        else:
            if clock.is_behind_stray:
                newest.left_out_ms -= newest.left_out_last_ms
            else:
                self._most, self._least = max(newest.lag, self._most), min(newest.lag, self._least)
            newest.left_out_last_ms = 0
            if clock.step is _BREAK and clock.step_ms > 0:
                waited_ms = (arrived_at_s - newest.came_s) * 1000
                newest.left_out_last_ms = _unwaited_ms(clock, waited_ms)
                newest.left_out_ms += newest.left_out_last_ms
            newest.came_s, newest.lag = arrived_at_s, lag + newest.left_out_ms
        self.lag_ms = newest.lag

    def add_keyframe(self, arrived_at_s: float) -> None:
        """The newest frame is a keyframe."""
        if self._keyframe_s is None:
            self._keyframe_s = arrived_at_s

    def last_frame_s(self, clock: Clock) -> float | None:
        """Seconds from publish to the newest frame of the track with that clock."""
        newest = self._newest.get(clock)
        return None if newest is None else self._since_publish(newest.came_s)

    def facts(self) -> ArrivalFacts:
        """What is known so far."""
        if self._began_s is None:
            return ArrivalFacts(resolution_s=self.resolution_s)
        return ArrivalFacts(
            resolution_s=self.resolution_s,
            first_frame_s=self._since_publish(self._began_s),
            first_keyframe_s=self._since_publish(self._keyframe_s),
            last_frame_s=self._since_publish(self._last_s),
            lag_ms=self.lag_ms,
            lag_least_ms=min(self._least, *(each.lag for each in self._newest.values())),
            lag_most_ms=max(self._most, *(each.lag for each in self._newest.values())),
            longest_silence_s=self._silence,
        )

    def _since_publish(self, at_s: float | None) -> float | None:
        since = self.published_at_s
        return None if at_s is None or since is None else at_s - since


def _unwaited_ms(clock: Clock, waited_ms: float) -> int:
    """How much of a gap is none, for the frame behind it came as if there were no gap."""
    step, usual = clock.step_ms, clock.interval_ms or 0
    if step > clock.jump_ms or abs(waited_ms - step) <= abs(waited_ms - usual):
        return 0  # of a jump nothing is in the time
    return step - usual
