"""The parts of a fault that have a form of their own."""

from __future__ import annotations

import pytest

from trio_srs.faults.fault_values import ALL, Nth, Threshold, Unit, may_both_fit


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2s", 2.0, Unit.SECONDS),
        ("350ms", 0.35, Unit.SECONDS),
        ("100kB", 100_000, Unit.BYTES),
        ("50frames", 50, Unit.FRAMES),
        ("1 frame", 1, Unit.FRAMES),
        ("keyframe", 1, Unit.KEYFRAMES),
        ("3keyframes", 3, Unit.KEYFRAMES),
    ],
)
def test_a_threshold_is_a_time_a_size_or_frames(text: str, amount: float, unit: Unit) -> None:
    threshold = Threshold.parse(text)
    assert threshold == Threshold(amount, unit)
    assert Threshold.parse(str(threshold)) == threshold


@pytest.mark.parametrize("text", ["", "soon", "2", "-1s", "frames", "2 parsecs"])
def test_what_is_no_threshold_is_told_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time such as"):
        Threshold.parse(text)


@pytest.mark.parametrize(
    ("text", "has", "lacks"), [("2", [2], [1, 3]), ("2-4", [2, 4], [1, 5]), ("2-", [2, 999], [1])]
)
def test_a_number_or_a_range_of_them(text: str, has: list[int], lacks: list[int]) -> None:
    nth = Nth.parse(text)
    assert all(number in nth for number in has)
    assert not any(number in nth for number in lacks)
    assert str(nth) == text


@pytest.mark.parametrize("text", ["0", "x", "4-2", "-3", ""])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Nth.parse(text)


def test_ranges_overlap_if_they_share_a_number() -> None:
    assert ALL.overlaps(Nth(7, 7))
    assert Nth(1, 3).overlaps(Nth(3, 4))
    assert not Nth(1, 2).overlaps(Nth(3, 4))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("live/a", "live/a", True),
        ("live/a", "live/b", False),
        ("live/*", "live/b", True),
        ("live/b", "other/*", False),
        ("live/*", "vod/*", False),
        ("*/cam1", "*/cam2", False),
        ("live/*", "*/cam", True),
        ("*[ab]", "*[cd]", True),  # not sure
    ],
)
def test_patterns_that_may_both_fit_one_name(one: str, other: str, both: bool) -> None:
    assert may_both_fit(one, other) is both
    assert may_both_fit(other, one) is both
