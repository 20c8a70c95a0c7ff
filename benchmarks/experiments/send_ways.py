"""One span to each of many sockets: what a send costs, by the way it is made.

``python benchmarks/experiments/send_ways.py``. CPU of the sending thread, microseconds per socket,
median and best of the rounds; between two rounds the readers are emptied, uncounted. One round has
all ways, so that they meet the same hour.
"""

from __future__ import annotations

import os
import socket
import statistics
import time
from collections.abc import Callable, Iterator

SOCKETS, ROUNDS = 300, 60
SIZES = (2_500, 44_000)


def pairs() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connected sockets, whose first one does not wait and joins nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(SOCKETS):
            far = socket.create_connection(listener.getsockname())
            near, _peer = listener.accept()
            near.setblocking(False)
            far.setblocking(False)
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield near, far


class Reader:
    """As much of a reader as the broadcaster looks at before each send."""

    __slots__ = ("busy", "fast_at", "offer")

    def __init__(self, sock: socket.socket) -> None:
        self.busy, self.fast_at, self.offer = False, 0, sock.send


def as_it_is(nears: list[socket.socket]) -> Callable[[bytes], None]:
    """The broadcaster's loop: slices, three looks at the reader, one note."""
    readers = [Reader(sock) for sock in nears]

    def send(blob: bytes) -> None:
        size = len(blob)
        for at in range(0, len(readers), 16):
            for reader in readers[at : at + 16]:
                if reader.fast_at != 0 or reader.busy:
                    continue
                if reader.offer(blob) == size:
                    reader.fast_at = 0

    return send


def bare(nears: list[socket.socket]) -> Callable[[bytes], None]:
    """Bound methods and nothing else: what the loop could save at most."""
    sends = [sock.send for sock in nears]

    def send(blob: bytes) -> None:
        for each in sends:
            each(blob)

    return send


def os_write(nears: list[socket.socket]) -> Callable[[bytes], None]:
    """``write`` instead of ``send``: less parsing of arguments, a longer way in the kernel."""
    numbers = [sock.fileno() for sock in nears]

    def send(blob: bytes) -> None:
        for number in numbers:
            os.write(number, blob)

    return send


def main() -> None:
    """Measure, and print a line for each way and size."""
    both = list(pairs())
    nears, fars = [near for near, _ in both], [far for _, far in both]
    ways = {"as it is": as_it_is(nears), "bare loop": bare(nears), "os.write": os_write(nears)}
    buffer = bytearray(1 << 20)
    for size in SIZES:
        blob = bytes(size)
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, send in ways.items():
                began = time.thread_time()
                send(blob)
                took[name].append((time.thread_time() - began) / SOCKETS * 1e6)
                for far in fars:
                    far.recv_into(buffer)
        for name, values in took.items():
            print(f"{size:6} bytes {name:10} {statistics.median(values):6.2f} {min(values):6.2f}")


if __name__ == "__main__":
    main()
