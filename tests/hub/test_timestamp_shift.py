"""A publisher's timestamps: kept, rebased, continued; found once, wrapped as they wrap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.hub.settings import TimestampMode
from trio_srs.hub.timestamp_shift import TimestampShift

KEEP, REBASE, CONTINUE = TimestampMode.KEEP, TimestampMode.REBASE, TimestampMode.CONTINUE
WRAP = 2**32

stamps = st.integers(0, WRAP - 1)
steps = st.lists(st.integers(-50, 5000), max_size=30)


def frames(line: TimestampShift, *times: int) -> list[int]:
    return [line.correct(time, carries_time=True) for time in times]


def header(line: TimestampShift, time: int) -> int:
    return line.correct(time, carries_time=False)


@given(st.lists(stamps))
def test_kept_is_kept(times: list[int]) -> None:
    assert frames(TimestampShift(KEEP), *times) == times


@given(stamps, steps)
def test_rebased_begins_at_0_and_goes_on_as_it_went(first: int, steps: list[int]) -> None:
    """Also over a wrap."""
    line, time, expected = TimestampShift(REBASE), first, 0
    assert frames(line, time) == [0]
    for step in steps:
        time, expected = (time + step) % WRAP, expected + step
        if expected < 0:
            return
        assert frames(line, time) == [expected]


@given(stamps, stamps, steps)
def test_continued_goes_on_behind_the_newest_whatever_it_is_stamped(
    last: int, first: int, steps: list[int]
) -> None:
    before = TimestampShift(CONTINUE)
    frames(before, 0, last)
    line, time = before.next(CONTINUE), first
    expected = [(before.last_ms + 1) % WRAP]
    assert frames(line, time) == expected
    for step in (abs(step) for step in steps):
        time = (time + step) % WRAP
        expected.append((expected[-1] + step) % WRAP)
        assert frames(line, time) == expected[-1:]


def test_rebased_goes_on_over_a_wrap_of_its_own() -> None:
    line = TimestampShift(REBASE)
    half = 2**31 - 1
    assert frames(line, 5, 5 + half, 5 + 2 * half, 15) == [0, half, 2 * half, 10]


def test_the_first_publisher_to_continue_is_rebased() -> None:
    assert frames(TimestampShift(KEEP).next(CONTINUE), 7000, 7040) == [0, 40]


def test_a_publisher_may_continue_one_that_was_kept() -> None:
    line = TimestampShift(KEEP)
    frames(line, 7000, 7040)
    assert frames(line.next(CONTINUE), 90, 130) == [7041, 7081]


def test_a_publisher_that_is_rebased_continues_nothing() -> None:
    line = TimestampShift(CONTINUE)
    frames(line, 0, 40)
    assert frames(line.next(REBASE), 500) == [0]
    assert frames(line.next(KEEP), 500) == [500]


def test_a_publish_without_frames_loses_nothing_of_the_time() -> None:
    line = TimestampShift(KEEP)
    frames(line, 1000)
    between = line.next(CONTINUE)
    assert header(between, 0) == 1001
    assert frames(between.next(CONTINUE), 0) == [1002]


def test_a_stream_that_ended_at_0_is_continued_behind_it() -> None:
    line = TimestampShift(KEEP)
    frames(line, 0)
    assert frames(line.next(CONTINUE), 50) == [1]


def test_continued_is_behind_the_newest_frame_and_not_the_last() -> None:
    """Audio comes a little behind video."""
    line = TimestampShift(KEEP)
    frames(line, 1040, 1023)
    assert line.last_ms == 1040
    assert frames(line.next(CONTINUE), 0) == [1041]


def test_the_newest_is_found_over_a_wrap() -> None:
    line = TimestampShift(KEEP)
    frames(line, WRAP - 10, 30, WRAP - 5)
    assert line.last_ms == 30


@pytest.mark.parametrize("mode", TimestampMode)
def test_kept_timestamps_may_begin_anywhere(mode: TimestampMode) -> None:
    line = TimestampShift(mode)
    [first] = frames(line, WRAP - 1)
    assert line.last_ms == first


def test_headers_stamped_0_do_not_fix_the_shift() -> None:
    line = TimestampShift(REBASE)
    assert header(line, 0) == 0
    assert header(line, 0) == 0
    assert frames(line, 5_000_000, 5_000_040) == [0, 40]


def test_headers_before_the_first_frame_get_its_time() -> None:
    before = TimestampShift(CONTINUE)
    frames(before, 0, 999)
    line = before.next(CONTINUE)
    assert header(line, 123_456) == 1000
    assert frames(line, 77) == [1000]


def test_a_header_in_the_middle_is_shifted_as_frames_are() -> None:
    line = TimestampShift(REBASE)
    frames(line, 1000, 1040)
    assert header(line, 1040) == 40
    assert header(line, 0) == 0  # it would be before the beginning
    assert frames(line, 1080) == [80]


def test_a_frame_a_little_before_the_first_is_put_at_the_beginning() -> None:
    line = TimestampShift(REBASE)
    assert frames(line, 1000, 980, 1040) == [0, 0, 40]


def test_a_clock_that_falls_back_behind_the_beginning_goes_on_from_there() -> None:
    line = TimestampShift(REBASE)
    assert frames(line, 100_000, 100_040, 0, 40, 80) == [0, 40, 0, 40, 80]
