"""Whole frames fill parts, whatever their lengths are."""

from __future__ import annotations

import pytest

from trio_srs.media.segments.part_rule import PartRule

MS = 90


@pytest.mark.parametrize(
    ("frames_ms", "target_ms"),
    [
        ((40,), 202),  # five, and a margin
        ((33.366, 21.333), 203),
        ((128,), 258),  # AAC at 8 kHz: one frame would not fill it, two are more than was asked
        ((1000, 21.333), 1002),
        ((), 200),
    ],
)
def test_the_target_is_the_least_that_frames_fill(
    frames_ms: tuple[float, ...], target_ms: int
) -> None:
    rule = PartRule(200 * MS)
    rule.settle([round(each * MS) for each in frames_ms])
    assert rule.target is not None
    assert round(rule.target / MS) == target_ms
    for frame in (round(each * MS) for each in frames_ms):
        filled = (rule.target - 2 * MS) // frame * frame
        assert 0.85 * rule.target <= filled <= rule.target


def test_it_is_chosen_once() -> None:
    rule = PartRule(200 * MS)
    rule.settle([3600])
    before = rule.target
    rule.settle([90_000])
    assert rule.target == before


def test_the_search_ends() -> None:
    rule = PartRule(200 * MS)
    rule.settle([17_900, 10_001])
    assert rule.target is not None
    assert rule.target <= 2 * 200 * MS
