"""Reading a curve of cost against latency between the points that were measured."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

__all__ = ["cost_at"]

_ALIKE, _ALIKE_MS = 1.1, 0.3
"""Two measurements of the same differ by as much: a factor, or milliseconds."""


def cost_at(points: Iterable[tuple[float, float]], latency: float) -> float:
    """The least cost for which nobody is later than that.

    Args:
        points: latency and cost of some settings. Between two of them the cost is taken to fall
            evenly with the logarithm of the latency.

    Returns:
        NaN, if none of them is as early. The earliest is as early, if a tenth or 0.3 ms would do.
    """
    curve = sorted(points)
    if curve and latency < curve[0][0] <= max(latency * _ALIKE, latency + _ALIKE_MS):
        return curve[0][1]
    found = [cost for at, cost in curve if at <= latency]
    for (before, high), (behind, low) in pairwise(curve):
        if 0 < before <= latency < behind:
            share = math.log(latency / before) / math.log(behind / before)
            found.append(high + share * (low - high))
    return min(found, default=math.nan)
