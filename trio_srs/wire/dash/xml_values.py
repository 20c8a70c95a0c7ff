"""Times, dates and rates as manifests write them. Floor 0.

Source:
    XML Schema, part 2: 3.2.6 (duration) and 3.2.7 (dateTime). ISO/IEC 23009-1, 5.3.7.2: frame rates
    are ratios.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from trio_srs.errors import ProtocolError

__all__ = [
    "ManifestError",
    "read_date",
    "read_duration",
    "read_frame_rate",
    "write_date",
    "write_duration",
    "write_frame_rate",
]

_DURATION: Final = re.compile(
    r"P(?:([0-9]{1,9})D)?(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?"
    r"(?:([0-9]{1,12}(?:\.[0-9]{1,12})?)S)?)?"
)
_CALENDAR: Final = re.compile(r"P[^T]*[YM]")
_DATE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_RATE: Final = re.compile(r"([0-9]{1,9})(?:/([0-9]{1,9}))?")
_UNITS: Final = (86_400, 3600, 60, 1)
_PLACES: Final = 6
"""Digits behind the point: finer than a sample of sound."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NTSC: Final = 1001
_ROUNDED: Final = 0.001
"""Of a rate: how rates are rounded that are told here."""


class ManifestError(ProtocolError):
    """What is no manifest of DASH, or no lawful one. The text says where and why."""

    code = "manifest_error"


def write_duration(seconds: float) -> str:
    """Seconds as an ``xs:duration``: ``PT2.5S``.

    Raises:
        ValueError: it is negative or infinite. A caller's mistake.
    """
    if not 0 <= seconds < math.inf:
        raise ValueError(f"a duration of {seconds} s")
    text = f"{seconds:.{_PLACES}f}".rstrip("0").rstrip(".")
    return f"PT{text}S"


def read_duration(text: str) -> float:
    """The seconds of an ``xs:duration``.

    Raises:
        ManifestError: it is none, or counts in months, which are of no length.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        why = "months and years are of no length" if _CALENDAR.match(text) else "expected PT2.5S"
        raise ManifestError(f"{text[:80]!r} is no duration: {why}")
    return sum(float(each or 0) * unit for each, unit in zip(found.groups(), _UNITS, strict=True))


def write_date(unix_ms: int) -> str:
    """Milliseconds since 1970 as an ``xs:dateTime`` in UTC."""
    date = _EPOCH + timedelta(milliseconds=unix_ms)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03}Z"


def read_date(text: str) -> int:
    """The milliseconds since 1970 of an ``xs:dateTime``.

    Raises:
        ManifestError: it is none, or does not say of which time zone.
    """
    try:
        if not _DATE.fullmatch(text):
            raise ValueError("expected 2026-11-30T10:00:00.000Z")
        return round((datetime.fromisoformat(text) - _EPOCH) / timedelta(milliseconds=1))
    except (ValueError, OverflowError) as error:
        raise ManifestError(f"{text[:80]!r} is no time of day: {error}") from error


def write_frame_rate(rate: float) -> str:
    """Pictures per second as a ratio: ``25``, ``30000/1001``.

    Raises:
        ValueError: it is not positive. A caller's mistake.
    """
    if rate <= 0:
        raise ValueError(f"a rate of {rate}")
    whole = round(rate)
    if abs(rate - whole) < _ROUNDED:
        return str(whole)
    ntsc = round(rate * _NTSC / 1000)
    if abs(rate - ntsc * 1000 / _NTSC) < _ROUNDED:
        return f"{ntsc * 1000}/{_NTSC}"
    ratio = Fraction(round(rate * 1000), 1000)
    return f"{ratio.numerator}/{ratio.denominator}"


def read_frame_rate(text: str) -> float:
    """The pictures per second of a ratio. Raises ManifestError: it is none."""
    found = _RATE.fullmatch(text)
    over, under = (int(each or 1) for each in found.groups()) if found else (0, 0)
    if not over or not under:
        raise ManifestError(f"{text[:80]!r} is no frame rate")
    return over / under
