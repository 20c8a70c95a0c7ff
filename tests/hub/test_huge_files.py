"""Files of huge pages: they are as others, or there are none."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from trio_srs.hub.huge_files import HUGE_BYTES, open_huge

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memfd_create is Linux only")


def test_a_file_of_huge_pages_is_all_there_and_empty() -> None:
    try:
        fileno = open_huge("test", 2)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EAGAIN, errno.ENOMEM}:
            raise
        pytest.skip(f"this kernel has no huge pages for it: {error}")
    try:
        about = os.fstat(fileno)
        assert (about.st_size, about.st_blocks * 512) == (2 * HUGE_BYTES, 2 * HUGE_BYTES)
        os.pwrite(fileno, b"ab", HUGE_BYTES - 1)
        assert os.pread(fileno, 4, HUGE_BYTES - 2) == b"\0ab\0"
        assert os.pread(fileno, 1, 0) == b"\0"
    finally:
        os.close(fileno)


def test_where_there_are_none_nothing_is_left_open() -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="Invalid argument"):
        open_huge("test", 0)
    assert len(os.listdir("/proc/self/fd")) == before
