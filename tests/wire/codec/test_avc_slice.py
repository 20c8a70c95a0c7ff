"""H.264 slices say what type they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.bits import BitWriter, escape
from trio_srs.wire.codec.avc_slice import avc_slice_pps, avc_slice_type
from trio_srs.wire.codec.config_record import CodecConfigError


def slice_nalu(first: int, number: int) -> bytes:
    bits = BitWriter()
    bits.ue(first)
    bits.ue(number)
    bits.u(16, 0xFFFF)
    return b"\x41" + escape(bits.to_bytes())


@pytest.mark.parametrize(("number", "expected"), list(enumerate("PBIPIPBIPI")))
def test_each_number_has_its_type(number: int, expected: str) -> None:
    assert avc_slice_type(slice_nalu(0, number)) == expected


@given(st.integers(0, 139_263), st.integers(0, 9))
def test_any_slice_of_a_picture_says_it(first: int, number: int) -> None:
    assert avc_slice_type(slice_nalu(first, number)) == "PBIPIPBIPI"[number]


@pytest.mark.parametrize(
    ("nalu", "text"),
    [
        (b"\x65", "first_mb_in_slice is cut short"),
        (b"\x65\x80", "slice_type is cut short"),
        (slice_nalu(0, 10), "type 10, expected 0 to 9"),
    ],
)
def test_what_is_no_slice_is_refused(nalu: bytes, text: str) -> None:
    with pytest.raises(CodecConfigError, match=text):
        avc_slice_type(nalu)


@pytest.mark.parametrize(("first", "number"), [(0, 0), (0, 255), (8159, 3)])
def test_a_slice_names_its_parameter_set(first: int, number: int) -> None:
    bits = BitWriter()
    for value in (first, 7, number):
        bits.ue(value)
    bits.u(16, 0xFFFF)
    assert avc_slice_pps(b"\x65" + escape(bits.to_bytes())) == number
    with pytest.raises(CodecConfigError, match="pic_parameter_set_id is cut short"):
        avc_slice_pps(b"\x65\x88")
