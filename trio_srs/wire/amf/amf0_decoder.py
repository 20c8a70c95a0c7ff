"""AMF0 bytes -> values. Floor 0.

Source: "Action Message Format - AMF 0" (Adobe, 2007), whose clauses are named below.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

import attrs

from trio_srs.wire.amf import amf3_decoder
from trio_srs.wire.amf.amf0_format import Amf0Marker
from trio_srs.wire.amf.amf_reader import AmfError, AmfReader, Shared
from trio_srs.wire.amf.values import (
    UNDEFINED,
    UNSUPPORTED,
    AmfDate,
    EcmaArray,
    TypedObject,
    Value,
    XmlDocument,
)

__all__ = ["Amf0Decoder", "FieldSpan"]

_U16: Final = struct.Struct(">H")
_U32: Final = struct.Struct(">I")
_I16: Final = struct.Struct(">h")
_NOT_A_VALUE: Final[Mapping[int, str]] = {
    Amf0Marker.MOVIECLIP: "is a movie clip, which is reserved and has no form",
    Amf0Marker.OBJECT_END: "is the end of an object, where a value should be",
    Amf0Marker.RECORDSET: "is a record set, which is reserved and has no form",
}


@attrs.frozen
class FieldSpan:
    """Where one field of an object stands, for whoever changes it and nothing else."""

    name: str
    start: int
    """Offset of the name's length."""
    value_start: int
    """Offset of the value's marker."""
    stop: int
    """Offset just past the value."""


class Amf0Decoder:
    """Reads the values of one message; holds what references in it can refer to."""

    __slots__ = ("_amf3", "_objects", "reader")

    def __init__(self, reader: AmfReader) -> None:
        self.reader = reader
        self._objects: list[Shared] = []
        self._amf3: amf3_decoder.Amf3Decoder | None = None

    def value(self) -> Value:
        """Read the next value; references in it may be to any before."""
        reader = self.reader
        marker = reader.marker("AMF0 value")
        read = self._readers.get(marker)
        if read is None:
            what = _NOT_A_VALUE.get(marker, "is unknown")
            raise AmfError(f"AMF0 marker {marker:#04x} at byte {reader.pos - 1} {what}")
        return read(self)

    def spans(self) -> list[FieldSpan]:
        """Where the fields of the object or ECMA array stand that comes next."""
        reader = self.reader
        at = reader.pos
        marker = reader.marker("AMF0 value")
        if marker not in (Amf0Marker.OBJECT, Amf0Marker.ECMA_ARRAY):
            raise AmfError(
                f"AMF0 marker {marker:#04x} at byte {at}, expected an object or an ECMA array"
            )
        if marker == Amf0Marker.ECMA_ARRAY:
            reader.fixed(_U32, "AMF0 ECMA array")
        self._open({}, "AMF0 object")
        found = []
        start = reader.pos
        while (name := self._field_name()) is not None:
            value_start = reader.pos
            self.value()
            found.append(FieldSpan(name, start, value_start, reader.pos))
            start = reader.pos
        return found

    def _number(self) -> Value:
        return self.reader.double("AMF0 number")

    def _boolean(self) -> Value:
        return self.reader.byte("AMF0 boolean") != 0

    def _string(self) -> str:
        reader = self.reader
        at = reader.pos
        return reader.text(reader.fixed(_U16, "AMF0 string"), "AMF0 string", at)

    def _long_text(self, what: str) -> str:
        reader = self.reader
        at = reader.pos
        return reader.text(reader.fixed(_U32, what), what, at)

    def _long_string(self) -> Value:
        return self._long_text("AMF0 long string")

    def _xml_document(self) -> Value:
        return XmlDocument(self._long_text("AMF0 XML document"))

    def _null(self) -> Value:
        return None

    def _undefined(self) -> Value:
        return UNDEFINED

    def _unsupported(self) -> Value:
        return UNSUPPORTED

    def _date(self) -> Value:
        ms = self.reader.double("AMF0 date")
        return AmfDate(ms, self.reader.fixed(_I16, "AMF0 date's time zone"))

    def _reference(self) -> Value:
        at = self.reader.pos
        index = self.reader.fixed(_U16, "AMF0 reference")
        if index >= len(self._objects):
            raise AmfError(
                f"AMF0 reference at byte {at} is to object {index},"
                f" {len(self._objects)} came before"
            )
        return self.reader.again(self._objects[index], "AMF0 reference", at)

    def _object(self) -> Value:
        fields: dict[str, Value] = {}
        self._open(fields, "AMF0 object")
        self._fields(fields)
        return fields

    def _ecma_array(self) -> Value:
        what = "AMF0 ECMA array"
        self.reader.fixed(_U32, what)
        array = EcmaArray()
        self._open(array, what)
        self._fields(array)
        return array

    def _typed_object(self) -> Value:
        typed = TypedObject("", {})
        self._open(typed, "AMF0 typed object")
        typed.class_name = self._string()
        self._fields(typed.fields)
        return typed

    def _strict_array(self) -> Value:
        what = "AMF0 strict array"
        reader = self.reader
        at = reader.pos
        count = reader.promised(reader.fixed(_U32, what), 1, what, at)
        items: list[Value] = []
        self._open(items, what)
        for _ in range(count):
            items.append(self.value())  # noqa: PERF401 - an item may refer to those before it
        reader.close()
        return items

    def _open(self, value: Value, what: str) -> None:
        """Begin a container, which gets the next number for references (2.9)."""
        self._objects.append(self.reader.open(value, what))

    def _avmplus(self) -> Value:
        """One value of AMF3 (3.1). Its tables are the message's, as in Adobe's own reader."""
        if self._amf3 is None:
            self._amf3 = amf3_decoder.Amf3Decoder(self.reader)
        return self._amf3.value()

    def _fields(self, into: dict[str, Value]) -> None:
        reader = self.reader
        while (name := self._field_name()) is not None:
            reader.put(into, name, self.value(), "AMF0 object")
        reader.close()

    def _field_name(self) -> str | None:
        """The next field's name; None, and past the end marker, where the object ends (2.11)."""
        reader = self.reader
        name = self._string()
        pos = reader.pos
        if not name and reader.data[pos : pos + 1] == b"\x09":
            reader.pos = pos + 1
            return None
        return name

    _readers: ClassVar[dict[int, Callable[[Amf0Decoder], Value]]] = {
        Amf0Marker.NUMBER: _number,
        Amf0Marker.BOOLEAN: _boolean,
        Amf0Marker.STRING: _string,
        Amf0Marker.OBJECT: _object,
        Amf0Marker.NULL: _null,
        Amf0Marker.UNDEFINED: _undefined,
        Amf0Marker.REFERENCE: _reference,
        Amf0Marker.ECMA_ARRAY: _ecma_array,
        Amf0Marker.STRICT_ARRAY: _strict_array,
        Amf0Marker.DATE: _date,
        Amf0Marker.LONG_STRING: _long_string,
        Amf0Marker.UNSUPPORTED: _unsupported,
        Amf0Marker.XML_DOCUMENT: _xml_document,
        Amf0Marker.TYPED_OBJECT: _typed_object,
        Amf0Marker.AVMPLUS: _avmplus,
    }
