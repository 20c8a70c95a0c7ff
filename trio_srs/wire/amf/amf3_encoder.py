"""Values -> AMF3 bytes. Floor 0.

Source: "Action Message Format - AMF 3" (Adobe, 2013), whose clauses are named below.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from trio_srs.wire.amf.amf3_format import EXTERNALIZABLE, MAX_INT, NUMBERS, Amf3Marker, Traits
from trio_srs.wire.amf.amf_writer import AmfEncodeError, AmfWriter, utf8, writer_of
from trio_srs.wire.amf.values import (
    UNDEFINED,
    AmfDate,
    Dictionary,
    EcmaArray,
    Externalized,
    MixedArray,
    Special,
    TypedObject,
    Value,
    Vector,
    Xml,
    XmlDocument,
)

__all__ = ["Amf3Encoder"]

_DOUBLE: Final = struct.Struct(">d")
_MAX_U29: Final = (1 << 29) - 1
_MIN_INT: Final = -MAX_INT - 1


class Amf3Encoder(AmfWriter):
    """Writes values; holds the three tables (2.2). For ``amf0``, and the above."""

    __slots__ = ("_strings", "_traits")

    def __init__(self, out: bytearray) -> None:
        super().__init__(out)
        self._strings: dict[str, int] = {}
        self._traits: dict[Traits, int] = {}

    def value(self, value: Value) -> None:
        """Append one value, or a reference if it was appended before."""
        writer_of(self._writers, value, "AMF3")(self, value)

    def _u29(self, number: int) -> None:
        if number > _MAX_U29:
            raise AmfEncodeError(f"AMF3 cannot write a length or index of {number >> 1}")
        if number < 1 << 21:
            sevens = [number >> shift for shift in (14, 7) if number >> shift]
            last = number & 0x7F
        else:
            sevens = [number >> 22, number >> 15, number >> 8]
            last = number & 0xFF
        self.out += bytes([seven & 0x7F | 0x80 for seven in sevens])
        self.out.append(last)

    def _null(self, _: None) -> None:
        self.out.append(Amf3Marker.NULL)

    def _boolean(self, value: bool) -> None:
        self.out.append(Amf3Marker.TRUE if value else Amf3Marker.FALSE)

    def _special(self, value: Special) -> None:
        if value is not UNDEFINED:
            raise AmfEncodeError("AMF3 has no form for unsupported values")
        self.out.append(Amf3Marker.UNDEFINED)

    def _integer(self, value: int) -> None:
        if _MIN_INT <= value <= MAX_INT:
            self.out.append(Amf3Marker.INTEGER)
            self._u29(value & _MAX_U29)
        else:
            self._double(value)

    def _double(self, value: float) -> None:
        self.out.append(Amf3Marker.DOUBLE)
        self._number(_DOUBLE, value)

    def _number(self, layout: struct.Struct, value: Any) -> None:
        try:
            self.out += layout.pack(value)
        except struct.error as exc:
            raise AmfEncodeError(f"a {type(value).__name__} does not fit its AMF3 number") from exc

    def _string(self, value: str) -> None:
        self.out.append(Amf3Marker.STRING)
        self._text(value)

    def _text(self, text: str) -> None:
        index = self._strings.get(text)
        if index is not None:
            self._u29(index << 1)
            return
        if text:
            self._strings[text] = len(self._strings)
        self._bytes(utf8(text))

    def _bytes(self, data: bytes) -> None:
        self._u29(len(data) << 1 | 1)
        self.out += data

    def _starts(self, marker: Amf3Marker, value: Value) -> bool:
        """Write the marker; whether ``value`` is to follow, or a reference to it has."""
        self.out.append(marker)
        index = self.seen.get(id(value))
        if index is None:
            self.remember(value)
            return True
        self._u29(index << 1)
        return False

    def _xml_document(self, value: XmlDocument) -> None:
        if self._starts(Amf3Marker.XML_DOCUMENT, value):
            self._bytes(utf8(value.text))

    def _xml(self, value: Xml) -> None:
        if self._starts(Amf3Marker.XML, value):
            self._bytes(utf8(value.text))

    def _byte_array(self, value: bytes) -> None:
        if self._starts(Amf3Marker.BYTE_ARRAY, value):
            self._bytes(value)

    def _date(self, value: AmfDate) -> None:
        if self._starts(Amf3Marker.DATE, value):
            self._u29(1)
            self._number(_DOUBLE, value.ms)

    def _list(self, value: list[Value]) -> None:
        if self._starts(Amf3Marker.ARRAY, value):
            self._array(value, {})

    def _ecma_array(self, value: EcmaArray) -> None:
        if self._starts(Amf3Marker.ARRAY, value):
            self._array([], value)

    def _mixed_array(self, value: MixedArray) -> None:
        if self._starts(Amf3Marker.ARRAY, value):
            self._array(value.dense, value.named)

    def _array(self, dense: list[Value], named: dict[str, Value]) -> None:
        self._u29(len(dense) << 1 | 1)
        self.enter()
        for name, value in named.items():
            if not name:
                raise AmfEncodeError("AMF3 arrays have no form for an empty name")
            self._text(name)
            self.value(value)
        self._text("")
        for value in dense:
            self.value(value)
        self.leave()

    def _dict(self, value: dict[str, Value]) -> None:
        if not self._starts(Amf3Marker.OBJECT, value):
            return
        if "" in value:  # would end the dynamic members; all sealed, so that the order stays
            self._sealed("", value)
            return
        self._header(Traits("", dynamic=True))
        self.enter()
        for name, member in value.items():
            self._text(name)
            self.value(member)
        self._text("")
        self.leave()

    def _typed_object(self, value: TypedObject) -> None:
        if not value.class_name:
            raise AmfEncodeError("AMF3 has no form for a typed object with an empty class name")
        if self._starts(Amf3Marker.OBJECT, value):
            self._sealed(value.class_name, value.fields)

    def _sealed(self, class_name: str, fields: dict[str, Value]) -> None:
        self._header(Traits(class_name, tuple(fields)))
        self.enter()
        for member in fields.values():
            self.value(member)
        self.leave()

    def _externalized(self, value: Externalized) -> None:
        if value.class_name not in EXTERNALIZABLE:
            raise AmfEncodeError(f"no known form for the class {value.class_name[:64]!r}")
        if self._starts(Amf3Marker.OBJECT, value):
            self._header(Traits(value.class_name, externalizable=True))
            self.enter()
            self.value(value.value)
            self.leave()

    def _header(self, traits: Traits) -> None:
        """An object's header: its traits, or where they were written (3.12)."""
        index = self._traits.get(traits)
        if index is not None:
            self._u29(index << 2 | 0b01)
            return
        self._traits[traits] = len(self._traits)
        if traits.externalizable:
            self._u29(0b0111)
        else:
            self._u29(len(traits.names) << 4 | traits.dynamic << 3 | 0b0011)
        for text in (traits.class_name, *traits.names):
            self._text(text)

    def _vector(self, value: Vector) -> None:
        if not self._starts(Amf3Marker(value.of), value):
            return
        self._u29(len(value.items) << 1 | 1)
        self.out.append(value.fixed)
        layout = NUMBERS.get(value.of)
        if layout is not None:
            for number in value.items:
                self._number(layout, number)
            return
        self._text(value.class_name)
        self.enter()
        for item in value.items:
            self.value(item)
        self.leave()

    def _dictionary(self, value: Dictionary) -> None:
        if self._starts(Amf3Marker.DICTIONARY, value):
            self._u29(len(value.entries) << 1 | 1)
            self.out.append(value.weak)
            self.enter()
            for pair in value.entries:
                for item in pair:
                    self.value(item)
            self.leave()

    _writers: ClassVar[Mapping[type[Any], Callable[[Amf3Encoder, Any], None]]] = {
        type(None): _null,
        bool: _boolean,
        int: _integer,
        float: _double,
        str: _string,
        bytes: _byte_array,
        Special: _special,
        dict: _dict,
        EcmaArray: _ecma_array,
        list: _list,
        MixedArray: _mixed_array,
        AmfDate: _date,
        TypedObject: _typed_object,
        XmlDocument: _xml_document,
        Xml: _xml,
        Vector: _vector,
        Dictionary: _dictionary,
        Externalized: _externalized,
    }
