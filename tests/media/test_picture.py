"""A picture that comes in parts."""

from __future__ import annotations

import pytest

from trio_srs.media.picture import AGAIN, Picture


@pytest.mark.parametrize(
    ("one", "other", "whole"),
    [
        (
            Picture("I", 1, True, is_key=True, may_begin=True),
            Picture("I", 2, is_key=True, may_begin=True),
            Picture("I", 3, True, is_key=True, may_begin=True),
        ),
        (
            Picture("P", 1, True, opens=True),
            Picture("B", 1, opens=True),
            Picture("B", 2, True, opens=True),
        ),
        (Picture("B", 1), Picture("P", 1, True), Picture("B", 2, True)),
        (Picture("I", 1, True), Picture(opens=True, continues=True), Picture("I", 1, True)),
        (Picture("", 1, hidden=1), Picture(AGAIN, 1, True), Picture(AGAIN, 2, True, hidden=1)),
        (Picture("B", 1, True), Picture("", 1, leads=True), Picture("B", 2, True, leads=True)),
    ],
)
def test_parts_of_a_picture_make_one(one: Picture, other: Picture, whole: Picture) -> None:
    assert one.joined(other) == whole
