"""Stands for a program that another process forks, where only a command can be given.

It takes hardly longer to start than the interpreter without ``site``. It has the program's streams,
passes signals on, and ends as the program does; if it is killed, so is the program.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys

_PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1)


def is_open(number: int) -> bool:
    """Whether there is such a descriptor."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def main(address: str, words: list[str]) -> None:
    """Have it run, and end with it."""
    given = list(filter(is_open, (0, 1, 2)))
    reading, writing = os.pipe()
    request = {
        "words": words,
        "targets": given,
        "cwd": os.getcwd(),
        "environ": dict(os.environ),
        "session": False,
        "stands": True,
    }
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # as long as this is open it runs
    sock.connect(address)
    socket.send_fds(sock, [json.dumps(request).encode()], [writing, *given])
    os.close(writing)
    number = struct.Struct("q")
    [pid] = number.unpack(os.read(reading, number.size))
    for each in _PASSED_ON:
        signal.signal(each, lambda number, _: os.kill(pid, number))
    told = os.read(reading, number.size)
    code = os.waitstatus_to_exitcode(number.unpack(told)[0]) if told else 1
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
