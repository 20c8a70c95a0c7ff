"""Audio against video: how far apart, and whether that grows. Floor 1.

A step that both tracks make is none between them, although one of them makes it first; nor is a
frame astray, or sound that is missing for a while: those are faults of the timestamps, and told as
such. So what is seen at a picture counts when the sound has gone on as before, and behind a step
of one track when the other has gone on for a second without it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final, Generic, Protocol, Self, TypeVar

import attrs

from trio_srs.media.clock import DEFAULT_GAP_MS, Clock, ClockStep
from trio_srs.media.facts import SkewFacts

__all__ = ["Line", "Skew", "SkewLine"]

_MS_PER_MINUTE: Final = 60_000
# Asking an enumeration takes long.
_EVEN, _BREAK, _RETURN = ClockStep.EVEN, ClockStep.BREAK, ClockStep.RETURN


class Line(Protocol):
    """What is made of the skew at each picture."""

    def add(self, t_ms: int, skew_ms: int, mark: object) -> None:
        """It was so much at this time, at what is marked so."""

    def extend(self, other: Self) -> None:
        """What another has counts here too."""

    def clear(self) -> None:
        """Forget all that was added."""

    def begin(self) -> None:
        """What comes is another line, which grows as this one does."""


@attrs.define(eq=False)
class SkewLine:
    """The extremes, and the line that fits best.

    The sums are whole numbers, so that nothing is lost however long the stream is.
    """

    count: int = 0
    least: int = 0
    most: int = 0
    _begun: int = 0  # in the newest part of the line, as the sums
    _t: int = 0
    _s: int = 0
    _tt: int = 0
    _ts: int = 0
    _rise: Fraction | int = 0  # of the parts before, as below
    _run: Fraction | int = 0

    def add(self, t_ms: int, skew_ms: int, mark: object = None) -> None:
        """It was so much at this time."""
        if not self.count:
            self.least = self.most = skew_ms
        elif skew_ms < self.least:
            self.least = skew_ms
        elif skew_ms > self.most:
            self.most = skew_ms
        self.count += 1
        self._begun += 1
        self._t += t_ms
        self._s += skew_ms
        self._tt += t_ms * t_ms
        self._ts += t_ms * skew_ms

    def extend(self, other: Self) -> None:
        """What another has counts here too."""
        if not other.count:
            return
        self.least = min(self.least, other.least) if self.count else other.least
        self.most = max(self.most, other.most) if self.count else other.most
        self.count += other.count
        self._begun += other._begun
        self._rise, self._run = self._rise + other._rise, self._run + other._run
        self._t += other._t
        self._s += other._s
        self._tt += other._tt
        self._ts += other._ts

    def clear(self) -> None:
        """Forget all that was added, of this part of the line and of those before."""
        self.count = self._begun = self._t = self._s = self._tt = self._ts = 0
        self._rise = self._run = 0

    def begin(self) -> None:
        """What comes is another line, which grows as this one does."""
        self._rise, self._run = self._sums()
        self._begun = self._t = self._s = self._tt = self._ts = 0

    def _sums(self) -> tuple[Fraction | int, Fraction | int]:
        if not self._begun:
            return self._rise, self._run
        rise = Fraction(self._begun * self._ts - self._t * self._s, self._begun)
        run = Fraction(self._begun * self._tt - self._t * self._t, self._begun)
        return self._rise + rise, self._run + run

    @property
    def slope(self) -> float | None:
        """Of the line, or of its parts together; None if there is none."""
        rise, run = self._sums()
        return float(rise / run) if run else None


L = TypeVar("L", bound=Line)


@attrs.define(eq=False)
class _SkewTrack:
    """What is known of one of the two."""

    clock: Clock | None = None
    broke: bool = False
    """Whether it made a step that the other has not made so far."""
    goes_on_from_ms: int = 0
    """Its time when the other made one."""

    def has_gone_on(self) -> bool:
        """Whether the other's step is none that it makes, too."""
        assert self.clock is not None  # it has a frame
        return self.clock.time_ms - self.goes_on_from_ms > DEFAULT_GAP_MS


@attrs.define(eq=False)
class Skew(Generic[L]):
    """Follows one audio and one video track, whose clocks are beside each other."""

    new_line: Callable[[], L]
    _line: L = attrs.field(init=False)
    _waiting: L = attrs.field(init=False)  # since the last sound
    _doubtful: L = attrs.field(init=False)  # since a step of one track
    _newest: tuple[int, int, object] | None = None  # at the newest picture, which may be astray
    _audio: _SkewTrack = attrs.field(factory=_SkewTrack)
    _video: _SkewTrack = attrs.field(factory=_SkewTrack)
    _heard_at_ms: int = 0  # the pictures' time at the last sound

    def __attrs_post_init__(self) -> None:
        self._line, self._waiting = self.new_line(), self.new_line()
        self._doubtful = self.new_line()

    def add_audio(self, clock: Clock) -> None:
        """The audio track has one more frame, which its clock has taken."""
        audio, video = self._audio, self._video
        audio.clock = clock
        if clock.step is _EVEN:
            if not (audio.broke or video.broke):
                self._line.extend(self._waiting)
            else:
                self._doubtful.extend(self._waiting)
                if video.broke and audio.has_gone_on():
                    self._settle(video)
        else:
            self._newest = None
            if clock.step is _RETURN:
                self._forget(audio)
            else:
                self._break(audio, video)
        self._waiting.clear()
        if video.clock is not None:
            self._heard_at_ms = video.clock.time_ms

    def add_video(self, clock: Clock, mark: object = None) -> None:
        """The video track has one more picture, which its clock has taken.

        Args:
            mark: what the line is to be told of it.
        """
        audio, video = self._audio, self._video
        video.clock = clock
        if audio.clock is None:
            return
        if clock.step is _RETURN:
            self._newest = None
            if video.broke:
                self._waiting.clear()
            self._forget(video)
        elif clock.step is _BREAK and audio.broke:
            self._newest = None
            self._waiting.clear()
            self._forget(audio)
        else:
            if self._newest is not None:
                self._waiting.add(*self._newest)
            if clock.step is _BREAK:
                (self._doubtful if video.broke else self._line).extend(self._waiting)
                self._waiting.clear()
                self._break(video, audio)
            elif audio.broke and video.has_gone_on():
                self._settle(audio)
        t_ms = clock.time_ms - clock.began_ms
        self._newest = t_ms, audio.clock.now_ms - clock.now_ms, mark

    def _break(self, track: _SkewTrack, other: _SkewTrack) -> None:
        """One track has made a step."""
        if other.broke:  # both have
            self._forget(other)
        else:
            track.broke = True
            if other.clock is not None:
                other.goes_on_from_ms = other.clock.time_ms

    def _forget(self, track: _SkewTrack) -> None:
        """What was seen since its step was none between the two."""
        if track.broke:
            track.broke = False
            self._doubtful.clear()

    def _settle(self, track: _SkewTrack) -> None:
        """The other does not make its step."""
        track.broke = False
        self._line.begin()
        self._line.extend(self._doubtful)
        self._doubtful.clear()

    def line(self) -> L:
        """All that counts so far."""
        line = self.new_line()
        line.extend(self._line)
        shown = self._video.clock
        if shown is None or self._audio.broke or self._video.broke:
            return line
        if shown.time_ms - self._heard_at_ms <= DEFAULT_GAP_MS:
            line.extend(self._waiting)
            if self._newest is not None:
                line.add(*self._newest)
        return line

    def facts(self: Skew[SkewLine]) -> SkewFacts:
        """What is known so far."""
        audio, video = self._audio, self._video
        if audio.clock is None or video.clock is None:
            return SkewFacts()
        first, now = (
            audio.clock.began_ms - video.clock.began_ms,
            audio.clock.now_ms - video.clock.now_ms,
        )
        line = self.line()
        if not line.count:
            return SkewFacts(first, now)
        drift = None if line.slope is None else line.slope * _MS_PER_MINUTE
        return SkewFacts(first, now, line.least, line.most, drift)
