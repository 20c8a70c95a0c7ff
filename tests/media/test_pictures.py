"""Pictures: their types, and what they refer to, without decoding."""

from __future__ import annotations

import pytest

from trio_srs.media.facts import PictureFacts
from trio_srs.media.pictures import (
    AGAIN,
    Picture,
    Pictures,
    read_av1_picture,
    read_avc_picture,
    read_hevc_picture,
    read_vp9_picture,
)
from trio_srs.wire.codec.nalu import NaluError, join_prefixed

AVC_P, AVC_B, AVC_I = b"\x41\x9a", b"\x01\x9e", b"\x41\x88"  # all slices are like this: 5, 6, 7
AVC_IDR = b"\x65\x88"
SEI, TIMING = b"\x06\x05\x02me\x80", b"\x06\x01\x01t\x80"
HEVC_B, HEVC_P, HEVC_RASL = b"\x02\x01\xe0", b"\x02\x01\xd0", b"\x10\x01\xe0"
HEVC_CRA, HEVC_IDR, HEVC_LATER = b"\x2a\x01\xac", b"\x26\x01\xac", b"\x02\x01\x70"
HEVC_SEI = b"\x4e\x01\x05\x02me\x80"


@pytest.mark.parametrize(
    ("nalus", "expected"),
    [
        ([AVC_IDR], Picture("I", 1)),
        ([b"\x09\x10", AVC_IDR, AVC_IDR], Picture("I", 2)),
        ([AVC_I], Picture("I", 1, opens=True)),
        ([AVC_P], Picture("P", 1, opens=True)),
        ([AVC_I, AVC_P], Picture("P", 2, opens=True)),
        ([AVC_I, AVC_B, AVC_P], Picture("B", 3, opens=True)),
        ([b"\x09\x10"], Picture("", 0, opens=True)),
        ([TIMING, AVC_IDR], Picture("I", 1)),
        ([SEI, AVC_IDR], Picture("I", 1, clean=join_prefixed([AVC_IDR]))),
        ([SEI, TIMING, AVC_IDR], Picture("I", 1, clean=join_prefixed([TIMING, AVC_IDR]))),
    ],
)
@pytest.mark.parametrize("length_size", [2, 4])
def test_an_access_unit_of_h264(nalus: list[bytes], expected: Picture, length_size: int) -> None:
    assert read_avc_picture(join_prefixed(nalus, length_size), length_size) == expected


@pytest.mark.parametrize(
    ("nalus", "expected"),
    [
        ([HEVC_IDR], Picture("I", 1)),
        ([HEVC_CRA], Picture("I", 1)),
        ([HEVC_P, HEVC_LATER], Picture("P", 2)),
        ([HEVC_LATER], Picture("", 1)),
        ([HEVC_B], Picture("B", 1)),
        ([HEVC_RASL], Picture("B", 1, leads=True)),
        ([b"\x46\x01\x10"], Picture()),
        ([HEVC_SEI, HEVC_IDR], Picture("I", 1, clean=join_prefixed([HEVC_IDR]))),
    ],
)
def test_an_access_unit_of_h265(nalus: list[bytes], expected: Picture) -> None:
    assert read_hevc_picture(join_prefixed(nalus), 4, 0) == expected


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


def test_nalus_without_end_are_refused() -> None:
    assert read_avc_picture(join_prefixed([AVC_P] * 4096), 4).slices == 4096
    with pytest.raises(NaluError, match="4097 NALUs in an access unit, expected at most 4096"):
        read_hevc_picture(join_prefixed([HEVC_P] * 4097), 4, 0)


def test_what_is_cut_short_is_blamed_on_it() -> None:
    with pytest.raises(NaluError):
        read_avc_picture(b"\x00\x00\x00\x09x", 4)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("", Picture()),
        ("3201 10", Picture("I", 1)),
        ("3201 00", Picture("", 1, opens=True, hidden=1)),
        ("3201 20 3201 30", Picture("P", 2, hidden=1)),
        ("3201 50", Picture("I", 1)),
        ("1a01 88", Picture(AGAIN, 1)),
    ],
)
def test_a_temporal_unit_of_av1(unit: str, expected: Picture) -> None:
    assert read_av1_picture(bytes.fromhex(unit)) == expected


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        ("82 498342 2013f00f10", Picture("I", 1, size=(320, 242))),
        ("86", Picture("P", 1)),
        ("8400 86 c1 02 01 c1", Picture("P", 2, hidden=1)),
        ("88", Picture(AGAIN, 1)),
    ],
)
def test_a_packet_of_vp9(packet: str, expected: Picture) -> None:
    assert read_vp9_picture(bytes.fromhex(packet)) == expected


def counted(*pictures: str, size: int = 1000) -> PictureFacts:
    made = Pictures()
    for kind in pictures:
        assert not made.add(Picture(kind, 1), size, 320 * 240)
    return made.facts()


def test_pictures_are_counted_by_type() -> None:
    assert counted("I", "B", "B", "P", "B", "", AGAIN) == PictureFacts(
        intra=1, predicted=1, bidirectional=3, shown_again=1, longest_b_run=2
    )


def test_hidden_frames_are_counted() -> None:
    made = Pictures()
    made.add(Picture("P", 2, hidden=1), 1000, 0)
    assert made.facts().hidden == 1


@pytest.mark.parametrize(
    ("kind", "slices", "size", "area", "skipped"),
    [
        ("P", 1, 16, 320 * 240, True),
        ("P", 1, 17, 320 * 240, True),
        ("P", 1, 18, 320 * 240, False),
        ("B", 2, 32, 0, True),
        ("P", 1, 47, 1920 * 1080, True),
        ("P", 1, 48, 1920 * 1080, False),
        ("I", 1, 5, 320 * 240, False),
    ],
)
def test_a_picture_too_small_for_anything_new_is_skipped(
    kind: str, slices: int, size: int, area: int, skipped: bool
) -> None:
    made = Pictures()
    assert made.add(Picture(kind, slices), size, area) is skipped
    assert made.facts().skipped == skipped


def test_composition_offsets_have_a_least_and_a_most() -> None:
    made = Pictures()
    assert made.facts().composition_min_ms is made.facts().composition_max_ms is None
    for offset in (80, 0, 160, 40):
        made.add_composition(offset)
    assert (made.facts().composition_min_ms, made.facts().composition_max_ms) == (0, 160)
