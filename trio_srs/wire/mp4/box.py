"""Boxes: how they are nested, written and walked. Floor 0.

Source:
    ISO/IEC 14496-12:2022, 4.2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import attrs

__all__ = ["Box", "box", "find_box", "full_box", "iter_boxes"]

_U32: Final = struct.Struct(">I")
_U64: Final = struct.Struct(">Q")
_HEAD: Final = 8
_LARGE_HEAD: Final = 16
_LARGE: Final = 1
"""A size of 64 bits follows the type."""


def box(kind: bytes, *parts: bytes) -> bytes:
    """Write a box: its size, its type of four characters, and its content.

    Raises:
        struct.error: 4 GiB or more. A caller's mistake.
    """
    content = b"".join(parts)
    return _U32.pack(_HEAD + len(content)) + kind + content


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """Write a box that begins with a version and 24 bits of flags."""
    return box(kind, _U32.pack(version << 24 | flags), *parts)


@attrs.frozen
class Box:
    """A box in a buffer: where its content is."""

    kind: bytes
    start: int
    """Of the content."""
    end: int
    """Behind it; what the box says may lie further."""
    is_whole: bool
    """It ends inside what it is in."""

    def content(self, data: bytes) -> bytes:
        """What is in it, of the buffer that it was found in."""
        return data[self.start : self.end]


def iter_boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Walk boxes that stand behind each other; never raises.

    The walk ends behind a box that is cut short, and before a size that cannot be one. A size of 0
    is all that is left.
    """
    stop = len(data) if end is None else min(end, len(data))
    pos = start
    while pos + _HEAD <= stop:
        size, head = _U32.unpack_from(data, pos)[0], _HEAD
        if size == _LARGE and pos + _LARGE_HEAD <= stop:
            size, head = _U64.unpack_from(data, pos + _HEAD)[0], _LARGE_HEAD
        after = stop if size == 0 else pos + size
        if after < pos + head:
            return
        yield Box(data[pos + 4 : pos + _HEAD], pos + head, min(after, stop), after <= stop)
        pos = after


def find_box(data: bytes, within: Box | None, *path: bytes) -> Box | None:
    """The first box at a path of types below another, or at the top; None if there is none."""
    found = within
    for kind in path:
        start, end = (0, None) if found is None else (found.start, found.end)
        found = next((each for each in iter_boxes(data, start, end) if each.kind == kind), None)
        if found is None:
            return None
    return found
