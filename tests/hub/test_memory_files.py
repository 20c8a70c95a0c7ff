"""Files in memory: they are counted, closed with who has them, and leave descriptors to others."""

from __future__ import annotations

import errno
import os
import resource
import sys
from collections.abc import Sequence

import pytest

from trio_srs.hub import memory_files
from trio_srs.hub.huge_files import HUGE_BYTES
from trio_srs.hub.memory_files import MemoryFiles
from trio_srs.session.file_slice import FileSlice

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memfd_create is Linux only")


def is_open(fileno: int) -> bool:
    try:
        os.fstat(fileno)
    except OSError:
        return False
    return True


def test_chunks_stand_one_behind_the_other_in_a_file() -> None:
    files = MemoryFiles(1)
    kept = files.keep([b"ab", b"", b"cde"])
    assert kept is not None
    assert (len(kept), bytes(kept), bytes(kept[1:3])) == (5, b"abcde", b"bc")


def test_a_file_is_closed_with_the_last_who_has_it() -> None:
    files = MemoryFiles(1)
    kept = files.keep([b"x"])
    assert kept is not None
    other, fileno = kept.file, kept.file.fileno
    del kept
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
    def full(_fileno: int, _chunks: Sequence[bytes], _start: int) -> int:
        raise OSError(errno.ENOSPC, "no space")

    def none_left(_name: str) -> int:
        raise OSError(errno.EMFILE, "too many")

    files, before = MemoryFiles(10), len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(os, "pwritev", full)
    assert files.keep([b"a"]) is None
    monkeypatch.setattr(os, "memfd_create", none_left)
    assert files.keep([b"a"]) is None
    assert (files.count, len(os.listdir("/proc/self/fd"))) == (0, before)


def test_what_is_taken_in_parts_is_written_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(fileno: int, chunks: Sequence[memoryview], start: int) -> int:
        return os.pwrite(fileno, b"".join(chunks)[:3], start)

    monkeypatch.setattr(os, "pwritev", slowly)
    kept = MemoryFiles(1).keep([b"ab", b"cdef", b"", b"g"])
    assert kept is not None
    assert bytes(kept) == b"abcdefg"


def test_other_platforms_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert MemoryFiles().most == 0
    assert MemoryFiles().keep([b"a"]) is None


def shared_files(monkeypatch: pytest.MonkeyPatch, most: int = 10) -> tuple[MemoryFiles, list[int]]:
    """Files for several are of pages that need not be huge; and how often one was wanted."""

    def opened(name: str, pages: int) -> int:
        fileno = os.memfd_create(name)
        os.ftruncate(fileno, pages * HUGE_BYTES)
        return fileno

    monkeypatch.setattr(memory_files, "open_huge", opened)
    files, wanted = MemoryFiles(most), [0]

    def want() -> None:
        wanted[0] += 1

    files.on_want = want
    return files, wanted


def keep(files: MemoryFiles, data: bytes, kept_with: int = 1) -> FileSlice:
    kept = files.keep([data], kept_with)
    assert kept is not None
    return kept


async def test_what_is_kept_for_as_long_shares_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files, wanted = shared_files(monkeypatch)
    assert [files.keep([b"first"], 1), files.keep([b"first"], 1)] == [None, None]
    assert wanted == [1]  # and nobody has made it yet
    await files.prepare()
    first = keep(files, b"first")
    assert (wanted, files.keep([b"other"], 2)) == ([2], None)
    await files.prepare()
    other, second = keep(files, b"other", 2), keep(files, b"2nd")
    assert first.file is second.file is not other.file
    assert [bytes(each) for each in (first, other, second)] == [b"first", b"other", b"2nd"]


async def test_nothing_that_was_sent_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    files, _ = shared_files(monkeypatch)
    files.keep([b"early"])
    await files.prepare()
    data = [bytes([number]) * 900_000 for number in range(6)]
    kept = [keep(files, each) for each in data[:4]]
    await files.prepare()
    kept += [keep(files, each) for each in data[4:]]
    assert [bytes(each) for each in kept] == data
    assert [each.file is kept[0].file for each in kept] == [True] * 4 + [False] * 2
    shared, before = kept[0].file.fileno, files.count
    del kept[:3]
    assert is_open(shared)
    del kept[0]
    assert (is_open(shared), files.count) == (False, before - 1)


async def test_what_is_large_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    files, _ = shared_files(monkeypatch)
    files.keep([b"early"])
    await files.prepare()
    large = [keep(files, bytes(2**20 + 1)) for _ in range(2)]
    assert [(each.start, each.file.fileno != large[0].file.fileno) for each in large] == [
        (0, False), (0, True),
    ]  # fmt: skip


async def test_files_for_several_leave_descriptors_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files, wanted = shared_files(monkeypatch, most=1)
    large = keep(files, bytes(2**21))
    assert (files.keep([b"early"]), wanted) == (None, [0])
    del large
    assert (files.keep([b"early"]), wanted) == (None, [1])
    below = os.dup(0)
    os.close(below)
    monkeypatch.setattr(files, "_limit", below)
    await files.prepare()
    again = os.dup(0)
    os.close(again)
    assert (again, files.count) == (below, 0)


async def test_what_has_no_huge_page_just_now_is_tried_again_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(_name: str, _pages: int) -> int:
        raise OSError(errno.ENOMEM, "not now")

    files, wanted = shared_files(monkeypatch)
    monkeypatch.setattr(memory_files, "open_huge", none)
    for _ in range(9):
        if files.keep([b"early"]) is None:
            await files.prepare()
    assert wanted == [5]


async def test_no_file_for_several_is_wanted_where_the_kernel_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(_name: str, _pages: int) -> int:
        raise OSError(errno.EINVAL, "no")

    files, wanted = shared_files(monkeypatch)
    monkeypatch.setattr(memory_files, "open_huge", none)
    assert files.keep([b"early"]) is None
    await files.prepare()
    assert (bytes(keep(files, b"own")), wanted) == (b"own", [1])
