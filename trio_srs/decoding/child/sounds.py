"""Measures decoded sound: level, clipping, tone, loudness. Floor 2."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, TypeAlias

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter.context import FilterContext
from numpy.typing import NDArray

from trio_srs.decoding.child.beep_finder import BeepFinder
from trio_srs.decoding.child.coded_frames import CodedFrame
from trio_srs.decoding.child.decoder import DecodedSound
from trio_srs.media.decoded.measures import (
    FLOOR_DB,
    Beep,
    Loudness,
    SoundMeasures,
    ToneMeasures,
)

__all__ = ["SoundMeter"]

Samples: TypeAlias = NDArray[np.float32]

_FULL: Final = 0.9995
"""A share of full scale from which on a sample is clipped."""
_RUN: Final = 3
"""So many in a row are no peak."""
_TONE_SAMPLES: Final = 4096
_FULL_SCALE: Final = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0}
_SETTLED: Final = 0.4
"""Seconds that EBU R128 needs for a first value."""


class SoundMeter:
    """Measures the sound of one stream, packet by packet."""

    def __init__(self) -> None:
        self._beeps = BeepFinder()
        self._loudness: _LoudnessMeter | None = None
        self._tail: Samples = np.zeros(0, np.float32)
        self._tail_at: CodedFrame | None = None
        self._seconds = 0.0

    def measure(self, sound: DecodedSound) -> Iterator[SoundMeasures | ToneMeasures | Beep]:
        """What there is to say of some sound."""
        samples, rate = _floats(sound.frame), sound.frame.sample_rate
        coded, seconds = sound.coded, samples.shape[1] / rate
        self._seconds += seconds
        yield SoundMeasures(
            index=coded.index,
            timestamp_ms=coded.timestamp_ms,
            heard_ms=coded.time_ms,
            seconds=seconds,
            level_db=_level_db(samples),
            peak=float(np.abs(samples).max(initial=0.0)),
            clipped=_clipped(samples),
        )
        if self._loudness is None or not self._loudness.takes(sound.frame):
            self._loudness = _LoudnessMeter(sound.frame, self._loudness)
        self._loudness.add(sound.frame)
        mono = samples.mean(axis=0)
        yield from self._tones(mono, rate, coded)
        yield from self._beeps.feed(mono, rate, coded)

    def finish(self) -> Iterator[Beep | Loudness]:
        """What is still to be said at the end."""
        yield from self._beeps.finish()
        if self._loudness is not None and self._seconds > _SETTLED:
            found = self._loudness.finish()
            if found is not None:
                yield found

    def _tones(self, mono: Samples, rate: int, coded: CodedFrame) -> Iterator[ToneMeasures]:
        if self._tail_at is None:
            self._tail_at = coded
        self._tail = np.concatenate([self._tail, mono])
        while len(self._tail) >= _TONE_SAMPLES:
            hz, share = _strongest(self._tail[:_TONE_SAMPLES], rate)
            yield ToneMeasures(
                index=self._tail_at.index, timestamp_ms=self._tail_at.timestamp_ms,
                hz=hz, share=share,
            )  # fmt: skip
            self._tail, self._tail_at = self._tail[_TONE_SAMPLES:], coded


def _floats(frame: AudioFrame) -> Samples:
    """Samples by channel, 1 is full scale."""
    values = frame.to_ndarray()
    name = frame.format.name.removesuffix("p")
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    floats = values.astype(np.float32)
    if name == "u8":
        floats -= 128
    scale = _FULL_SCALE.get(name)
    return floats if scale is None else floats / np.float32(scale)


def _level_db(samples: Samples) -> float:
    power = float(np.mean(np.square(samples, dtype=np.float64), axis=1).max(initial=0.0))
    return max(10 * np.log10(power), FLOOR_DB) if power > 0 else FLOOR_DB


def _clipped(samples: Samples) -> int:
    """Samples of all channels that are in a run at full scale."""
    full = np.abs(samples) >= _FULL
    if full.shape[1] < _RUN or not full.any():
        return 0
    runs = full[:, 2:] & full[:, 1:-1] & full[:, :-2]
    inside = np.zeros_like(full)
    for shift in range(_RUN):
        inside[:, shift : shift + runs.shape[1]] |= runs
    return int(inside.sum())


_WINDOW: Final = np.hanning(_TONE_SAMPLES)


def _strongest(samples: Samples, rate: int) -> tuple[float, float]:
    """The strongest frequency, and its share of the energy."""
    power = np.abs(np.fft.rfft(samples * _WINDOW)) ** 2
    total = float(power.sum())
    at = int(power.argmax())
    if not total or not 0 < at < len(power) - 1:
        return 0.0, 0.0
    near = power[max(at - 3, 0) : at + 4]
    left, peak, right = (float(np.log(value + 1e-30)) for value in power[at - 1 : at + 2])
    bend = left - 2 * peak + right
    offset = 0.5 * (left - right) / bend if bend else 0.0
    return (at + offset) * rate / _TONE_SAMPLES, float(near.sum()) / total


class _LoudnessMeter:
    """FFmpeg's own meter. Where the form of the sound changes it begins anew: the last counts."""

    def __init__(self, frame: AudioFrame, before: _LoudnessMeter | None) -> None:
        self._form = frame.format.name, frame.layout.name, frame.sample_rate
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format.name, layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )  # fmt: skip
        meter = self._graph.add("ebur128", "metadata=1:peak=true")
        sink = self._graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()
        self._sink: FilterContext = sink
        self._at = 0
        self._said: dict[str, str] = {}

    def takes(self, frame: AudioFrame) -> bool:
        return self._form == (frame.format.name, frame.layout.name, frame.sample_rate)

    def add(self, frame: AudioFrame) -> None:
        frame.pts, frame.time_base = self._at, Fraction(1, frame.sample_rate)
        self._at += frame.samples
        self._graph.push(frame)
        self._pull()

    def _pull(self) -> None:
        while True:
            try:
                out = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if out.metadata:
                self._said.update(out.metadata)

    def finish(self) -> Loudness | None:
        """What it has measured; None if it has not."""
        self._graph.push(None)
        self._pull()
        peaks = [
            float(v) for k, v in self._said.items() if k.startswith("lavfi.r128.true_peaks_ch")
        ]
        if "lavfi.r128.I" not in self._said:
            return None
        peak = max(peaks, default=0.0)
        return Loudness(
            integrated_lufs=float(self._said["lavfi.r128.I"]),
            range_lu=float(self._said.get("lavfi.r128.LRA", 0.0)),
            true_peak_db=max(20 * float(np.log10(peak)), FLOOR_DB) if peak > 0 else FLOOR_DB,
        )
