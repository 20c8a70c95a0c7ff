"""The first slice of a picture is found in whatever body it stands in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.flv.slices import begins_picture, find_slice

# A NALU's length, its header, and the first byte of what follows.
AVC_FIRST, AVC_OTHER, AVC_SEI, AVC_SPS = (
    "00000004 65 88 8484",
    "00000004 65 4b 8484",
    "00000004 06 05 0180",
    "00000004 67 42 c01e",
)
HEVC_FIRST, HEVC_OTHER = "00000004 26 01 af 09", "00000004 26 01 2f 09"
HEVC_SEI, HEVC_VPS = "00000004 4e 01 05 01", "00000004 40 01 0c 01"
AVC, HEVC = "17 01 000000", "1c 01 000000"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{AVC} {AVC_FIRST}", True),
        (f"27 01 000028 {AVC_FIRST.replace('65', '41')}", True),
        (f"27 01 000028 {AVC_FIRST.replace('65', '42')}", True),  # partition A
        (f"{AVC} {AVC_SPS} {AVC_SEI} {AVC_FIRST} {AVC_OTHER}", True),
        (f"{AVC} {AVC_OTHER}", False),
        (f"{AVC} {AVC_OTHER} {AVC_OTHER}", False),
        (f"{AVC} {AVC_SEI}", False),
        (f"{AVC} {AVC_SPS} {AVC_SEI}", False),
        (f"{AVC} 00000002 09 f0", False),  # a delimiter
        (f"{AVC} 00000002 09 f0 {AVC_FIRST}", True),
        (f"{HEVC} {HEVC_FIRST}", True),
        (f"{HEVC} {HEVC_VPS} {HEVC_SEI} {HEVC_FIRST}", True),
        (f"{HEVC} {HEVC_OTHER}", False),
        (f"{HEVC} {HEVC_SEI}", False),
        (f"91 68766331 000000 {HEVC_FIRST}", True),
        (f"93 68766331 {HEVC_OTHER}", False),
        (f"93 61766331 {AVC_FIRST}", True),
        (f"96 03 68766331 01 {HEVC_FIRST}", True),
        (f"96 03 68766331 01 {HEVC_OTHER}", False),
        (f"96 13 61766331 00 000008 {AVC_OTHER} 01 000008 {AVC_FIRST}", False),
    ],
)
def test_a_body_says_whether_a_picture_begins_in_it(body: str, expected: bool) -> None:
    assert begins_picture(bytes.fromhex(body)) is expected


@pytest.mark.parametrize("body", ["22 00 00", "91 61763031 0a0b", "93 76703039 82 49 83", "24 00"])
def test_a_body_of_a_codec_without_slices_is_a_picture(body: str) -> None:
    assert begins_picture(bytes.fromhex(body))


@pytest.mark.parametrize("body", ["", "20 00", "17", f"{AVC} 0000", f"{AVC} 00000009 6588", AVC])
def test_what_cannot_be_read_begins_none(body: str) -> None:
    assert not begins_picture(bytes.fromhex(body))


def test_not_more_is_looked_at_than_there_can_be() -> None:
    """16 MiB may be four million empty NALUs."""
    many = bytes.fromhex(AVC) + bytes(4) * 64
    assert not begins_picture(many + bytes.fromhex(AVC_FIRST))
    assert begins_picture(many[:-4] + bytes.fromhex(AVC_FIRST))


@pytest.mark.property
@given(st.binary(max_size=40))
def test_anything_begins_a_picture_or_not(body: bytes) -> None:
    assert begins_picture(body) in (True, False)


@pytest.mark.parametrize(
    ("fourcc", "data", "size", "found"),
    [
        ("avc1", AVC_FIRST, 4, True),
        ("avc1", AVC_OTHER, 4, False),
        ("avc1", AVC_SEI, 4, None),
        ("avc1", "0004 06 05 0180 0004 65 88 8484", 2, True),
        ("hvc1", HEVC_VPS + HEVC_OTHER, 4, False),
        ("hvc1", "", 4, None),
        ("av01", "", 4, True),
    ],
)
def test_a_slice_is_the_first_or_another_or_none(
    fourcc: str, data: str, size: int, found: bool | None
) -> None:
    assert find_slice(fourcc, bytes.fromhex(data), size) is found
