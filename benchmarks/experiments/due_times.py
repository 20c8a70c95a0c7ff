"""How many writes a second a player gets, and how long messages wait, by when a stream is due.

``python benchmarks/experiments/due_times.py``: arithmetic, no clock. Pictures, and 43.07 AAC frames
a second, which come up to some milliseconds early or late, in a phase drawn anew for each of 20
minutes, sent at a 20 ms interval to readers whom it takes 2 ms to serve.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean, quantiles

INTERVAL_MS, MINUTE_MS, SERVING_MS, JITTER_MS = 20.0, 60_000.0, 2.0, 1.0
Arrival = tuple[float, bool]
"""When a message comes, in milliseconds, and whether it is sound."""


def arrivals(chance: random.Random, fps: float, has_sound: bool) -> list[Arrival]:
    """The messages of one minute."""

    def every(step_ms: float, is_sound: bool) -> Iterator[Arrival]:
        first = chance.uniform(0, step_ms)
        for number in itertools.count():
            at = first + number * step_ms
            if at >= MINUTE_MS:
                return
            yield max(0.0, at + chance.gauss(0, JITTER_MS)), is_sound

    pictures = every(1000 / fps, False) if fps else ()
    return sorted([*pictures, *(every(1024 / 44.1, True) if has_sound else ())])


class Sender:
    """What is known when a message comes, and what became of those that were sent."""

    def __init__(self) -> None:
        self.sent_at = self.rests_from = -math.inf
        self.urgent = 0
        self.writes = 0
        self.waits: dict[bool, list[float]] = {True: [], False: []}
        self._waiting: list[Arrival] = []
        self._due = math.inf
        self._is_late = False

    def take(self, message: Arrival, due: float, *, is_urgent: bool) -> None:
        """A message has come, and is due then if nothing that waits is earlier."""
        at, _ = message
        self._waiting.append(message)
        self._is_late |= is_urgent and due > at
        self._due = min(self._due, due)
        self.pass_time(at)

    def pass_time(self, until: float) -> None:
        """Send what is due by then."""
        if self._due > until:
            return
        for at, is_sound in self._waiting:
            self.waits[is_sound].append(self._due - at)
        self.writes += 1
        self.sent_at = self._due + SERVING_MS
        if self.urgent:
            in_vain = self.urgent == 1 and self._is_late
            self.rests_from = -math.inf if in_vain else self.sent_at
        self._waiting, self._due, self.urgent, self._is_late = [], math.inf, 0, False


Rule = Callable[[Sender, float, bool], float]
"""When something is due that comes now; whether it is sound that has pictures to wait for."""


def aligned(_sender: Sender, now: float, _waits: bool) -> float:
    """At ticks of the interval, the same for all streams."""
    return (now // INTERVAL_MS + 1) * INTERVAL_MS


def after_the_first(_sender: Sender, now: float, _waits: bool) -> float:
    """One interval after the first that was not sent."""
    return now + INTERVAL_MS


def rate_limit(sender: Sender, now: float, _waits: bool) -> float:
    """At once, and then at most once in an interval."""
    return max(now, sender.sent_at + INTERVAL_MS)


def unless_rested(sender: Sender, now: float, _waits: bool) -> float:
    """One interval after the first, but at once after a rest."""
    return now if now >= sender.rests_from + INTERVAL_MS else now + INTERVAL_MS


def sound_waits(intervals: float, rests: float = math.inf) -> Rule:
    """The same, but that sound waits for pictures: so long, and not after a rest of so long."""

    def rule(sender: Sender, now: float, waits: bool) -> float:
        if not waits:
            return unless_rested(sender, now, waits)
        has_rested = now >= sender.sent_at + rests * INTERVAL_MS
        return now if has_rested else now + intervals * INTERVAL_MS

    return rule


RULES: dict[str, Rule] = {
    "aligned": aligned,
    "after the first": after_the_first,
    "rate limit": rate_limit,
    "unless rested": unless_rested,
    "sound waits 1": sound_waits(1.0),
    "sound waits 1.5": sound_waits(1.5),
    "sound waits 2": sound_waits(2.0),
    "sound waits 1.5, rests 1": sound_waits(1.5, 1.0),
    "sound waits 1.5, rests 1.25": sound_waits(1.5, 1.25),
    "sound waits 2, rests 1.25": sound_waits(2.0, 1.25),
}


def run(rule: Rule, messages: Sequence[Arrival]) -> Sender:
    """A minute by a rule."""
    sender, has_pictures = Sender(), not all(is_sound for _, is_sound in messages)
    for at, is_sound in messages:
        sender.pass_time(at)
        waits = is_sound and has_pictures
        is_urgent = not waits or rule in (aligned, after_the_first, rate_limit, unless_rested)
        due = rule(sender, at, waits)
        sender.urgent += is_urgent
        sender.take((at, is_sound), due, is_urgent=is_urgent)
    return sender


def main() -> None:
    """Print a line for each rule and stream."""
    for fps, has_sound in ((25, True), (25, False), (60, True), (60, False), (0, True)):
        print(f"{fps} fps{', sound' if has_sound else ''}")
        minutes = [arrivals(random.Random(seed), fps, has_sound) for seed in range(20)]
        for name, rule in RULES.items():
            done = [run(rule, messages) for messages in minutes]
            writes = fmean(each.writes for each in done) / 60
            pictures, sound = (
                [wait for each in done for wait in each.waits[is_sound]]
                for is_sound in (False, True)
            )
            waits = pictures + sound
            p50, p99 = (quantiles(waits, n=100)[at - 1] for at in (50, 99))
            seen = f"pictures {fmean(pictures):4.1f} on average" if pictures else ""
            print(f"  {name:28} {writes:5.1f} writes/s, waits: {p50:4.1f} {p99:4.1f} ms {seen}")


if __name__ == "__main__":
    main()
