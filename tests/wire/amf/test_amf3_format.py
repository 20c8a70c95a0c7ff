"""The markers of AMF3, and the layouts of its vectors."""

from __future__ import annotations

from trio_srs.wire.amf.amf3_format import NUMBERS, Amf3Marker, Traits
from trio_srs.wire.amf.values import VectorOf


def test_the_markers_are_numbered_as_in_clause_3_1() -> None:
    names = [
        "undefined",
        "null",
        "false",
        "true",
        "integer",
        "double",
        "string",
        "xml_document",
        "date",
        "array",
        "object",
        "xml",
        "byte_array",
        "vector_int",
        "vector_uint",
        "vector_double",
        "vector_object",
        "dictionary",
    ]
    assert [(marker.name.lower(), marker.value) for marker in Amf3Marker] == [
        (name, number) for number, name in enumerate(names)
    ]


def test_every_kind_of_vector_is_a_marker() -> None:
    assert [Amf3Marker(of).name for of in VectorOf] == [f"VECTOR_{of.name}" for of in VectorOf]


def test_only_the_vectors_of_numbers_have_layouts() -> None:
    assert {of.name: layout.size for of, layout in NUMBERS.items()} == {
        "INT": 4,
        "UINT": 4,
        "DOUBLE": 8,
    }


def test_equal_traits_are_one_entry_of_a_table() -> None:
    assert len({Traits("C", ("a",)), Traits("C", ("a",)), Traits("C", ("a",), dynamic=True)}) == 2
