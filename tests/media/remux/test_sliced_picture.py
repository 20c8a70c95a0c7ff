"""Slices of a picture that came by themselves."""

from __future__ import annotations

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.sliced_picture import MOST_BYTES, Slices
from trio_srs.media.remux.track_format import TrackFormat


def a_picture(data: bytes) -> AccessUnit:
    return AccessUnit(TrackFormat("h264"), 0, 0, data)


def test_a_picture_is_joined_once_with_all_its_slices_in_order() -> None:
    slices, picture = Slices(), a_picture(b"first ")
    slices.add(picture, b"second ")
    slices.add(picture, b"third")
    assert slices.join(picture) == b"first second third"
    assert slices.join(picture) is picture.data, "nothing is left for the next"


def test_what_comes_when_a_picture_is_too_long_is_left_out() -> None:
    slices, picture = Slices(), a_picture(bytes(MOST_BYTES - 1))
    slices.add(picture, b"ab")
    slices.add(picture, b"c")
    assert slices.join(picture) == picture.data + b"ab"
