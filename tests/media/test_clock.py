"""Timestamps: what is odd about them is found, with the first frame it was seen at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.clock import Clock, ClockStep, FindingCounter
from trio_srs.media.facts import ClockFacts, Finding, Moment

TOP = 2**32


def clock(*timestamps: int) -> Clock:
    made = Clock()
    for timestamp in timestamps:
        made.add(timestamp)
    return made


def test_even_timestamps_have_nothing_odd() -> None:
    assert clock(0, 40, 80).facts() == ClockFacts(first_ms=0, last_ms=80, duration_ms=80)
    assert clock().facts() == ClockFacts()
    assert clock(500).facts() == ClockFacts(first_ms=500, last_ms=500)


def test_a_step_back_is_a_regression() -> None:
    facts = clock(100, 80, 120, 110).facts()
    assert facts.regressions == Finding(2, Moment(1, 80), 20)
    assert facts.duration_ms == 40


def test_the_same_again_is_a_duplicate() -> None:
    assert clock(0, 40, 40).facts().duplicates == Finding(1, Moment(2, 40), 0)


def test_a_long_step_forward_is_a_gap_and_a_very_long_one_a_jump_too() -> None:
    assert clock(0, 1000).facts().gaps == Finding()
    facts = clock(0, 1001, 1041, 12_000).facts()
    assert facts.gaps == Finding(2, Moment(1, 1001), 10_959)
    assert facts.jumps == Finding(1, Moment(3, 12_000), 10_959)
    assert facts.duration_ms == 1081  # an ordinary step stands in place of the jump


def test_a_jump_back_is_a_regression_too() -> None:
    made = clock(50_000, 0)
    assert made.facts().jumps == made.facts().regressions == Finding(1, Moment(1, 0), 50_000)
    assert (made.step, made.now_ms, made.duration_ms) == (ClockStep.BREAK, 0, 0)


def test_running_over_is_a_wrap_and_nothing_odd() -> None:
    made = clock(TOP - 20, 20, 60)
    assert made.facts() == ClockFacts(first_ms=TOP - 20, last_ms=60, duration_ms=80, wraps=1)
    assert made.now_ms == TOP + 60


def test_a_step_back_over_the_wrap_is_one_step_back() -> None:
    facts = clock(0, TOP - 10).facts()
    assert (facts.regressions.largest_ms, facts.wraps) == (10, 0)


def test_the_limits_are_given() -> None:
    made = Clock(gap_ms=50, jump_ms=100)
    for timestamp in (0, 51, 152):
        made.add(timestamp)
    assert (made.facts().gaps.count, made.facts().jumps.count) == (2, 1)


@given(st.lists(st.integers(0, TOP - 1), min_size=1))
def test_times_are_timestamps_but_for_wraps(timestamps: list[int]) -> None:
    made = Clock()
    for timestamp in timestamps:
        assert made.add(timestamp) % TOP == timestamp
        assert made.now_ms % TOP == timestamp
    assert made.duration_ms >= 0


@given(st.lists(st.integers(0, 10_000), max_size=50), st.integers(0, TOP - 1))
def test_a_clock_that_never_steps_back_has_no_regressions(steps: list[int], start: int) -> None:
    made, now = clock(start), start
    for step in steps:
        now += step
        made.add(now % TOP)
    facts = made.facts()
    assert (facts.regressions.count, facts.jumps.count) == (0, 0)
    assert facts.duration_ms == now - start
    assert facts.wraps == now // TOP


@pytest.mark.parametrize("sizes", [[5], [5, 9, 7]])
def test_what_is_found_keeps_its_first_and_its_largest(sizes: list[int]) -> None:
    found = FindingCounter()
    for index, size in enumerate(sizes):
        found.add(index, 10 * index, size)
    assert found.facts() == Finding(len(sizes), Moment(0, 0), max(sizes))


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        (TOP - 40, 0, 40),  # -40 ms, FLV 10.1, E.4.1
        (0, TOP - 40, -40),
        (TOP - 5, TOP - 25, -20),
        (2**31 - 10, 2**31 + 10, 20),
        (1000, 400, -600),
    ],
)
def test_clocks_beside_each_other_can_be_compared(first: int, second: int, apart: int) -> None:
    one = Clock()
    other = Clock(beside=[Clock(), one])
    one.add(first)
    other.add(second)
    assert other.now_ms - one.now_ms == apart
    assert one.now_ms == first


def test_a_clock_beside_one_that_has_gone_round_counts_on_from_there() -> None:
    late = Clock(beside=[clock(TOP - 20, 20, 60)])
    assert late.add(70) == TOP + 70
    assert late.facts().first_ms == 70


@pytest.mark.parametrize(
    ("times", "regressed", "gaps", "jumps", "duration"),
    [
        ((0, 40, 80, 520, 160, 200), (1, 3), 0, 0, 200),  # ahead, by itself
        ((0, 40, 80, 2520, 160, 200), (1, 3), 0, 0, 200),
        ((0, 40, 80, 30_000, 160, 200), (1, 3), 0, 1, 200),
        ((1000, 1040, 1080, 600, 1160), (1, 3), 0, 0, 160),  # behind, by itself
        ((50_000, 50_040, 50_080, 80, 50_160), (1, 3), 0, 1, 160),
        ((1000, 1040, 1080, 600, 640, 1200), (1, 3), 0, 0, 200),  # two of them
        ((0, 40, 80, 30_000, 30_040, 200), (1, 5), 1, 1, 200),
        ((1000, 1040, 1080, 600, 640, 680), (1, 3), 0, 0, 200),  # for good
        ((1000, 1040, 600, 1040, 1080, 1120, 1160), (1, 2), 0, 0, 160),  # a little short a way
        ((1000, 600, 1000, 1040), (1, 1), 0, 0, 40),  # before anything is usual
        ((1000, 1040, 1080, 600, 3160), (1, 3), 1, 0, 2680),  # much is missing then: no way back
    ],
)
def test_a_fault_is_found_once_at_its_own_frame(
    times: tuple[int, ...], regressed: tuple[int, int], gaps: int, jumps: int, duration: int
) -> None:
    facts = clock(*times).facts()
    first = facts.regressions.first
    assert first is not None
    assert (facts.regressions.count, first.index) == regressed
    assert first.timestamp_ms == times[first.index]
    assert (facts.gaps.count, facts.jumps.count) == (gaps, jumps)
    assert facts.duration_ms == duration


def test_a_frame_at_the_time_of_the_one_before_shares_the_step_behind_it() -> None:
    made = clock(0, 40, 40, 120)
    assert (made.amended_ms, made.interval_ms, made.is_behind_stray) == (40, 40, True)
    assert made.facts().duplicates == Finding(1, Moment(2, 40), 0)
    twice = clock(0, 40, 40, 80, 80, 120)  # each frame in two messages, or fields
    assert (twice.amended_ms, twice.interval_ms) == (None, 40)


@given(st.lists(st.integers(0, TOP - 1), min_size=1))
def test_time_and_pace_stay_together_whatever_comes(timestamps: list[int]) -> None:
    made = clock(*timestamps)
    assert made.latest_ms >= made.time_ms
    assert made.duration_ms >= 0
    assert made.count == len(timestamps)
