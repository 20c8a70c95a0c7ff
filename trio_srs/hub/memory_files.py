"""Bytes in files that are nowhere but in memory: what many ask for leaves them for each without
being copied. Floor 2.

A file of its own for each takes a descriptor, so they are counted, and leave the most of those to
connections. Where there are none, bytes stay in the memory of the process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

__all__ = ["MemoryFile", "MemoryFiles"]

_NAME: Final = "trio-srs segment"
_SHARE: Final = 4
"""Of the descriptors that the process may have, files take at most one in so many."""
_ENDLESS: Final = 2**20
"""Where there is no limit."""
_CHUNKS_MOST: Final = 512
"""In one call; POSIX lets systems bound it (``IOV_MAX``), and all take as many."""


class MemoryFile:
    """A file that does not change any more.

    It is open until nobody refers to it: neither who keeps it, nor an answer that is under way.
    """

    __slots__ = ("_files", "fileno", "size")

    def __init__(self, files: MemoryFiles, fileno: int, size: int) -> None:
        self._files, self.fileno, self.size = files, fileno, size
        files.count += 1

    def read(self, start: int, end: int, /) -> bytes:
        """The bytes from ``start`` up to ``end``."""
        return os.pread(self.fileno, end - start, start)

    def __del__(self) -> None:
        os.close(self.fileno)
        self._files.count -= 1


class MemoryFiles:
    """Those of one server.

    Attributes:
        count: of those that are open.
        most: that may be; 0 where the platform has none.
    """

    def __init__(self, most: int | None = None) -> None:
        """
        Args:
            most: None: as many as leave enough descriptors to others.
        """
        self.count = 0
        self._limit = _limit()
        self.most = self._limit // _SHARE if most is None else most

    def keep(self, chunks: Sequence[bytes]) -> MemoryFile | None:
        """Put chunks into a file, one behind the other; None: there is no room for another."""
        if self.count >= self.most:
            return None
        try:
            fileno = os.memfd_create(_NAME)
        except OSError:
            return None
        # The kernel gives the lowest that is free: others have taken what is below it.
        if fileno >= self._limit - self._limit // _SHARE or not _write(fileno, chunks):
            os.close(fileno)
            return None
        return MemoryFile(self, fileno, sum(map(len, chunks)))


def _write(fileno: int, chunks: Sequence[bytes]) -> bool:
    """Whether there was room for all of it."""
    left = [memoryview(chunk) for chunk in chunks if chunk]
    try:
        while left:
            taken = os.writev(fileno, left[:_CHUNKS_MOST])
            while left and taken >= len(left[0]):
                taken -= len(left.pop(0))
            if taken:
                left[0] = left[0][taken:]
    except OSError:
        return False
    return True


def _limit() -> int:
    """How many descriptors the process may have; 0 where there are no such files."""
    if sys.platform != "linux":
        return 0
    import resource  # other platforms do not have it

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _ENDLESS if soft == resource.RLIM_INFINITY else soft
