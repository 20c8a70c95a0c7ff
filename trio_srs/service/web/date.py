"""When an answer was made, as each of HTTP says (RFC 9110, 6.6.1). Floor 3."""

from __future__ import annotations

import functools
import time
from email.utils import formatdate

__all__ = ["http_date"]


def http_date() -> str:
    """The time as it is, in the one form that HTTP has (RFC 9110, 5.6.7); the same object for a
    whole second."""
    return _date(int(time.time()))


@functools.lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
