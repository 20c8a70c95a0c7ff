"""Groups of pictures: how long they are, and whether a decoder can begin at them. Floor 1."""

from __future__ import annotations

import attrs

from trio_srs.media.facts import GopFacts

__all__ = ["Gops"]


@attrs.define(eq=False)
class _Extent:
    """The least, the most and the sum of what finished groups had."""

    least: int = 0
    most: int = 0
    total: int = 0

    def add(self, value: int, *, first: bool) -> None:
        self.least = value if first else min(self.least, value)
        self.most = value if first else max(self.most, value)
        self.total += value


@attrs.define(eq=False)
class Gops:
    """Follows one video track from keyframe to keyframe."""

    _count: int = 0
    _frames: _Extent = attrs.field(factory=_Extent)
    _times_ms: _Extent = attrs.field(factory=_Extent)
    _closed: int = 0
    _open: int = 0
    _before_first: int = 0
    _current: int = 0
    _began_ms: int | None = None
    _now_ms: int = 0
    _is_open: bool = False

    def add(self, time_ms: int, *, keyframe: bool) -> None:
        """Take the next frame; ``time_ms`` has no wraps."""
        self._now_ms = time_ms
        if not keyframe:
            if self._began_ms is None:
                self._before_first += 1
            else:
                self._current += 1
            return
        if self._began_ms is not None:
            first = not self._count
            self._frames.add(self._current, first=first)
            self._times_ms.add(time_ms - self._began_ms, first=first)
            self._count += 1
        self._began_ms, self._current, self._is_open = time_ms, 1, False
        self._closed += 1

    def mark_open(self) -> None:
        """The newest group refers to what was before its keyframe."""
        if self._began_ms is not None and not self._is_open:
            self._is_open = True
            self._closed -= 1
            self._open += 1

    def facts(self) -> GopFacts:
        """What is known so far."""
        running = {
            "closed": self._closed,
            "open": self._open,
            "before_first": self._before_first,
            "current_frames": self._current,
        }
        began = self._began_ms
        seconds = 0.0 if began is None else (self._now_ms - began) / 1000
        if not self._count:
            return GopFacts(current_seconds=seconds, **running)
        frames, times = self._frames, self._times_ms
        return GopFacts(
            self._count, frames.least, frames.total / self._count, frames.most,
            times.least / 1000, times.total / self._count / 1000, times.most / 1000,
            current_seconds=seconds, **running,
        )  # fmt: skip
