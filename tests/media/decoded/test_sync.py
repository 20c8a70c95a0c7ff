"""Sound against picture: what was planted is found, whatever encoders did to the times."""

from __future__ import annotations

import pytest

from tests.media.decoded.measured import beep, picture, pictures
from trio_srs.media.decoded.measures import PictureMeasures
from trio_srs.media.decoded.numbers import number_facts
from trio_srs.media.decoded.sync import pattern_fps, sync_points


def shown(count: int, *, fps: float = 25.0, late_ms: float = 0.0) -> list[PictureMeasures]:
    """All pictures of a pattern, whose timestamps are rounded."""
    return [
        picture(at, number=at, shown_ms=float(round(at * 1000 / fps + late_ms)))
        for at in range(count)
    ]


@pytest.mark.parametrize("late_ms", [0.0, 120.0, -120.0, 1500.0])
@pytest.mark.parametrize("exact", [True, False])
def test_sound_that_is_late_is_found_by_each_beep(late_ms: float, exact: bool) -> None:
    points = sync_points(
        number_facts(shown(300)), [beep(number, late_ms, exact=exact) for number in range(10)]
    )
    assert [point.ms for point in points] == pytest.approx([late_ms] * 10, abs=1.0)


def test_a_delay_of_both_is_none() -> None:
    numbers = number_facts(shown(300, late_ms=1421.0))
    [point] = sync_points(numbers, [beep(3, 1421.0)])
    assert point.ms == pytest.approx(0.0, abs=1.0)


def test_the_picture_is_the_one_that_was_to_be_seen() -> None:
    [point] = sync_points(number_facts(shown(100)), [beep(1, 120.0)])
    assert point.picture.number == 32  # at 1.28 s


def test_where_that_picture_was_lost_its_time_is_known_all_the_same() -> None:
    numbers = number_facts([each for each in shown(100) if each.number not in range(28, 40)])
    [point] = sync_points(numbers, [beep(1, 120.0)])
    assert point.picture.number == 27
    assert point.ms == pytest.approx(120.0, abs=1.0)


def test_a_beep_before_the_first_picture_is_measured_from_it() -> None:
    numbers = number_facts(shown(100)[20:])
    [point] = sync_points(numbers, [beep(0)])
    assert point.picture.number == 20
    assert point.ms == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 30000 / 1001, 50.0, 60000 / 1001, 12.5])
def test_the_rate_of_the_pattern_is_found(fps: float) -> None:
    assert pattern_fps(number_facts(shown(300, fps=fps))) == pytest.approx(fps, rel=1e-4)


def test_a_rate_far_from_any_usual_one_is_what_it_is() -> None:
    assert pattern_fps(number_facts(shown(400, fps=25.04))) == pytest.approx(25.04, rel=1e-3)


def test_a_rate_that_is_told_is_believed() -> None:
    points = sync_points(number_facts(shown(100)), [beep(1)], fps=25.0)
    assert points[0].ms == pytest.approx(0.0, abs=1.0)


def test_a_jump_of_the_timestamps_does_not_change_the_rate() -> None:
    some = shown(300)
    jumped = [*some[:150], *(picture(p.index, number=p.number, shown_ms=p.shown_ms + 60_000)
                             for p in some[150:])]  # fmt: skip
    assert pattern_fps(number_facts(jumped)) == pytest.approx(25.0, rel=1e-3)


def test_of_too_few_numbers_nothing_is_known() -> None:
    numbers = number_facts(pictures([0, 1, 2]))
    assert pattern_fps(numbers) is None
    assert sync_points(numbers, [beep(0)]) == ()


def test_pictures_that_all_are_shown_at_once_have_no_rate() -> None:
    assert pattern_fps(number_facts(pictures(range(30), shown_ms=0.0))) is None
