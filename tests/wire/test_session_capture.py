"""The file format of session captures, letter by letter, and whatever is damaged in it."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.session_capture import (
    MAGIC,
    CaptureKind,
    CaptureRecord,
    SessionCaptureError,
    decode_capture,
    encode_record,
    facts_record,
    omission,
)

ABOUT = encode_record(facts_record(CaptureKind.ABOUT, 0, {"session": "c1"}))
ONE = CaptureRecord(CaptureKind.RECEIVED, 0x0102, b"ab")
OUTCOME = encode_record(facts_record(CaptureKind.OUTCOME, 9, {"reason": "peer_fin"}))


def test_a_record_is_kind_microseconds_length_and_bytes() -> None:
    assert encode_record(ONE) == b"\x02\0\0\0\0\0\0\x01\x02\0\0\0\x02ab"


def test_a_file_says_who_what_and_how_it_ended() -> None:
    capture = decode_capture(MAGIC + ABOUT + encode_record(ONE) + OUTCOME)
    assert capture.about == {"session": "c1"}
    assert capture.records == (ONE,)
    assert capture.outcome == {"reason": "peer_fin"}
    assert capture.cut_at is None


def test_what_is_left_out_is_said_for_both_directions() -> None:
    data = MAGIC + ABOUT + encode_record(omission(7, 3, 2**40))
    [record] = decode_capture(data).records
    assert record.omitted == (3, 2**40)
    assert record.at_us == 7


def test_a_kind_of_a_later_version_is_passed_over() -> None:
    later = encode_record(CaptureRecord(200, 0, b"?"))
    assert decode_capture(MAGIC + ABOUT + later + encode_record(ONE)).records == (ONE,)


@pytest.mark.parametrize("cut", range(1, len(encode_record(ONE))))
def test_a_file_that_ends_in_a_record_is_read_up_to_there(cut: int) -> None:
    whole = MAGIC + ABOUT + encode_record(ONE)
    capture = decode_capture(whole + encode_record(ONE)[:cut])
    assert capture.records == (ONE,)
    assert capture.cut_at == len(whole)
    assert capture.outcome is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"FLV\x01", "begins with"),
        (MAGIC[:-1] + b"\x02", "version 02 of the format, expected 01"),
        (MAGIC, "byte 8: nothing is said about the session"),
        (MAGIC + encode_record(CaptureRecord(CaptureKind.ABOUT, 0, b"{")), "byte 8: not JSON"),
        (MAGIC + encode_record(CaptureRecord(CaptureKind.ABOUT, 0, b"[" * 10**5)), "not JSON"),
        (MAGIC + encode_record(CaptureRecord(CaptureKind.ABOUT, 0, b"[]")), "list, expected an"),
        (MAGIC + ABOUT + encode_record(attrs.evolve(ONE, kind=9)), "said in 2 bytes, expected 16"),
    ],
)
def test_damage_is_said_with_its_place(data: bytes, why: str) -> None:
    with pytest.raises(SessionCaptureError, match=why):
        decode_capture(data)


@pytest.mark.property
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for whole in (data, MAGIC + data, MAGIC + ABOUT + data):
        try:
            decode_capture(whole)
        except SessionCaptureError:
            continue
