"""VP8: how frames begin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.vp8_frame import Vp8Frame, parse_vp8_frame


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("100000 9d012a 4001 f240", Vp8Frame(True, True, (320, 242))),  # scaled by 5/4 upright
        ("000000 9d012a 4001 f200", Vp8Frame(True, False, (320, 242))),
        ("110000", Vp8Frame(False, True)),
        ("010000 9d012a", Vp8Frame(False, False)),
    ],
)
def test_the_letter_of_a_header(data: str, expected: Vp8Frame) -> None:
    assert parse_vp8_frame(bytes.fromhex(data)) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("1000", "VP8 frame: frame tag at byte 0 ends at 3 of 2"),
        ("100000 9d01", "start code at byte 3"),
        ("100000 9d012b 4001f200", r"start code 9d012b \(byte 3\), expected 9d012a"),
        ("100000 9d012a 4001f2", "size at byte 8 ends at 10 of 9"),
    ],
)
def test_a_broken_header_is_blamed_by_byte(data: str, message: str) -> None:
    with pytest.raises(CodecConfigError, match=message):
        parse_vp8_frame(bytes.fromhex(data))


@given(st.binary(max_size=12))
def test_garbage_is_read_or_blamed_on_it(data: bytes) -> None:
    try:
        frame = parse_vp8_frame(data)
    except CodecConfigError:
        return
    assert (frame.size is not None) is frame.is_key
