"""What a worker runs: clients, and what they did between two points in time. Floor 6.

What is counted travels as JSON: a number is added up over the workers, a list of samples is
joined, a table of reasons is added up word by word.
"""

from __future__ import annotations

import abc
import math
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from trio_srs.tools.load.client import LoadClient
from trio_srs.tools.load.loop import Loop
from trio_srs.tools.load.plan import LoadPlan

__all__ = ["PATIENCE_S", "Raw", "Workload"]

Raw = dict[str, Any]
"""Figures before they are summed up."""

PATIENCE_S: Final = 10.0
"""How long after the last client's start it is waited for all to begin."""


class Workload(abc.ABC):
    """Clients, started at a rate, and windows in which they are counted."""

    late_s = 0.0
    """How long to wait after a window before it is counted."""

    def __init__(self, loop: Loop, plan: LoadPlan) -> None:
        self.loop, self.plan = loop, plan
        self._began_at = 0.0
        self._last_start_at = math.inf

    @property
    @abc.abstractmethod
    def clients(self) -> Sequence[LoadClient]:
        """Those that were started so far."""

    def start(self) -> None:
        """Start all clients at the plan's rate."""
        numbers = self.plan.numbers
        now = time.monotonic()
        for i, number in enumerate(numbers):
            self.loop.at(now + i / self.plan.ramp, partial(self.start_one, number))
        self._last_start_at = now + max(0, len(numbers) - 1) / self.plan.ramp

    @abc.abstractmethod
    def start_one(self, number: int) -> None:
        """Start the client of a number; it is not waited for."""

    @property
    def is_settled(self) -> bool:
        """Whether every client has begun or failed, or was waited for long enough."""
        now = time.monotonic()
        if now > self._last_start_at + PATIENCE_S:
            return True
        return now >= self._last_start_at and (
            len(self.clients) >= len(self.plan.numbers)
            and all(client.settled for client in self.clients)
        )

    def begin(self) -> None:
        """Count from here on: a window begins."""
        self._began_at = time.monotonic()

    def end(self) -> None:  # noqa: B027 - a storm has no window
        """The window ends; what still arrives after it belongs to it no more."""

    def raw(self) -> Raw:
        """What the window brought, and how the clients fare."""
        clients = self.clients
        lost = sum(client.lost for client in clients)
        started = sum(client.started for client in clients)
        return {
            "connected": started,
            "failed": len(self.plan.numbers) - started,
            "lost": lost,
            "reasons": Counter(client.failure for client in clients if client.failure),
            "active": started - lost,
        }

    def close(self) -> None:
        for client in self.clients:
            client.close()
