"""Writing AMF3: the letter, its tables, and what has no form."""

from __future__ import annotations

import enum
import struct
from typing import Any

import pytest

from tests.wire.amf.cases import AMF3, Case
from trio_srs.wire.amf.amf3_encoder import Amf3Encoder
from trio_srs.wire.amf.amf_writer import AmfEncodeError
from trio_srs.wire.amf.values import (
    UNSUPPORTED,
    AmfDate,
    Dictionary,
    EcmaArray,
    Externalized,
    MixedArray,
    TypedObject,
    Value,
    Vector,
    VectorOf,
    Xml,
    XmlDocument,
)

PROXY = "flex.messaging.io.ObjectProxy"


def write(*values: Any) -> str:
    encoder = Amf3Encoder(bytearray())
    for value in values:
        encoder.value(value)
    return encoder.out.hex()


@pytest.mark.parametrize("case", [case for case in AMF3 if case.canonical], ids=str)
def test_the_letter_of_the_specification(case: Case) -> None:
    assert write(case.value) == case.data.hex()


@pytest.mark.parametrize("number", [1 << 28, -(1 << 28) - 1])
def test_integers_beyond_29_bits_are_doubles(number: int) -> None:
    assert write(number) == "05" + struct.pack(">d", number).hex()


def test_a_member_of_an_enum_of_strings_is_a_string() -> None:
    class Word(enum.StrEnum):
        LIVE = "live"

    assert write(Word.LIVE, "live") == write("live", "live")


def test_texts_are_written_once_and_the_empty_one_in_full() -> None:
    assert write("a", "", "b", "a", "", "b") == "060361" + "0601" + "060362" + "060006010602"


AGAIN: dict[str, tuple[Value, str]] = {
    "object": ({}, "0a00"),
    "object, sealed": ({"": None}, "0a00"),
    "named array": (EcmaArray(a=None), "0900"),
    "dense array": ([], "0900"),
    "array of both": (MixedArray([None], {"a": None}), "0900"),
    "typed object": (TypedObject("C", {}), "0a00"),
    "externalizable object": (Externalized(PROXY, None), "0a00"),
    "date": (AmfDate(0.0), "0800"),
    "XML document": (XmlDocument("a"), "0700"),
    "XML": (Xml("a"), "0b00"),
    "byte array": (b"a", "0c00"),
    "vector": (Vector(VectorOf.INT, [1]), "0d00"),
    "vector of objects": (Vector(VectorOf.OBJECT, []), "1000"),
    "dictionary": (Dictionary([]), "1100"),
}


@pytest.mark.parametrize(("value", "reference"), AGAIN.values(), ids=AGAIN)
def test_the_same_object_again_is_a_reference(value: Value, reference: str) -> None:
    once = write(value)
    assert write(value, value) == once + reference


def test_objects_of_one_class_share_their_traits() -> None:
    assert write({}, {}) == "0a0b01" + "01" + "0a01" + "01"


def test_an_object_that_holds_itself_is_finite() -> None:
    value: list[Value] = []
    value.append(value)
    assert write(value) == "0903010900"


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


class Huge(bytes):
    """Says that it is longer than a length can be written."""

    def __len__(self) -> int:
        return 1 << 28


UNWRITABLE = {
    "unsupported": (UNSUPPORTED, "AMF3 has no form for unsupported values"),
    "an integer beyond all doubles": (10**400, "a int does not fit its AMF3 number"),
    "a vector's number too large": (Vector(VectorOf.INT, [1 << 31]), "a int does not fit"),
    "a vector's number that is text": (Vector(VectorOf.DOUBLE, ["1"]), "a str does not fit"),
    "an array's empty name": (EcmaArray({"": None}), "arrays have no form for an empty name"),
    "a class without a name": (TypedObject("", {}), "typed object with an empty class name"),
    "a class that writes itself": (Externalized("C", None), "no known form for the class 'C'"),
    "a lone surrogate of no byte": ("\ud800", "character 0 of a text has no bytes"),
    "a set": (set(), "AMF3 has no form for set"),
    "too deep a list": (nested(129), "values nested more than 128 deep"),
    "too long": (Huge(), "cannot write a length or index of 268435456"),
}


@pytest.mark.parametrize(("value", "message"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_has_no_form_is_our_own_mistake(value: Any, message: str) -> None:
    with pytest.raises(AmfEncodeError, match=message):
        write(value)


CONTAINERS: dict[str, Any] = {
    "array": lambda inner: [inner],
    "object": lambda inner: {"a": inner},
    "typed object": lambda inner: TypedObject("C", {"a": inner}),
    "vector": lambda inner: Vector(VectorOf.OBJECT, [inner]),
    "dictionary": lambda inner: Dictionary([(None, inner)]),
    "externalizable object": lambda inner: Externalized(PROXY, inner),
}


@pytest.mark.parametrize("around", CONTAINERS.values(), ids=CONTAINERS)
def test_depth_is_counted_down_as_well_as_up(around: Any) -> None:
    siblings = [around(nested(126)), around(nested(126))]
    assert write(siblings)
    with pytest.raises(AmfEncodeError, match="deep"):
        write([around(nested(127))])
