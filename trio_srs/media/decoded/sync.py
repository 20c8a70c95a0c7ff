"""Sound against picture, of our pattern: each beep against the numbers that are drawn. Floor 1.

Encoders pay for their delay by moving timestamps, so absolute times say nothing. What holds is
where a beep stands among the pictures: it is known which number was shown when it began.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from statistics import linear_regression, median
from typing import Final

import attrs

from trio_srs.media.decoded.measures import Beep, PictureMeasures
from trio_srs.media.decoded.numbers import NumberFacts
from trio_srs.media.pattern.beeps import PITCHES_HZ, beep_onset_s

__all__ = ["SyncPoint", "pattern_fps", "sync_points"]

_STRIDE: Final = 10
"""Numbers between the two of which an interval is measured: timestamps are rounded."""
_SAME: Final = 0.0005
"""A share: a rate so near to a usual one is that. 30 and 29.97 are twice as far apart."""
_FAR: Final = 0.005
"""A share: so far apart they measure different things, as timestamps have jumped."""
_NTSC: Final = 1000 / 1001


@attrs.frozen
class SyncPoint:
    """A beep, and the picture that was to be seen when it began."""

    picture: PictureMeasures
    beep: Beep
    ms: float
    """Sound minus picture: above 0 the sound is late."""


def pattern_fps(numbers: NumberFacts) -> float | None:
    """How many numbers a second the pattern was made with; None if too few were read."""
    first: dict[int, float] = {}
    for number, picture in numbers.read:
        first.setdefault(number, picture.shown_ms)
    steps = []
    for number, shown_ms in first.items():
        later = first.get(number + _STRIDE)
        if later is not None and later > shown_ms:
            steps.append((later - shown_ms) / _STRIDE)
    if not steps:
        return None
    interval_ms = median(steps)
    line = linear_regression(list(first), list(first.values()))
    if abs(line.slope / interval_ms - 1) < _FAR:
        interval_ms = line.slope  # times are those of the pictures that came, not of all there were
    return _usual(1000 / interval_ms)


def _usual(fps: float) -> float:
    """The usual rate that is meant, if one is near."""
    usual = (rate * factor for rate in {round(fps), round(fps / _NTSC)} for factor in (1.0, _NTSC))
    nearest = min(usual, key=lambda rate: abs(rate - fps))
    return nearest if nearest and abs(fps / nearest - 1) <= _SAME else fps


def sync_points(
    numbers: NumberFacts, beeps: Sequence[Beep], fps: float | None = None
) -> tuple[SyncPoint, ...]:
    """Where each beep stands against the pictures.

    Args:
        fps: numbers a second of the pattern, if known; else it is found out.
    """
    fps = fps or pattern_fps(numbers)
    if fps is None:
        return ()
    places = sorted(dict(reversed(numbers.read)).items())
    return tuple(_place(places, beep, fps) for beep in beeps)


def _place(places: Sequence[tuple[int, PictureMeasures]], beep: Beep, fps: float) -> SyncPoint:
    """The number of the beep is that of its pitch which brings it nearest to the pictures."""
    points = (_point(places, beep, number, fps) for number in _candidates(places, beep, fps))
    return min(points, key=lambda point: abs(point.ms))


def _candidates(places: Sequence[tuple[int, PictureMeasures]], beep: Beep, fps: float) -> range:
    """Beeps that have its pitch, from before the first picture to behind the last."""
    pitches = len(PITCHES_HZ[beep.exact])
    period_s = beep_onset_s(pitches, exact=True) - beep_onset_s(0, exact=True)
    first = int(places[0][0] / fps / period_s) - 1
    last = int(places[-1][0] / fps / period_s) + 2
    return range(max(first, 0) * pitches + beep.pitch, last * pitches + beep.pitch + 1, pitches)


def _point(
    places: Sequence[tuple[int, PictureMeasures]], beep: Beep, number: int, fps: float
) -> SyncPoint:
    shown = beep_onset_s(number, beep.exact) * fps  # what number, with a fraction, it falls on
    at = max(bisect_right(places, shown, key=lambda place: place[0]) - 1, 0)
    near, picture = places[at]
    picture_ms = picture.shown_ms + (shown - near) * 1000 / fps
    return SyncPoint(picture, beep, beep.heard_ms - picture_ms)
