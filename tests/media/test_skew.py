"""Audio against video."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.facts import SkewFacts
from trio_srs.media.skew import Skew


def test_there_is_no_skew_without_both() -> None:
    skew = Skew()
    assert skew.facts() == SkewFacts()
    skew.add_video(0)
    assert skew.facts() == SkewFacts()
    skew.add_audio(30)
    assert skew.facts() == SkewFacts(first_ms=30, now_ms=30)


def test_audio_behind_is_negative() -> None:
    skew = Skew()
    skew.add_audio(0)
    for at_ms in (0, 40, 80):
        skew.add_video(at_ms)
    skew.add_audio(100)
    skew.add_video(90)
    facts = skew.facts()
    assert (facts.first_ms, facts.now_ms, facts.least_ms, facts.most_ms) == (0, 10, -80, 10)


def test_one_picture_shows_no_drift() -> None:
    skew = Skew()
    skew.add_audio(7)
    skew.add_video(0)
    assert skew.facts() == SkewFacts(7, 7, 7, 7, None)


@given(st.integers(-500, 500), st.integers(-300, 300), st.integers(0, 2**40))
def test_drift_is_how_the_skew_grows_in_a_minute(offset: int, per_minute: int, start: int) -> None:
    skew = Skew()
    for minute in range(5):
        skew.add_audio(start + minute * 60_000 + offset + minute * per_minute)
        skew.add_video(start + minute * 60_000)
    facts = skew.facts()
    assert facts.drift_ms_per_minute == pytest.approx(per_minute)
    assert facts.now_ms == offset + 4 * per_minute
    assert facts.first_ms == offset
