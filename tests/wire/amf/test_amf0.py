"""AMF0 as a whole: what is written is read, and any bytes are read or blamed on the peer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.amf.cases import AMF0
from tests.wire.amf.invariants import read_again
from tests.wire.amf.strategies import amf0_values, amf3_values
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.amf.values import Limits

noise = st.binary(max_size=40)
near_amf0 = st.lists(
    st.sampled_from([case.data for case in AMF0]) | st.binary(max_size=3), max_size=6
).map(b"".join)
"""Pieces of true AMF0 and a little noise: gets further in than noise alone."""


@given(st.lists(amf0_values, max_size=3))
def test_what_is_written_is_read(values: list[Any]) -> None:
    assert repr(amf0.decode_all(amf0.encode(*values))) == repr(values)  # repr: NaN, and types


@given(amf0_values, noise, noise)
def test_a_value_is_read_wherever_it_stands(value: Any, before: bytes, after: bytes) -> None:
    data = before + amf0.encode(value) + after
    for form in (data, memoryview(data)):
        found, stop = amf0.decode(form, len(before))
        assert (repr(found), stop) == (repr(value), len(data) - len(after))


@given(amf0_values)
def test_no_value_is_read_from_a_part_of_its_bytes(value: Any) -> None:
    data = amf0.encode(value)
    for size in range(len(data)):
        with pytest.raises(AmfError, match="byte"):
            amf0.decode(data[:size])


@given(amf3_values)
def test_what_only_amf3_can_say_is_written_all_the_same(value: Any) -> None:
    assert read_again(amf0, amf0.encode(value))


@given(noise | near_amf0)
@example(bytes.fromhex("08 00000000 0001 61 07 0000 0000 09"))  # holds itself
@example(bytes.fromhex("0a 00000002 03 000009 07 0001"))
@example(bytes.fromhex("11 09 03 01 09 00"))  # AMF3 that holds itself
def test_garbage_is_read_and_written_again_or_blamed_on_the_peer(data: bytes) -> None:
    read_again(amf0, data)


@pytest.mark.parametrize("case", AMF0, ids=str)
def test_the_letter_is_read_and_written_again(case: Any) -> None:
    assert read_again(amf0, case.data)


def test_many_values_are_read_until_the_data_ends() -> None:
    assert amf0.decode_all(b"") == []
    assert amf0.decode_all(bytes.fromhex("05 0101 02000161")) == [None, True, "a"]


def test_references_reach_all_of_a_message() -> None:
    first, second = amf0.decode_all(bytes.fromhex("03 000009 07 0000"))
    assert first is second


def test_a_single_value_refers_to_nothing_before_it() -> None:
    with pytest.raises(AmfError, match="reference at byte 5 is to object 0, 0 came before"):
        amf0.decode(bytes.fromhex("03 000009 07 0000"), 4)


def test_limits_are_obeyed_by_every_way_of_reading() -> None:
    tight = Limits(size=2)
    data = bytes.fromhex("03 000009")
    with pytest.raises(AmfError, match="4 bytes long; the limit is 2"):
        amf0.decode(data, limits=tight)
    with pytest.raises(AmfError, match="4 bytes long; the limit is 2"):
        amf0.decode_all(data, limits=tight)
    with pytest.raises(AmfError, match="4 bytes long; the limit is 2"):
        amf0.field_spans(data, limits=tight)


def test_fields_are_found_where_they_stand() -> None:
    data = bytes.fromhex("ff 08 00000007 0001 61 05 0000 0101 0000 09 ff")
    first, second = amf0.field_spans(data, 1)
    assert (first.name, first.start, first.value_start, first.stop) == ("a", 6, 9, 10)
    assert (second.name, second.start, second.value_start, second.stop) == ("", 10, 12, 14)
