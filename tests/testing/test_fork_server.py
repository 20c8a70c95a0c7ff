"""Processes are there in no time, and gone with whoever wanted them, however that ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from tests.testing.processes import all_gone, is_running, script
from trio_srs.testing.channel import ProcessEndedError
from trio_srs.testing.fork_server import Forked, ForkServer, close_fork_server, fork_server, tail
from trio_srs.testing.own_process import OwnProcess

pytestmark = pytest.mark.interop

SERVE = """
import os, signal
from trio_srs.testing.own_process import OwnProcess
from trio_srs.testing.fork_server import fork_server
one, two = (OwnProcess("server", {"layers": [], "captures": None}, "it") for _ in "12")
print(one.pid, two.pid, fork_server()._process.pid, flush=True)
"""


@pytest.fixture
def own_server() -> Iterator[ForkServer]:
    own = ForkServer()
    yield own
    own.close()


def server() -> OwnProcess:
    return OwnProcess("server", {"layers": [], "captures": None}, "the server")


def test_there_is_one_for_all() -> None:
    assert fork_server() is fork_server()


def test_one_that_was_closed_is_followed_by_another() -> None:
    first = fork_server()
    close_fork_server()
    assert not first.is_alive
    assert fork_server() is not first


def test_one_that_was_killed_is_followed_by_another() -> None:
    first = fork_server()
    os.kill(first._process.pid, signal.SIGKILL)
    first._process.wait()
    process = server()
    assert fork_server() is not first
    process.end()


def test_what_ended_before_it_could_fork_says_how(own_server: ForkServer) -> None:
    own_server._process.kill()
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        tempfile.TemporaryFile() as log,
        pytest.raises(ProcessEndedError, match="ended with exit code -9"),
    ):
        own_server.fork("server", {}, theirs, log.fileno())


def fork(own_server: ForkServer) -> Forked:
    """Have a server forked, with nobody to give it orders: it ends at once."""
    ours, theirs = socket.socketpair()
    with ours, theirs, tempfile.TemporaryFile() as log:
        words: dict[str, object] = {"layers": [], "captures": None}
        return own_server.fork("server", words, theirs, log.fileno())


def test_an_answer_that_nobody_waited_for_is_not_taken_for_another(own_server: ForkServer) -> None:
    """Ctrl-C may come between asking and hearing."""
    first = fork(own_server)
    asked = {"id": -1, "do": "exit_code", "pid": first.pid, "within_s": 10.0}
    own_server._sock.sendall(json.dumps(asked).encode() + b"\n")
    second = fork(own_server)
    assert second.pid not in (first.pid, -1)
    assert second.exit_code(10.0) is not None


def test_the_last_lines_of_a_log_are_shown() -> None:
    with tempfile.TemporaryFile() as log:
        assert tail(log) == "; its log is empty"
        log.write(b"one\ntwo\nthree\n")
        log.flush()
        assert tail(log, 2) == "; the last lines of its log:\n    two\n    three"


def test_a_process_that_is_let_go_of_ends_in_good_order() -> None:
    process = server()
    assert is_running(process.pid)
    assert process.end() == 0
    assert process.end() == 0
    assert not is_running(process.pid)


def test_a_process_that_dies_says_how() -> None:
    process = server()
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(ProcessEndedError, match="the server was ended by signal 9"):
        process.ask("sessions", 10.0)
    assert process.end() == -signal.SIGKILL


def test_a_process_that_is_killed_is_gone() -> None:
    process = server()
    process.kill()
    assert process.is_over
    assert not is_running(process.pid)
    assert process.end() == -signal.SIGKILL


@pytest.mark.parametrize(
    "ending",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os._exit(3)",
        "pass",
        "raise KeyboardInterrupt",
        "one.end(); two.end()",
    ],
)
def test_no_process_outlives_the_one_that_wanted_it(ending: str) -> None:
    with script(SERVE + ending) as parent:
        assert parent.stdout is not None
        pids = list(map(int, parent.stdout.readline().split()))
        assert len(pids) == 3
        parent.wait()
        assert all_gone(pids)


def test_no_process_outlives_it_though_its_sockets_are_held_by_another() -> None:
    """A fork without exec, as multiprocessing makes them, has copies of all of them."""
    ending = "child = os.fork()\nif not child: signal.pause()\nprint(child)\nos._exit(0)"
    with script(SERVE + ending) as parent:
        assert parent.stdout is not None
        pids = list(map(int, parent.stdout.readline().split()))
        child = int(parent.stdout.readline())
        try:
            parent.wait()
            assert all_gone(pids)
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_process_that_is_stuck_does_not_outlive_it() -> None:
    with script(SERVE + "print(flush=True); signal.pause()") as parent:
        assert parent.stdout is not None
        pids = list(map(int, parent.stdout.readline().split()))
        parent.stdout.readline()
        for pid in pids[:2]:  # stopped: they cannot see that anything ends
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
        parent.wait()
        assert all_gone(pids[2:])
        for pid in pids[:2]:
            os.kill(pid, signal.SIGCONT)
        assert all_gone(pids)


def test_a_fork_of_the_test_gets_processes_of_its_own() -> None:
    text = SERVE + (
        "child = os.fork()\n"
        "if child: sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "three = OwnProcess('server', {'layers': [], 'captures': None}, 'it')\n"
        "print(three.end(), fork_server().owner == os.getpid(), flush=True)\n"
    )
    done = script(text)
    output, _ = done.communicate(timeout=30)
    assert (done.returncode, output.splitlines()[1:]) == (0, ["0 True"]), output


def test_what_processes_are_forked_from_has_imported_nothing_of_an_extra() -> None:
    """Nor what few tests need: each of them would be paid for by the first server of a run."""
    program = (
        "import sys; from trio_srs.testing.child.fork_server import _preload; _preload(); "
        "unwanted = {'av', 'numpy', 'pygal', 'litestar', 'msgspec', 'tomlkit', 'jwt', "
        "'cryptography', 'rich', 'asyncio'}; print(*sorted(unwanted & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")
