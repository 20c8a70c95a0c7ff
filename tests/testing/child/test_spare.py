"""A fork is there before it is asked for, and leaves nothing behind if it never is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testing.processes import all_gone, script
from trio_srs.testing.fork_server import ForkServer, close_fork_server, fork_server
from trio_srs.testing.own_process import OwnProcess

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        not Path(f"/proc/self/task/{os.getpid()}/children").exists(),
        reason="the children of a process are not told in /proc",
    ),
]

WITHIN_S = 20.0
SERVE = """
import os, signal
from trio_srs.testing.own_process import OwnProcess
from trio_srs.testing.fork_server import fork_server
server = OwnProcess("server", {"layers": [], "captures": None}, "it")
print(server.pid, fork_server()._process.pid, flush=True)
signal.pause()
"""


@pytest.fixture(scope="module")
def forking() -> Iterator[ForkServer]:
    """One that has imported all by now, and so starts no more programs of others."""
    server().end()
    yield fork_server()
    close_fork_server()


def children(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def spare_of(pid: int, *others: int) -> int:
    """The fork of a process that waits for its work."""
    deadline = time.monotonic() + WITHIN_S
    while len(found := children(pid).difference(others)) != 1:
        assert time.monotonic() < deadline, (pid, found)
        time.sleep(0.01)
    return found.pop()


def server(*layers: object) -> OwnProcess:
    return OwnProcess("server", {"layers": layers, "captures": None}, "the server")


def test_the_process_that_is_wanted_is_there_already(forking: ForkServer) -> None:
    waiting = spare_of(forking._process.pid)
    one = server({"rtmp": {"listen": ["127.0.0.1:0", "127.0.0.1:0"]}})
    assert one.pid == waiting
    assert len(one.greeting["rtmp"]) == 2
    assert one.ask("last_event", 10.0) == 0
    waiting = spare_of(forking._process.pid, one.pid)
    two = server()
    assert two.pid == waiting
    assert (one.end(), two.end()) == (0, 0)


def test_one_that_was_ended_meanwhile_is_not_missed(forking: ForkServer) -> None:
    waiting = spare_of(forking._process.pid)
    os.kill(waiting, signal.SIGKILL)
    assert all_gone([waiting])
    one = server()
    assert one.pid != waiting
    assert one.end() == 0


def test_there_are_as_many_as_are_wanted_at_once(forking: ForkServer) -> None:
    servers = [server() for _ in range(4)]
    assert len({each.pid for each in servers}) == 4
    assert [each.end() for each in servers] == [0, 0, 0, 0]


def test_none_outlives_what_it_was_forked_from(forking: ForkServer) -> None:
    waiting = spare_of(forking._process.pid)
    forking._process.kill()
    assert all_gone([waiting])


def test_none_is_left_when_all_is_over() -> None:
    with script(SERVE) as parent:
        assert parent.stdout is not None
        one, forking = map(int, parent.stdout.readline().split())
        waiting = spare_of(forking, one)
        parent.kill()
        assert all_gone([one, forking, waiting])
