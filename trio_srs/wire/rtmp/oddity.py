"""What a peer does that is odd, or is let pass: how often, and where first. Floor 0."""

from __future__ import annotations

import attrs

__all__ = ["Oddities", "Oddity", "note"]


@attrs.define
class Oddity:
    """One kind of it."""

    detail: str
    """What it was, the first time."""
    offset: int
    """Bytes of the chunk stream before it was seen for the first time."""
    count: int = 1


Oddities = dict[str, Oddity]
"""By code, in the order in which they were first seen."""


def note(oddities: Oddities, code: str, detail: str, offset: int) -> None:
    """It happened, perhaps again."""
    known = oddities.get(code)
    if known is not None:
        known.count += 1
    else:
        oddities[code] = Oddity(detail, offset)
