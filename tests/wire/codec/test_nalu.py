"""NALU streams, cut and joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.nalu import (
    NaluError,
    is_annexb,
    join_annexb,
    join_prefixed,
    mended_prefixes,
    read_prefixed,
    split_annexb,
    split_prefixed,
)


@pytest.mark.parametrize(
    ("data", "size", "nalus"),
    [
        ("", 4, []),
        ("00000002 6588 00000001 41", 4, ["6588", "41"]),
        ("0002 6588 0000 0001 41", 2, ["6588", "41"]),
        ("01 65", 1, ["65"]),
    ],
)
def test_prefixed_units_are_cut_at_their_sizes(data: str, size: int, nalus: list[str]) -> None:
    assert split_prefixed(bytes.fromhex(data), size) == [bytes.fromhex(nalu) for nalu in nalus]


@pytest.mark.parametrize(
    ("data", "message"),
    [("00000003 6588", "byte 0 ends at byte 7 of 6"), ("000000", "byte 0 ends at byte 4 of 3"),
     ("00000001 65 00000002 41", "byte 5 ends at byte 11 of 10")],
)  # fmt: skip
def test_a_size_past_the_end_is_blamed(data: str, message: str) -> None:
    with pytest.raises(NaluError, match=message):
        split_prefixed(bytes.fromhex(data), 4)


@pytest.mark.parametrize(
    ("data", "nalus", "message"),
    [
        ("00000001 65 00000002 41", ["65", "41"], "byte 5 ends at byte 11 of 10"),
        ("00000001 65 00000002", ["65"], "byte 5 ends at byte 11 of 9"),
        ("00000001 65 000000", ["65"], "byte 5 ends at byte 9 of 8"),
        ("00000001 67 42 00000001 65 88", ["6742", "6588"], "start codes (00000001, Annex B)"),
        ("000001 6588 84 000001 4188", ["658884", "4188"], "start codes (00000165, Annex B)"),
        ("00000109 658884", ["658884"], "byte 0 ends at byte 269 of 7"),
    ],
)
def test_what_cannot_be_cut_off_spoils_only_itself(
    data: str, nalus: list[str], message: str
) -> None:
    found, error = read_prefixed(bytes.fromhex(data), 4)
    assert found == [bytes.fromhex(nalu) for nalu in nalus]
    assert message in str(error)


def test_start_codes_have_two_zeros_or_three() -> None:
    starts = [is_annexb(bytes.fromhex(data)) for data in ("00000001", "000001", "00000201", "0001")]
    assert starts == [True, True, False, False]


@pytest.mark.parametrize(
    ("data", "nalus"),
    [
        ("", []), ("0000", []), ("000001", []),
        ("00000001 6588 000001 41", ["6588", "41"]),
        ("0000000001 65 000000 000001 000001 41 0000", ["65", "41"]),
    ],
)  # fmt: skip
def test_a_byte_stream_is_cut_at_its_start_codes(data: str, nalus: list[str]) -> None:
    assert split_annexb(bytes.fromhex(data)) == [bytes.fromhex(nalu) for nalu in nalus]


@pytest.mark.parametrize("data", ["65880000", "0065 000001 41"])
def test_a_byte_stream_begins_with_a_start_code(data: str) -> None:
    with pytest.raises(NaluError, match="byte 0 is no start code but"):
        split_annexb(bytes.fromhex(data))


def test_a_nalu_too_long_for_its_size_is_not_written() -> None:
    with pytest.raises(OverflowError):
        join_prefixed([bytes(256)], 1)


# No zeros, so no start codes and no trailing zeros: as NALUs are, once escaped.
NALUS = st.lists(st.lists(st.integers(1, 255), min_size=1, max_size=9).map(bytes), max_size=5)


@given(NALUS, st.sampled_from([1, 2, 4]))
def test_what_is_joined_is_split(nalus: list[bytes], size: int) -> None:
    assert split_prefixed(join_prefixed(nalus, size), size) == nalus
    assert split_annexb(join_annexb(nalus)) == nalus


@given(st.lists(st.sampled_from([0, 0, 1, 2, 255]), max_size=30).map(bytes))
def test_garbage_is_cut_or_blamed_on_the_peer(data: bytes) -> None:
    for split in (split_annexb, lambda data: split_prefixed(data, 2)):
        try:
            nalus = split(data)
        except NaluError:
            continue
        assert all(nalus)
        assert sum(map(len, nalus)) <= len(data)


@pytest.mark.parametrize(
    ("data", "size", "mended"),
    [
        ("00000002 6588 00000004 41", 4, "00000002 6588 00000001 41"),
        ("00000002 6588 00000000 00000001 41", 4, "00000002 6588 00000001 41"),
        ("00000002 6588 0000", 4, "00000002 6588"),
        ("00000001 6588 00000001 41", 4, "00000002 6588 00000001 41"),
        ("0009 6588", 2, "0002 6588"),
        ("00000000", 4, ""),
    ],
)
def test_sizes_that_are_none_are_mended(data: str, size: int, mended: str) -> None:
    assert mended_prefixes(bytes.fromhex(data), size) == bytes.fromhex(mended)


def test_sizes_that_are_right_are_left_as_they_are() -> None:
    for data in (b"", bytes.fromhex("00000002 6588 00000001 41")):
        assert mended_prefixes(data, 4) is data


def test_what_no_size_can_say_is_left_out() -> None:
    long = join_annexb([b"\x65" * 70_000, b"\x41\x9a"])
    assert mended_prefixes(long, 2) == join_prefixed([b"\x41\x9a"], 2)


@given(st.binary(max_size=40), st.sampled_from([1, 2, 4]))
def test_what_is_mended_has_nothing_more_to_mend(data: bytes, size: int) -> None:
    mended = mended_prefixes(data, size)
    assert mended_prefixes(mended, size) is mended
    assert b"" not in split_prefixed(mended, size)
