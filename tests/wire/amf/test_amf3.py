"""AMF3 as a whole: what is written is read, and any bytes are read or blamed on the peer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.amf.cases import AMF3
from tests.wire.amf.invariants import read_again
from tests.wire.amf.strategies import amf3_values
from trio_srs.wire.amf import amf3
from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.amf.values import Limits

noise = st.binary(max_size=40)
near_amf3 = st.lists(
    st.sampled_from([case.data for case in AMF3]) | st.binary(max_size=3), max_size=6
).map(b"".join)
"""Pieces of true AMF3 and a little noise: gets further in than noise alone."""


@given(st.lists(amf3_values, max_size=3))
def test_what_is_written_is_read(values: list[Any]) -> None:
    assert repr(amf3.decode_all(amf3.encode(*values))) == repr(values)  # repr: NaN, and types


@given(amf3_values, noise, noise)
def test_a_value_is_read_wherever_it_stands(value: Any, before: bytes, after: bytes) -> None:
    data = before + amf3.encode(value) + after
    for form in (data, memoryview(data)):
        found, stop = amf3.decode(form, len(before))
        assert (repr(found), stop) == (repr(value), len(data) - len(after))


@given(amf3_values)
def test_no_value_is_read_from_a_part_of_its_bytes(value: Any) -> None:
    data = amf3.encode(value)
    for size in range(len(data)):
        with pytest.raises(AmfError, match="byte"):
            amf3.decode(data[:size])


@given(noise | near_amf3)
@example(bytes.fromhex("09 03 01 09 00"))  # holds itself
@example(bytes.fromhex("09 05 01 0a 23 03 43 03 61 03 61 01 02 0a 01 03 03"))  # a member twice
@example(bytes.fromhex("09 05 01 08 01 0000000000000000 09 02"))  # a date, by an array's marker
def test_garbage_is_read_and_written_again_or_blamed_on_the_peer(data: bytes) -> None:
    read_again(amf3, data)


@pytest.mark.parametrize("case", AMF3, ids=str)
def test_the_letter_is_read_and_written_again(case: Any) -> None:
    assert read_again(amf3, case.data)


def test_many_values_are_read_with_one_set_of_tables() -> None:
    assert amf3.decode_all(b"") == []
    assert amf3.decode_all(bytes.fromhex("06 03 61 06 00 03")) == ["a", "a", True]


def test_a_single_value_refers_to_nothing_before_it() -> None:
    with pytest.raises(AmfError, match="string at byte 4 refers to number 0, 0 came before"):
        amf3.decode(bytes.fromhex("06 03 61 06 00"), 3)


def test_limits_are_obeyed_by_every_way_of_reading() -> None:
    tight = Limits(size=2)
    with pytest.raises(AmfError, match="3 bytes long; the limit is 2"):
        amf3.decode(b"\1\1\1", limits=tight)
    with pytest.raises(AmfError, match="3 bytes long; the limit is 2"):
        amf3.decode_all(b"\1\1\1", limits=tight)
