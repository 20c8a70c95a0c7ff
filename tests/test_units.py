"""Quantities with units: what is read, what is refused, and that writing is exact."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.units import (
    NEVER,
    bytes_within,
    format_bytes,
    format_seconds,
    parse_bytes,
    parse_seconds,
    parse_timeout,
    seconds_within,
    within,
)

DURATIONS = {
    "10s": 10.0,
    "350ms": 0.35,
    "5m": 300.0,
    "1h": 3600.0,
    "1.5 h": 5400.0,
    "0s": 0.0,
    "1e-05s": 1e-5,
    "0.1s": 0.1,
}
SIZES = {
    "0B": 0,
    "7 B": 7,
    "64KiB": 65536,
    "32MiB": 2**25,
    "1GiB": 2**30,
    "1TiB": 2**40,
    "10kB": 10_000,
    "2.5MB": 2_500_000,
    "1GB": 10**9,
}


@pytest.mark.parametrize(("text", "seconds"), DURATIONS.items())
def test_a_duration_is_read_exactly(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_a_size_is_read_exactly(text: str, size: int) -> None:
    assert parse_bytes(text) == size


def test_a_bare_number_is_seconds_or_bytes() -> None:
    assert (parse_seconds(3), parse_seconds(0.25), parse_bytes(4096)) == (3.0, 0.25, 4096)
    assert isinstance(parse_seconds(3), float)


def test_only_a_timeout_can_be_never() -> None:
    assert parse_timeout("never") == NEVER == math.inf
    with pytest.raises(ValueError, match='not "never"'):
        parse_seconds("never")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "s",
        "10",
        "10 q",
        "-1s",
        "1e3s",
        "s10",
        "10S",
        "1_0s",
        "٣s",
        -1,
        -0.5,
        math.inf,
        math.nan,
        True,
        None,
        [],
        {},
        10**400,
        2e12,
        "9999999999999999999h",
        "10KiB",
    ],
)
def test_what_is_no_duration_is_refused_with_examples(value: object) -> None:
    with pytest.raises(ValueError, match='expected a duration such as "10s", "350ms"'):
        parse_seconds(value)
    with pytest.raises(ValueError, match='number of seconds, or "never", not '):
        parse_timeout(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "B",
        "10",
        "10s",
        "0.5B",
        "1.0001kB",
        "64kib",
        "-1B",
        -1,
        1.5,
        2.0,
        True,
        None,
        [],
        2**63,
        "9000000000000000000TiB",
    ],
)
def test_what_is_no_size_is_refused_with_examples(value: object) -> None:
    with pytest.raises(ValueError, match='expected a size such as "64KiB", "32MiB"'):
        parse_bytes(value)


def test_a_refusal_says_what_was_seen() -> None:
    with pytest.raises(ValueError, match=r'not "10 q"$'):
        parse_seconds("10 q")
    with pytest.raises(ValueError, match=r"not true$"):
        parse_bytes(True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.02, "20ms"),
        (10.0, "10s"),
        (90.0, "90s"),
        (300.0, "5m"),
        (7200.0, "2h"),
        (0.0001, "0.0001s"),
        (1e-7, "1e-07s"),
        (1.5, "1500ms"),
        (math.inf, "never"),
    ],
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0B"),
        (1, "1B"),
        (1023, "1023B"),
        (512_000, "500KiB"),
        (10_000, "10kB"),
        (2**25, "32MiB"),
        (16_777_215, "16777215B"),
        (2**41, "2TiB"),
    ],
)
def test_a_size_is_written_in_its_largest_whole_unit(size: int, text: str) -> None:
    assert format_bytes(size) == text


@pytest.mark.property
@given(st.floats(0, 1e12))
def test_a_written_duration_reads_back_the_same(seconds: float) -> None:
    assert parse_seconds(format_seconds(seconds)) == seconds


@pytest.mark.property
@given(st.integers(0, 2**63 - 1) | st.integers(0, 2**40).map(lambda n: n << 20))
def test_a_written_size_reads_back_the_same(size: int) -> None:
    assert parse_bytes(format_bytes(size)) == size


@pytest.mark.property
@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,25}(\.[0-9]{0,50})? ?[a-zA-Z]{0,3}"))
def test_any_text_is_a_quantity_or_a_value_error(text: str) -> None:
    for parse in (parse_seconds, parse_timeout, parse_bytes):
        try:
            value = parse(text)
        except ValueError as exc:
            assert "expected" in str(exc)  # noqa: PT017 - both outcomes are lawful
        else:
            assert value >= 0


def test_a_range_allows_its_ends_and_says_itself_in_its_unit() -> None:
    valid = bytes_within("4KiB", "16MiB")
    valid(None, None, 4096)
    valid(None, None, 2**24)
    with pytest.raises(ValueError, match=r"^expected 4KiB to 16MiB, not 4095B$"):
        valid(None, None, 4095)
    with pytest.raises(ValueError, match=r"^expected 1 to 3, not 4$"):
        within(1, 3)(None, None, 4)


def test_a_range_without_an_upper_end_allows_never() -> None:
    valid = seconds_within("1ms", "never")
    valid(None, None, math.inf)
    with pytest.raises(ValueError, match=r"^expected 1ms or more, not 0s$"):
        valid(None, None, 0.0)


def test_a_range_does_not_judge_off() -> None:
    within(1, 3)(None, None, None)
