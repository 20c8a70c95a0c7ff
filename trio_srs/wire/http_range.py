"""Which bytes of a file a request wants, in which coding, and whether it has them already. Floor 0.

RFC 9110: ranges in 14, codings in 12.5.3, validators in 8.8 and 13.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.errors import RefusedError

__all__ = ["ByteRange", "RangeNotSatisfiableError", "is_fresh", "takes_gzip", "wanted_range"]

_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*", re.IGNORECASE)


class RangeNotSatisfiableError(RefusedError):
    """None of the bytes that were asked for exist."""

    code = "range_not_satisfiable"
    http_status = 416


@attrs.frozen
class ByteRange:
    """Consecutive bytes of a file: from ``start`` on, up to and without ``end``."""

    start: int
    end: int
    size: int
    """Of the whole file."""

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The value of ``Content-Range``."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def wanted_range(headers: Mapping[str, str], size: int, etag: str) -> ByteRange | None:
    """The part of a file of ``size`` bytes that is asked for; None for all of it.

    Several ranges at once, another unit and what is no range are passed over, as a server may; so
    is a range of a file that the client does not have in this state (``If-Range``).

    Raises:
        RangeNotSatisfiableError: it begins behind the end, or is empty.
    """
    found = _RANGE.fullmatch(headers.get("range", ""))
    if found is None or found[1] == found[2] == "" or headers.get("if-range", etag) != etag:
        return None
    if not found[1]:
        start, end = max(size - int(found[2]), 0), size
    else:
        start, end = int(found[1]), min(int(found[2] or size) + 1, size)
        if found[2] and int(found[2]) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiableError(f"bytes from {start} on are asked for, there are {size}")
    return ByteRange(start, end, size)


def is_fresh(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the client has what has this entity tag, and only asks whether it still holds."""
    said = headers.get("if-none-match", "")
    known = {tag.strip().removeprefix("W/") for tag in said.split(",")}
    return said.strip() == "*" or etag.removeprefix("W/") in known


def takes_gzip(headers: Mapping[str, str]) -> bool:
    """Whether the client would take the body in gzip (``Accept-Encoding``)."""
    said = headers.get("accept-encoding")
    return said is not None and _takes_gzip(said)


@functools.lru_cache(maxsize=64)  # they are few
def _takes_gzip(said: str) -> bool:
    for each in said.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
