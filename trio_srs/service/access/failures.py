"""Failed attempts, counted by address, so that nobody guesses for long. Floor 3, and pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

__all__ = ["FailureCounter"]

_MOST_ADDRESSES: Final = 10_000
_MOST_TIMES: Final = 1_000_000


class FailureCounter:
    """The newest failures of each address; of those that failed longest ago nothing is known."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        """How many addresses there are."""
        return len(self._times)

    def add(self, address: str, now: float) -> None:
        """One more of an address."""
        times = self._times.setdefault(address, deque(maxlen=_MOST_TIMES))
        times.append(now)
        self._times.move_to_end(address)
        if len(self._times) > _MOST_ADDRESSES:
            self._times.popitem(last=False)

    def since(self, address: str, begin: float) -> int:
        """How many there were from then on; those before are forgotten."""
        times = self._times.get(address)
        if times is None:
            return 0
        while times and times[0] < begin:
            times.popleft()
        if not times:
            del self._times[address]
        return len(times)
