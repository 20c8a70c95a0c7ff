"""Values -> AMF0 bytes. Floor 0.

Source: "Action Message Format - AMF 0" (Adobe, 2007), whose clauses are named below.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from trio_srs.wire.amf import amf3_encoder
from trio_srs.wire.amf.amf0_format import Amf0Marker
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

__all__ = ["Amf0Encoder"]

_U16: Final = struct.Struct(">H")
_NUMBER: Final = struct.Struct(">Bd")
_SHORT: Final = struct.Struct(">BH")
_LONG: Final = struct.Struct(">BI")
_DATE: Final = struct.Struct(">Bdh")
_MAX_U16: Final = 0xFFFF
_END: Final = b"\x00\x00\x09"


class Amf0Encoder(AmfWriter):
    """Writes the values of one message."""

    __slots__ = ("_amf3",)

    def __init__(self, out: bytearray) -> None:
        super().__init__(out)
        self._amf3: amf3_encoder.Amf3Encoder | None = None

    def value(self, value: Value) -> None:
        """Append one value, or a reference if it was appended before."""
        writer_of(self._writers, value, "AMF0")(self, value)

    def _null(self, _: None) -> None:
        self.out.append(Amf0Marker.NULL)

    def _boolean(self, value: bool) -> None:
        self.out += b"\x01\x01" if value else b"\x01\x00"

    def _number(self, value: float) -> None:
        try:
            self.out += _NUMBER.pack(Amf0Marker.NUMBER, value)
        except struct.error as exc:
            raise AmfEncodeError("an integer is too large for an AMF0 number") from exc

    def _string(self, value: str) -> None:
        data = utf8(value)
        if len(data) > _MAX_U16:
            self.out += _LONG.pack(Amf0Marker.LONG_STRING, len(data))
        else:
            self.out += _SHORT.pack(Amf0Marker.STRING, len(data))
        self.out += data

    def _special(self, value: Special) -> None:
        self.out.append(Amf0Marker.UNDEFINED if value is UNDEFINED else Amf0Marker.UNSUPPORTED)

    def _date(self, value: AmfDate) -> None:
        try:
            self.out += _DATE.pack(Amf0Marker.DATE, value.ms, value.tz_minutes)
        except struct.error as exc:
            raise AmfEncodeError(f"an AMF0 date cannot hold {value}") from exc

    def _xml_document(self, value: XmlDocument) -> None:
        data = utf8(value.text)
        self.out += _LONG.pack(Amf0Marker.XML_DOCUMENT, len(data))
        self.out += data

    def _object(self, value: dict[str, Value]) -> None:
        if self._starts(value):
            self.out.append(Amf0Marker.OBJECT)
            self._fields(value)

    def _ecma_array(self, value: EcmaArray) -> None:
        if self._starts(value):
            self.out += _LONG.pack(Amf0Marker.ECMA_ARRAY, len(value))
            self._fields(value)

    def _typed_object(self, value: TypedObject) -> None:
        if self._starts(value):
            self.out.append(Amf0Marker.TYPED_OBJECT)
            self._name(value.class_name)
            self._fields(value.fields)

    def _strict_array(self, value: list[Value]) -> None:
        if self._starts(value):
            self.out += _LONG.pack(Amf0Marker.STRICT_ARRAY, len(value))
            self.enter()
            for item in value:
                self.value(item)
            self.leave()

    def _avmplus(self, value: Value) -> None:
        if self._amf3 is None:
            self._amf3 = amf3_encoder.Amf3Encoder(self.out)
        self.out.append(Amf0Marker.AVMPLUS)
        self._amf3.value(value)

    def _starts(self, value: Value) -> bool:
        """Whether ``value`` is to be written here; if not, a reference to it has been."""
        index = self.seen.get(id(value))
        if index is None:
            self.remember(value)
            return True
        if index > _MAX_U16:
            raise AmfEncodeError(f"AMF0 cannot refer to object {index}; the last is {_MAX_U16}")
        self.out += _SHORT.pack(Amf0Marker.REFERENCE, index)
        return False

    def _fields(self, fields: dict[str, Value]) -> None:
        self.enter()
        for name, value in fields.items():
            self._name(name)
            self.value(value)
        self.out += _END
        self.leave()

    def _name(self, name: str) -> None:
        data = utf8(name)
        if len(data) > _MAX_U16:
            raise AmfEncodeError(f"AMF0 name of {len(data)} bytes; the limit is {_MAX_U16}")
        self.out += _U16.pack(len(data))
        self.out += data

    _writers: ClassVar[Mapping[type[Any], Callable[[Amf0Encoder, Any], None]]] = {
        type(None): _null,
        bool: _boolean,
        int: _number,
        float: _number,
        str: _string,
        Special: _special,
        dict: _object,
        EcmaArray: _ecma_array,
        list: _strict_array,
        AmfDate: _date,
        TypedObject: _typed_object,
        XmlDocument: _xml_document,
        Xml: _avmplus,
        bytes: _avmplus,
        MixedArray: _avmplus,
        Vector: _avmplus,
        Dictionary: _avmplus,
        Externalized: _avmplus,
    }
