"""Pictures of H.264 and H.265: their types, and what they refer to, without decoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.nalu_pictures import read_avc_picture, read_hevc_picture
from trio_srs.media.picture import Picture
from trio_srs.wire.codec.nalu import join_prefixed

AVC_P, AVC_B, AVC_I = b"\x41\x9a", b"\x01\x9e", b"\x41\x88"  # all slices are like this: 5, 6, 7
AVC_IDR, AVC_LATER = b"\x65\x88", b"\x65\x42\x20"
SEI, TIMING = b"\x06\x05\x02me\x80", b"\x06\x01\x01t\x80"
RECOVERY = b"\x06\x06\x01\x80\x80"
HEVC_B, HEVC_P, HEVC_RASL = b"\x02\x01\xe0", b"\x02\x01\xd0", b"\x10\x01\xe0"
HEVC_CRA, HEVC_IDR, HEVC_LATER = b"\x2a\x01\xac", b"\x26\x01\xac", b"\x02\x01\x70"
HEVC_SEI = b"\x4e\x01\x05\x02me\x80"


def idr(slices: int = 1, clean: bytes | None = None, kind: str = "I") -> Picture:
    return Picture(kind, slices, True, is_key=True, may_begin=kind == "I", clean=clean)


@pytest.mark.parametrize(
    ("nalus", "expected"),
    [
        ([AVC_IDR], idr()),
        ([b"\x09\x10", AVC_IDR, AVC_IDR], idr(2)),
        ([AVC_LATER], Picture("I", 1, is_key=True, may_begin=True)),
        ([AVC_I], Picture("I", 1, True, may_begin=True, opens=True)),
        ([AVC_P], Picture("P", 1, True, opens=True)),
        ([RECOVERY, AVC_P], Picture("P", 1, True, may_begin=True, opens=True)),
        ([AVC_I, AVC_P], Picture("P", 2, True, opens=True)),
        ([AVC_I, AVC_B, AVC_P], Picture("B", 3, True, opens=True)),
        ([b"\x09\x10"], Picture("", 0, opens=True)),
        ([b"\x67s", b"\x68p"], Picture(opens=True, sets=(b"\x67s", b"\x68p"))),
        ([b"\x03\x80"], Picture(opens=True, continues=True)),  # a partition of a slice
        ([b"\x74\x40\x80"], Picture(opens=True, continues=True)),  # another view
        ([TIMING, AVC_IDR], idr()),
        ([SEI, AVC_IDR], idr(clean=join_prefixed([AVC_IDR]))),
        ([SEI, TIMING, AVC_IDR], idr(clean=join_prefixed([TIMING, AVC_IDR]))),
    ],
)
@pytest.mark.parametrize("length_size", [2, 4])
def test_an_access_unit_of_h264(nalus: list[bytes], expected: Picture, length_size: int) -> None:
    picture = read_avc_picture(join_prefixed(nalus, length_size), length_size)
    assert (picture, picture.trouble) == (expected, None)


@pytest.mark.parametrize(
    ("nalus", "expected"),
    [
        ([HEVC_IDR], Picture("I", 1, True, is_key=True)),
        ([HEVC_CRA], Picture("I", 1, True, is_key=True)),
        ([HEVC_P, HEVC_LATER], Picture("P", 2, True)),
        ([HEVC_LATER], Picture("", 1)),
        ([b"\x03\x01\xd0"], Picture("P", 1)),  # of another layer: no picture of its own
        ([b"\x02\x09\xd0"], Picture("P", 1)),
        ([HEVC_B], Picture("B", 1, True)),
        ([b"\x4e\x01\x06\x01\x80\x80", HEVC_P], Picture("P", 1, True, may_begin=True)),
        ([HEVC_RASL], Picture("B", 1, True, leads=True)),
        ([b"\x46\x01\x10"], Picture()),
        ([b"\x40\x01v", b"\x42\x01s", b"\x44\x01p"], Picture(sets=(b"\x42\x01s", b"\x44\x01p"))),
        ([HEVC_SEI, HEVC_IDR], Picture("I", 1, True, is_key=True, clean=join_prefixed([HEVC_IDR]))),
    ],
)
def test_an_access_unit_of_h265(nalus: list[bytes], expected: Picture) -> None:
    picture = read_hevc_picture(join_prefixed(nalus))
    assert (picture, picture.trouble) == (expected, None)


def test_the_first_slice_is_kept() -> None:
    assert read_avc_picture(join_prefixed([SEI, AVC_IDR, AVC_LATER])).first_slice == AVC_IDR
    assert read_hevc_picture(join_prefixed([HEVC_CRA, HEVC_LATER])).first_slice == HEVC_CRA


@pytest.mark.parametrize(
    ("payload", "at", "expected"),
    [
        ("30", 0, "top"),
        ("4f", 0, "bottom"),
        ("00", 0, None),
        ("0060", 7, "top"),
        ("01", 7, None),
        ("30", None, None),
    ],
)
def test_picture_timing_says_which_field_is_first(
    payload: str, at: int | None, expected: str | None
) -> None:
    message = bytes.fromhex(payload)
    timing = bytes((1, len(message))) + message + b"\x80"
    avc = join_prefixed([b"\x06\x06\x01z\x80", b"\x06" + timing, AVC_IDR])
    assert read_avc_picture(avc, 4, at).first_field == expected
    hevc = join_prefixed([b"\x4e\x01" + timing, HEVC_IDR])
    assert read_hevc_picture(hevc, 4, 0, at).first_field == expected


@pytest.mark.parametrize(
    ("unit", "kind", "slices", "message"),
    [
        # user data of 287 bytes, of which 3 are there
        ("00000007 0605ff20616263 00000002 6588", "I", 1, "SEI: payload at byte 3 ends at 290 of"),
        ("00000002 0605 00000002 419a", "P", 1, "SEI: payload size at byte 1 ends at 2 of 1"),
        ("00000002 6500 00000002 6588", "I", 2, "slice: first_mb_in_slice is cut short"),
        ("00000002 6588 00000009 65", "I", 2, "the NALU at byte 6 ends at byte 19 of 11"),
        ("00000009 419a", "P", 1, "the NALU at byte 0 ends at byte 13 of 6"),
        ("00000002 6588 0000", "I", 1, "the NALU at byte 6 ends at byte 10 of 8"),
        ("00000001 6742 00000001 68ce 000001 6588", "I", 1, "start codes (00000001, Annex B)"),
    ],
)
def test_what_is_broken_in_h264_spoils_only_itself(
    unit: str, kind: str, slices: int, message: str
) -> None:
    picture = read_avc_picture(bytes.fromhex(unit))
    assert (picture.kind, picture.slices) == (kind, slices)
    assert message in str(picture.trouble)


@pytest.mark.parametrize(
    ("unit", "kind", "slices", "message"),
    [
        ("00000005 4e0105ff20 00000003 2601ac", "I", 1, "SEI: payload at byte 3 ends at 290 of 3"),
        ("00000002 0201 00000003 0201d0", "P", 2, "first_slice_segment_in_pic_flag is cut short"),
        ("00000003 2601ac 00000009 020170", "I", 2, "the NALU at byte 7 ends at byte 20 of 14"),
        ("00000001 4001 000001 4201 00000001 2601ac", "I", 1, "start codes (00000001, Annex B)"),
    ],
)
def test_what_is_broken_in_h265_spoils_only_itself(
    unit: str, kind: str, slices: int, message: str
) -> None:
    picture = read_hevc_picture(bytes.fromhex(unit))
    assert (picture.kind, picture.slices) == (kind, slices)
    assert message in str(picture.trouble)


@pytest.mark.parametrize(("unit", "broken"), [("00000009 41", True), ("00000002 0605", False)])
def test_there_may_be_more_in_what_cannot_be_cut_up(unit: str, broken: bool) -> None:
    picture = read_avc_picture(bytes.fromhex(unit))
    assert (picture.broken, picture.trouble is None) == (broken, False)


def test_so_many_nalus_are_looked_at() -> None:
    assert read_avc_picture(join_prefixed([AVC_P] * 4096)).slices == 4096
    for picture in (
        read_avc_picture(join_prefixed([AVC_P] * 4097)),
        read_hevc_picture(join_prefixed([HEVC_P] * 4097)),
    ):
        assert picture.slices == 4096
        assert "4097 NALUs in an access unit, expected at most 4096" in str(picture.trouble)


@given(st.binary(max_size=60))
def test_whatever_comes_is_a_picture(data: bytes) -> None:
    for picture in (read_avc_picture(data), read_hevc_picture(data)):
        assert picture.kind in ("", "I", "P", "B")
