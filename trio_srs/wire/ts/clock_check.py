"""A program's clock beside what it is to be the clock of. Floor 0.

Source:
    ISO/IEC 13818-1:2022, 2.4.2 and 2.7.2; ETSI TR 101 290, 5.2.2, for how long is too long.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.ts.packet import CLOCK_HZ, PCR_PER_TICK, WRAP_TICKS
from trio_srs.wire.ts.ts_oddity import TsOddityKind

__all__ = ["ClockCheck"]

_MS: Final = CLOCK_HZ // 1000
_LONGEST: Final = 100 * _MS
"""Ticks between two clock references."""
_NEVER: Final = 1000 * _MS
"""Ticks of decoding without any: none is to be expected."""
_FAR: Final = 10 * CLOCK_HZ
"""Times further apart are not of one clock: one of them was set."""
_HALF: Final = WRAP_TICKS // 2

Found = tuple[TsOddityKind, str]


@attrs.define(eq=False)
class ClockCheck:
    """Follows the clock references and the times of decoding of one program, all of 33 bits."""

    _clock: int | None = None
    """Ticks: the newest reference."""
    _since: int | None = None
    """The first time of decoding behind it."""
    _is_told: bool = False

    def reference(self, pcr: int, *, is_set: bool) -> Found | None:
        """A clock reference came.

        Args:
            pcr: in units of 27 MHz.
            is_set: the stream says that its clock goes on from elsewhere.
        """
        before, self._clock = self._clock, pcr // PCR_PER_TICK
        self._since, self._is_told = None, False
        if before is None or is_set:
            return None
        step = _apart(before, self._clock)
        if -_FAR < step <= 0:
            return TsOddityKind.PCR_BACK, f"{-step // _MS} ms back"
        if _LONGEST < step < _FAR:
            return TsOddityKind.PCR_INTERVAL, f"{step // _MS} ms between two clock references"
        return None

    def decode_time(self, ticks: int) -> Found | None:
        """A PES packet begins, which is to be decoded then."""
        if self._since is None:
            self._since = ticks
        waited = _apart(self._since, ticks)
        if _NEVER < waited < _FAR and not self._is_told:
            self._is_told = True
            return TsOddityKind.NO_PCR, f"{waited // _MS} ms without a clock reference"
        if self._clock is not None and -_FAR < (ahead := _apart(self._clock, ticks)) < 0:
            return TsOddityKind.LATE, f"{-ahead // _MS} ms behind the clock"
        return None


def _apart(start: int, end: int) -> int:
    return (end - start + _HALF) % WRAP_TICKS - _HALF
