"""The number of a frame of a synthetic stream, as its SEI says it. Floor 1.

It is text, in an SEI of unregistered user data whose 16 bytes of name are also text.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["FRAME_NUMBER_NAME", "sei_frame_number"]

FRAME_NUMBER_NAME: Final = b"trio-srs frame #"
"""Whose user data it is; at most 18 digits follow."""

_NUMBER: Final = re.compile(re.escape(FRAME_NUMBER_NAME) + rb"(\d{1,18})")


def sei_frame_number(body: bytes) -> int | None:
    """Find the number in an access unit, a NALU or a whole RTMP message; None if there is none."""
    found = _NUMBER.search(body)
    return int(found[1]) if found else None
