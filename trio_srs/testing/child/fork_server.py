"""A process that has imported everything, and forks itself for each one asked for. Floor 7.

A server needs half a second to import itself and a few milliseconds to start: so it is imported
once for all tests. What is forked is a process like any other; here is no event loop and no
second thread that a fork could break.

Orders are lines of JSON on a socket, each carried out and answered before the next: ``fork``
(with the new process's own socket and its log as descriptors), ``exit_code`` and ``kill``.
"""

from __future__ import annotations

import array
import codecs
import gc
import json
import logging
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final

import trio

from trio_srs.config.layers import layered
from trio_srs.config.process import LogConfig, LogFormat
from trio_srs.config.sections import SECTIONS
from trio_srs.server.build import build
from trio_srs.server.logs import configure, prepare
from trio_srs.testing.child import lifeline
from trio_srs.testing.child.playing import play
from trio_srs.testing.child.publishing import publish
from trio_srs.testing.child.serving import FOR_TESTS, run_server

__all__ = ["ROLES", "main"]

ROLES: Final[Mapping[str, Callable[..., Any]]] = {
    "server": run_server,
    "publisher": publish,
    "player": play,
}
"""What a process can be for: what it runs under Trio, given its socket and what was asked."""

_LOG: Final = LogConfig(format=LogFormat.HUMAN)
_CHECK_MS: Final = 500
_POLL_S: Final = 0.001
_DESCRIPTORS: Final = 2


def main(control: int, parent: int) -> None:
    """Fork on demand, for as long as the process that started this one is there.

    Args:
        control: the descriptor of the socket that orders come by.
        parent: the number of the process that started this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent that Ctrl-C is for
    configure(_LOG)
    prepare()
    _preload()
    trio.run(trio.lowlevel.checkpoint)
    gc.collect()
    gc.freeze()  # so that looking for garbage in a fork does not copy all of this
    with socket.socket(fileno=control) as sock:
        while not lifeline.parent_changed(parent):
            if not _heard(sock):
                continue
            lines, descriptors = _receive(sock)
            if not lines:
                return
            for order in map(json.loads, lines):
                answer = {"id": order["id"], **_do(order, descriptors, sock)}
                sock.sendall(json.dumps(answer).encode() + b"\n")


def _preload() -> None:
    """Import and make what each server would otherwise import and make for itself."""
    layered({name: {} for name in SECTIONS})  # the functions that read each
    build(layered(FOR_TESTS))
    codecs.lookup("idna")  # of addresses


def _heard(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(_CHECK_MS))


def _receive(sock: socket.socket) -> tuple[list[bytes], list[int]]:
    """Orders, and the descriptors that came with the last; nothing at the end.

    There is one as a rule; more if nobody has waited for the answer to the first.
    """
    descriptors = array.array("i")
    data, ancillary, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(_DESCRIPTORS * 4))
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(content[: len(content) - len(content) % 4])
    while data and not data.endswith(b"\n"):
        more = sock.recv(65536)
        data = data + more if more else b""
    return data.splitlines(), list(descriptors)


def _do(order: Mapping[str, Any], descriptors: list[int], sock: socket.socket) -> dict[str, Any]:
    match order["do"]:
        case "fork":
            return {"pid": _fork(order["role"], order["with"], descriptors, sock)}
        case "exit_code":
            return {"code": _exit_code(order["pid"], order["within_s"])}
        case _:
            os.kill(order["pid"], signal.SIGKILL)  # not yet waited for, so it is still ours
            return {"code": _exit_code(order["pid"], order["within_s"])}


def _fork(
    role: str, words: Mapping[str, Any], descriptors: list[int], control: socket.socket
) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        for descriptor in descriptors:
            os.close(descriptor)
        return pid
    code = 1
    try:
        control.close()
        channel, log = descriptors
        os.dup2(log, sys.stderr.fileno())
        os.close(log)
        configure(_LOG)  # it is another standard error
        sock = socket.socket(fileno=channel)
        lifeline.hold(sock, parent)
        trio.run(ROLES[role], sock, words)
        code = 0
    except BaseException:  # whatever it is: the process ends here, not in the loop above
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        logging.shutdown()
        os._exit(code)


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
