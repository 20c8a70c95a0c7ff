"""Values as JSON can have them. Floor 1.

Names stay what they are as attributes: ``report.facts.tracks[0].frames`` is found under
``["facts"]["tracks"][0]["frames"]``. A fraction is text, ``"25/1"``; bytes are hexadecimal; a
number that is none (infinite, not a number) is text too.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import attrs

from trio_srs.media.trace import Trace

__all__ = ["plain"]

_DEPTH: Final = 32
"""AMF values may contain themselves; those from the wire are no deeper than this."""


def plain(value: object, depth: int = _DEPTH) -> Any:
    """A fact, a report or an AMF value as dicts, lists, text and numbers.

    What is nested deeper than ``depth``, or is of another type, becomes ``"<its type>"``.
    """
    match value:
        case enum.Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case bytes():
            return value.hex()
        case Trace():
            return value.as_dict()
    if depth and isinstance(value, Mapping):
        return {str(key): plain(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(each, depth - 1) for each in value]
    cls = type(value)
    if depth and attrs.has(cls):
        names = (field.name for field in attrs.fields(cls))
        return {name: plain(getattr(value, name), depth - 1) for name in names}
    return f"<{type(value).__name__}>"
