"""Pictures counted, by what they are."""

from __future__ import annotations

import pytest

from trio_srs.media.facts import PictureFacts
from trio_srs.media.picture import AGAIN, Picture
from trio_srs.media.picture_counter import PictureCounter


def counted(*pictures: str, size: int = 1000) -> PictureFacts:
    made = PictureCounter()
    for kind in pictures:
        assert not made.add(Picture(kind, 1), size, 320 * 240)
    return made.facts()


def test_pictures_are_counted_by_type() -> None:
    assert counted("I", "B", "B", "P", "B", "", AGAIN) == PictureFacts(
        intra=1, predicted=1, bidirectional=3, shown_again=1, longest_b_run=2
    )


def test_hidden_frames_are_counted() -> None:
    made = PictureCounter()
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
    made = PictureCounter()
    assert made.add(Picture(kind, slices), size, area) is skipped
    assert made.facts().skipped == skipped


def test_composition_offsets_have_a_least_and_a_most() -> None:
    made = PictureCounter()
    assert made.facts().composition_min_ms is made.facts().composition_max_ms is None
    for offset in (80, 0, 160, 40):
        made.add_composition(offset)
    assert (made.facts().composition_min_ms, made.facts().composition_max_ms) == (0, 160)


def test_a_picture_that_turns_out_to_be_more_is_counted_once() -> None:
    made = PictureCounter()
    made.add(Picture("B", 1), 1000, 0)
    assert made.add(Picture("P", 1), 10, 0)
    assert not made.revise(Picture("B", 2, hidden=1), 100, 0)
    assert not made.revise(Picture("B", 3, hidden=1), 200, 0)
    assert made.facts() == PictureFacts(bidirectional=2, hidden=1, longest_b_run=2)
    assert made.revise(Picture("P", 20), 200, 0)
    assert made.facts() == PictureFacts(bidirectional=1, predicted=1, longest_b_run=1, skipped=1)
