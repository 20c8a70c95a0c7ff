"""The log: positions that only grow, within bounds whoever wants to read."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.hub.log import LogBounds, StreamLog
from trio_srs.hub.record import RECORD_BYTES, Record

NO_BOUNDS = LogBounds(seconds=math.inf, size=2**40)


def record(size: int = 10, at: float = 0.0) -> Record:
    return Record(9, 0, bytes(size), at)


def log_of(count: int, bounds: LogBounds = NO_BOUNDS) -> StreamLog:
    log = StreamLog(bounds)
    for number in range(count):
        log.append(record(at=number))
    return log


def test_a_new_log_is_empty() -> None:
    log = StreamLog(NO_BOUNDS)
    assert (log.base, log.end, len(log), log.size, log.is_over()) == (0, 0, 0, 0, False)
    log.trim(0)
    assert log.end == 0


def test_records_are_found_by_position_also_when_older_ones_are_gone() -> None:
    log = log_of(100)
    kept = [log.at(position) for position in range(90, 95)]
    log.trim(90)
    assert (log.base, log.end, len(log)) == (90, 100, 10)
    assert log.between(90, 95) == kept
    assert log.at(94) is kept[-1]
    assert log.between(100, 100) == []


def test_dropping_waits_until_it_is_worth_it() -> None:
    log = log_of(1000)
    log.trim(63)
    assert log.base == 0
    log.trim(64)
    assert log.base == 64


def test_half_of_a_short_log_is_worth_it() -> None:
    log = log_of(10)
    log.trim(4)
    assert log.base == 0
    log.trim(5)
    assert log.base == 5


def test_with_no_grain_everything_unwanted_goes() -> None:
    log = log_of(100)
    log.trim(1, grain=1)
    assert log.base == 1
    log.trim(1, grain=1)
    assert log.base == 1
    log.trim(100, grain=1)
    assert (log.base, len(log), log.size) == (100, 0, 0)


def test_what_is_wanted_from_before_the_log_drops_nothing() -> None:
    log = log_of(100)
    log.trim(90)
    log.trim(5)
    assert log.base == 90


def test_nothing_is_wanted_behind_the_end() -> None:
    log = log_of(10)
    log.trim(1000)
    assert (log.base, log.end) == (10, 10)


@pytest.mark.parametrize(
    ("bounds", "most"),
    [
        (LogBounds(seconds=math.inf, size=20 * (10 + RECORD_BYTES)), 20),
        (LogBounds(seconds=20, size=2**40), 21),
    ],
    ids=["bytes", "seconds"],
)
def test_over_its_bounds_it_drops_what_is_wanted(bounds: LogBounds, most: int) -> None:
    log = log_of(most, bounds)
    assert not log.is_over()
    log.trim(0)
    assert log.base == 0
    assert log.append(record(at=most))
    assert log.is_over()
    log.trim(0)
    assert not log.is_over()
    assert log.base == 2  # one more than it must, so that not every append moves the log


def test_the_newest_record_stays_however_large() -> None:
    log = StreamLog(LogBounds(seconds=10, size=1000))
    log.append(record(400))
    log.append(record(5000))
    log.trim(2)
    assert (len(log), log.base, log.is_over()) == (1, 1, True)
    log.trim(0)
    assert len(log) == 1


def test_a_bound_in_bytes_bounds_empty_records_too() -> None:
    log = StreamLog(LogBounds(seconds=math.inf, size=10_000))
    for _ in range(1000):
        log.append(record(0))
        if log.is_over():
            log.trim(0)
    assert 0 < len(log) <= 10_000 // RECORD_BYTES


def test_what_forms_copied_is_counted_until_the_record_is_dropped() -> None:
    log = StreamLog(NO_BOUNDS)
    it = record(10)
    log.append(it)
    it.remember("form", (b"chunks of it",))
    assert log.size == 10 + 12 + RECORD_BYTES
    log.trim(1, grain=1)
    assert log.size == 0
    later = record(10)
    log.append(later)
    log.trim(2, grain=1)
    later.remember("form", (b"made by a reader that still has it",))
    assert log.size == 0


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (10, 1), (11, 2), (30, 3), (999, 5)])
def test_a_range_may_be_read_a_little_at_a_time(size: int, count: int) -> None:
    log = log_of(10)
    assert log.up_to(2, 7, size) == log.between(2, 7)[:count]


def test_an_empty_range_has_no_records() -> None:
    assert log_of(10).up_to(4, 4, 100) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.floats(0, 2), st.integers(0, 40), st.booleans()),
        max_size=200,
    )
)
def test_it_never_exceeds_its_bounds_by_more_than_one_record(
    steps: list[tuple[int, float, int, bool]],
) -> None:
    """And what it says it holds is what it holds."""
    bounds = LogBounds(seconds=5, size=8192)
    log, now = StreamLog(bounds), 0.0
    for size, pause, wanted, is_copied in steps:
        now += pause
        is_over = log.append(record(size, now))
        assert is_over == log.is_over()
        if is_copied:
            log.at(log.end - 1).remember("form", (bytes(size),))
        if log.is_over():
            log.trim(log.end - wanted)
        held = log.between(log.base, log.end)
        assert held[-1].arrived_at == now
        assert log.size == sum(len(it.body) + it.copied + RECORD_BYTES for it in held)
        assert log.size <= bounds.size or len(held) == 1
        assert held[-1].arrived_at - held[0].arrived_at <= bounds.seconds
