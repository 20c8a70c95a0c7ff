"""AMF3 bytes -> values. Floor 0.

Source: "Action Message Format - AMF 3" (Adobe, 2013), whose clauses are named below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from trio_srs.wire.amf.amf3_format import EXTERNALIZABLE, MAX_INT, NUMBERS, Amf3Marker, Traits
from trio_srs.wire.amf.amf_reader import AmfError, AmfReader, Shared
from trio_srs.wire.amf.values import (
    UNDEFINED,
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

__all__ = ["Amf3Decoder"]


class Amf3Decoder:
    """Reads values off a reader; holds the three tables (2.2). For ``amf0``, and the above."""

    __slots__ = ("_objects", "_strings", "_traits", "reader")

    def __init__(self, reader: AmfReader) -> None:
        self.reader = reader
        self._strings: list[str] = []
        self._objects: list[Shared] = []
        self._traits: list[Traits] = []

    def value(self) -> Value:
        """Read the next value; references in it may be to any before."""
        marker = self.reader.marker("AMF3 value")
        read = self._readers.get(marker)
        if read is None:
            at = self.reader.pos - 1
            raise AmfError(f"AMF3 marker {marker:#04x} at byte {at} is unknown")
        return read(self)

    def _u29(self, what: str) -> int:
        """An integer of one to four bytes: seven bits each, eight in the fourth (1.3.1)."""
        number = 0
        for _ in range(3):
            byte = self.reader.byte(what)
            if byte < 0x80:
                return number << 7 | byte
            number = number << 7 | byte & 0x7F
        return number << 8 | self.reader.byte(what)

    def _header(self, what: str) -> tuple[int, Value]:
        """What stands before an object: the number above the lowest bit, and None; or the
        object itself, if it came before and this is a reference (2.2)."""
        at = self.reader.pos
        header = self._u29(what)
        if header & 1:
            return header >> 1, None
        shared: Shared = self._referred(header >> 1, self._objects, what, at)
        return 0, self.reader.again(shared, what, at)

    def _referred(self, index: int, table: list[Any], what: str, at: int) -> Any:
        if index >= len(table):
            raise AmfError(
                f"{what} at byte {at} refers to number {index}, {len(table)} came before"
            )
        return table[index]

    def _undefined(self) -> Value:
        return UNDEFINED

    def _null(self) -> Value:
        return None

    def _false(self) -> Value:
        return False

    def _true(self) -> Value:
        return True

    def _integer(self) -> Value:
        number = self._u29("AMF3 integer")
        return number if number <= MAX_INT else number - (1 << 29)

    def _double(self) -> Value:
        return self.reader.double("AMF3 double")

    def _string(self) -> str:
        what = "AMF3 string"
        at = self.reader.pos
        header = self._u29(what)
        if not header & 1:
            text: str = self._referred(header >> 1, self._strings, what, at)
            self.reader.repeat(len(text), what)
            return text
        text = self.reader.text(header >> 1, what, at)
        if text:  # the empty one is never referred to (1.3.2)
            self._strings.append(text)
        return text

    def _xml_document(self) -> Value:
        return self._long_text(XmlDocument, "AMF3 XML document")

    def _xml(self) -> Value:
        return self._long_text(Xml, "AMF3 XML")

    def _long_text(self, kind: type[XmlDocument] | type[Xml], what: str) -> Value:
        at = self.reader.pos
        size, known = self._header(what)
        if known is not None:
            return known
        value = kind(self.reader.text(size, what, at))
        self._objects.append(Shared(value, size=size))
        return value

    def _date(self) -> Value:
        what = "AMF3 date"
        _, known = self._header(what)
        if known is not None:
            return known
        value = AmfDate(self.reader.double(what))
        self._objects.append(Shared(value))
        return value

    def _byte_array(self) -> Value:
        what = "AMF3 byte array"
        at = self.reader.pos
        size, known = self._header(what)
        if known is not None:
            return known
        value = self.reader.take(size, what, at)
        self._objects.append(Shared(value, size=size))
        return value

    def _array(self) -> Value:
        what = "AMF3 array"
        reader = self.reader
        at = reader.pos
        size, known = self._header(what)
        if known is not None:
            return known
        count = reader.promised(size, 1, what, at)
        shared = self._open(None, what)
        name = self._string()  # tells the shape, which must be known before anything refers to it
        dense: list[Value] = []
        named: dict[str, Value] = {} if count else EcmaArray()
        if not name:
            shared.value = dense
        else:
            shared.value = MixedArray(dense, named) if count else named
        while name:
            reader.put(named, name, self.value(), what)
            name = self._string()
        for _ in range(count):
            dense.append(self.value())  # noqa: PERF401 - a member may refer to those before it
        reader.close()
        return shared.value

    def _object(self) -> Value:
        what = "AMF3 object"
        reader = self.reader
        at = reader.pos
        header, known = self._header(what)
        if known is not None:
            return known
        shared = self._open(None, what)
        traits = self._traits_of(header, at)
        if traits.externalizable:
            self._externalized(traits.class_name, shared, at)
        else:
            self._members(traits, shared)
        reader.close()
        return shared.value

    def _members(self, traits: Traits, shared: Shared) -> None:
        what = "AMF3 object"
        fields: dict[str, Value] = {}
        shared.value = TypedObject(traits.class_name, fields) if traits.class_name else fields
        for name in traits.names:
            self.reader.put(fields, name, self.value(), what)
        while traits.dynamic and (name := self._string()):
            self.reader.put(fields, name, self.value(), what)

    def _externalized(self, class_name: str, shared: Shared, at: int) -> None:
        if class_name not in EXTERNALIZABLE:
            raise AmfError(
                f"AMF3 externalizable object at byte {at} is of class {class_name[:64]!r},"
                " not known here"
            )
        shared.value = external = Externalized(class_name, None)
        external.value = self.value()

    def _traits_of(self, header: int, at: int) -> Traits:
        """The traits that an object's header begins (3.12), or refers to."""
        what = "AMF3 traits"
        if not header & 1:
            known: Traits = self._referred(header >> 1, self._traits, what, at)
            self.reader.repeat(sum(map(len, (known.class_name, *known.names))), what)
            return known
        if header & 2:
            traits = Traits(self._string(), externalizable=True)
        else:
            count = self.reader.promised(header >> 3, 1, what, at)
            self.reader.count(count, what)
            class_name = self._string()
            names = tuple([self._string() for _ in range(count)])
            traits = Traits(class_name, names, dynamic=bool(header & 4))
        self._traits.append(traits)
        return traits

    def _open(self, value: Value, what: str) -> Shared:
        """Begin a container, which gets the next number for references (2.2)."""
        shared = self.reader.open(value, what)
        self._objects.append(shared)
        return shared

    def _vector(self) -> Value:
        what = "AMF3 vector"
        reader = self.reader
        at = reader.pos
        of = VectorOf(reader.data[at - 1])  # its own marker
        count, known = self._header(what)
        if known is not None:
            return known
        fixed = reader.byte(what) != 0
        layout = NUMBERS.get(of)
        if layout is not None:
            return self._numbers(
                Vector(of, [], fixed), reader.promised(count, layout.size, what, at)
            )
        vector = Vector(of, [], fixed)
        self._open(vector, what)
        vector.class_name = self._string()
        for _ in range(reader.promised(count, 1, what, at)):
            vector.items.append(self.value())
        reader.close()
        return vector

    def _numbers(self, vector: Vector, count: int) -> Value:
        """The items of a vector of numbers, which stand there without markers (3.15)."""
        what = "AMF3 vector"
        layout = NUMBERS[vector.of]
        size = count * layout.size
        self.reader.count(count, what)
        data = self.reader.take(size, what, self.reader.pos)
        vector.items.extend(number for (number,) in layout.iter_unpack(data))
        self._objects.append(Shared(vector, values=count, size=size))
        return vector

    def _dictionary(self) -> Value:
        what = "AMF3 dictionary"
        reader = self.reader
        at = reader.pos
        size, known = self._header(what)
        if known is not None:
            return known
        dictionary = Dictionary([], weak=reader.byte(what) != 0)
        count = reader.promised(size, 2, what, at)
        self._open(dictionary, what)
        for _ in range(count):
            key = self.value()
            dictionary.entries.append((key, self.value()))
        reader.close()
        return dictionary

    _readers: ClassVar[dict[int, Callable[[Amf3Decoder], Value]]] = {
        Amf3Marker.UNDEFINED: _undefined,
        Amf3Marker.NULL: _null,
        Amf3Marker.FALSE: _false,
        Amf3Marker.TRUE: _true,
        Amf3Marker.INTEGER: _integer,
        Amf3Marker.DOUBLE: _double,
        Amf3Marker.STRING: _string,
        Amf3Marker.XML_DOCUMENT: _xml_document,
        Amf3Marker.DATE: _date,
        Amf3Marker.ARRAY: _array,
        Amf3Marker.OBJECT: _object,
        Amf3Marker.XML: _xml,
        Amf3Marker.BYTE_ARRAY: _byte_array,
        Amf3Marker.VECTOR_INT: _vector,
        Amf3Marker.VECTOR_UINT: _vector,
        Amf3Marker.VECTOR_DOUBLE: _vector,
        Amf3Marker.VECTOR_OBJECT: _vector,
        Amf3Marker.DICTIONARY: _dictionary,
    }
