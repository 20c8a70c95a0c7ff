"""What a process spends is seen from outside."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import time

import pytest

from trio_srs.tools.load.usage import cpu_s, family, machine_cpu, rss_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

GONE = 2**22 + 1  # above the largest number that a process can have


def test_own_cpu_time_is_the_processes() -> None:
    before, mine = cpu_s([os.getpid()]), time.process_time()
    while time.process_time() < mine + 0.02:
        pass
    assert cpu_s([os.getpid()]) - before >= 0.02
    assert cpu_s([os.getpid()]) == pytest.approx(time.process_time(), abs=0.05)


def test_a_process_that_is_gone_has_spent_nothing() -> None:
    assert (cpu_s([GONE]), rss_bytes([GONE]), family([GONE])) == (0.0, 0, [GONE])


def test_memory_grows_with_what_is_held() -> None:
    before = rss_bytes([os.getpid()])
    with mmap.mmap(-1, 32 * 2**20) as held:  # fresh from the kernel, unlike a bytearray's
        held.write(b"\1" * len(held))
        assert rss_bytes([os.getpid()]) - before > 20e6


def test_children_belong_to_the_family() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in family([os.getpid()])
    finally:
        child.communicate()


def test_the_machine_is_as_busy_as_we_are_at_least() -> None:
    assert machine_cpu().busy_s > 0
    assert machine_cpu().steal_s >= 0
