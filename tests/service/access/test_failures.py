"""Failures are counted by address, for a while, within a bound."""

from __future__ import annotations

from trio_srs.service.access.failures import FailureCounter


def test_failures_are_counted_by_address_and_forgotten() -> None:
    counter = FailureCounter()
    for now in (1.0, 2.0, 3.0):
        counter.add("a", now)
    assert (counter.since("a", 0.0), counter.since("b", 0.0)) == (3, 0)
    assert counter.since("a", 2.5) == 1
    assert counter.since("a", 4.0) == 0
    assert len(counter) == 0


def test_of_many_addresses_the_newest_are_known() -> None:
    counter = FailureCounter()
    for number in range(10_001):
        counter.add(str(number), 1.0)
    assert len(counter) == 10_000
    assert (counter.since("0", 0.0), counter.since("1", 0.0)) == (0, 1)
