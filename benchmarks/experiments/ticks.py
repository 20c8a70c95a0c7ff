"""How many writes a second a player gets, by when a stream is due.

``python benchmarks/experiments/ticks.py``: arithmetic, no clock. A stream of 25 pictures and 43.07
AAC frames a second, in a phase drawn anew for each of 200 minutes, sent at a 20 ms interval: at
ticks that are aligned to the interval, or one interval after the first record that was not sent.
"""

from __future__ import annotations

import itertools
import random

INTERVAL_MS, MINUTE_MS = 20.0, 60_000.0


def arrivals(chance: random.Random) -> list[float]:
    """When records come, in milliseconds."""
    pictures = (chance.uniform(0, 40) + number * 40 for number in itertools.count())
    sounds = (chance.uniform(0, 1) + number * 1024 / 44.1 for number in itertools.count())
    within = [itertools.takewhile(lambda at: at < MINUTE_MS, kind) for kind in (pictures, sounds)]
    return sorted(itertools.chain(*within))


def aligned(times: list[float]) -> tuple[int, float]:
    """Writes, and how long a record waits on average."""
    dues = [(at // INTERVAL_MS + 1) * INTERVAL_MS for at in times]
    return len(set(dues)), sum(due - at for due, at in zip(dues, times, strict=True)) / len(times)


def after_the_first(times: list[float]) -> tuple[int, float]:
    """Likewise."""
    writes, waited, due = 0, 0.0, -1.0
    for at in times:
        if at > due:
            writes, due = writes + 1, at + INTERVAL_MS
        waited += due - at
    return writes, waited / len(times)


def main() -> None:
    """Print a line for each rule."""
    minutes = [arrivals(random.Random(seed)) for seed in range(200)]
    for rule in (aligned, after_the_first):
        found = [rule(times) for times in minutes]
        writes = sum(count for count, _ in found) / len(found) / 60
        waited = sum(wait for _, wait in found) / len(found)
        print(f"{rule.__name__:16} {writes:5.1f} writes/s, a record waits {waited:4.1f} ms")


if __name__ == "__main__":
    main()
