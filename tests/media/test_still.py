"""How long nothing new came."""

from __future__ import annotations

from trio_srs.media.clock import Clock
from trio_srs.media.still import Stillness


def still(*frames: tuple[bytes, int], skipped: bool = False) -> Stillness:
    """What is known of frames, and their timestamps."""
    made, clock = Stillness(), Clock()
    for number, (data, at_ms) in enumerate(frames):
        clock.add(at_ms)
        made.add(data, clock, skipped=skipped and number > 0)
    return made


def test_the_longest_run_of_the_same_counts() -> None:
    made = still((b"a", 0), (b"a", 40), (b"a", 80), (b"b", 120), (b"b", 160), (b"c", 200))
    assert made.longest_ms == 80
    assert not made.is_still


def test_skipped_pictures_are_no_news_though_they_differ() -> None:
    made = still((b"a", 0), (b"b", 40), (b"c", 80), skipped=True)
    assert (made.longest_ms, made.is_still) == (80, True)


def test_a_frame_in_parts_is_compared_as_a_whole() -> None:
    made, clock = Stillness(), Clock()
    for at_ms in (0, 40, 80):
        clock.add(at_ms)
        made.add(b"a", clock)
        assert not made.is_still
        made.extend(b"b")
        assert not made.is_still or at_ms
        made.extend(b"c")
    assert (made.is_still, made.longest_ms) == (True, 80)
    clock.add(120)
    made.add(b"a", clock)
    made.extend(b"x")
    assert (made.is_still, made.longest_ms) == (False, 80)
    made.extend(b"y", skipped=True)
    assert (made.is_still, made.longest_ms) == (True, 120)


def test_a_jump_a_gap_or_a_frame_astray_is_no_time_of_stillness() -> None:
    for at_ms in (60_000, 3000, 480, 200):
        made = still((b"a", 1000), (b"a", 1040), (b"a", 1000 + at_ms), (b"a", 1120), (b"b", 1160))
        assert made.longest_ms == 120


def test_time_that_stands_adds_nothing() -> None:
    assert still((b"a", 0), (b"a", 0), (b"a", 20)).longest_ms == 20
