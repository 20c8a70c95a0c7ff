"""Reading AMF0: the letter, and how each thing wrong is put."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.amf.cases import AMF0, Case
from trio_srs.wire.amf.amf0_decoder import Amf0Decoder
from trio_srs.wire.amf.amf_reader import AmfError, AmfReader
from trio_srs.wire.amf.values import DEFAULT_LIMITS, EcmaArray, Limits, TypedObject


def decoder(data: str, limits: Limits = DEFAULT_LIMITS) -> Amf0Decoder:
    return Amf0Decoder(AmfReader(bytes.fromhex(data), 0, limits))


def read(data: str, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value, typed as anything so that cyclic ones can be walked."""
    return decoder(data, limits).value()


@pytest.mark.parametrize("case", AMF0, ids=str)
def test_the_letter_of_the_specification(case: Case) -> None:
    found = decoder(case.hex)
    assert repr(found.value()) == repr(case.value)
    assert found.reader.pos == len(case.data)


REFUSED = {
    "2.6 movie clip": ("04", "marker 0x04 at byte 0 is a movie clip, which is reserved"),
    "2.11 end of nothing": ("09", "marker 0x09 at byte 0 is the end of an object"),
    "2.16 record set": ("0a 00000001 0e", "marker 0x0e at byte 5 is a record set"),
    "2.1 unknown marker": ("12", "marker 0x12 at byte 0 is unknown"),
    "no value": ("", "AMF0 value expected at byte 0, where the data ends"),
    "number cut short": ("00 3ff8", "AMF0 number at byte 1 takes 8 bytes, 2 are left"),
    "boolean cut short": ("01", "AMF0 boolean expected at byte 1, where the data ends"),
    "string without length": ("02 00", "AMF0 string at byte 1 takes 2 bytes, 1 are left"),
    "string cut short": ("02 0190 6162", "AMF0 string at byte 1 says 400 bytes, 2 are left"),
    "long string cut short": ("0c ffffffff", "long string at byte 1 says 4294967295 bytes, 0 are"),
    "XML cut short": ("0f 00000002 61", "XML document at byte 1 says 2 bytes, 1 are left"),
    "date cut short": ("0b 0000000000000000 00", "time zone at byte 9 takes 2 bytes, 1 are left"),
    "ECMA array without count": ("08 00", "ECMA array at byte 1 takes 4 bytes, 1 are left"),
    "object without end": ("03 0001 61 05", "AMF0 string at byte 5 takes 2 bytes, 0 are left"),
    "object with half an end": ("03 0000", "AMF0 value expected at byte 3"),
    "strict array too long": ("0a 00000003 0505", "array at byte 1 says 3 members, 2 bytes are"),
    "reference to nothing": ("0a00000001 07 0001", "at byte 6 is to object 1, 1 came before"),
    "container named twice": ("03 0001 61 03000009 0001 61 05", "repeats 'a', a container"),
    "AMF3 inside": ("11 20", "AMF3 marker 0x20 at byte 1 is unknown"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_said_with_its_place(data: str, message: str) -> None:
    with pytest.raises(AmfError, match=message):
        decoder(data).value()


HOLDS_ITSELF = {
    "object": ("03 0001 61 07 0000 0000 09", lambda value: value["a"]),
    "ECMA array": ("08 00000001 0001 61 07 0000 0000 09", lambda value: value["a"]),
    "strict array": ("0a 00000001 07 0000", lambda value: value[0]),
    "typed object": ("10 0001 43 0001 61 07 0000 0000 09", lambda value: value.fields["a"]),
}


@pytest.mark.parametrize(("data", "inside"), HOLDS_ITSELF.values(), ids=HOLDS_ITSELF)
def test_a_container_may_hold_itself(data: str, inside: Any) -> None:
    value = read(data)
    assert inside(value) is value


def test_objects_are_numbered_in_the_order_they_begin() -> None:
    outer = read("0a 00000005 08 00000000 000009 10 0001 43 000009 07 0001 07 0002 07 0000")
    assert isinstance(outer[2], EcmaArray)
    assert isinstance(outer[3], TypedObject)
    assert outer[2] is outer[0]
    assert outer[3] is outer[1]
    assert outer[4] is outer


def test_references_cannot_say_more_than_could_be_sent() -> None:
    doubled = "0a 00000028 0a 00000002 05 05" + "".join(
        f"0a 00000002 07 {n:04x} 07 {n:04x}" for n in range(1, 40)
    )
    with pytest.raises(
        AmfError, match=r"reference at byte [0-9]+ is one too many; the limit is 4096"
    ):
        read(doubled)


def test_a_part_of_a_loop_cannot_be_referred_to() -> None:
    with pytest.raises(AmfError, match="AMF0 reference at byte 19 refers to a part of a loop"):
        read("0a 00000002 0a 00000001 0a 00000001 07 0001 07 0002")


def test_the_tables_of_amf3_are_one_for_a_message() -> None:
    assert read("0a 00000002 11 06 03 61 11 06 00") == ["a", "a"]


@pytest.mark.parametrize("opening", ["0a 00000001", "03 0000", "08 00000000 0000", "10 0000 0000"])
def test_nesting_is_followed_to_its_limit_and_no_further(opening: str) -> None:
    limits = Limits(depth=3)
    closing = "" if opening.startswith("0a") else "000009"
    assert decoder(opening * 3 + "05" + closing * 3, limits).value()
    with pytest.raises(AmfError, match=r"nested too deep; the limit is 3"):
        decoder(opening * 4 + "05" + closing * 4, limits).value()


def test_siblings_do_not_add_to_the_depth() -> None:
    assert read("0a 00000003 03 000009 0a 00000000 03 000009", Limits(depth=2)) == [{}, [], {}]


def test_values_are_counted() -> None:
    limits = Limits(count=3)
    assert read("0a 00000002 05 05", limits) == [None, None]
    with pytest.raises(AmfError, match="AMF0 value at byte 7 is one too many; the limit is 3"):
        decoder("0a 00000003 05 05 05", limits).value()


def test_the_spans_of_an_object_and_of_an_ecma_array() -> None:
    for header, at in (("03", 1), ("08 00000000", 5)):
        spans = decoder(header + "0001 61 03 000009 0001 62 07 0001 0000 09").spans()
        assert [(s.name, s.start - at, s.value_start - at, s.stop - at) for s in spans] == [
            ("a", 0, 3, 7),
            ("b", 7, 10, 13),
        ]


def test_other_values_have_no_spans() -> None:
    with pytest.raises(AmfError, match="0x0a at byte 0, expected an object or an ECMA array"):
        decoder("0a 00000000").spans()
