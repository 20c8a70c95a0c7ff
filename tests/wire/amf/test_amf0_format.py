"""The markers of AMF0."""

from __future__ import annotations

from trio_srs.wire.amf.amf0_format import Amf0Marker


def test_the_markers_are_numbered_as_in_clause_2_1() -> None:
    names = [
        "number",
        "boolean",
        "string",
        "object",
        "movieclip",
        "null",
        "undefined",
        "reference",
        "ecma_array",
        "object_end",
        "strict_array",
        "date",
        "long_string",
        "unsupported",
        "recordset",
        "xml_document",
        "typed_object",
        "avmplus",
    ]
    assert [(marker.name.lower(), marker.value) for marker in Amf0Marker] == [
        (name, number) for number, name in enumerate(names)
    ]
