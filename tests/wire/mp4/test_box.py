"""Boxes: written, walked, and found by their path."""

from __future__ import annotations

import pytest

from trio_srs.wire.mp4.box import Box, box, find_box, full_box, iter_boxes

NESTED = box(b"moov", box(b"free"), box(b"trak", box(b"tkhd", b"one")), box(b"trak", b""))


def test_the_letter_of_boxes() -> None:
    assert box(b"free", b"ab", b"c").hex(" ", -4) == "0000000b 66726565 616263"
    assert full_box(b"tfdt", 1, 2, b"\x09").hex(" ", -4) == "0000000d 74666474 01000002 09"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("", []),
        ("00000008", []),
        ("00000008 66726565", [Box(b"free", 8, 8, True)]),
        ("00000009 66726565 aa 00000008 736b6970", [
            Box(b"free", 8, 9, True), Box(b"skip", 17, 17, True),
        ]),
        ("00000001 66726565 0000000000000011 aa", [Box(b"free", 16, 17, True)]),
        ("00000001 66726565 00000000", []),  # the size of 64 bits is cut short
        ("00000000 66726565 aabb", [Box(b"free", 8, 10, True)]),  # all that is left
        ("00000010 66726565 aa", [Box(b"free", 8, 9, False)]),
        ("00000007 66726565 aa", []),
        ("00000001 66726565 000000000000000f aa", []),
        ("ffffffff 66726565", [Box(b"free", 8, 8, False)]),
    ],
)  # fmt: skip
def test_boxes_are_walked(data: str, found: list[Box]) -> None:
    assert list(iter_boxes(bytes.fromhex(data))) == found


def test_a_walk_ends_where_it_is_told_to() -> None:
    data = box(b"free", b"abc") + box(b"skip")
    assert [each.kind for each in iter_boxes(data, 0, 11)] == [b"free"]
    assert [each.kind for each in iter_boxes(data, 11, 999)] == [b"skip"]


def test_a_box_is_found_by_its_path() -> None:
    found = find_box(NESTED, None, b"moov", b"trak", b"tkhd")
    assert found is not None
    assert found.content(NESTED) == b"one"
    movie = find_box(NESTED, None, b"moov")
    assert find_box(NESTED, movie, b"trak", b"mdia") is None
    assert find_box(NESTED, movie) == movie
