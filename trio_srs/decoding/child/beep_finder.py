"""Finds the beeps of our pattern in decoded sound. Floor 2.

Each pitch is shifted to 0 Hz and smoothed over 16 ms; where it is the loudest of all for about as
long as a beep lasts, it is one. It begins where it is half as loud as in its middle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from trio_srs.decoding.child.coded_frames import CodedFrame
from trio_srs.media.decoded.measures import Beep
from trio_srs.media.pattern.beeps import BEEP_FRAMES, PITCHES_HZ

__all__ = ["BeepFinder"]

_Envelopes: TypeAlias = NDArray[np.float64]
_Waves: TypeAlias = NDArray[np.complexfloating[Any, Any]]

_PITCHES: Final = [
    (exact, at, hz) for exact, pitches in PITCHES_HZ.items() for at, hz in enumerate(pitches)
]
_SMOOTH_S: Final = 0.008
"""Seconds of each of two running means."""
_STEP: Final = 8
"""Samples from one point of an envelope to the next."""
_THINNED: Final = 4
_CHUNK_S: Final = 2.0
_OVERLAP_S: Final = 0.4
"""More than a beep: one that reaches into the next chunk is found there."""
_LEAST_S, _MOST_S = 0.05, 0.18
_LOUD: Final = 0.5
"""Of the loudest in the chunk."""
_FLOOR: Final = 0.002
"""Of full scale: what is no louder is no beep."""
_ABOVE: Final = 3.0
"""Times the usual level of its pitch."""
_PURE: Final = 0.4
"""Share of the energy that is the beep's own."""
_SLOW_S: Final = 0.11
"""Seconds: a beep that lasts longer is of 32 kHz, whose AAC frames do."""
_FRAME_S: Final = {(False, False): 1024 / 44100, (True, False): 1024 / 48000, (True, True): 0.032}
"""Of an AAC frame as the beep was made, by whether it is exact, and slow."""
_RISE: Final = 0.333
"""AAC frames from where a beep begins to where it is half as loud, by AAC's window. Measured."""
_GAP_S: Final = 0.1


@attrs.frozen
class _Found:
    at_s: float
    """In the chunk."""
    pitch: int
    exact: bool
    seconds: float


class BeepFinder:
    """Takes sound as it comes."""

    def __init__(self) -> None:
        self._rate = 0
        self._samples: list[NDArray[np.float32]] = []
        self._count = 0
        self._began: CodedFrame | None = None
        self._places: list[tuple[float, CodedFrame]] = []
        """Where in the chunk each packet begins, in seconds."""
        self._done_s = 0.0
        """In the chunk: what begins before this was told."""

    def feed(self, mono: NDArray[np.float32], rate: int, coded: CodedFrame) -> Iterator[Beep]:
        """Take the sound of a packet."""
        if self._places:
            before_s, before = self._places[-1]
            expected_ms = before.time_ms + (self._count / self._rate - before_s) * 1000
            if rate != self._rate or abs(coded.time_ms - expected_ms) > _GAP_S * 1000:
                yield from self.finish()
        self._rate = rate
        self._places.append((self._count / rate, coded))
        self._samples.append(mono)
        self._count += len(mono)
        if self._count >= _CHUNK_S * rate:
            yield from self._look(is_last=False)

    def finish(self) -> Iterator[Beep]:
        """There is no more, or not in one piece."""
        if self._places:
            yield from self._look(is_last=True)
        self._samples, self._places, self._count, self._done_s = [], [], 0, 0.0

    def _look(self, *, is_last: bool) -> Iterator[Beep]:
        samples = np.concatenate(self._samples)
        seconds = len(samples) / self._rate
        until_s = seconds if is_last else seconds - _OVERLAP_S
        for found in _find(samples, self._rate):
            if self._done_s <= found.at_s < until_s:
                yield self._beep(found)
        if not is_last:
            self._keep(samples, until_s)

    def _keep(self, samples: NDArray[np.float32], until_s: float) -> None:
        """What the next chunk begins with: a little of what was told, as smoothing looks back."""
        begin_s = max(until_s - _OVERLAP_S, 0.0)
        first = next(
            at for at, (place_s, _) in reversed(list(enumerate(self._places))) if place_s <= begin_s
        )
        begin_s = self._places[first][0]
        self._places = [(place_s - begin_s, coded) for place_s, coded in self._places[first:]]
        self._samples = [samples[round(begin_s * self._rate) :]]
        self._count = len(self._samples[0])
        self._done_s = until_s - begin_s

    def _beep(self, found: _Found) -> Beep:
        frame_s = _FRAME_S[found.exact, found.exact and found.seconds > _SLOW_S]
        place_s, coded = next(
            (each for each in reversed(self._places) if each[0] <= found.at_s), self._places[0]
        )
        heard_ms = coded.time_ms + (found.at_s - place_s - _RISE * frame_s) * 1000
        return Beep(
            index=coded.index, timestamp_ms=coded.timestamp_ms, heard_ms=heard_ms,
            pitch=found.pitch, exact=found.exact,
        )  # fmt: skip


def _find(samples: NDArray[np.float32], rate: int) -> Iterator[_Found]:
    if len(samples) < _LEAST_S * rate:
        return
    envelopes = _envelopes(samples, rate)
    step_s = _STEP / rate
    usual = np.median(envelopes, axis=1)
    loudest = envelopes.max()
    if loudest < _FLOOR:
        return
    which = envelopes.argmax(axis=0)
    level = envelopes.max(axis=0)
    is_loud = level > np.maximum(_LOUD * loudest, _ABOVE * usual[which])
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_loud.view(np.int8), [0]))))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        seconds = (end - begin) * step_s
        pitch = int(np.bincount(which[begin:end]).argmax())
        if begin and _LEAST_S <= seconds <= _MOST_S and _is_pure(samples, level, begin, end):
            exact, at, _ = _PITCHES[pitch]
            yield _Found(_onset(envelopes[pitch], begin, end) * step_s, at, exact, seconds)


def _is_pure(
    samples: NDArray[np.float32], level: NDArray[np.float64], begin: int, end: int
) -> bool:
    """Whether there is little else in it: music and noise have every pitch."""
    power = float(np.mean(np.square(samples[begin * _STEP : end * _STEP], dtype=np.float64)))
    return float(np.median(level[begin:end])) ** 2 / 2 >= _PURE * power


def _onset(envelope: NDArray[np.float64], begin: int, end: int) -> float:
    """Where it is half as loud as in its middle, between two points."""
    third = max((end - begin) // 3, 1)
    half = float(np.median(envelope[begin + third : end - third + 1])) / 2
    at = begin + third
    while at > 0 and envelope[at] > half:
        at -= 1
    below, above = envelope[at], envelope[at + 1]
    return at + float((half - below) / (above - below)) if above > below else float(at)


def _envelopes(samples: NDArray[np.float32], rate: int) -> _Envelopes:
    """How loud each pitch is, at every eighth sample. The highest is far below what is lost when
    four samples are taken as one."""
    few = samples[: len(samples) // _THINNED * _THINNED].reshape(-1, _THINNED).mean(axis=1)
    time_s = (np.arange(len(few)) * _THINNED + (_THINNED - 1) / 2) / rate
    width = max(int(_SMOOTH_S * rate / _THINNED), 1)
    rows = []
    for _, _, hz in _PITCHES:
        once = _running_mean(few * np.exp(-2j * np.pi * hz * time_s), width)
        shifted = _running_mean(once, width)
        rows.append(2 * np.abs(shifted[:: _STEP // _THINNED]))
    return np.array(rows)


def _running_mean(values: _Waves, width: int) -> _Waves:
    """Around each value, so that nothing is late."""
    before = width // 2
    padded = np.concatenate((np.zeros(before + 1), values, np.zeros(width - before)))
    sums: _Waves = np.cumsum(padded)
    return (sums[width:] - sums[:-width])[: len(values)] / width


assert BEEP_FRAMES == 4  # what is said above of how long beeps last stands on it
