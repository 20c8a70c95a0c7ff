"""Writing AMF0: the letter, references, and what has no form."""

from __future__ import annotations

import enum
import struct
from typing import Any

import pytest

from tests.wire.amf.cases import AMF0, Case
from trio_srs.wire.amf.amf0_encoder import Amf0Encoder
from trio_srs.wire.amf.amf_writer import AmfEncodeError
from trio_srs.wire.amf.values import AmfDate, EcmaArray, TypedObject, Value, XmlDocument


def write(*values: Any) -> str:
    encoder = Amf0Encoder(bytearray())
    for value in values:
        encoder.value(value)
    return encoder.out.hex()


@pytest.mark.parametrize("case", [case for case in AMF0 if case.canonical], ids=str)
def test_the_letter_of_the_specification(case: Case) -> None:
    assert write(case.value) == case.data.hex()


def test_integers_are_numbers() -> None:
    assert write(-2, 2**53) == write(-2.0, 2.0**53)


def test_the_payload_of_a_nan_is_kept() -> None:
    (nan,) = struct.unpack(">d", bytes.fromhex("7ff80000deadbeef"))
    assert write(nan) == "007ff80000deadbeef"


def test_a_member_of_an_enum_of_strings_is_a_string() -> None:
    class Word(enum.StrEnum):
        LIVE = "live"

    assert write(Word.LIVE) == write("live")


def test_a_string_becomes_long_when_it_must() -> None:
    assert write("x" * 0xFFFF).startswith("02ffff78")
    assert write("x" * 0x10000).startswith("0c0001000078")


@pytest.mark.parametrize("value", [{}, EcmaArray(), [], TypedObject("C", {})], ids=repr)
def test_the_same_object_again_is_a_reference(value: Value) -> None:
    assert write([value, value]).endswith("070001")


def test_equal_objects_are_not_the_same() -> None:
    assert write({}, {}) == "03000009" * 2


def test_an_object_that_holds_itself_is_finite() -> None:
    value: dict[str, Value] = {}
    value["a"] = value
    assert write(value) == "03 0001 61 07 0000 0000 09".replace(" ", "")


def test_only_65536_objects_can_be_referred_to() -> None:
    items: list[Value] = [[] for _ in range(0x10000)]
    assert write([*items, items[0xFFFE]]).endswith("07ffff")
    with pytest.raises(AmfEncodeError, match="cannot refer to object 65536"):
        write([*items, items[0xFFFF]])


def test_strings_of_amf3_are_written_once_in_a_message() -> None:
    twice = XmlDocument("a"), b"a", b"a"
    assert write(*twice) == "0f0000000161" + "110c0361" + "110c00"


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


UNWRITABLE = {
    "an integer beyond all doubles": (10**400, "too large for an AMF0 number"),
    "a date beyond its time zone": (AmfDate(0.0, 40_000), "date cannot hold AmfDate"),
    "a date beyond all doubles": (AmfDate(10**400), "date cannot hold AmfDate"),
    "a name too long": ({"x" * 0x10000: None}, "name of 65536 bytes; the limit is 65535"),
    "a class name too long": (TypedObject("x" * 0x10000, {}), "name of 65536 bytes"),
    "a lone surrogate of no byte": ("ab\ud800", r"'\\ud800' at character 2 of a text has no bytes"),
    "a set": (set(), "AMF0 has no form for set"),
    "too deep a list": (nested(129), "values nested more than 128 deep"),
}


@pytest.mark.parametrize(("value", "message"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_has_no_form_is_our_own_mistake(value: Any, message: str) -> None:
    with pytest.raises(AmfEncodeError, match=message):
        write(value)


def test_the_deepest_value_allowed_is_written() -> None:
    assert write(nested(128)) == "0a00000001" * 127 + "0a00000000"
