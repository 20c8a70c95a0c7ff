"""What must be true after a soak."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from benchmarks.soak.load import Play

__all__ = ["WITHIN", "judge"]

WITHIN: Final = 0.05
"""How far the memory at the end may be above its plateau."""

Sample = Mapping[str, int]


def judge(
    before: Sample,
    during: Sequence[Sample],
    after: Sample,
    plays: Sequence[Play],
    skipped: Mapping[str, int],
    bugs: Sequence[str],
) -> tuple[dict[str, Any], list[str]]:
    """The figures, and in words what is not as it must be.

    Args:
        before: what the process held when nobody had come.
        during: the same at equal intervals, under load.
        after: when everybody had left.
        skipped: by our end of each connection, the messages that the server says it skipped.
        bugs: what clients saw that must never be.
    """
    rss = [each["rss"] / 1e6 for each in during]
    plateau = statistics.median(rss[len(rss) * 2 // 5 : len(rss) * 4 // 5])
    end = statistics.median(rss[len(rss) * 9 // 10 :])
    missed = [play for play in plays if play.missed]
    figures = {
        "rss_plateau_mb": plateau,
        "rss_end_mb": end,
        "rss_growth": end / plateau - 1,
        "before": dict(before),
        "after": dict(after),
        "plays": len(plays),
        "frames": sum(play.got for play in plays),
        "plays_that_missed": len(missed),
        "frames_missed": sum(play.missed for play in missed),
        "frames_counted_as_skipped": sum(skipped.values()),
    }
    return figures, [*_complaints(figures, before, after), *_uncounted(missed, skipped), *bugs]


def _complaints(figures: Mapping[str, Any], before: Sample, after: Sample) -> Iterator[str]:
    if figures["rss_growth"] > WITHIN:
        yield f"memory grew by {figures['rss_growth']:.1%} over its plateau"
    for name in ("tasks", "descriptors", "sessions", "streams"):
        if after[name] > before[name]:
            yield f"{after[name]} {name} when everybody had left, {before[name]} before they came"


def _uncounted(missed: Sequence[Play], skipped: Mapping[str, int]) -> Iterator[str]:
    for play in missed:
        counted = skipped.get(play.peer, 0)
        if counted < play.missed:
            yield f"{play.peer} missed {play.missed} frames, of which {counted} were counted"
