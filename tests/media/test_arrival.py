"""Arrival against timestamps."""

from __future__ import annotations

from trio_srs.media.arrival import Arrivals
from trio_srs.media.facts import ArrivalFacts


def test_nothing_is_known_of_nothing() -> None:
    assert Arrivals(5.0).facts() == ArrivalFacts()


def test_delays_count_from_publish_and_lag_from_the_first_frame() -> None:
    arrivals = Arrivals(10.0)
    arrivals.add(10.5, 1000)
    arrivals.add(11.5, 1500)
    arrivals.add_keyframe(11.5)
    arrivals.add(11.75, 2500)
    arrivals.add_keyframe(11.75)
    arrivals.add(12.0, 2500)
    assert arrivals.facts() == ArrivalFacts(
        first_frame_s=0.5, first_keyframe_s=1.5, lag_ms=0.0, lag_least_ms=-250.0,
        lag_most_ms=500.0, longest_silence_s=1.0, last_frame_s=2.0,
    )  # fmt: skip


def test_the_wait_for_the_first_frame_is_silence() -> None:
    arrivals = Arrivals(0.0)
    arrivals.add(3.0, 0)
    assert arrivals.facts().longest_silence_s == 3.0


def test_without_a_publish_there_is_nothing_to_count_from() -> None:
    arrivals = Arrivals(None)
    arrivals.add(3.0, 0)
    arrivals.add_keyframe(3.0)
    facts = arrivals.facts()
    assert (facts.first_frame_s, facts.first_keyframe_s, facts.longest_silence_s) == (None, None, 0)


def test_how_exact_arrivals_are_is_said_from_the_beginning() -> None:
    arrivals = Arrivals(None, 0.02)
    assert arrivals.facts() == ArrivalFacts(resolution_s=0.02)
    arrivals.add(1.0, 0)
    assert arrivals.facts().resolution_s == 0.02
