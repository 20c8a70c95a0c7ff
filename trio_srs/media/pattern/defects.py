"""What can be wrong on purpose with a synthetic stream. Floor 1."""

from __future__ import annotations

import enum
import re
from typing import Final, Self

import attrs

from trio_srs.media.pattern.pattern_error import PatternError

__all__ = ["Defect", "DefectKind"]


class DefectKind(enum.Enum):
    """What is wrong, and what its amount means."""

    REGRESSION = "regression"
    """Video frame N says it is so many ms *before* the one before it (100)."""
    DUPLICATE = "duplicate"
    """Video frame N has the timestamp of the one before it; no amount."""
    GAP = "gap"
    """From video frame N on all timestamps are so many ms later (1000); none is sent later."""
    STALL = "stall"
    """From video frame N on nothing is sent for so many seconds (5); then what is late, at once."""
    NO_AUDIO = "no-audio"
    """No sound from video frame N on; it is announced all the same. No amount."""
    NO_VIDEO = "no-video"
    """No pictures from frame N on; they are announced all the same. No amount."""


_DEFAULT: Final = {DefectKind.REGRESSION: 100.0, DefectKind.GAP: 1000.0, DefectKind.STALL: 5.0}
"""Amounts. What is not here has none, and the first two need a frame before theirs."""
_NEEDS_ONE_BEFORE: Final = (DefectKind.REGRESSION, DefectKind.DUPLICATE)
_NEEDS_NO_PLACE: Final = (DefectKind.NO_AUDIO, DefectKind.NO_VIDEO)
_FORM: Final = re.compile(r"([a-z-]+)(?:@(\d{1,9}))?(?::(\d{1,9}(?:\.\d{1,9})?))?", re.ASCII)


@attrs.frozen
class Defect:
    """One of them, at its place."""

    kind: DefectKind
    at: int
    """The number of a video frame, from 0."""
    amount: float = 0.0
    """Milliseconds, of a stall seconds."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``regression@100``, ``gap@100:250``, ``stall@50:3``, ``duplicate@7``, ``no-audio``.

        Raises:
            PatternError: no such defect, no place, or an amount it cannot have.
        """
        found = _FORM.fullmatch(text)
        kind = _KINDS.get(found[1]) if found else None
        if found is None or kind is None:
            raise PatternError(
                f"a defect {text!r}: expected KIND@FRAME:AMOUNT, KIND one of {', '.join(_KINDS)}"
            )
        if found[2] is None and kind not in _NEEDS_NO_PLACE:
            raise PatternError(f"a defect {text!r}: at which frame? As {kind.value}@100")
        at = int(found[2] or 0)
        if not at and kind in _NEEDS_ONE_BEFORE:
            raise PatternError(f"a defect {text!r}: there is no frame before the first, 0")
        if found[3] is not None and kind not in _DEFAULT:
            raise PatternError(f"a defect {text!r}: {kind.value} has no amount")
        return cls(kind, at, _DEFAULT.get(kind, 0.0) if found[3] is None else float(found[3]))

    def __str__(self) -> str:
        """As :meth:`parse` reads it."""
        amount = f":{self.amount:g}" if self.kind in _DEFAULT else ""
        return f"{self.kind.value}@{self.at}{amount}"


_KINDS: Final = {kind.value: kind for kind in DefectKind}
