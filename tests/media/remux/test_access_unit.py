"""Access units: how long sound lasts, and one at another time."""

from __future__ import annotations

from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.track_format import TrackFormat


def test_sound_lasts_as_long_as_its_samples() -> None:
    aac = TrackFormat("aac", b"\x12\x10", sample_rate=44100, channels=2)
    assert AccessUnit(aac, 0, 0, b"", samples=1024).duration == 2089


def test_only_the_next_picture_says_how_long_one_lasts() -> None:
    assert AccessUnit(TrackFormat("h264"), 0, 0, b"").duration == 0


def test_one_that_is_later_is_the_same_otherwise() -> None:
    unit = AccessUnit(TrackFormat("h264"), 5, 7, b"slice", is_key=False, continues=True)
    later = unit.later(90, discontinuity=True)
    assert (later.dts, later.pts, later.discontinuity) == (95, 97, True)
    assert (later.format, later.data, later.is_key, later.continues) == (
        unit.format, b"slice", False, True,
    )  # fmt: skip
    assert unit.dts == 5


def test_a_track_is_known_by_its_kind_and_by_its_number_unless_it_is_the_first() -> None:
    sound = TrackFormat("aac", sample_rate=44100)
    assert [AccessUnit(sound, 0, 0, b"", track=track).lane for track in (0, 1)] == [
        "audio",
        "audio1",
    ]
    assert AccessUnit(sound, 0, 0, b"", track=3).later(1).track == 3
