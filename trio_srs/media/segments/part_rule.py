"""How long parts are: as was asked, and so that whole frames fill them. Floor 1.

Source:
    draft-pantos-hls-rfc8216bis, 4.4.4.9: no part is longer than the part target, and all but the
    last of a segment have 85 % of it. The part target does not change once it was said.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS

__all__ = ["PartRule"]

_LEAST: Final = 0.85
_FILLED: Final = 0.86
"""A little more is aimed at."""
_MARGIN: Final = 2 * TICKS_PER_MS
"""Timestamps in milliseconds make frames seem longer and shorter than they are."""
_STEP: Final = TICKS_PER_MS


@attrs.define(eq=False)
class PartRule:
    """The part target of all renditions of a stream."""

    nominal: int
    """Ticks, as was asked; the target is never less."""
    target: int | None = None
    """Ticks; None until it is known how long frames are."""

    def settle(self, frames: Collection[int]) -> None:
        """Choose the target, once: the least that frames of these lengths can fill.

        Args:
            frames: ticks that one lasts, of each track.
        """
        if self.target is not None:
            return
        longest = max(frames, default=0) + _MARGIN
        target = most = max(self.nominal, longest)
        while target < 2 * most and not all(_fills(each, target) for each in frames):
            target += _STEP
        self.target = target

    def is_filled(self, ticks: int) -> bool:
        """Whether a part of that length is long enough. The target is known."""
        assert self.target is not None
        return ticks >= _LEAST * self.target


def _fills(frame: int, target: int) -> bool:
    """Whether as many frames as there is room for are enough."""
    return (target - _MARGIN) // frame * frame >= _FILLED * target
