"""Parts of files: what RFC 9110 14.1.2 has as examples, and what is passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.http_range import (
    ByteRange,
    RangeNotSatisfiableError,
    is_fresh,
    takes_gzip,
    wanted_range,
)

TAG = '"5-9"'


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-999", 500, 1000),
        ("bytes=-500", 9500, 10000),
        ("bytes=9500-", 9500, 10000),
        ("bytes=0-0", 0, 1),
        ("bytes=-1", 9999, 10000),
        ("bytes=0-", 0, 10000),
        ("bytes=9999-20000", 9999, 10000),
        ("bytes=-20000", 0, 10000),
        (" Bytes = 1 - 2 ", 1, 3),
    ],
)
def test_one_range_is_taken(said: str, start: int, end: int) -> None:
    found = wanted_range({"range": said}, 10000, TAG)
    assert found == ByteRange(start, end, 10000)


def test_a_range_is_said_again_with_the_size_of_the_whole() -> None:
    assert ByteRange(500, 1000, 1234).content_range == "bytes 500-999/1234"
    assert ByteRange(500, 1000, 1234).length == 500


@pytest.mark.parametrize(
    "said", ["", "bytes=0-1,5-6", "items=0-1", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=--1",
             "bytes=0x1-2", "bytes=" + "9" * 20 + "-"]
)  # fmt: skip
def test_what_is_not_one_range_of_bytes_is_passed_over(said: str) -> None:
    assert wanted_range({"range": said}, 10000, TAG) is None


@pytest.mark.parametrize(
    ("said", "size"), [("bytes=10000-", 10000), ("bytes=-0", 10000), ("bytes=0-", 0),
                       ("bytes=9999999999999999999-", 10000)]
)  # fmt: skip
def test_a_range_behind_the_end_is_refused(said: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiableError, match=str(size)):
        wanted_range({"range": said}, size, TAG)


def test_a_range_of_another_state_of_the_file_is_passed_over() -> None:
    said = {"range": "bytes=0-1"}
    assert wanted_range({**said, "if-range": TAG}, 10, TAG) == ByteRange(0, 2, 10)
    assert wanted_range({**said, "if-range": '"other"'}, 10, TAG) is None


@pytest.mark.parametrize("said", [TAG, f"W/{TAG}", f'"a", {TAG}', "*"])
def test_what_the_client_has_is_fresh(said: str) -> None:
    assert is_fresh({"if-none-match": said}, TAG)
    assert is_fresh({"if-none-match": said}, f"W/{TAG}")


@pytest.mark.parametrize("headers", [{}, {"if-none-match": '"a"'}, {"if-none-match": ""}])
def test_what_the_client_does_not_have_is_not(headers: dict[str, str]) -> None:
    assert not is_fresh(headers, TAG)


@pytest.mark.property
@given(st.text("bytes=-0123456789, ", max_size=20), st.integers(0, 50))
def test_whatever_is_asked_for_lies_in_the_file(said: str, size: int) -> None:
    try:
        found = wanted_range({"range": "bytes=" + said}, size, TAG)
    except RangeNotSatisfiableError:
        return
    assert found is None or 0 <= found.start < found.end <= size


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("", False),
    ],
)
def test_gzip_is_for_who_says_so(said: str, takes: bool) -> None:
    assert takes_gzip({"accept-encoding": said}) is takes
    assert not takes_gzip({})
