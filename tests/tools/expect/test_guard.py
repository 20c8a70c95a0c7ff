"""Whoever guards a command ends it when we cannot, and leaves it alone when we can."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio

from tests.testing.processes import all_gone, is_running
from trio_srs.tools.expect.guard import guarded

pytestmark = [pytest.mark.interop, pytest.mark.timeout(60)]

OWNER = """
import os, subprocess, sys, trio
from trio_srs.tools.expect.guard import guarded
COMMAND = {command!r}
async def main():
    async with guarded() as guard:
        process = subprocess.Popen([sys.executable, "-c", COMMAND], start_new_session=True)
        guard(process.pid)
        print("guarded", flush=True)
        await trio.sleep_forever()
trio.run(main)
"""
POLITE = "print({pid}, flush=True); import time; time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + POLITE
PARENT = (
    "import subprocess, sys;"
    "subprocess.Popen([sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True);"
    " time.sleep(60)']);" + POLITE
)


@pytest.mark.parametrize(
    ("command", "count"), [(POLITE, 1), (DEAF, 1), (PARENT, 2)], ids=["polite", "deaf", "parent"]
)
def test_what_is_guarded_ends_with_its_owner(command: str, count: int) -> None:
    with owner_of(command, count) as (owner, pids):
        assert all(map(is_running, pids))
        owner.kill()
        owner.wait()
        assert all_gone(pids, within_s=20)


async def test_what_is_guarded_is_left_alone_when_the_block_ends() -> None:
    process = await trio.lowlevel.open_process(["sleep", "60"], start_new_session=True)
    try:
        async with guarded() as guard:
            guard(process.pid)
        await trio.sleep(0.1)
        assert process.poll() is None
    finally:
        process.kill()
        await process.wait()


async def test_a_guard_that_was_told_nothing_ends_nobody_and_is_gone() -> None:
    before = children()
    async with guarded():
        assert len(children() - before) == 1
    assert children() == before


async def test_a_guard_that_somebody_killed_is_no_trouble() -> None:
    before = children()
    async with guarded() as guard:
        [pid] = children() - before
        os.kill(pid, signal.SIGKILL)
        assert all_gone([pid], within_s=10)
        guard(os.getpid())


def test_a_signal_to_everybody_does_not_end_the_guard() -> None:
    """It ignores what a terminal, or a job that is cancelled, sends before the kill."""
    with owner_of(POLITE, count=1) as (owner, [pid]):
        for guard in children(owner.pid) - {pid}:
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                os.kill(guard, number)
        os.killpg(owner.pid, signal.SIGKILL)
        owner.wait()
        assert all_gone([pid], within_s=20)


@contextmanager
def owner_of(command: str, count: int) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process, in a session of its own, and the ids of those that its guarded command runs.

    It has told the guard by then: whoever is killed between the beginning of a command and the
    telling leaves it running.
    """
    code = OWNER.format(command=command.format(pid="__import__('os').getpid()"))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as owner:
        assert owner.stdout is not None
        try:
            said = [owner.stdout.readline().strip() for _ in range(count + 1)]
            yield owner, [int(word) for word in said if word != "guarded"]
        finally:
            owner.kill()


def children(pid: int = 0) -> set[int]:
    """Who was started by a process, by us for 0, and is not over."""
    parent = str(pid or os.getpid())
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, its_parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):  # over meanwhile
            continue
        if its_parent == parent and state != "Z":
            found.add(int(place.name))
    return found
