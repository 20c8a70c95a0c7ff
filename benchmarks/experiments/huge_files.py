"""What sending a segment of 500 kB out of a file costs, by where its bytes are.

    python benchmarks/experiments/huge_files.py

Sends over a loopback connection to a process that throws everything away, and says the CPU of the
sender for each: out of a file of memory in pages of 4 KiB, of one in pages of 2 MiB, of one on a
disk (which the kernel keeps in larger pieces), and by a copy from the process.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress

from trio_srs.hub.huge_files import open_huge

SIZE = 500_000
ROUNDS = 5
SENT = 1_000


def sink(listener: socket.socket) -> None:
    """Throw away what comes, in a process of its own."""
    peer, _ = listener.accept()
    buffer = bytearray(2**20)
    while peer.recv_into(buffer):
        pass


def cost_us(send: Callable[[socket.socket], None]) -> float:
    """Microseconds of CPU that one takes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = os.fork()
        if not child:
            sink(listener)
            os._exit(0)
        with socket.create_connection(listener.getsockname()) as sender:
            began = time.process_time()
            for _ in range(SENT):
                send(sender)
            took = time.process_time() - began
        os.waitpid(child, 0)
    return took / SENT * 1e6


def of_file(fileno: int) -> Callable[[socket.socket], None]:
    """Send out of a file."""

    def send(sender: socket.socket) -> None:
        start = 0
        while start < SIZE:
            start += os.sendfile(sender.fileno(), fileno, start, SIZE - start)

    return send


def main() -> None:
    """Measure each in turn, and say the least of each."""
    data = os.urandom(SIZE)
    with tempfile.TemporaryFile() as disk:
        small = os.memfd_create("small")
        files = {"4 KiB": small, "disk": disk.fileno()}
        with suppress(OSError):
            files["2 MiB"] = open_huge("huge", 1)
        for fileno in files.values():
            os.pwrite(fileno, data, 0)
        ways = {name: of_file(fileno) for name, fileno in files.items()}
        ways["copy"] = lambda sender: sender.sendall(data)
        costs: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, send in ways.items():
                costs[name].append(cost_us(send))
    for name, each in costs.items():
        print(f"{name:6} {min(each):6.1f} us, median {sorted(each)[ROUNDS // 2]:.1f}")


if __name__ == "__main__":
    main()
