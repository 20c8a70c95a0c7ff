"""A process that has imported everything, and forks itself for each one asked for. Floor 7.

A server needs half a second to import itself and a few milliseconds to start: so it is imported
once for all tests. What is forked is a process like any other; here is no event loop and no
second thread that a fork could break.

Orders are lines of JSON on a socket, each carried out and answered before the next: ``fork``
(with the new process's own socket and its log as descriptors), ``exit_code`` and ``kill``. While
there is none, what the first server can do without is imported, and a fork is made ahead for the
next order (:mod:`trio_srs.testing.child.spare`).
"""

from __future__ import annotations

import codecs
import gc
import json
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from trio_srs.config.layers import layered
from trio_srs.config.sections import SECTIONS
from trio_srs.server.build import build
from trio_srs.server.logs import configure, prepare
from trio_srs.testing.child import lifeline
from trio_srs.testing.child.serving import FOR_TESTS
from trio_srs.testing.child.spare import HUMAN_LOG, Role, Spare, can_be_heard, receive_lines

__all__ = ["CHORES", "ROLES", "main", "role"]

ROLES: Final[Mapping[str, str]] = {
    "server": "serving:run_server",
    "publisher": "publishing:publish",
    "player": "playing:play",
}
"""What a process can be for: where what it runs under Trio is found, beside this module."""

_CHECK_MS: Final = 500
_POLL_S: Final = 0.001


def role(name: str) -> Role:
    """What a process of a role runs under Trio, given its socket and what was asked."""
    module, _, function = ROLES[name].partition(":")
    found: Role = getattr(import_module(f"{__package__}.{module}"), function)
    return found


def _import_clients() -> None:
    for name in ROLES:
        role(name)


def _import_sections() -> None:
    layered({name: {} for name in SECTIONS})  # the functions that read each


CHORES: Final[tuple[Callable[[], object], ...]] = (prepare, _import_sections, _import_clients)
"""What is left to import, for when nobody waits: each server or client would do it for itself."""


def main(control: int, parent: int) -> None:
    """Fork on demand, for as long as the process that started this one is there.

    Args:
        control: the descriptor of the socket that orders come by.
        parent: the number of the process that started this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent that Ctrl-C is for
    configure(HUMAN_LOG)
    _preload()
    with socket.socket(fileno=control) as sock:
        forking = _Forking(sock)
        try:
            while not lifeline.parent_changed(parent) and forking.work():
                continue
        finally:
            forking.end()


def _preload() -> None:
    """Import and make what each server would otherwise import and make for itself."""
    build(layered(FOR_TESTS))
    codecs.lookup("idna")  # of addresses


class _Forking:
    """Carries out orders, and does what is left to do while there is none."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._chores = deque(CHORES)
        self._spare: Spare | None = None
        self._is_ahead = False
        """Whether a fork was made ahead, or it was tried in vain."""

    def work(self) -> bool:
        """Carry out what was ordered, or else a chore; wait a while if there is neither.

        Returns:
            whether there can be more orders.
        """
        is_idle = self._is_ahead and not self._chores
        if can_be_heard(self._sock, _CHECK_MS if is_idle else 0):
            return self._obey()
        if self._chores:
            self._chores.popleft()()
        elif not self._is_ahead:
            self._make_spare()
        return True

    def end(self) -> None:
        """Leave nobody behind who waits for work."""
        if self._spare is not None:
            self._spare.end()

    def _obey(self) -> bool:
        lines, descriptors = receive_lines(self._sock)
        for order in map(json.loads, lines):
            answer = {"id": order["id"], **self._do(order, descriptors)}
            self._sock.sendall(json.dumps(answer).encode() + b"\n")
        return bool(lines)

    def _do(self, order: Mapping[str, Any], descriptors: list[int]) -> dict[str, Any]:
        match order["do"]:
            case "fork":
                return {"pid": self._fork(order["role"], order["with"], descriptors)}
            case "exit_code":
                return {"code": _exit_code(order["pid"], order["within_s"])}
            case _:
                os.kill(order["pid"], signal.SIGKILL)  # not yet waited for, so it is still ours
                return {"code": _exit_code(order["pid"], order["within_s"])}

    def _fork(self, role: str, words: Mapping[str, Any], descriptors: list[int]) -> int:
        spare, self._spare = self._spare or self._forked(), None
        self._is_ahead = False
        if not spare.give(role, words, descriptors):  # somebody has ended it while it waited
            spare = self._forked()
            spare.give(role, words, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        return spare.pid

    def _make_spare(self) -> None:
        self._is_ahead = True
        with suppress(OSError):  # no more processes: whoever orders one will be told
            self._spare = self._forked()

    def _forked(self) -> Spare:
        gc.freeze()  # so that looking for garbage in a fork does not copy all of this
        return Spare(role, self._sock)


def _exit_code(pid: int, within_s: float) -> int | None:
    """How a process ended, negative for a signal, or None while it goes on."""
    deadline = time.monotonic() + within_s
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_S)
