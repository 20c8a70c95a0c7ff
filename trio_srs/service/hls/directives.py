"""What a request for a playlist asks of it: to wait, and to leave things out. Floor 3.

Source:
    draft-pantos-hls-rfc8216bis, 6.2.5: delivery directives.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.errors import RefusedError
from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.rendition import Rendition

__all__ = ["BadDirectiveError", "Directives"]

_DECIMAL: Final = re.compile(r"[0-9]{1,18}")
_AHEAD: Final = 2
"""Segments that a request may be ahead of the newest (6.2.5.2)."""
_AHEAD_PARTS: Final = 3
"""Likewise parts: the Advance Part Limit, for parts of a second or longer."""


class BadDirectiveError(RefusedError):
    """A delivery directive that is none, or asks for what is too far ahead."""

    code = "bad_directive"
    http_status = 400


@attrs.frozen
class Directives:
    """``_HLS_msn``, ``_HLS_part`` and ``_HLS_skip``."""

    number: int | None = None
    """Answer when this segment is in the playlist, or what is said by :attr:`part`."""
    part: int | None = None
    """Of that segment: from 0 on."""
    is_delta: bool = False
    """Leave out what is old."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Directives:
        """Read them; others are passed over. Raises BadDirectiveError."""
        if not query:
            return _NONE
        number, part = (_count(query, name) for name in ("_HLS_msn", "_HLS_part"))
        if part is not None and number is None:
            raise BadDirectiveError("_HLS_part without _HLS_msn")
        return cls(number, part, query.get("_HLS_skip") in {"YES", "v2"})

    @property
    def waits(self) -> bool:
        """Whether there is something to wait for."""
        return self.number is not None

    def check(self, rendition: Rendition) -> None:
        """Raises BadDirectiveError: it asks for what is too far ahead."""
        number, target = self.number, rendition.part_target
        assert number is not None  # it waits
        opened = rendition.open
        newest = opened.number if opened is not None and opened.parts else rendition.last_number
        if number > newest + _AHEAD:
            raise BadDirectiveError(f"_HLS_msn is {number}, and the newest segment is {newest}")
        if self.part is None or target is None or number < newest:
            return
        known = rendition.parts_of(number)
        limit = _AHEAD_PARTS if target >= HZ else math.ceil(_AHEAD_PARTS * HZ / target)
        if self.part >= known + limit:
            raise BadDirectiveError(f"_HLS_part is {self.part}, and {known} parts are there")

    def is_met(self, rendition: Rendition) -> bool:
        """Whether it need not wait any longer."""
        number = self.number
        if number is None or rendition.has_ended:
            return True
        return rendition.has(number, self.part)


_NONE: Final = Directives()


def _count(query: Mapping[str, str], name: str) -> int | None:
    said = query.get(name)
    if said is None:
        return None
    if not _DECIMAL.fullmatch(said):
        raise BadDirectiveError(f"{name} is {said[:40]!r}, expected a decimal integer")
    return int(said)
