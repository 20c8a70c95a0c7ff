"""Bytes of a file as a piece of what is sent: who sends them need not read them first. Floor 1."""

from __future__ import annotations

from typing import Protocol, TypeAlias

__all__ = ["FileBytes", "FileSlice", "Piece"]


class FileBytes(Protocol):
    """A file that is open for as long as it is referred to, and whose bytes do not change."""

    @property
    def fileno(self) -> int:
        """The descriptor by which it is open, in this process."""
        ...

    def read(self, start: int, end: int, /) -> bytes:
        """The bytes from ``start`` up to ``end``, which are all there."""
        ...


class FileSlice:
    """Consecutive bytes of a file.

    Args:
        start, end: those from ``start`` on, up to and without ``end``.
    """

    __slots__ = ("end", "file", "start")

    def __init__(self, file: FileBytes, start: int, end: int) -> None:
        self.file, self.start, self.end = file, start, end

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, part: slice) -> FileSlice:
        """A part of it, by a slice without a step."""
        start, end, _ = part.indices(len(self))
        return FileSlice(self.file, self.start + start, self.start + max(start, end))

    def __bytes__(self) -> bytes:
        return self.file.read(self.start, self.end)


Piece: TypeAlias = bytes | memoryview | FileSlice
"""What goes out behind and before others; as large as ``len`` says."""
