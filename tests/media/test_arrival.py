"""Arrival against timestamps."""

from __future__ import annotations

import pytest

from trio_srs.media.arrival import Arrivals
from trio_srs.media.clock import Clock
from trio_srs.media.facts import ArrivalFacts


def see(arrivals: Arrivals, at_s: float, *timestamps: int, clock: Clock | None = None) -> None:
    """A frame, or many at once; of a track of its own unless there is a clock."""
    clock = clock or Clock()
    for timestamp_ms in timestamps:
        clock.add(timestamp_ms)
        arrivals.add(at_s, clock)


def test_nothing_is_known_of_nothing() -> None:
    assert Arrivals(5.0).facts() == ArrivalFacts()


def test_delays_count_from_publish_and_lag_from_the_first_frame() -> None:
    arrivals = Arrivals(10.0)
    see(arrivals, 10.5, 1000)
    see(arrivals, 11.5, 1500)
    arrivals.add_keyframe(11.5)
    see(arrivals, 11.75, 2500)
    arrivals.add_keyframe(11.75)
    see(arrivals, 12.0, 2500)
    assert arrivals.facts() == ArrivalFacts(
        first_frame_s=0.5, first_keyframe_s=1.5, lag_ms=0.0, lag_least_ms=-250.0,
        lag_most_ms=500.0, longest_silence_s=1.0, last_frame_s=2.0,
    )  # fmt: skip


def test_the_wait_for_the_first_frame_is_silence() -> None:
    arrivals = Arrivals(0.0)
    see(arrivals, 3.0, 0)
    assert arrivals.facts().longest_silence_s == 3.0


def test_without_a_publish_there_is_nothing_to_count_from() -> None:
    arrivals = Arrivals(None)
    see(arrivals, 3.0, 0)
    arrivals.add_keyframe(3.0)
    facts = arrivals.facts()
    assert (facts.first_frame_s, facts.first_keyframe_s, facts.longest_silence_s) == (None, None, 0)


def test_how_exact_arrivals_are_is_said_from_the_beginning() -> None:
    arrivals = Arrivals(None, 0.02)
    assert arrivals.facts() == ArrivalFacts(resolution_s=0.02)
    see(arrivals, 1.0, 0)
    assert arrivals.facts().resolution_s == 0.02


def test_a_frame_astray_is_neither_early_nor_late() -> None:
    arrivals, clock = Arrivals(0.0), Clock()
    for number, at_ms in enumerate((0, 40, 80, 520, 160, 200, -200 % 2**32, 280)):
        see(arrivals, number * 0.04, at_ms, clock=clock)
    facts = arrivals.facts()
    assert facts.lag_least_ms == pytest.approx(0)
    assert facts.lag_most_ms == pytest.approx(0)


def test_the_newest_frame_counts_while_nothing_tells_that_it_is_astray() -> None:
    arrivals, clock = Arrivals(0.0), Clock()
    for number, at_ms in enumerate((0, 40, 80, 520)):
        see(arrivals, number * 0.04, at_ms, clock=clock)
    assert arrivals.facts().lag_least_ms == pytest.approx(-400)


@pytest.mark.parametrize(("waited_s", "lag"), [(0.04, 0), (3.04, 0), (3.5, 460), (0.5, 460)])
def test_a_gap_counts_if_somebody_waited_for_it(waited_s: float, lag: float) -> None:
    arrivals, clock = Arrivals(0.0), Clock()
    for at_s, at_ms in ((0, 0), (0.04, 40), (0.08, 80)):
        see(arrivals, at_s, at_ms, clock=clock)
    see(arrivals, 0.08 + waited_s, 3120, clock=clock)
    see(arrivals, 0.12 + waited_s, 3160, clock=clock)
    assert arrivals.lag_ms == pytest.approx(lag)


def test_the_last_frame_of_each_track_is_known() -> None:
    arrivals, one, other = Arrivals(1.0), Clock(), Clock()
    see(arrivals, 1.5, 0, clock=one)
    see(arrivals, 2.0, 40, clock=one)
    assert arrivals.last_frame_s(one) == 1.0
    assert arrivals.last_frame_s(other) is None
