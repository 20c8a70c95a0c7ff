"""Bits: every field written is read back, and none is read that is not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitReader, BitsError, BitWriter, escape, unescape


def test_fields_are_read_first_bit_first() -> None:
    bits = BitReader(bytes.fromhex("a5f0 1234"))
    assert (bits.u(1), bits.u(3), bits.u(8), bits.flag()) == (1, 0b010, 0x5F, False)
    bits.skip(3)
    assert (bits.left, bits.pos) == (16, 16)
    assert bits.u(16) == 0x1234
    assert bits.u(0) == 0


@pytest.mark.parametrize(
    ("code", "unsigned", "signed"),
    # H.264, table 9-2 and 9-3
    [("1", 0, 0), ("010", 1, 1), ("011", 2, -1), ("00100", 3, 2), ("00111", 6, -3),
     ("0001000", 7, 4), ("0001001", 8, -4)],
)  # fmt: skip
def test_exp_golomb_codes_are_those_of_the_tables(code: str, unsigned: int, signed: int) -> None:
    data = int(code.ljust(8, "0"), 2).to_bytes(1, "big")
    assert BitReader(data).ue() == unsigned
    assert BitReader(data).se() == signed
    writer = BitWriter()
    writer.ue(unsigned)
    assert writer.to_bytes() == data
    writer = BitWriter()
    writer.se(signed)
    assert writer.to_bytes() == data


def test_past_the_end_nothing_moves() -> None:
    bits = BitReader(b"\x01")
    bits.skip(2)
    for read in (lambda: bits.u(7), lambda: bits.skip(7)):
        with pytest.raises(BitsError, match="7 bits wanted at bit 2 of 8"):
            read()
        assert bits.pos == 2
    with pytest.raises(BitsError, match="5 bits wanted at bit 8 of 8"):
        bits.ue()
    assert bits.pos == 2


def test_an_overlong_code_is_refused() -> None:
    with pytest.raises(BitsError, match="code at bit 0 with over 32 zeros"):
        BitReader(bytes(5) + b"\xff" * 5).ue()


def test_the_longest_code_is_read() -> None:
    writer = BitWriter()
    writer.ue(2**32 - 1)
    assert BitReader(writer.to_bytes()).ue() == 2**32 - 1


def test_a_value_that_does_not_fit_is_not_written() -> None:
    for value in (8, -1):
        with pytest.raises(ValueError, match="does not fit 3 bits"):
            BitWriter().u(3, value)


def test_the_stop_bit_fills_a_byte() -> None:
    writer = BitWriter()
    writer.u(5, 0b10101)
    writer.rbsp_trailing()
    assert writer.to_bytes() == b"\xac"


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("u"), st.integers(0, 2**24 - 1)),
            st.tuples(st.just("ue"), st.integers(0, 2**32 - 1)),
            st.tuples(st.just("se"), st.integers(-(2**31) + 1, 2**31 - 1)),
            st.tuples(st.just("flag"), st.booleans()),
        )
    )
)
def test_what_is_written_is_read(fields: list[tuple[str, int]]) -> None:
    writer = BitWriter()
    for kind, value in fields:
        if kind == "u":
            writer.u(24, value)
        else:
            getattr(writer, kind)(value)
    reader = BitReader(writer.to_bytes())
    for kind, value in fields:
        assert (reader.u(24) if kind == "u" else getattr(reader, kind)()) == value
    assert reader.left < 8


@pytest.mark.parametrize(
    ("rbsp", "nalu"),
    [
        ("000000", "00000300"), ("000001", "00000301"), ("000003", "00000303"),
        ("000004", "000004"), ("00000000", "0000030000 03"), ("0000", "000003"),
        ("67000042", "67000042"), ("00", "00"),
    ],
)  # fmt: skip
def test_emulation_prevention_follows_the_clause(rbsp: str, nalu: str) -> None:
    assert escape(bytes.fromhex(rbsp)) == bytes.fromhex(nalu)
    assert unescape(bytes.fromhex(nalu)) == bytes.fromhex(rbsp)


@given(st.lists(st.sampled_from([0, 0, 1, 2, 3, 4, 255])).map(bytes))
def test_an_escaped_payload_hides_no_start_code_and_comes_back(rbsp: bytes) -> None:
    nalu = escape(rbsp)
    assert not any(bytes((0, 0, last)) in nalu for last in range(3))
    assert unescape(nalu) == rbsp
