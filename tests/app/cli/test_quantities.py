"""Durations and counts as people write them on the command line."""

from __future__ import annotations

import argparse

import pytest

from trio_srs.app.cli.quantities import count, seconds


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
