"""Bytes in files that are nowhere but in memory: what many ask for leaves them for each without
being copied. Floor 2.

What is kept for as long stands behind each other in one file of huge pages, if there is one: it is
found in fewer steps while it is sent. Such a file is made in a thread, and what is large has one of
its own.

Each takes a descriptor, so they are counted, and leave the most of those to connections. Where
there are none, bytes stay in the memory of the process.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Hashable, Sequence
from typing import Final

import attrs
import trio

from trio_srs.hub.huge_files import HUGE_BYTES, open_huge
from trio_srs.session.file_slice import FileSlice

__all__ = ["MemoryFile", "MemoryFiles"]

_NAME: Final = "trio-srs segment"
_SHARED_NAME: Final = "trio-srs segments"
_SHARE: Final = 4
"""Of the descriptors that the process may have, files take at most one in so many."""
_ENDLESS: Final = 2**20
"""Where there is no limit."""
_CHUNKS_MOST: Final = 512
"""In one call; POSIX lets systems bound it (``IOV_MAX``), and all take as many."""
_SHARED_PAGES: Final = 2
_SHARED_BYTES: Final = _SHARED_PAGES * HUGE_BYTES
"""Of a file for several: at most this is kept longer than anybody wants it."""
_SHARED_MOST: Final = _SHARED_BYTES // 4
"""Bytes of what goes into one, so that little stays free at its end."""


_PASSING: Final = frozenset(
    {errno.EAGAIN, errno.EBUSY, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR}
)
"""Why there is no huge page just now. Otherwise the kernel has none, nor will it later."""
_KINDS_MOST: Final = 32
"""Files for several that are filled at a time: the oldest is not filled any further."""
_TRIES: Final = 5
"""In a row that there is none, before nobody asks any more."""


class MemoryFile:
    """A file whose bytes do not change any more, once they are written.

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


@attrs.define(eq=False)
class _Shared:
    """A file for several."""

    file: MemoryFile
    end: int = 0
    """Where the next begins: what is before it was written, and nothing behind it was ever sent."""

    def has_room(self, size: int) -> bool:
        return self.end + size <= self.file.size


class MemoryFiles:
    """Those of one server.

    Attributes:
        count: of those that are open.
        most: that may be; 0 where the platform has none.
        on_want: called when a file for several is wanted: somebody is to call :meth:`prepare`.
    """

    def __init__(self, most: int | None = None) -> None:
        """
        Args:
            most: None: as many as leave enough descriptors to others.
        """
        self.count = 0
        self._limit = _limit()
        self.most = self._limit // _SHARE if most is None else most
        self.on_want: Callable[[], None] | None = None
        self._shared: dict[Hashable, _Shared] = {}
        self._spare: MemoryFile | None = None
        self._is_wanted = False
        self._tries_left = _TRIES

    def keep(self, chunks: Sequence[bytes], kept_with: Hashable = None) -> FileSlice | None:
        """Put chunks into a file, one behind the other; None: there is no room for them, or there
        will be as soon as it is made.

        Args:
            kept_with: equal for what is kept for about as long.
        """
        size = sum(map(len, chunks))
        if size <= _SHARED_MOST:
            shared = self._shared_for(kept_with, size)
            if shared is not None:
                start, shared.end = shared.end, shared.end + size
                _write(shared.file.fileno, chunks, start)  # its memory is there
                return FileSlice(shared.file, start, start + size)
            if self._is_wanted:
                return None
        file = self._own(chunks, size)
        return None if file is None else FileSlice(file, 0, size)

    def has_room(self, size: int, kept_with: Hashable = None) -> bool:
        """Whether a file for several is there that takes one of so many bytes: :meth:`keep` puts it
        there."""
        shared = self._shared.get(kept_with)
        is_there = self._spare is not None or (shared is not None and shared.has_room(size))
        return is_there and size <= _SHARED_MOST

    def _own(self, chunks: Sequence[bytes], size: int) -> MemoryFile | None:
        if self.count >= self.most:
            return None
        try:
            fileno = os.memfd_create(_NAME)
        except OSError:
            return None
        if self._is_too_high(fileno) or not _write(fileno, chunks, 0):
            os.close(fileno)
            return None
        return MemoryFile(self, fileno, size)

    def _is_too_high(self, fileno: int) -> bool:
        """Whether few are left: the kernel gives the lowest that is free."""
        return fileno >= self._limit - self._limit // _SHARE

    # -------------------------------------------------------------- for several

    def _shared_for(self, kept_with: Hashable, size: int) -> _Shared | None:
        """The file that has room for more of what is kept for as long, if there is one."""
        shared = self._shared.get(kept_with)
        if shared is not None and shared.has_room(size):
            return shared
        spare, self._spare = self._spare, None
        if spare is not None:
            if len(self._shared) >= _KINDS_MOST:
                del self._shared[next(iter(self._shared))]
            shared = self._shared[kept_with] = _Shared(spare)
        else:
            self._shared.pop(kept_with, None)
            shared = None
        self._want()
        return shared

    def _want(self) -> None:
        is_room = self._tries_left > 0 and self.count < self.most
        if is_room and not self._is_wanted and self.on_want is not None:
            self._is_wanted = True
            self.on_want()

    async def prepare(self) -> None:
        """Make the next file for several, in a thread."""
        try:
            fileno = await trio.to_thread.run_sync(open_huge, _SHARED_NAME, _SHARED_PAGES)
        except OSError as error:
            self._tries_left = self._tries_left - 1 if error.errno in _PASSING else 0
            return
        finally:
            self._is_wanted = False
        self._tries_left = _TRIES
        if self._is_too_high(fileno):
            os.close(fileno)
        else:
            self._spare = MemoryFile(self, fileno, _SHARED_BYTES)


def _write(fileno: int, chunks: Sequence[bytes], start: int) -> bool:
    """Whether there was room for all of it, from ``start`` on."""
    left = [memoryview(chunk) for chunk in chunks if chunk]
    try:
        while left:
            taken = os.pwritev(fileno, left[:_CHUNKS_MOST], start)
            start += taken
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
