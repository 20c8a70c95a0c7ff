"""The bounded walk over AMF's bytes."""

from __future__ import annotations

import struct

import pytest

from trio_srs.errors import EndReason, ProtocolError
from trio_srs.wire.amf.amf_reader import AmfError, AmfReader
from trio_srs.wire.amf.values import (
    DEFAULT_LIMITS,
    AmfDate,
    Dictionary,
    EcmaArray,
    Externalized,
    Limits,
    MixedArray,
    TypedObject,
    Value,
    Vector,
    VectorOf,
)

U16 = struct.Struct(">H")


def reader(
    data: bytes | memoryview = b"", pos: int = 0, limits: Limits = DEFAULT_LIMITS
) -> AmfReader:
    return AmfReader(data, pos, limits)


def test_the_error_is_the_peers() -> None:
    assert issubclass(AmfError, ProtocolError)
    assert (AmfError.code, AmfError.srs_code) == ("amf_error", 2003)
    assert AmfError.end is EndReason.PROTOCOL_ERROR


def test_fields_are_taken_in_turn() -> None:
    walk = reader(b"\xff\x06\x00\x02ab" + struct.pack(">d", 1.5), 1)
    assert walk.marker("value") == 6
    assert walk.fixed(U16, "length") == 2
    assert walk.take(1, "text", 2) == b"a"
    assert walk.text(1, "text", 2) == "b"
    assert walk.double("number") == 1.5
    assert walk.pos == walk.end


def test_a_view_is_read_as_bytes() -> None:
    walk = reader(memoryview(b"xabx")[1:3])
    assert walk.take(2, "text", 0) == b"ab"


def test_bytes_that_are_not_utf8_become_lone_surrogates() -> None:
    assert reader(b"a\xff").text(2, "text", 0) == "a\udcff"


def test_each_shortage_is_said_with_its_place() -> None:
    with pytest.raises(AmfError, match="flag expected at byte 1, where the data ends"):
        reader(b"a", 1).byte("flag")
    with pytest.raises(AmfError, match="length at byte 1 takes 2 bytes, 1 are left"):
        reader(b"ab", 1).fixed(U16, "length")
    with pytest.raises(AmfError, match="number at byte 0 takes 8 bytes, 2 are left"):
        reader(b"ab").double("number")
    with pytest.raises(AmfError, match="text at byte 0 says 3 bytes, 1 are left"):
        reader(b"ab", 1).take(3, "text", 0)


def test_a_failed_field_takes_nothing() -> None:
    walk = reader(b"a")
    with pytest.raises(AmfError):
        walk.fixed(U16, "length")
    assert walk.byte("flag") == ord("a")


def test_counts_are_checked_against_the_bytes_left() -> None:
    walk = reader(bytes(8))
    assert walk.promised(2, 4, "vector", 0) == 2
    with pytest.raises(AmfError, match="vector at byte 5 says 3 members, 8 bytes are left"):
        walk.promised(3, 4, "vector", 5)


def test_only_the_bytes_still_to_read_count_as_size() -> None:
    limits = Limits(size=4)
    assert reader(bytes(10), 6, limits).end == 10
    with pytest.raises(AmfError, match="AMF data at byte 5 is 5 bytes long; the limit is 4"):
        reader(bytes(10), 5, limits)


def test_values_are_counted() -> None:
    walk = reader(b"ab", limits=Limits(count=3))
    walk.marker("value")
    walk.count(2, "vector")
    with pytest.raises(AmfError, match="value at byte 1 is one too many; the limit is 3 values"):
        walk.marker("value")


def test_depth_is_counted_in_and_out() -> None:
    walk = reader(limits=Limits(depth=1))
    walk.open({}, "object")
    walk.close()
    walk.open({}, "object")
    with pytest.raises(AmfError, match="object at byte 0 is nested too deep; the limit is 1"):
        walk.open({}, "object")


def test_what_is_referred_to_counts_again() -> None:
    walk = reader(bytes(8), limits=Limits(count=3))
    shared = walk.open([], "array")
    walk.marker("value")
    walk.close()
    assert walk.again(shared, "reference", 1) is shared.value
    walk.again(shared, "reference", 1)
    with pytest.raises(AmfError, match="reference at byte 1 is one too many; the limit is 3"):
        walk.again(shared, "reference", 1)


def test_bytes_that_references_repeat_add_up_through_all_levels() -> None:
    walk = reader(bytes(16), limits=Limits(size=16))
    inner = walk.open([], "array")
    walk.take(4, "text", 0)
    walk.close()
    outer = walk.open([], "array")
    walk.again(inner, "reference", 4)
    walk.again(inner, "reference", 4)
    walk.close()
    assert (inner.size, outer.size) == (4, 8)
    walk.again(outer, "reference", 4)
    with pytest.raises(AmfError, match="at byte 4 repeats too much; the limit is 16 bytes"):
        walk.again(inner, "reference", 4)


def test_a_loop_may_be_entered_at_its_beginning_only() -> None:
    walk = reader()
    outer = walk.open([], "array")
    inner = walk.open([], "array")
    assert walk.again(outer, "reference", 0) is outer.value
    walk.close()
    walk.close()
    assert walk.again(outer, "reference", 0) is outer.value
    with pytest.raises(AmfError, match="reference at byte 7 refers to a part of a loop"):
        walk.again(inner, "reference", 7)


def test_a_loop_within_is_no_matter_to_what_is_around_it() -> None:
    walk = reader()
    around = walk.open([], "array")
    loop = walk.open([], "array")
    walk.again(loop, "reference", 0)
    walk.close()
    walk.close()
    assert not around.loops_out
    assert not loop.loops_out


def test_of_two_values_with_one_name_the_last_counts_in_its_own_place() -> None:
    fields: dict[str, Value] = {"a": 1.0, "b": AmfDate(0.0)}
    walk = reader()
    walk.put(fields, "a", 2.0, "object")
    walk.put(fields, "b", [], "object")
    assert list(fields.items()) == [("a", 2.0), ("b", [])]


CONTAINERS: list[Value] = [
    {},
    EcmaArray(),
    [],
    MixedArray([], {}),
    TypedObject("C", {}),
    Vector(VectorOf.INT, []),
    Dictionary([]),
    Externalized("C", None),
]


@pytest.mark.parametrize("container", CONTAINERS, ids=repr)
def test_a_container_is_not_lost_by_a_second_value_with_its_name(container: Value) -> None:
    with pytest.raises(AmfError, match="object before byte 0 repeats 'a', a container"):
        reader().put({"a": container}, "a", None, "object")
