"""Files in memory of which the kernel finds all bytes at once. Floor 2.

Memory is found page by page while a file is sent, and of 4 KiB each that is a seventh of what
sending it takes. The kernel has pages of 2 MiB as well, but gives them to such files
(``memfd_create``) only where an administrator lets it (``shmem_enabled``), or who has them asks for
it (``MADV_COLLAPSE``, Linux 6.1). To find 2 MiB in one piece may take it milliseconds: this is for
a thread.
"""

from __future__ import annotations

import os
from typing import Final

__all__ = ["HUGE_BYTES", "open_huge"]

HUGE_BYTES: Final = 2 * 2**20
"""Of one such page; x86 and ARM with pages of 4 KiB have those. Elsewhere there are none here."""
_MADV_COLLAPSE: Final = 25
_PROT_READ_WRITE: Final = 3
_MAP_SHARED_FIXED: Final = 0x11
_FAILED: Final = 2 ** (8 * 8) - 1


def open_huge(name: str, pages: int) -> int:
    """Open a file of zeros in so many pages of :data:`HUGE_BYTES`.

    Args:
        name: what is said of it to who looks at the process.

    Returns:
        its descriptor.

    Raises:
        OSError: the kernel has no such pages, or none that are free.
    """
    fileno = os.memfd_create(name)
    try:
        os.ftruncate(fileno, pages * HUGE_BYTES)
        for page in range(pages):  # of nothing at all the kernel makes no page
            os.pwrite(fileno, b"\0", page * HUGE_BYTES)
        _collapse(fileno, pages * HUGE_BYTES)
    except BaseException:
        os.close(fileno)
        raise
    return fileno


def _collapse(fileno: int, size: int) -> None:
    """Put a file into huge pages, for good: by a mapping of it that begins where one may."""
    import ctypes
    import mmap

    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_size_t
    libc.mmap.argtypes = (
        ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    libc.madvise.argtypes = ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int
    with mmap.mmap(-1, size + HUGE_BYTES) as room:  # what is mapped into it goes with it
        first = ctypes.c_char.from_buffer(room)
        at = -(-ctypes.addressof(first) // HUGE_BYTES) * HUGE_BYTES
        del first
        mapped = libc.mmap(at, size, _PROT_READ_WRITE, _MAP_SHARED_FIXED, fileno, 0)
        if mapped == _FAILED or libc.madvise(at, size, _MADV_COLLAPSE):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
