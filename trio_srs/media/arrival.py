"""When frames came, against when they say they are for. Floor 1."""

from __future__ import annotations

import attrs

from trio_srs.media.facts import ArrivalFacts

__all__ = ["Arrivals"]


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
    _lag: float = 0.0
    _least: float = 0.0
    _most: float = 0.0
    _silence: float = 0.0

    def add(self, arrived_at_s: float, time_ms: int) -> None:
        """Take the next frame; ``time_ms`` has no wraps."""
        if self._began_s is None:
            self._began_s, self._began_ms = arrived_at_s, time_ms
            silence = self._since_publish(arrived_at_s) or 0.0
        else:
            silence = arrived_at_s - self._last_s
        if silence > self._silence:
            self._silence = silence
        self._last_s = arrived_at_s
        self._lag = lag = (arrived_at_s - self._began_s) * 1000 - (time_ms - self._began_ms)
        if lag > self._most:
            self._most = lag
        elif lag < self._least:
            self._least = lag

    def add_keyframe(self, arrived_at_s: float) -> None:
        """The newest frame is a keyframe."""
        if self._keyframe_s is None:
            self._keyframe_s = arrived_at_s

    def facts(self) -> ArrivalFacts:
        """What is known so far."""
        if self._began_s is None:
            return ArrivalFacts(resolution_s=self.resolution_s)
        return ArrivalFacts(
            resolution_s=self.resolution_s,
            first_frame_s=self._since_publish(self._began_s),
            first_keyframe_s=self._since_publish(self._keyframe_s),
            last_frame_s=self._since_publish(self._last_s),
            lag_ms=self._lag,
            lag_least_ms=self._least,
            lag_most_ms=self._most,
            longest_silence_s=self._silence,
        )

    def _since_publish(self, at_s: float | None) -> float | None:
        since = self.published_at_s
        return None if at_s is None or since is None else at_s - since
