"""Which tracks a container begins with: its first bytes say so, and players go by them. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

import attrs

from trio_srs.media.remux.access_unit import TICKS_PER_MS, AccessUnit

__all__ = ["START_WAIT_MS", "StartGate"]

START_WAIT_MS: Final = 500
"""How much of one track is held until the other comes; then the container begins without."""
_MOST: Final = 512
"""Units that are held, whatever their times are; likewise bytes."""
_MOST_BYTES: Final = 1 << 22


@attrs.define(eq=False)
class StartGate:
    """Holds the first access units of a stream until there are some of both kinds.

    A container that says it has sound and has none, or the other way round, is black or silent for
    ever in some players, so it says what has come. Sound from before the first picture is left
    out, so that both begin together.
    """

    may_come: Callable[[str], bool]
    """Whether a track of that kind is worth waiting for."""
    others: Callable[[], Collection[str]] = tuple
    """Tracks beside the first of each kind that are to be there as well, by
    :attr:`.AccessUnit.lane`."""
    is_open: bool = False
    """Units need not be shown to the gate any more."""
    _held: list[AccessUnit] = attrs.field(factory=list)
    _size: int = 0

    def hold(self, unit: AccessUnit) -> list[AccessUnit]:
        """Take the next unit; return those that may go on, which is none or all."""
        held = self._held
        held.append(unit)
        self._size += len(unit.data)
        kinds = {each.format.kind for each in held if not each.track}
        other = "audio" if "video" in kinds else "video"
        waited_ms = (unit.dts - held[0].dts) // TICKS_PER_MS
        if (
            (len(kinds) > 1 and self._has_others())
            or not self.may_come(other)
            or waited_ms >= START_WAIT_MS
            or (unit.discontinuity and len(held) > 1)  # those before are of another clock
            or len(held) >= _MOST
            or self._size >= _MOST_BYTES
        ):
            return self.open()
        return []

    def _has_others(self) -> bool:
        others = self.others()
        return not others or set(others) <= {each.lane for each in self._held}

    def open(self) -> list[AccessUnit]:
        """Let all go on that are held, and from now on everything."""
        held, self._held, self._size, self.is_open = self._held, [], 0, True
        first = next((unit.dts for unit in held if unit.format.kind == "video"), None)
        if first is None:
            return held
        kept = [unit for unit in held if unit.format.kind == "video" or unit.dts >= first]
        if held[0].discontinuity and not kept[0].discontinuity:
            kept[0] = attrs.evolve(kept[0], discontinuity=True)  # what broke is left out
        return kept

    def close(self) -> None:
        """Another stream comes: begin to hold again."""
        self._held, self._size, self.is_open = [], 0, False
