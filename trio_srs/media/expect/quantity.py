"""Numbers with units: read, converted and written. Floor 1.

A fact has one unit, that of its subject; a rule may say it in another of the same kind:
``500 ms`` of a fact in seconds, ``2 Mbit/s`` of one in bits per second. Without a unit a number
is in the subject's own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from trio_srs.media.expect.evidence import Number
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.suggestions import suggested_unit

__all__ = ["UNITS", "read_number", "read_numbers", "show_number", "write_number"]

_TIME: Final = {
    "h": Fraction(3600), "min": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000),
}  # fmt: skip
_BIT_RATE: Final = {
    "Gbit/s": Fraction(10**9), "Mbit/s": Fraction(10**6), "kbit/s": Fraction(1000),
    "bit/s": Fraction(1), "Gbps": Fraction(10**9), "Mbps": Fraction(10**6),
    "kbps": Fraction(1000), "bps": Fraction(1),
}  # fmt: skip
_BYTES: Final = {
    "GB": Fraction(10**9), "MB": Fraction(10**6), "kB": Fraction(1000),
    "GiB": Fraction(2**30), "MiB": Fraction(2**20), "KiB": Fraction(2**10), "B": Fraction(1),
}  # fmt: skip

UNITS: Final[Mapping[str, Mapping[str, Fraction]]] = {
    "": {},
    "s": _TIME,
    "ms": {word: 1000 * size for word, size in _TIME.items()},
    "bit/s": _BIT_RATE,
    "B": _BYTES,
    "Hz": {"kHz": Fraction(1000), "Hz": Fraction(1)},
    "fps": {"fps": Fraction(1)},
    "px": {"px": Fraction(1)},
    "ms/min": {"ms/min": Fraction(1)},
    "dB": {"dB": Fraction(1), "dBFS": Fraction(1), "dBTP": Fraction(1)},
    "LUFS": {"LUFS": Fraction(1), "LKFS": Fraction(1)},
    "LU": {"LU": Fraction(1)},
    "frames": {"frames": Fraction(1), "frame": Fraction(1)},
}
"""By the unit of a subject: what each unit that a rule may use is worth in it."""

_SCALES: Final[tuple[tuple[str, int], ...]] = (("Mbit/s", 10**6), ("kbit/s", 1000))
_NUMBER: Final = re.compile(
    r"([+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?)(?:/(\d{1,30}))?\s*([A-Za-z%/]*)", re.ASCII
)


def read_number(raw: object, unit: str) -> Number:
    """Read one number, of text with or without a unit, or of Python.

    Raises:
        RuleError: no number, not finite, or a unit of another kind.
    """
    return read_numbers((raw,), unit)[0]


def read_numbers(raws: Sequence[object], unit: str) -> tuple[Number, ...]:
    """Read numbers that belong together: those without a unit have that of the last.

    Raises:
        RuleError: likewise.
    """
    last = raws[-1] if raws else ""
    found = _NUMBER.fullmatch(last.strip()) if isinstance(last, str) else None
    word = found[3] if found else ""
    return tuple(_read(raw, unit, word) for raw in raws)


def _read(raw: object, unit: str, word: str) -> Number:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Fraction | str):
        raise RuleError(f"expected a number{_of(unit)}, not {raw!r}")
    if not isinstance(raw, str):
        if not math.isfinite(raw):
            raise RuleError(f"expected a number{_of(unit)}, not {raw}")
        return raw
    found = _NUMBER.fullmatch(raw.strip())
    if found is None or (found[2] and not int(found[2])):
        raise RuleError(f'expected a number{_of(unit)}, not "{raw.strip()}"')
    number = Fraction(found[1]) / int(found[2] or 1)
    word = found[3] or word
    if word:
        if word not in UNITS[unit]:
            meant = suggested_unit(word, unit)
            hint = f"; did you mean {meant}?" if meant else ""
            raise RuleError(f'"{word}" is no unit of this: expected {_expected(unit)}{hint}')
        number *= UNITS[unit][word]
    if number.denominator == 1:
        return number.numerator
    return number if found[2] else float(number)


def _of(unit: str) -> str:
    return f" in {unit}" if unit else ""


def _expected(unit: str) -> str:
    return " or ".join(UNITS[unit]) or "a number without a unit"


def write_number(number: Number, unit: str) -> str:
    """Write a number so that :func:`read_number` reads the very same again."""
    if unit == "bit/s" and isinstance(number, int):
        number, unit = _scaled(number)
    text = str(number) if isinstance(number, int | Fraction) else repr(number)
    return f"{text} {unit}".rstrip()


def _scaled(bits: int) -> tuple[int, str]:
    for word, size in _SCALES:
        if bits and not bits % size:
            return bits // size, word
    return bits, "bit/s"


def show_number(number: Number, unit: str) -> str:
    """Write a number for people: as many digits as say something."""
    for word, size in _SCALES:
        if unit == "bit/s" and not -size < number < size:
            return f"{float(number) / size:.4g} {word}"
    text = str(number) if isinstance(number, int | Fraction) else f"{number:.6g}"
    return f"{text} {unit}".rstrip()
