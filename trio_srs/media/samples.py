"""Samples counted, against the timestamps of the frames they come in. Floor 1."""

from __future__ import annotations

import attrs

__all__ = ["SampleClock"]


@attrs.define(eq=False)
class SampleClock:
    """Follows one audio track."""

    total: int = 0
    """Samples per channel so far."""
    drift_ms: float | None = None
    """How far the newest timestamp is ahead of the samples before it."""
    _began_ms: int | None = None
    _since: int = 0

    def begin(self) -> None:
        """Count anew from the next frame: another clock, or another rate."""
        self._began_ms = None

    def add(self, time_ms: int, samples: int, rate_hz: int) -> None:
        """Take the next frame; ``time_ms`` has no wraps."""
        if self._began_ms is None:
            self._began_ms, self._since = time_ms, 0
        self.drift_ms = time_ms - self._began_ms - self._since * 1000 / rate_hz
        self._since += samples
        self.total += samples
