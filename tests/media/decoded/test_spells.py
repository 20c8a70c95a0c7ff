"""Spells: where they begin, how many pictures, how long; and what each is of."""

from __future__ import annotations

import pytest

from tests.media.decoded.measured import picture, pictures, sounds
from trio_srs.media.decoded.measures import PictureMeasures
from trio_srs.media.decoded.spells import (
    Spell,
    is_black,
    is_corrupt,
    is_frozen,
    is_plain,
    picture_spells,
    silences,
)


def blacks(*dark: int, count: int = 10) -> list[Spell]:
    """The spells of so many pictures, of which some are black."""
    some = [picture(at, brightest=16.0 if at in dark else 200.0) for at in range(count)]
    return list(picture_spells(some, is_black))


def test_a_spell_lasts_until_the_next_picture_is_shown() -> None:
    [spell] = blacks(3, 4, 5)
    assert (spell.index, spell.timestamp_ms, spell.count) == (3, 120, 3)
    assert spell.seconds == pytest.approx(0.12)


def test_every_spell_is_told() -> None:
    assert [(spell.index, spell.count) for spell in blacks(0, 4, 5, 9)] == [(0, 1), (4, 2), (9, 1)]


def test_the_last_lasts_as_long_as_pictures_do() -> None:
    assert blacks(8, 9)[0].seconds == pytest.approx(0.08)


def test_of_one_picture_nobody_knows_how_long_it_lasts() -> None:
    assert blacks(0, count=1) == [Spell(0, 0, 1, 0.0)]


def test_without_pictures_there_is_no_spell() -> None:
    assert list(picture_spells([], is_black)) == []


def test_a_hole_in_the_timestamps_is_part_of_what_was_shown_before_it() -> None:
    some = [picture(0), picture(1, is_still=True), picture(2, shown_ms=3000.0)]
    [spell] = picture_spells(some, is_frozen)
    assert spell.index == 1
    assert spell.seconds == pytest.approx(2.96)


BLACK = picture(0, darkest=16.0, brightest=18.0, colours=2.0)
GREY = picture(0, darkest=120.0, brightest=124.0, colours=3.0)
STARS = picture(0, darkest=16.0, brightest=60.0, colours=2.0)
BARS = picture(0, darkest=120.0, brightest=124.0, colours=90.0)
FROZEN = picture(0, is_still=True)
BLACK_AGAIN = picture(0, brightest=18.0, is_still=True)
BROKEN = picture(0, is_corrupt=True)


@pytest.mark.parametrize(
    ("seen", "looks"),
    [
        (BLACK, "black"), (GREY, "plain"), (STARS, ""), (BARS, ""), (FROZEN, "frozen"),
        (BLACK_AGAIN, "black"), (BROKEN, "corrupt"), (picture(0), ""),
    ],
)  # fmt: skip
def test_a_picture_looks_like_one_thing(seen: PictureMeasures, looks: str) -> None:
    found = {"black": is_black, "plain": is_plain, "frozen": is_frozen, "corrupt": is_corrupt}
    assert " ".join(name for name, is_so in found.items() if is_so(seen)) == looks


def test_silence_is_sixty_decibels_below_full_scale() -> None:
    found = list(silences(sounds([-20, -60, -120, -59.9, -80])))
    assert [(each.index, each.timestamp_ms, each.count) for each in found] == [
        (1, 20, 2),
        (4, 80, 1),
    ]
    assert [each.seconds for each in found] == pytest.approx([0.04, 0.02])


def test_sound_that_goes_on_is_not_silent() -> None:
    assert list(silences(sounds([-20, -20]))) == []
    assert list(picture_spells(pictures([1, 2]), is_black)) == []
