"""A picture whose slices came by themselves, put together once it is whole. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.remux.access_unit import AccessUnit

__all__ = ["MOST_BYTES", "Slices"]

MOST_BYTES: Final = 1 << 22
"""Of one picture; what would make it longer is left out."""


@attrs.define(eq=False)
class Slices:
    """What a picture has beside its own bytes, from units that continue it."""

    _pieces: list[bytes] = attrs.field(factory=list)
    _size: int = 0

    def add(self, picture: AccessUnit, more: bytes) -> None:
        """Put more behind a picture; it is not copied before all of it is there."""
        if len(picture.data) + self._size < MOST_BYTES:
            self._pieces.append(more)
            self._size += len(more)

    def join(self, picture: AccessUnit) -> bytes:
        """All of the picture; nothing is kept of it."""
        if not self._pieces:
            return picture.data
        data = b"".join((picture.data, *self._pieces))
        self._pieces, self._size = [], 0
        return data
