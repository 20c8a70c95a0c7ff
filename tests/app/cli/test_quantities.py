"""Durations, counts and speeds as people write them on the command line."""

from __future__ import annotations

import argparse
import math

import pytest

from trio_srs.app.cli.quantities import count, seconds, speed


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5.0), ("0.5", 0.5), ("5s", 5.0), ("200ms", 0.2), ("2m", 120.0)]
)
def test_durations_need_no_unit(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", ".", "-1", "5 apples", "1e3", "nan"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        seconds(text)


def test_counts_are_whole_and_above_0() -> None:
    assert count("12") == 12
    for text in ("0", "-1", "1.5", "x", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="at least 1"):
            count(text)


def test_speeds_are_above_0_and_may_be_as_fast_as_can_be() -> None:
    assert [speed("0.5"), speed("2"), speed("max")] == [0.5, 2.0, math.inf]
    for text in ("0", "-1", "nan", "x", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="above 0, or max"):
            speed(text)
