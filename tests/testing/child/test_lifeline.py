"""A process that is left alone ends, also when its event loop is stuck."""

from __future__ import annotations

import os
import socket

import pytest

from tests.testing.processes import all_gone, script
from trio_srs.testing.child.lifeline import EXIT_ALONE, is_gone, parent_changed

STUCK = """
import os, socket
from trio_srs.testing.child.lifeline import Lifeline
near, far = socket.socketpair()
child = os.fork()
if child:
    far.close()
    print(child, flush=True)
    {parent}
near.close()
Lifeline(os.getppid(), grace_s=0.05).hold(far)
while True: pass
"""


def test_a_socket_is_gone_when_its_other_end_is_closed() -> None:
    near, far = socket.socketpair()
    with near:
        with far:
            assert not is_gone(near, 0)
            far.sendall(b"words that nobody reads are no end")
            assert not is_gone(near, 0)
        assert is_gone(near, 1000)


def test_the_parent_is_who_it_is() -> None:
    assert not parent_changed(os.getppid())
    assert parent_changed(os.getpid())


@pytest.mark.interop
def test_a_stuck_process_ends_when_the_other_end_is_closed() -> None:
    text = "near.close(); status = os.waitpid(child, 0)[1]; sys.exit(os.WEXITSTATUS(status))"
    process = script(STUCK.format(parent=text))
    process.communicate(timeout=20)
    assert process.returncode == EXIT_ALONE


@pytest.mark.interop
def test_a_stuck_process_ends_with_its_parent() -> None:
    with script(STUCK.format(parent="os.kill(os.getpid(), 9)")) as process:
        assert process.stdout is not None
        assert all_gone([int(process.stdout.readline())])
