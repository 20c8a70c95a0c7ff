"""Exp-Golomb codes are the same here as bit by bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitReader, BitWriter
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.golomb import take_ue


@pytest.mark.parametrize(("code", "value"), [("1", 0), ("010", 1), ("011", 2), ("00100", 3)])
def test_the_first_codes_are_those_of_the_table(code: str, value: int) -> None:
    assert take_ue(int(code, 2), len(code), "x") == (value, 0)


@given(st.lists(st.integers(0, 2**32 - 2), max_size=5))
def test_codes_are_read_as_the_bit_reader_does(values: list[int]) -> None:
    writer = BitWriter()
    for value in values:
        writer.ue(value)
    data = writer.to_bytes()
    bits, left, reader = int.from_bytes(data, "big"), 8 * len(data), BitReader(data)
    for value in values:
        got, left = take_ue(bits, left, "x")
        assert got == value == reader.ue()
        assert left == reader.left


@pytest.mark.parametrize(("bits", "left"), [(0, 0), (0, 8), (1, 3), (0b0010, 4)])
def test_a_code_cut_short_is_named(bits: int, left: int) -> None:
    with pytest.raises(CodecConfigError, match="slice: slice_type is cut short"):
        take_ue(bits, left, "slice_type")
