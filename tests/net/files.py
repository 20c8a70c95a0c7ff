"""Bytes in a file that is open."""

from __future__ import annotations

import os
import tempfile
from typing import Self

__all__ = ["OpenBytes"]


class OpenBytes:
    """A file with these bytes, for as long as the block lasts."""

    def __init__(self, data: bytes) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the block
        self._file.write(data)
        self._file.flush()
        self.fileno = self._file.fileno()

    def read(self, start: int, end: int, /) -> bytes:
        """The bytes from ``start`` up to ``end``."""
        return os.pread(self.fileno, end - start, start)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
