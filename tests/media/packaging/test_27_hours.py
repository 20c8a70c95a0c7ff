"""Timestamps of 27 hours, which go round at 33 bits in transport streams: the window is kept, and
nothing is left behind."""

from __future__ import annotations

import gc

import pytest

from tests.media.packaging.viewings import Spectator, breaches
from tests.media.remux.records import avc, head
from tests.media.segments.streams import TS
from trio_srs.media.segments.presentation import PresentationRule

RULE = PresentationRule(
    segment_s=36.0, longest_s=36.0, target_s=36, window_s=216.0, most_bytes=1 << 26
)
STEP_MS, FIRST_STEP_MS, GOP = 4500, 1400, 8
"""Pictures as rare as can be, after a few that say so."""
TIMELY = {"segments_come_in_time", "the_clock_comes_often"}
"""Not to be judged: nobody looks all the time, and between such pictures no clock is made up."""


@pytest.mark.long
def test_27_hours_keep_the_window_and_leave_nothing() -> None:
    seen, start_ms, at_ms, number = Spectator(TS, RULE), Spectator(TS).unix_ms, 0, 0
    write = seen.presentation.write
    write(*head(), start_ms)
    kept = []
    for hours in (1.0, 26.4, 26.6, 27.0):
        while at_ms < hours * 3_600_000:
            seen.unix_ms = start_ms + at_ms
            write(*avc(at_ms, key=number % GOP == 0), seen.unix_ms)
            at_ms += STEP_MS if number >= GOP else FIRST_STEP_MS
            number += 1
        seen.look(always=True)
        (rendition,) = seen.presentation.renditions
        gc.collect()
        kept.append((len(rendition.segments), rendition.size, len(gc.get_objects())))
    assert [
        breach.rule.name for breach in breaches(seen.fetched) if breach.rule.name not in TIMELY
    ] == []
    assert rendition.segments[-1].start > 2**33, "it has gone round"
    assert rendition.discontinuities == 0
    listed, sizes, objects = zip(*kept, strict=True)
    assert set(listed) == {6}
    assert max(sizes) < min(sizes) * 1.2
    assert objects[-1] < objects[0] + 500, "of what was got here"
