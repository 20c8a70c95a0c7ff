"""Files in memory: they are counted, closed with who has them, and leave descriptors to others."""

from __future__ import annotations

import errno
import os
import resource
import sys
from collections.abc import Sequence

import pytest

from trio_srs.hub.memory_files import MemoryFiles

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memfd_create is Linux only")


def is_open(fileno: int) -> bool:
    try:
        os.fstat(fileno)
    except OSError:
        return False
    return True


def test_chunks_stand_one_behind_the_other_in_a_file() -> None:
    files = MemoryFiles(1)
    file = files.keep([b"ab", b"", b"cde"])
    assert file is not None
    assert (file.size, file.read(0, 5), file.read(1, 3)) == (5, b"abcde", b"bc")


def test_a_file_is_closed_with_the_last_who_has_it() -> None:
    files = MemoryFiles(1)
    file = files.keep([b"x"])
    assert file is not None
    other, fileno = file, file.fileno
    del file
    assert (files.count, is_open(fileno)) == (1, True)
    del other
    assert (files.count, is_open(fileno)) == (0, False)


def test_there_are_no_more_than_may_be() -> None:
    files = MemoryFiles(2)
    first, second = files.keep([b"a"]), files.keep([b"b"])
    assert second is not None
    assert files.keep([b"c"]) is None
    del first
    assert files.keep([b"c"]) is not None


def test_a_quarter_of_all_descriptors_may_be_files(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, most in ((1024, 256), (resource.RLIM_INFINITY, 2**18)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert MemoryFiles().most == most


def test_nobody_takes_the_last_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    files = MemoryFiles(10)
    below = os.dup(0)
    os.close(below)  # the lowest that is free
    monkeypatch.setattr(files, "_limit", below)
    assert files.keep([b"a"]) is None
    again = os.dup(0)
    os.close(again)
    assert (again, files.count) == (below, 0)


def test_where_there_is_no_room_nothing_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_fileno: int, _chunks: Sequence[bytes]) -> int:
        raise OSError(errno.ENOSPC, "no space")

    def none_left(_name: str) -> int:
        raise OSError(errno.EMFILE, "too many")

    files, before = MemoryFiles(10), len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "writev", full)
    assert files.keep([b"a"]) is None
    monkeypatch.setattr(os, "memfd_create", none_left)
    assert files.keep([b"a"]) is None
    assert (files.count, len(os.listdir("/proc/self/fd"))) == (0, before)


def test_what_is_taken_in_parts_is_written_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(fileno: int, chunks: Sequence[memoryview]) -> int:
        return os.write(fileno, b"".join(chunks)[:3])

    monkeypatch.setattr(os, "writev", slowly)
    file = MemoryFiles(1).keep([b"ab", b"cdef", b"", b"g"])
    assert file is not None
    assert file.read(0, 9) == b"abcdefg"


def test_other_platforms_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert MemoryFiles().most == 0
    assert MemoryFiles().keep([b"a"]) is None
