"""What belongs together has the same time of day, however late it comes."""

from __future__ import annotations

from trio_srs.media.segments.common_clock import CommonClock


def test_what_was_sent_for_one_time_has_one_date() -> None:
    clock = CommonClock()
    assert clock.date_ms(90_000, 5_000) == 5_000
    assert clock.date_ms(90_000, 5_300) == 5_000
    assert clock.date_ms(180_000, 5_700) == 6_000


def test_who_has_another_clock_is_told_by_when_it_comes() -> None:
    clock = CommonClock()
    clock.date_ms(0, 100_000)
    assert clock.date_ms(90_000 * 60, 100_500) == 100_500
    assert clock.date_ms(0, 102_001) == 102_001
