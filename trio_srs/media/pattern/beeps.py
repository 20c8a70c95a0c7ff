"""The beeps of a synthetic stream: by them its sound tells the time, as its pictures do by their
numbers. Floor 1.

The first is 0.32 s from the beginning, then there is one every 0.96 s; each stands in place of the
tone for four AAC frames, and is twice as loud. Four pitches follow each other, so that it is known
which one is heard as long as sound and picture are less than 1.92 s apart.

A beep begins with an AAC frame. At 32 and 48 kHz that is exactly when it should; at 44.1 kHz it is
up to 12 ms off, always by the same for the same beep, and its pitches are others, so that whoever
hears it knows.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Final

__all__ = [
    "BEEP_FRAMES",
    "BEEP_GAIN",
    "HIGHEST_TONE_HZ",
    "PITCHES_HZ",
    "beep_at",
    "beep_onset_s",
    "is_exact",
]

BEEP_FRAMES: Final = 4
"""AAC frames that a beep lasts."""
BEEP_GAIN: Final = 4
"""Steps of AAC's gain above the tone: twice as loud."""
HIGHEST_TONE_HZ: Final = 1080.0
"""A tone above this leaves no room for beeps."""
PITCHES_HZ: Final[dict[bool, tuple[float, ...]]] = {
    True: (1170.0, 1270.0, 1370.0, 1470.0),
    False: (1570.0, 1670.0, 1770.0, 1870.0),
}
"""One after the other; by whether every beep begins exactly when it should."""

_FIRST_S: Final = Fraction(8, 25)
_PERIOD_S: Final = Fraction(24, 25)
_SAMPLES: Final = 1024
_UNEVEN_RATE: Final = 44100
_ROUND: Final = 32
"""Beeps that last a whole number of AAC frames together, at every rate there is."""


def is_exact(sample_rate: int) -> bool:
    """Whether the frames of a rate begin where beeps should."""
    return sample_rate != _UNEVEN_RATE


def beep_at(frame: int, sample_rate: int) -> int | None:
    """The number of the beep that an AAC frame is part of, from 0; None in between."""
    beeps = _round(sample_rate)
    rounds, place = divmod(frame, len(beeps))
    beep = beeps[place]
    return None if beep is None else rounds * _ROUND + beep


@cache
def _round(sample_rate: int) -> tuple[int | None, ...]:
    """The beeps of the frames of as many beeps as it takes until one begins as the first did."""
    beeps: list[int | None] = [None] * round(_ROUND * _PERIOD_S * sample_rate / _SAMPLES)
    for beep in range(_ROUND):
        first = _first_frame(beep, sample_rate)
        beeps[first : first + BEEP_FRAMES] = [beep] * BEEP_FRAMES
    return tuple(beeps)


def beep_onset_s(number: int, exact: bool) -> float:
    """When a beep begins, in seconds since the first frame.

    Args:
        exact: whether its pitch is one of those of the rates where it begins as it should.
    """
    if exact:
        return float(_FIRST_S + number * _PERIOD_S)
    return _first_frame(number, _UNEVEN_RATE) * _SAMPLES / _UNEVEN_RATE


def _first_frame(number: int, sample_rate: int) -> int:
    return round((_FIRST_S + number * _PERIOD_S) * sample_rate / _SAMPLES)
