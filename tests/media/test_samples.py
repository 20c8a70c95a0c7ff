"""Samples against timestamps."""

from __future__ import annotations

import pytest

from trio_srs.media.samples import SampleClock


def test_nothing_is_known_of_nothing() -> None:
    assert (SampleClock().total, SampleClock().drift_ms) == (0, None)


def test_timestamps_that_keep_pace_do_not_drift() -> None:
    clock = SampleClock()
    for index in range(100):
        clock.add(5000 + index * 1024 * 1000 // 48000, 1024, 48000)
    assert clock.total == 102_400
    assert clock.drift_ms == pytest.approx(0, abs=1)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_wrong_rate_drifts(rate: int) -> None:
    clock = SampleClock()
    for index in range(48):
        clock.add(round(index * 1024 / 48), 1024, rate)
    expected = 47 * 1024 * (1 / 48 - 1000 / rate)
    assert clock.drift_ms == pytest.approx(expected, abs=0.5)


def test_it_begins_anew_when_told_so() -> None:
    clock = SampleClock()
    clock.add(0, 1024, 48000)
    clock.begin()
    clock.add(99_000, 1024, 48000)
    assert (clock.drift_ms, clock.total) == (0, 2048)
