"""When the frames of a synthetic stream are sent, and when they say that they are. Floor 1.

A frame is *due* at its number times the interval, exactly. Its timestamp is that, a little
stretched (drift), moved (jitter, defects) and rounded; it is sent when due, but for a stall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

import attrs

from trio_srs.media.pattern.defects import Defect, DefectKind

__all__ = ["Schedule"]

_MILLION: Final = 1_000_000
_SPAN: Final = 1 << 64


@attrs.frozen(kw_only=True)
class Schedule:
    """The times of one stream, in milliseconds from its first frame on. No state, no chance."""

    video_interval_ms: Fraction
    start_ms: int = 0
    """The first timestamp."""
    drift_ppm: Fraction = Fraction(0)
    """How much faster timestamps run than frames are sent, in millionths."""
    audio_drift_ppm: Fraction = Fraction(0)
    """How much faster those of audio run than those of video."""
    jitter_ms: float = 0.0
    """How far a video timestamp is off at most, either way."""
    seed: int = 0
    """Of the jitter."""
    defects: tuple[Defect, ...] = ()
    _by_frame: Mapping[tuple[DefectKind, int], Defect] = attrs.field(init=False)

    @_by_frame.default
    def _index(self) -> Mapping[tuple[DefectKind, int], Defect]:
        return {(each.kind, each.at): each for each in self.defects}

    def send_ms(self, due_ms: Fraction) -> float:
        """When to send what is due then."""
        late = due_ms
        for stall in self._since(DefectKind.STALL, due_ms):
            late = max(late, stall.at * self.video_interval_ms + Fraction(stall.amount) * 1000)
        return float(late)

    def is_silent(self, kind: DefectKind, due_ms: Fraction) -> bool:
        """Whether NO_AUDIO, or NO_VIDEO, has begun by then."""
        return any(True for _ in self._since(kind, due_ms))

    def audio_ms(self, due_ms: Fraction) -> int:
        """The timestamp of an audio frame, before it goes round at 32 bits."""
        stretched = self._stretched(due_ms) * (1 + self.audio_drift_ppm / _MILLION)
        return self._placed(stretched, due_ms)

    def video_ms(self, number: int) -> int:
        """The timestamp of video frame ``number``, likewise."""
        if (DefectKind.DUPLICATE, number) in self._by_frame:
            return self._right_video_ms(number - 1)
        regression = self._by_frame.get((DefectKind.REGRESSION, number))
        if regression is not None:
            return max(self._right_video_ms(number - 1) - round(regression.amount), 0)
        return self._right_video_ms(number)

    def _right_video_ms(self, number: int) -> int:
        due_ms = number * self.video_interval_ms
        stretched = self._stretched(due_ms)
        if self.jitter_ms:
            stretched = max(stretched + self._jitter(number), Fraction(0))
        return self._placed(stretched, due_ms)

    def _stretched(self, due_ms: Fraction) -> Fraction:
        return due_ms * (1 + self.drift_ppm / _MILLION)

    def _placed(self, stretched_ms: Fraction, due_ms: Fraction) -> int:
        gaps = sum(round(gap.amount) for gap in self._since(DefectKind.GAP, due_ms))
        return self.start_ms + round(stretched_ms) + gaps

    def _jitter(self, number: int) -> Fraction:
        digest = hashlib.blake2b(b"%d %d" % (self.seed, number), digest_size=8).digest()
        share = Fraction(int.from_bytes(digest, "big"), _SPAN)
        return (2 * share - 1) * Fraction(self.jitter_ms)

    def _since(self, kind: DefectKind, due_ms: Fraction) -> Iterable[Defect]:
        """The defects of a kind whose frame is due by then."""
        for each in self.defects:
            if each.kind is kind and each.at * self.video_interval_ms <= due_ms:
                yield each
