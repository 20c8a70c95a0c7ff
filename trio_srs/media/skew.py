"""Audio against video: how far apart, and whether that grows. Floor 1."""

from __future__ import annotations

import attrs

from trio_srs.media.facts import SkewFacts

__all__ = ["Skew"]

_MS_PER_MINUTE = 60_000


@attrs.define(eq=False)
class Skew:
    """Follows one audio and one video track by their times, wraps taken out.

    The sums of the line that fits best are whole numbers, so that nothing is lost however long
    the stream is.
    """

    _audio_first: int | None = None
    _video_first: int | None = None
    _audio_ms: int = 0
    _video_ms: int = 0
    _least: int = 0
    _most: int = 0
    _count: int = 0
    _t: int = 0
    _s: int = 0
    _tt: int = 0
    _ts: int = 0

    def add_audio(self, time_ms: int) -> None:
        """Take the next audio frame's time."""
        if self._audio_first is None:
            self._audio_first = time_ms
        self._audio_ms = time_ms

    def add_video(self, time_ms: int) -> None:
        """Take the next picture's time."""
        if self._video_first is None:
            self._video_first = time_ms
        self._video_ms = time_ms
        if self._audio_first is None:
            return
        skew, t = self._audio_ms - time_ms, time_ms - self._video_first
        if not self._count:
            self._least = self._most = skew
        elif skew < self._least:
            self._least = skew
        elif skew > self._most:
            self._most = skew
        self._count += 1
        self._t += t
        self._s += skew
        self._tt += t * t
        self._ts += t * skew

    def facts(self) -> SkewFacts:
        """What is known so far."""
        if self._audio_first is None or self._video_first is None:
            return SkewFacts()
        first, now = self._audio_first - self._video_first, self._audio_ms - self._video_ms
        if not self._count:
            return SkewFacts(first, now)
        spread = self._count * self._tt - self._t * self._t
        slope = (self._count * self._ts - self._t * self._s) / spread if spread else None
        drift = None if slope is None else slope * _MS_PER_MINUTE
        return SkewFacts(first, now, self._least, self._most, drift)
