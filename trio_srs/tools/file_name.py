"""The name of a stream as part of a file's name, on whatever system this is. Floor 6."""

from __future__ import annotations

import os
import re
from typing import Final

__all__ = ["file_name"]

_MOST: Final = 100
"""Bytes: a file's name may have 255, whatever its letters take."""


def file_name(stream: str) -> str:
    """The same, with a dash for whatever a file's name had better not have, or cannot have here.

    Several streams may have the same: whoever makes a file of it adds a number.
    """
    name = re.sub(r"[^\w.-]+", "-", stream)
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # as under LC_ALL=C
        name = re.sub(r"[^\w.-]+", "-", stream, flags=re.ASCII)
    return name.encode()[:_MOST].decode(errors="ignore")
