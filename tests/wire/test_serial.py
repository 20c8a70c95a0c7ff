"""Timestamps that go round are told apart as RFC 1982 says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.serial import WRAP_MS, SerialTime, serial_step

stamps = st.integers(0, WRAP_MS - 1)
HALF = WRAP_MS // 2


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        (0, 40, 40),
        (40, 0, -40),
        (5, 5, 0),
        (0xFFFFFFD8, 0, 40),  # -40 is before 0
        (0, 0xFFFFFFD8, -40),
        (WRAP_MS - 20, 20, 40),
        (20, WRAP_MS - 20, -40),
        (HALF - 20, HALF + 20, 40),  # where signed ones go round
        (0, HALF - 1, HALF - 1),
        (0, HALF, -HALF),
        (HALF, 0, -HALF),
    ],
)
def test_a_step_is_the_shorter_way_round(before: int, after: int, step: int) -> None:
    assert serial_step(before, after) == step


@given(stamps, stamps)
def test_a_step_leads_from_one_to_the_other(before: int, after: int) -> None:
    step = serial_step(before, after)
    assert (before + step) % WRAP_MS == after
    assert -HALF <= step < HALF


def test_time_goes_on_over_the_end_and_below_0() -> None:
    time = SerialTime()
    assert [time.place(at) for at in (10, WRAP_MS - 30, 0, 50)] == [10, -30, 0, 50]
    over = SerialTime()
    assert [over.place(at) for at in (WRAP_MS - 1, 3, WRAP_MS - 5)] == [
        WRAP_MS - 1, WRAP_MS + 3, WRAP_MS - 5,
    ]  # fmt: skip


@given(st.lists(stamps, min_size=1))
def test_a_time_is_its_timestamp_but_for_rounds(timestamps: list[int]) -> None:
    time = SerialTime()
    assert time.now_ms is None
    for timestamp in timestamps:
        assert time.place(timestamp) % WRAP_MS == timestamp
        assert time.now_ms is not None
