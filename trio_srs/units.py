"""Numbers that carry their unit in the type, and the text people write them as.

Floor -1. A duration is written ``"10s"``, ``"350ms"``, ``"5m"`` or ``"1h"``, a size ``"64KiB"``
or ``"10kB"``; a bare number is seconds or bytes. 0 means zero: "for ever" is the word
``"never"``. What is formatted here is parsed back to exactly the same number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final, NewType

import attrs

__all__ = [
    "NEVER",
    "Bytes",
    "Seconds",
    "Timeout",
    "Within",
    "bytes_within",
    "format_bytes",
    "format_seconds",
    "parse_bytes",
    "parse_seconds",
    "parse_timeout",
    "seconds_within",
    "within",
]

Seconds = NewType("Seconds", float)
"""A duration: finite, zero or more."""
Timeout = NewType("Timeout", float)
"""A duration after which something ends; ``math.inf`` is never."""
Bytes = NewType("Bytes", int)
"""A size: zero or more."""

NEVER: Final = Timeout(math.inf)
"""The timeout that does not come."""

_QUANTITY: Final = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,40}))?(?:e-([0-9]{1,3}))? ?([A-Za-z]*)")
# Numerator and denominator, so that "350ms" is exactly the float 0.35. Largest first: the
# formatter takes the first that fits.
_SECONDS: Final = {"h": (3600, 1), "m": (60, 1), "s": (1, 1), "ms": (1, 1000)}
_BYTES: Final = {
    "TiB": (2**40, 1),
    "GiB": (2**30, 1),
    "MiB": (2**20, 1),
    "KiB": (2**10, 1),
    "GB": (10**9, 1),
    "MB": (10**6, 1),
    "kB": (10**3, 1),
    "B": (1, 1),
}
_MAX_SECONDS: Final = 1e12  # 30,000 years: beyond it is a mistake, or "never" misspelt
_MAX_BYTES: Final = 2**63
_EXPECT_SECONDS: Final = 'a duration such as "10s", "350ms", "5m" or "1h", or a number of seconds'
_EXPECT_TIMEOUT: Final = f'{_EXPECT_SECONDS}, or "never"'
_EXPECT_BYTES: Final = 'a size such as "64KiB", "32MiB" or "10kB", or a whole number of bytes'


def parse_seconds(value: object) -> Seconds:
    """Read a duration from text with a unit (h, m, s, ms) or from a bare number of seconds.

    Raises:
        ValueError: anything else; negative, not finite, or above 1e12 seconds. The message
            says what was expected.
    """
    return Seconds(_duration(value, _EXPECT_SECONDS))


def parse_timeout(value: object) -> Timeout:
    """Read a duration as :func:`parse_seconds` does, or the word ``"never"``."""
    return NEVER if value == "never" else Timeout(_duration(value, _EXPECT_TIMEOUT))


def parse_bytes(value: object) -> Bytes:
    """Read a size from text with a unit (B, kB, MB, GB, KiB, MiB, GiB, TiB) or a whole number.

    Raises:
        ValueError: anything else; negative, not whole, or 2**63 and more. The message says
            what was expected.
    """
    if isinstance(value, str):
        numerator, denominator = _ratio(value, _BYTES, _EXPECT_BYTES)
    elif isinstance(value, int) and not isinstance(value, bool):
        numerator, denominator = value, 1
    else:
        raise _unexpected(value, _EXPECT_BYTES)
    if not 0 <= numerator < _MAX_BYTES * denominator or numerator % denominator:
        raise _unexpected(value, _EXPECT_BYTES)
    return Bytes(numerator // denominator)


def format_seconds(value: float) -> str:
    """Write a duration in the largest unit that divides it; ``math.inf`` is ``never``."""
    if value == math.inf:
        return "never"
    millis = round(value * 1000)
    if millis / 1000 != value:
        return f"{value!r}s"
    if not millis:
        return "0s"
    sizes = ((unit, top * 1000 // bottom) for unit, (top, bottom) in _SECONDS.items())
    return next(f"{millis // size}{unit}" for unit, size in sizes if millis % size == 0)


def format_bytes(value: int) -> str:
    """Write a size in the largest unit that divides it, binary units first."""
    if not value:
        return "0B"
    sizes = ((unit, size) for unit, (size, _) in _BYTES.items())
    return next(f"{value // size}{unit}" for unit, size in sizes if value % size == 0)


def _duration(value: object, expected: str) -> float:
    if isinstance(value, str):
        numerator, denominator = _ratio(value, _SECONDS, expected)
        # True division of integers is rounded once, so formatted text comes back exactly.
        seconds = numerator / denominator
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(min(value, 2 * _MAX_SECONDS))  # an integer may be too large for a float
    else:
        raise _unexpected(value, expected)
    if not 0 <= seconds <= _MAX_SECONDS:  # false for NaN too
        raise _unexpected(value, expected)
    return seconds


def _ratio(text: str, units: dict[str, tuple[int, int]], expected: str) -> tuple[int, int]:
    found = _QUANTITY.fullmatch(text)
    if found is None or found[4] not in units:
        raise _unexpected(text, expected)
    whole, fraction, exponent = found[1], found[2] or "", int(found[3] or 0)
    numerator, denominator = units[found[4]]
    return int(whole + fraction) * numerator, denominator * 10 ** (len(fraction) + exponent)


def _unexpected(value: object, expected: str) -> ValueError:
    seen = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return ValueError(f"expected {expected}, not {seen}")


@attrs.frozen
class Within:
    """A validator for an ``attrs`` field: a range whose ends are allowed, printed in its unit.

    None passes: it is how a setting says "off", and the type decides whether it may.
    """

    low: float
    high: float
    show: Callable[[Any], str] = str

    def __call__(self, _instance: object, _attribute: object, value: Any) -> None:
        """Check a value.

        Raises:
            ValueError: it lies outside; the message has the value and the range.
        """
        if value is not None and not self.low <= value <= self.high:
            raise ValueError(f"expected {self}, not {self.show(value)}")

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"{self.show(self.low)} or more"
        return f"{self.show(self.low)} to {self.show(self.high)}"


def within(low: int, high: int) -> Within:
    """A range of plain numbers."""
    return Within(low, high)


def seconds_within(low: str, high: str) -> Within:
    """A range of durations, ends as text; ``"never"`` as the upper end allows it."""
    return Within(parse_seconds(low), parse_timeout(high), format_seconds)


def bytes_within(low: str, high: str) -> Within:
    """A range of sizes, ends as text."""
    return Within(parse_bytes(low), parse_bytes(high), format_bytes)
