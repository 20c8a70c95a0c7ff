"""What comes in that is odd and is let pass: how often, and where first. Floor 0.

Each format has its own closed set of kinds; this is what is kept of each.
"""

from __future__ import annotations

import enum
from typing import TypeVar

import attrs

__all__ = ["OddityCounter", "note"]

K = TypeVar("K", bound=enum.StrEnum)


@attrs.define
class OddityCounter:
    """One kind of it."""

    detail: str
    """What it was, the first time."""
    offset: int
    """Bytes of the stream before it was seen for the first time."""
    count: int = 1


def note(oddities: dict[K, OddityCounter], kind: K, detail: str, offset: int) -> None:
    """It happened, perhaps again; kinds stand in the order in which they were first seen."""
    known = oddities.get(kind)
    if known is not None:
        known.count += 1
    else:
        oddities[kind] = OddityCounter(detail, offset)
