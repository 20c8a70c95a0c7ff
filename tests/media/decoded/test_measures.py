"""What is measured has a place in its track, and is compared by value."""

from __future__ import annotations

from tests.media.decoded.measured import beep, form, picture, sound
from trio_srs.media.decoded.measures import FLOOR_DB, TroubleKind


def test_measurements_are_values() -> None:
    assert picture(3) == picture(3) != picture(4)
    assert form() == form() != form(width=320)
    assert sound(1) == sound(1)
    assert beep(2).pitch == beep(6).pitch


def test_the_words_for_troubles_are_ours() -> None:
    assert [kind.value for kind in TroubleKind] == [
        "refused",
        "damaged",
        "no_picture",
        "no_decoder",
    ]
    assert FLOOR_DB == -120
