"""A process that was forked before anybody has asked for it. Floor 7.

A fork shares every page of memory with what it was forked from until one of them writes to it, and
in Python to look at an object is to write to it: the first server in a fresh fork spends most of
its time on copies of pages. So a fork is made ahead, and starts its event loop and puts together a
server that nobody wants, while nobody waits for it; then it waits for its work.
"""

from __future__ import annotations

import array
import gc
import json
import logging
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias

import trio

from trio_srs.config.layers import layered
from trio_srs.config.process import LogConfig, LogFormat
from trio_srs.server.build import build
from trio_srs.server.logs import configure
from trio_srs.testing.child.lifeline import Lifeline
from trio_srs.testing.child.serving import FOR_TESTS

__all__ = ["HUMAN_LOG", "Role", "Spare", "can_be_heard", "receive_lines"]

HUMAN_LOG: Final = LogConfig(format=LogFormat.HUMAN)
"""How such processes log before they know better."""
Role: TypeAlias = Callable[..., Any]
"""What a process can be for: what it runs under Trio, given its socket and what was asked."""
_DESCRIPTORS: Final = 2
_CHUNK: Final = 65536


class Spare:
    """A fork of this process, made now, for work that comes later or never.

    Attributes:
        pid: its number.
    """

    def __init__(self, role: Callable[[str], Role], control: socket.socket) -> None:
        """Fork it.

        Args:
            role: what a process does, by the name of its role.
            control: a socket of this process that the fork is not to have.

        Raises:
            OSError: there can be no more processes.
        """
        parent = os.getpid()
        self._sock, theirs = socket.socketpair()
        with theirs:
            self.pid = os.fork()
            if not self.pid:
                control.close()
                self._sock.close()
                _live(theirs, parent, role)

    def give(self, role: str, words: Mapping[str, Any], descriptors: Sequence[int]) -> bool:
        """Give it work, once.

        Args:
            role: what it is for.
            words: what it needs to know.
            descriptors: its end of the socket pair by which it takes orders, and its log.

        Returns:
            whether it has it: not if somebody has ended the process meanwhile.
        """
        line = json.dumps({"role": role, "with": words}).encode() + b"\n"
        try:
            with self._sock:
                rest = line[socket.send_fds(self._sock, [line], descriptors) :]
                if rest:  # who has it all closes the socket
                    self._sock.sendall(rest)
        except OSError:
            self.end()
            return False
        return True

    def end(self) -> None:
        """End it, as there is no work."""
        self._sock.close()
        os.kill(self.pid, signal.SIGKILL)  # not yet waited for, so it is still ours
        os.waitpid(self.pid, 0)


def can_be_heard(sock: socket.socket, within_ms: int) -> bool:
    """Whether there is something to receive, or an end; waits so long for that."""
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(within_ms))


def receive_lines(sock: socket.socket) -> tuple[list[bytes], list[int]]:
    """Lines, and the descriptors that came with the last; nothing at the end.

    There is one as a rule; more if nobody has waited for the answer to the first.
    """
    descriptors = array.array("i")
    data, ancillary, _, _ = sock.recvmsg(_CHUNK, socket.CMSG_SPACE(_DESCRIPTORS * 4))
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(content[: len(content) - len(content) % 4])
    while data and not data.endswith(b"\n"):
        more = sock.recv(_CHUNK)
        data = data + more if more else b""
    return data.splitlines(), list(descriptors)


# ------------------------------------------------------------------- in the fork


def _live(sock: socket.socket, parent: int, role: Callable[[str], Role]) -> NoReturn:
    """What such a fork does, and ends."""
    code = 1
    try:
        gc.enable()
        lifeline = Lifeline(parent)
        trio.run(_wait_and_work, sock, lifeline, role)
        code = 0
    except BaseException:  # whatever it is: the process ends here, not in what it was forked from
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        logging.shutdown()
        os._exit(code)


async def _wait_and_work(
    work: socket.socket, lifeline: Lifeline, role: Callable[[str], Role]
) -> None:
    if not can_be_heard(work, 0):
        _rehearse()
    await trio.lowlevel.wait_readable(work)
    with work:
        lines, descriptors = receive_lines(work)
    if not lines:
        return
    [line] = lines
    given = json.loads(line)
    channel, log = descriptors
    os.dup2(log, sys.stderr.fileno())
    os.close(log)
    configure(HUMAN_LOG)  # it is another standard error
    sock = socket.socket(fileno=channel)
    lifeline.hold(sock)
    await role(given["role"])(sock, given["with"])


def _rehearse() -> None:
    """Do what a server begins with, so that its pages of memory are this process's own."""
    build(layered(FOR_TESTS))
