"""How long the garbage collector stops a server, by how it is set up.

``python benchmarks/experiments/collector.py [CLIENTS]``. One server in this process, half of the
clients publish, half play; then everybody sends for a while, and every collection is timed by
``gc.callbacks``. Pauses in milliseconds, and the share of the thread's CPU that went into them.
"""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Callable

import trio

import trio_srs
from trio_srs.server.collector import tune_collector
from trio_srs.testing import bodies
from trio_srs.testing.peer import Peer

ROUNDS, FIRST_MS, STEP_MS = 300, 40, 40


def as_python_has_it() -> None:
    """700, 10, 10, and everything that was ever made is looked at."""
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)


def seldom() -> None:
    """What was there when it began is not looked at, and the rest at 20,000 new objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class Pauses:
    """Times every collection."""

    def __init__(self) -> None:
        self.took: dict[int, list[float]] = {0: [], 1: [], 2: []}
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.took[info["generation"]].append(time.perf_counter() - self._began)


async def _load(clients: int, setup: Callable[[], None]) -> None:
    config = trio_srs.load_config(overrides=['rtmp.listen=["127.0.0.1:0"]', "log.level='error'"])
    async with trio_srs.serve(config) as server:
        setup()
        port = int(server.rtmp_url().split(":")[2].partition("/")[0])
        publishers, players = [], []
        for number in range(clients // 2):
            publishers.append(await Peer.connect_tcp("127.0.0.1", port))
            await publishers[-1].publish(f"s{number}")
            await publishers[-1].say(bodies.header(), bodies.key(0))
            players.append(await Peer.connect_tcp("127.0.0.1", port))
            await players[-1].play(f"s{number}")
        pauses = Pauses()
        gc.callbacks.append(pauses)
        began = time.thread_time()
        for number in range(ROUNDS):
            make = bodies.inter if number % 50 else bodies.key
            for publisher in publishers:
                await publisher.say(make(FIRST_MS + number * STEP_MS, 500))
            await trio.sleep(0.01)
        spent = time.thread_time() - began
        gc.callbacks.remove(pauses)
        for peer in (*publishers, *players):
            peer.close()
    _report(setup.__name__, pauses, spent)


def _report(name: str, pauses: Pauses, spent: float) -> None:
    for generation, took in pauses.took.items():
        longest = max(took, default=0.0) * 1000
        share = sum(took) / spent
        print(
            f"{name:18} gen {generation}: {len(took):5} of {longest:6.2f} ms at most, {share:.1%}"
        )


def main() -> None:
    """All ways, one after the other."""
    logging.disable(logging.CRITICAL)
    clients = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    for setup in (as_python_has_it, seldom, tune_collector):
        trio.run(_load, clients, setup)


if __name__ == "__main__":
    main()
