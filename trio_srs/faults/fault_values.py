"""The parts of a fault that are written in a form of their own. Floor 1."""

from __future__ import annotations

import enum
import math
import re
from fnmatch import fnmatchcase
from typing import Final, Self

import attrs

from trio_srs.units import format_bytes, format_seconds, parse_bytes, parse_seconds

__all__ = ["ALERTS", "ALL", "Nth", "Threshold", "Unit", "may_both_fit"]

_NTH: Final = re.compile(r"([1-9][0-9]{0,8})(-([1-9][0-9]{0,8})?)?")
_FRAMES: Final = re.compile(r"([0-9]{1,9}) ?(key)?frames?")
_WILD: Final = re.compile(r"[*?\[]")
_EXPECT_AFTER: Final = (
    'expected a time such as "2s", a size such as "100kB", or a number of frames such as '
    '"50frames", "keyframe" or "2keyframes"'
)


ALERTS: Final = {
    "handshake_failure": 40,
    "bad_certificate": 42,
    "protocol_version": 70,
    "internal_error": 80,
    "unrecognized_name": 112,
}
"""Fatal alerts of TLS by name (RFC 8446, 6)."""


class Unit(enum.StrEnum):
    """What is counted until a fault is due."""

    SECONDS = "seconds"
    BYTES = "bytes"
    """Received from a publisher; sent to anybody else."""
    FRAMES = "frames"
    """Messages of media."""
    KEYFRAMES = "keyframes"


@attrs.frozen
class Threshold:
    """How much is counted until a fault is due."""

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it.

        Raises:
            ValueError: it is none; the text says what was expected.
        """
        if text == "keyframe":
            return cls(1, Unit.KEYFRAMES)
        found = _FRAMES.fullmatch(text)
        if found:
            return cls(int(found[1]), Unit.KEYFRAMES if found[2] else Unit.FRAMES)
        for read, unit in ((parse_seconds, Unit.SECONDS), (parse_bytes, Unit.BYTES)):
            try:
                return cls(read(text), unit)
            except ValueError:
                continue
        raise ValueError(f'{_EXPECT_AFTER}, not "{text}"')

    def __str__(self) -> str:
        match self.unit:
            case Unit.SECONDS:
                return format_seconds(self.amount)
            case Unit.BYTES:
                return format_bytes(int(self.amount))
            case _:
                return f"{self.amount:g}{self.unit}"


@attrs.frozen
class Nth:
    """Which of those that a fault would fit it is for, counted from 1."""

    first: int = 1
    last: float = math.inf

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``3``, ``2-4`` or ``2-``.

        Raises:
            ValueError: it is none of these.
        """
        found = _NTH.fullmatch(text)
        if found is None:
            raise ValueError(f'expected a number such as "2", "2-4" or "2-", not "{text}"')
        first = int(found[1])
        if not found[2]:
            return cls(first, first)
        last = int(found[3]) if found[3] else math.inf
        if last < first:
            raise ValueError(f'expected the smaller number first, not "{text}"')
        return cls(first, last)

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last

    def overlaps(self, other: Nth) -> bool:
        """Whether one number is in both."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}-" if self.last == math.inf else f"{self.first}-{self.last:g}"


ALL: Final = Nth()
"""Each of them."""


def may_both_fit(one: str, other: str) -> bool:
    """Whether some name may fit both of two patterns; what is not sure counts as yes."""
    if not _WILD.search(one):
        return fnmatchcase(one, other)
    if not _WILD.search(other):
        return fnmatchcase(other, one)
    fronts = (_WILD.split(one)[0], _WILD.split(other)[0])
    ends = (_WILD.split(one)[-1], _WILD.split(other)[-1])
    if "]" in one + other:
        ends = ("", "")
    return _one_continues(*fronts) and _one_continues(ends[0][::-1], ends[1][::-1])


def _one_continues(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
