"""Times, dates and rates, by the letter of XML Schema."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.dash.xml_values import (
    ManifestError,
    read_date,
    read_duration,
    read_frame_rate,
    write_date,
    write_duration,
    write_frame_rate,
)

DURATIONS = {
    "PT0S": 0.0,
    "PT2.5S": 2.5,
    "PT1H1M1S": 3661.0,
    "P1DT0.25S": 86_400.25,
    "P2D": 172_800.0,
    "PT5M": 300.0,
}
RATES = {
    25.0: "25",
    30.0004: "30",
    29.97: "30000/1001",
    59.94005994: "60000/1001",
    23.976: "24000/1001",
    12.5: "25/2",
    14.893: "14893/1000",
}


def test_durations_are_read_in_all_that_has_a_length() -> None:
    assert {text: read_duration(text) for text in DURATIONS} == DURATIONS


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "2S", "PT2", "PT-1S", "-PT1S", "PT1.S", "P1DT", "PT1e3S", "P1Y", "P1M2D"],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ManifestError, match=re.escape(repr(text))):
        read_duration(text)


def test_a_month_is_of_no_length() -> None:
    with pytest.raises(ManifestError, match="no length"):
        read_duration("P1M")
    assert read_duration("PT1M") == 60


@pytest.mark.property
@given(st.integers(0, 10**12))
def test_a_duration_is_read_as_it_was_written(micros: int) -> None:
    assert read_duration(write_duration(micros / 1e6)) == pytest.approx(micros / 1e6, abs=1e-6)


@pytest.mark.parametrize("seconds", [-0.1, math.inf, math.nan])
def test_what_is_no_length_is_not_written(seconds: float) -> None:
    with pytest.raises(ValueError, match="a duration of"):
        write_duration(seconds)


def test_a_date_says_its_zone() -> None:
    assert write_date(1_796_000_000_023) == "2026-11-30T00:53:20.023Z"
    assert read_date("2026-11-30T00:53:20.023Z") == 1_796_000_000_023
    assert read_date("2026-11-30T02:53:20+02:00") == 1_796_000_000_000
    assert write_date(0) == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-30", "2026-11-30T00:53:20", "2026-13-30T00:53:20Z", "20261130T005320Z"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ManifestError, match=f"{re.escape(repr(text))} is no time of day"):
        read_date(text)


def test_rates_are_ratios() -> None:
    assert {rate: write_frame_rate(rate) for rate in RATES} == RATES
    for rate, text in RATES.items():
        assert read_frame_rate(text) == pytest.approx(rate, abs=0.001)
    with pytest.raises(ValueError, match="a rate of 0"):
        write_frame_rate(0)


@pytest.mark.parametrize("text", ["", "29.97", "25/0", "0", "a/b", "25/"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ManifestError, match="is no frame rate"):
        read_frame_rate(text)
