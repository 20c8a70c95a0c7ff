"""The letter of both AMF texts: clause, bytes, value. Read by the decoders' and encoders' tests,
and seeds of the fuzzer."""

from __future__ import annotations

import math
from typing import Final

import attrs

from trio_srs.wire.amf.values import (
    UNDEFINED,
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


@attrs.frozen
class Case:
    """One value and its bytes."""

    name: str
    hex: str
    value: Value
    canonical: bool = True
    """Whether writing the value gives these bytes; else there is a shorter or likelier form."""

    @property
    def data(self) -> bytes:
        return bytes.fromhex(self.hex)

    def __str__(self) -> str:
        return self.name


AMF0: Final = [
    Case("2.2 number", "00 3ff8000000000000", 1.5),
    Case("2.2 number, infinite", "00 fff0000000000000", -math.inf),
    Case("2.3 boolean, true", "01 01", True),
    Case("2.3 boolean, false", "01 00", False),
    Case("2.3 boolean, any byte but 0 is true", "01 80", True, canonical=False),
    Case("2.4 string", "02 0004 61c3a962", "aéb"),
    Case("2.4 string, empty", "02 0000", ""),
    Case("2.4 string, not UTF-8", "02 0002 61ff", "a\udcff"),
    Case("2.5 object", "03 0001 61 05 0001 62 0101 0000 09", {"a": None, "b": True}),
    Case("2.5 object, empty", "03 0000 09", {}),
    Case("2.5 object, an empty name that ends nothing", "03 0000 05 0000 09", {"": None}),
    Case("2.5 object, a name twice", "03 000161 05 000162 05 000161 06 0000 09",
         {"b": None, "a": UNDEFINED}, canonical=False),
    Case("2.7 null", "05", None),
    Case("2.8 undefined", "06", UNDEFINED),
    Case("2.10 ECMA array", "08 00000001 0001 61 05 0000 09", EcmaArray(a=None)),
    Case("2.10 ECMA array, its count wrong", "08 00000000 0001 61 05 0000 09",
         EcmaArray(a=None), canonical=False),
    Case("2.12 strict array", "0a 00000002 05 0101", [None, True]),
    Case("2.13 date", "0b 4072c00000000000 0000", AmfDate(300.0)),
    Case("2.13 date, with a time zone", "0b c072c00000000000 ffc4", AmfDate(-300.0, -60)),
    Case("2.14 long string, though short", "0c 00000001 61", "a", canonical=False),
    Case("2.15 unsupported", "0d", UNSUPPORTED),
    Case("2.17 XML document", "0f 00000004 3c612f3e", XmlDocument("<a/>")),
    Case("2.18 typed object", "10 0001 43 0001 61 05 0000 09", TypedObject("C", {"a": None})),
    Case("3.1 AMF3 integer", "11 04 05", 5, canonical=False),
    Case("3.1 AMF3 object", "11 0a 0b 01 03 61 01 01", {"a": None}, canonical=False),
    Case("3.1 AMF3 byte array", "11 0c 05 0102", b"\1\2"),
    Case("3.1 AMF3 XML", "0a 00000001 11 0b 03 61", [Xml("a")]),
    Case("3.1 AMF3 array of both", "11 09 03 03 61 01 01 01", MixedArray([None], {"a": None})),
    Case("3.1 AMF3 vector", "11 0d 03 00 00000007", Vector(VectorOf.INT, [7])),
    Case("3.1 AMF3 dictionary", "11 11 01 00", Dictionary([])),
    Case("3.1 AMF3 collection",
         "11 0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e 090101",
         Externalized("flex.messaging.io.ArrayCollection", [])),
]  # fmt: skip

_PROXY: Final = "3b 666c65782e6d6573736167696e672e696f2e4f626a65637450726f7879"

AMF3: Final = [
    Case("3.2 undefined", "00", UNDEFINED),
    Case("3.3 null", "01", None),
    Case("3.4 false", "02", False),
    Case("3.5 true", "03", True),
    Case("3.6 integer", "04 00", 0),
    Case("3.6 integer, one byte", "04 7f", 0x7F),
    Case("3.6 integer, two bytes", "04 8100", 0x80),
    Case("3.6 integer, two bytes, the last", "04 ff7f", 0x3FFF),
    Case("3.6 integer, three bytes", "04 818000", 0x4000),
    Case("3.6 integer, three bytes, the last", "04 ffff7f", 0x1FFFFF),
    Case("3.6 integer, four bytes", "04 80c08000", 0x200000),
    Case("3.6 integer, the largest", "04 bfffffff", 0x0FFFFFFF),
    Case("3.6 integer, -1", "04 ffffffff", -1),
    Case("3.6 integer, the smallest", "04 c0808000", -0x10000000),
    Case("3.6 integer, longer than need be", "04 808001", 1, canonical=False),
    Case("3.7 double", "05 3ff8000000000000", 1.5),
    Case("3.8 string", "06 07 616263", "abc"),
    Case("3.8 string, empty", "06 01", ""),
    Case("3.8 string, again", "09 05 01 06 03 61 06 00", ["a", "a"]),
    Case("3.8 string, the empty one is not counted", "09 09 01 06 01 06 03 61 06 01 06 00",
         ["", "a", "", "a"]),
    Case("3.9 XML document", "07 09 3c612f3e", XmlDocument("<a/>")),
    Case("3.10 date", "08 01 4072c00000000000", AmfDate(300.0)),
    Case("3.11 array, dense", "09 05 01 01 03", [None, True]),
    Case("3.11 array, named", "09 01 03 61 01 01", EcmaArray(a=None)),
    Case("3.11 array, both", "09 03 03 61 02 01 03", MixedArray([True], {"a": False})),
    Case("3.11 array, empty", "09 01 01", []),
    Case("3.12 object, dynamic", "0a 0b 01 03 61 01 01", {"a": None}),
    Case("3.12 object, sealed", "0a 13 01 03 61 01", {"a": None}, canonical=False),
    Case("3.12 object, a sealed member without a name", "0a 23 01 03 61 01 01 02",
         {"a": None, "": False}),
    Case("3.12 object, of a class", "0a 13 03 43 03 61 01", TypedObject("C", {"a": None})),
    Case("3.12 object, of a dynamic class", "0a 1b 03 43 03 61 01 03 62 02 01",
         TypedObject("C", {"a": None, "b": False}), canonical=False),
    Case("3.12 object, traits again", "09 05 01 0a 13 03 43 03 61 02 0a 01 03",
         [TypedObject("C", {"a": False}), TypedObject("C", {"a": True})]),
    Case("3.12 object, externalizable", f"0a 07 {_PROXY} 0a 0b 01 01",
         Externalized("flex.messaging.io.ObjectProxy", {})),
    Case("3.13 XML", "0b 09 3c612f3e", Xml("<a/>")),
    Case("3.14 byte array", "0c 05 00ff", b"\x00\xff"),
    Case("3.15 vector of int", "0d 05 00 00000001 ffffffff", Vector(VectorOf.INT, [1, -1])),
    Case("3.15 vector of uint", "0e 03 01 ffffffff", Vector(VectorOf.UINT, [0xFFFFFFFF], True)),
    Case("3.15 vector of double", "0f 03 00 3ff8000000000000", Vector(VectorOf.DOUBLE, [1.5])),
    Case("3.15 vector of objects", "10 05 00 03 43 01 0a 13 00 03 61 02",
         Vector(VectorOf.OBJECT, [None, TypedObject("C", {"a": False})], False, "C")),
    Case("3.16 dictionary", "11 05 00 04 01 03 06 03 61 02",
         Dictionary([(1, True), ("a", False)])),
    Case("3.16 dictionary, weak", "11 01 01", Dictionary([], weak=True)),
]  # fmt: skip
