"""The bounded walk over values to be written as AMF."""

from __future__ import annotations

import enum

import pytest

from trio_srs.errors import EndReason, InternalError
from trio_srs.wire.amf.amf_writer import AmfEncodeError, AmfWriter, utf8, writer_of
from trio_srs.wire.amf.values import MAX_DEPTH


def test_the_error_is_our_own() -> None:
    assert issubclass(AmfEncodeError, InternalError)
    assert (AmfEncodeError.code, AmfEncodeError.srs_code) == ("amf_encode_error", 2004)
    assert AmfEncodeError.end is EndReason.INTERNAL_ERROR


def test_objects_are_numbered_by_instance() -> None:
    writer = AmfWriter(bytearray())
    first: list[int] = []
    second: list[int] = []
    writer.remember(first)
    writer.remember(second)
    assert (writer.seen[id(first)], writer.seen[id(second)]) == (0, 1)


def test_depth_is_counted_in_and_out() -> None:
    writer = AmfWriter(bytearray())
    for _ in range(MAX_DEPTH):
        writer.enter()
    writer.leave()
    writer.enter()
    with pytest.raises(AmfEncodeError, match="nested more than 128 deep"):
        writer.enter()


def test_bytes_read_as_lone_surrogates_are_written_as_they_were() -> None:
    assert utf8(b"a\xff\xc3\xa9".decode("utf-8", "surrogateescape")) == b"a\xff\xc3\xa9"


def test_other_lone_surrogates_have_no_bytes() -> None:
    with pytest.raises(AmfEncodeError, match=r"'\\ud800' at character 2 of a text has no bytes"):
        utf8("ab\ud800")


def test_a_subclass_is_written_as_its_nearest_base() -> None:
    class Word(enum.StrEnum):
        LIVE = "live"

    def as_text(_: object) -> None: ...

    def as_bool(_: object) -> None: ...

    def as_int(_: object) -> None: ...

    table = {str: as_text, int: as_int, bool: as_bool}
    assert writer_of(table, Word.LIVE, "AMF0") is as_text
    assert writer_of(table, True, "AMF0") is as_bool


def test_what_the_table_lacks_has_no_form() -> None:
    with pytest.raises(AmfEncodeError, match="AMF3 has no form for complex"):
        writer_of({}, 1j, "AMF3")
