"""How long nothing new came."""

from __future__ import annotations

from trio_srs.media.still import Stillness


def test_the_longest_run_of_the_same_counts() -> None:
    still = Stillness()
    for data in (b"a", b"a", b"a", b"b", b"b", b"c"):
        still.add(data, 40)
    assert still.longest_ms == 80


def test_skipped_pictures_are_no_news_though_they_differ() -> None:
    still = Stillness()
    still.add(b"a", 0)
    still.add(b"b", 40, skipped=True)
    still.add(b"c", 40, skipped=True)
    assert still.longest_ms == 80


def test_a_frame_in_parts_is_compared_as_a_whole() -> None:
    still = Stillness()
    for step in (0, 40, 40):
        still.add(b"a", step)
        assert not still.is_still
        still.extend(b"b")
        assert not still.is_still or step
        still.extend(b"c")
    assert (still.is_still, still.longest_ms) == (True, 80)
    still.add(b"a", 40)
    still.extend(b"x")
    assert (still.is_still, still.longest_ms) == (False, 80)
    still.extend(b"y", skipped=True)
    assert (still.is_still, still.longest_ms) == (True, 120)


def test_time_that_stands_or_steps_back_adds_nothing() -> None:
    still = Stillness()
    for step in (0, 0, -40, 20):
        still.add(b"a", step)
    assert still.longest_ms == 20
