"""Pictures of AV1, VP9 and VP8: what is shown, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.picture import AGAIN, Picture
from trio_srs.media.shown_pictures import read_av1_picture, read_vp8_picture, read_vp9_picture

KEY = Picture("I", 1, True, is_key=True)
INTER = Picture("P", 1, True)
SHOWN_AGAIN = Picture(AGAIN, 1, True, may_begin=True)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("", Picture()),
        ("1200", Picture()),  # a temporal delimiter
        ("1200 0a02aabb", Picture(sets=(b"\xaa\xbb",))),
        ("1200 3201 10", KEY),
        ("3201 00", Picture("", 1, may_begin=True, opens=True, hidden=1)),
        ("3201 00 3201 30", Picture("P", 2, True, may_begin=True, opens=True, hidden=1)),
        ("3201 20 3201 30", Picture("P", 2, True, hidden=1)),
        ("3201 50", Picture("I", 1, True)),
        ("3201 70", INTER),
        ("1a01 30 220155", Picture("P", 1, True, continues=True)),  # a header and its tiles
        ("220155", Picture(continues=True)),
        ("1a01 88", SHOWN_AGAIN),
    ],
)
def test_a_temporal_unit_of_av1(unit: str, expected: Picture) -> None:
    picture = read_av1_picture(bytes.fromhex(unit))
    assert (picture, picture.trouble) == (expected, None)


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        ("82 498342 2013f00f10", Picture("I", 1, True, is_key=True, size=(320, 242))),
        ("86", INTER),
        ("8400 86 c1 02 01 c1", Picture("P", 2, True, hidden=1)),
        ("88", SHOWN_AGAIN),
    ],
)
def test_a_packet_of_vp9(packet: str, expected: Picture) -> None:
    picture = read_vp9_picture(bytes.fromhex(packet))
    assert (picture, picture.trouble) == (expected, None)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("100000 9d012a 4001 f200", Picture("I", 1, True, is_key=True, size=(320, 242))),
        ("110000", INTER),
        ("010000", Picture("", 1, hidden=1)),
    ],
)
def test_a_frame_of_vp8(frame: str, expected: Picture) -> None:
    picture = read_vp8_picture(bytes.fromhex(frame))
    assert (picture, picture.trouble) == (expected, None)


def test_what_is_broken_in_av1_spoils_only_itself() -> None:
    cut = read_av1_picture(bytes.fromhex("0a01aa 3209 10"))
    assert (cut.kind, cut.is_key, cut.sets, cut.broken) == ("I", True, (b"\xaa",), True)
    assert "OBU: payload at byte 5 ends at 14 of 6" in str(cut.trouble)
    forbidden = read_av1_picture(bytes.fromhex("3201 30 80"))
    assert (forbidden.kind, forbidden.slices) == ("P", 1)
    assert "the forbidden bit is set at byte 3" in str(forbidden.trouble)


def test_what_is_broken_in_vp9_spoils_only_itself() -> None:
    hidden = read_vp9_picture(bytes.fromhex("0000 86 c1 02 01 c1"))
    assert (hidden.kind, hidden.slices) == ("P", 1)
    assert "VP9 frame: marker 0" in str(hidden.trouble)
    superframe = read_vp9_picture(bytes.fromhex("86 c1 02 09 c1"))
    assert (superframe.slices, superframe.broken) == (0, True)
    assert "VP9 superframe: a frame ends" in str(superframe.trouble)


def test_what_is_broken_in_vp8_is_named() -> None:
    picture = read_vp8_picture(bytes.fromhex("100000 9d012b 4001 f200"))
    assert (picture.slices, picture.size, picture.broken) == (0, None, True)
    assert "VP8 frame: start code 9d012b" in str(picture.trouble)


@given(st.binary(max_size=60))
def test_whatever_comes_is_a_picture(data: bytes) -> None:
    for read in (read_av1_picture, read_vp9_picture, read_vp8_picture):
        assert read(data).kind in ("", "I", "P", AGAIN)
