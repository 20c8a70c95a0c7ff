"""Reading AMF3: the letter, and how each thing wrong is put."""

from __future__ import annotations

from typing import Any

import pytest

from tests.wire.amf.cases import AMF3, Case
from trio_srs.wire.amf.amf3_decoder import Amf3Decoder
from trio_srs.wire.amf.amf_reader import AmfError, AmfReader
from trio_srs.wire.amf.values import DEFAULT_LIMITS, Limits


def decoder(data: str, limits: Limits = DEFAULT_LIMITS) -> Amf3Decoder:
    return Amf3Decoder(AmfReader(bytes.fromhex(data), 0, limits))


def read(data: str, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value, typed as anything so that cyclic ones can be walked."""
    return decoder(data, limits).value()


@pytest.mark.parametrize("case", AMF3, ids=str)
def test_the_letter_of_the_specification(case: Case) -> None:
    found = decoder(case.hex)
    assert repr(found.value()) == repr(case.value)
    assert found.reader.pos == len(case.data)


REFUSED = {
    "unknown marker": ("12", "AMF3 marker 0x12 at byte 0 is unknown"),
    "no value": ("", "AMF3 value expected at byte 0, where the data ends"),
    "integer cut short": ("04 80", "AMF3 integer expected at byte 2, where the data ends"),
    "integer without its fourth": ("04 808080", "AMF3 integer expected at byte 4"),
    "double cut short": ("05 00", "AMF3 double at byte 1 takes 8 bytes, 1 are left"),
    "string cut short": ("06 09 61", "AMF3 string at byte 1 says 4 bytes, 1 are left"),
    "string not sent": ("06 02", "AMF3 string at byte 1 refers to number 1, 0 came before"),
    "object not sent": ("0a 04", "AMF3 object at byte 1 refers to number 2, 0 came before"),
    "traits not sent": ("0a 05", "AMF3 traits at byte 1 refers to number 1, 0 came before"),
    "date not sent": ("08 00", "AMF3 date at byte 1 refers to number 0, 0 came before"),
    "date cut short": ("08 01 00", "AMF3 date at byte 2 takes 8 bytes, 1 are left"),
    "XML cut short": ("0b 05 61", "AMF3 XML at byte 1 says 2 bytes, 1 are left"),
    "XML document cut short": ("07 05 61", "XML document at byte 1 says 2 bytes, 1 are left"),
    "byte array cut short": ("0c 05 61", "byte array at byte 1 says 2 bytes, 1 are left"),
    "array too long": ("09 ffffffff 01", "at byte 1 says 268435455 members, 1 bytes are left"),
    "too many sealed members": ("0a ff73 01", "traits at byte 1 says 1023 members, 1 bytes"),
    "vector of int too long": ("0d 05 00 00000000", "at byte 1 says 2 members, 4 bytes are left"),
    "vector of double too long": ("0f 03 00 00000000", "says 1 members, 4 bytes are left"),
    "vector of objects too long": ("10 05 00 01 01", "says 2 members, 1 bytes are left"),
    "dictionary too long": ("11 05 00 010101", "says 2 members, 3 bytes are left"),
    "class that writes itself": ("0a 07 03 43", "object at byte 1 is of class 'C', not known here"),
    "container named twice": ("0a 0b 01 03 61 09 01 01 00 01", "repeats 'a', a container"),
    "container named twice in an array": ("09 01 03 61 09 01 01 00 01", "repeats 'a', a container"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_said_with_its_place(data: str, message: str) -> None:
    with pytest.raises(AmfError, match=message):
        decoder(data).value()


PROXY = "07 3b 666c65782e6d6573736167696e672e696f2e4f626a65637450726f7879"

HOLDS_ITSELF = {
    "dense array": ("09 03 01 09 00", lambda value: value[0]),
    "named array": ("09 01 03 61 09 00 01", lambda value: value["a"]),
    "array of both": ("09 03 03 61 09 00 01 01", lambda value: value.named["a"]),
    "object": ("0a 0b 01 03 61 0a 00 01", lambda value: value["a"]),
    "typed object": ("0a 13 03 43 03 61 0a 00", lambda value: value.fields["a"]),
    "vector": ("10 03 00 01 10 00", lambda value: value.items[0]),
    "dictionary": ("11 03 00 11 00 01", lambda value: value.entries[0][0]),
    "externalizable object": (f"0a {PROXY} 0a 00", lambda value: value.value),
}


@pytest.mark.parametrize(("data", "inside"), HOLDS_ITSELF.values(), ids=HOLDS_ITSELF)
def test_a_container_may_hold_itself(data: str, inside: Any) -> None:
    value = read(data)
    assert inside(value) is value


REFERRED = {
    "XML document": "07 03 61 07 02",
    "date": "08 01 0000000000000001 08 02",
    "XML": "0b 03 61 0b 02",
    "byte array": "0c 03 61 0c 02",
    "vector of numbers": "0d 03 00 00000001 0d 02",
}


@pytest.mark.parametrize("data", REFERRED.values(), ids=REFERRED)
def test_what_came_before_can_be_referred_to(data: str) -> None:
    first, second = read("09 05 01" + data)
    assert first is second


def test_objects_are_numbered_in_the_order_they_begin() -> None:
    outer = read("09 0b 01  09 01 01  0c 03 61  09 02  0c 04  09 00")
    assert outer[2] is outer[0]
    assert outer[3] is outer[1]
    assert outer[4] is outer


def test_names_and_strings_share_a_table() -> None:
    assert read("0a 0b 01 03 61 06 00 01") == {"a": "a"}


REPEATED = {
    "text": "09 09 01 068241" + "61" * 160 + "0600 0600 0600",
    "byte array": "09 09 01 0c8241" + "61" * 160 + "0c02 0c02 0c02",
    "XML": "09 09 01 0b8241" + "61" * 160 + "0b02 0b02 0b02",
    "vector": "09 09 01 0d5100" + "00" * 160 + "0d02 0d02 0d02",
    "names of members": "09 09 01 0a138241" + "61" * 160 + "01 01" + "0a0101" * 3,
    "name in an array": "09 09 01 09018241" + "61" * 160 + "01 01" + "0902" * 3,
    "class name": "09 09 01 0a038241" + "61" * 160 + "0a02" * 3,
    "class name of a vector": "09 09 01 1001008241" + "61" * 160 + "1002" * 3,
}


@pytest.mark.parametrize("data", REPEATED.values(), ids=REPEATED)
def test_references_cannot_say_more_than_could_be_sent(data: str) -> None:
    assert read(data, Limits(size=500))
    with pytest.raises(AmfError, match="repeats too much; the limit is 400 bytes"):
        read(data, Limits(size=400))


def test_a_part_of_a_loop_cannot_be_referred_to() -> None:
    with pytest.raises(AmfError, match="AMF3 array at byte 12 refers to a part of a loop"):
        read("09 05 01 09 03 01 09 03 01 09 02 09 04")


CONTAINERS = {
    "array": ("09 03 01", ""),
    "object": ("0a 0b 01 03 61", "01"),
    "vector": ("10 03 00 01", ""),
    "dictionary": ("11 03 00 01", ""),
    "externalizable object": (f"0a {PROXY}", ""),
}


@pytest.mark.parametrize(("opening", "closing"), CONTAINERS.values(), ids=CONTAINERS)
def test_nesting_is_followed_to_its_limit_and_no_further(opening: str, closing: str) -> None:
    limits = Limits(depth=3)
    assert decoder(opening * 3 + "01" + closing * 3, limits).value()
    with pytest.raises(AmfError, match="nested too deep; the limit is 3"):
        decoder(opening * 4 + "01" + closing * 4, limits).value()


@pytest.mark.parametrize("sibling", ["090101", "0a0b0101", "10010001", "110100", f"0a{PROXY}01"])
def test_siblings_do_not_add_to_the_depth(sibling: str) -> None:
    assert len(read("09 05 01" + sibling + "09 01 01", Limits(depth=2))) == 2


COUNTED = {
    "values": "09 07 01 01 01 01",
    "numbers of a vector": "0d 07 00 000000010000000200000003",
    "names of sealed members": "0a 33 01 01 01 01 01 01 01",
}


@pytest.mark.parametrize("data", COUNTED.values(), ids=COUNTED)
def test_values_are_counted(data: str) -> None:
    assert decoder(data, Limits(count=7)).value()
    with pytest.raises(AmfError, match="one too many; the limit is 3 values"):
        decoder(data, Limits(count=3)).value()
