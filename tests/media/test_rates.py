"""Bits per second and frames per second."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.facts import IntervalFacts, RateFacts
from trio_srs.media.rates import BitRate, Intervals


def test_the_window_is_the_last_second() -> None:
    rate = BitRate()
    for time_ms in range(0, 3000, 100):
        rate.add(time_ms, 1000 if time_ms == 500 else 100)
    assert rate.facts(2900, 30) == RateFacts(now_bps=8000, mean_bps=10_400, peak_bps=15_200)


def test_nothing_is_known_of_nothing_and_no_mean_of_one_moment() -> None:
    rate = BitRate()
    assert rate.facts(0, 0) == RateFacts()
    rate.add(0, 10)
    assert rate.facts(0, 1) == RateFacts(now_bps=80, mean_bps=None, peak_bps=80)


def test_a_small_step_back_counts_as_now_and_a_large_one_begins_anew() -> None:
    rate = BitRate()
    rate.add(5000, 10)
    rate.add(4500, 10)
    assert rate.facts(0, 2).now_bps == 160
    rate.add(4000, 10)
    assert rate.facts(0, 3).now_bps == 80
    rate.add(4500, 10)
    assert rate.facts(0, 4) == RateFacts(160, None, 160)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 1000)), min_size=1, max_size=60))
def test_now_and_peak_are_what_a_plain_sum_says(frames: list[tuple[int, int]]) -> None:
    rate, seen, now, peak = BitRate(), list[tuple[int, int]](), 0, 0
    for step, size in frames:
        now += step
        seen.append((now, size))
        rate.add(now, size)
        last = 8 * sum(each for at, each in seen if at > now - 1000)
        peak = max(peak, last)
        facts = rate.facts(now, len(seen))
        assert (facts.now_bps, facts.peak_bps) == (last, peak)


@given(st.lists(st.integers(0, 5000), max_size=3000))
def test_the_window_stays_small_whatever_the_times_are(times: list[int]) -> None:
    rate = BitRate()
    for time_ms in times:
        rate.add(time_ms, 1)
    assert len(rate._window or ()) <= 1000


def test_even_intervals_have_no_jitter() -> None:
    made = Intervals()
    assert made.facts() == IntervalFacts()
    for _ in range(3):
        made.add(40)
    assert made.facts() == IntervalFacts(25, 0, 40, 40)


def test_there_is_no_rate_where_time_stands_still() -> None:
    made = Intervals()
    made.add(0)
    assert made.facts() == IntervalFacts(None, 0, 0, 0)


@given(st.lists(st.integers(0, 10_000), min_size=1))
def test_intervals_are_as_statistics_says(intervals: list[int]) -> None:
    made = Intervals()
    for interval in intervals:
        made.add(interval)
    facts = made.facts()
    assert facts.jitter_ms is not None
    assert math.isclose(facts.jitter_ms, statistics.pstdev(intervals), abs_tol=1e-6)
    assert (facts.shortest_ms, facts.longest_ms) == (min(intervals), max(intervals))
    if facts.fps is not None:
        assert facts.fps == pytest.approx(1000 / statistics.mean(intervals))


def test_what_was_astray_is_counted_where_time_goes_on() -> None:
    rate = BitRate()
    rate.come_back(0)
    for time_ms in range(0, 2000, 100):
        rate.add(time_ms, 100)
    rate.add(2400, 100)
    rate.come_back(2000)
    rate.add(2000, 100)
    for time_ms in range(2100, 4000, 100):
        rate.add(time_ms, 100)
    assert rate.facts(3900, 40).peak_bps == 8 * 1100  # one of them was late
    rate.come_back(9000)
    assert rate.facts(3900, 40).now_bps == 8 * 1000


def test_the_newest_interval_can_be_another_after_all() -> None:
    made = Intervals()
    made.amend(5)
    assert made.facts() == IntervalFacts()
    made.add(40)
    made.add(440)
    made.amend(40)
    made.add(40)
    assert made.facts() == IntervalFacts(25, 0, 40, 40)
