"""Audio against video."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.facts import SkewFacts
from trio_srs.media.skew import Skew, SkewLine
from trio_srs.media.stream_clock import StreamClock


class Pair:
    """A skew with clocks for it."""

    def __init__(self) -> None:
        self.skew = Skew(SkewLine)
        clock = StreamClock()
        self.audio, self.video = clock.new_clock(), clock.new_clock()

    def hear(self, *timestamps: int) -> None:
        for at_ms in timestamps:
            self.audio.add(at_ms % 2**32)
            self.skew.add_audio(self.audio)

    def show(self, *timestamps: int) -> None:
        for at_ms in timestamps:
            self.video.add(at_ms % 2**32)
            self.skew.add_video(self.video)

    def go(self, begin: int, end: int, *, audio: int = 0, video: int = 0) -> None:
        """Both tracks, a frame each 40 ms, audio first; each moved by so much."""
        for at_ms in range(begin, end, 40):
            self.hear(at_ms + audio)
            self.show(at_ms + video)

    @property
    def extremes(self) -> tuple[int | None, int | None]:
        facts = self.skew.facts()
        return facts.least_ms, facts.most_ms


def test_there_is_no_skew_without_both() -> None:
    pair = Pair()
    assert pair.skew.facts() == SkewFacts()
    pair.show(0)
    assert pair.skew.facts() == SkewFacts()
    pair.hear(30)
    assert pair.skew.facts() == SkewFacts(first_ms=30, now_ms=30)


def test_audio_behind_is_negative() -> None:
    pair = Pair()
    pair.hear(0)
    pair.show(0, 40, 80)
    pair.hear(100)
    pair.show(90)
    facts = pair.skew.facts()
    assert (facts.first_ms, facts.now_ms, facts.least_ms, facts.most_ms) == (0, 10, -80, 10)


def test_one_picture_shows_no_drift() -> None:
    pair = Pair()
    pair.hear(7)
    pair.show(0)
    assert pair.skew.facts() == SkewFacts(7, 7, 7, 7, None)


@given(st.integers(-500, 500), st.integers(-300, 300), st.integers(0, 2**32 - 1))
def test_drift_is_how_the_skew_grows_in_a_minute(offset: int, per_minute: int, start: int) -> None:
    pair = Pair()
    for step in range(500):
        pair.hear(start + step * 600 + offset + step * per_minute // 100)
        pair.show(start + step * 600)
    facts = pair.skew.facts()
    assert facts.drift_ms_per_minute == pytest.approx(per_minute, abs=1)
    assert facts.now_ms == offset + 499 * per_minute // 100
    assert facts.first_ms == offset


@pytest.mark.parametrize("size", [20_000, 3000, -400, -60_000, 2**31 - 50_000])
@pytest.mark.parametrize("audio_first", [True, False])
def test_a_step_that_both_tracks_make_is_no_skew(size: int, audio_first: bool) -> None:
    pair = Pair()
    pair.go(100_000, 102_000)
    for at_ms in (102_000, 102_040, 102_080):  # one is a little behind with it
        pair.hear(at_ms + size * audio_first)
        pair.show(at_ms + size * (not audio_first))
    assert pair.extremes == (0, 0)  # nor while it is not known whether both do
    pair.go(102_120, 105_000, audio=size, video=size)
    assert pair.extremes == (0, 0)


@pytest.mark.parametrize("size", [20_000, -400, -60_000])
@pytest.mark.parametrize("track", ["audio", "video"])
def test_a_step_that_one_track_makes_is_skew(size: int, track: str) -> None:
    pair = Pair()
    pair.go(100_000, 102_000)
    pair.go(102_000, 104_000, **{track: size})
    skew = size if track == "audio" else -size
    assert pair.extremes == (min(skew, 0), max(skew, 0))
    pair.go(104_000, 108_000, audio=size, video=size)  # the other follows, much later
    assert pair.extremes == (min(skew, 0), max(skew, 0))


@pytest.mark.parametrize("size", [440, -400, 2400, -20_000, 20_000])
@pytest.mark.parametrize("track", ["audio", "video"])
def test_a_frame_astray_is_no_skew(size: int, track: str) -> None:
    pair = Pair()
    pair.go(100_000, 102_000)
    pair.go(102_000, 102_040, **{track: size})
    pair.go(102_040, 104_000)
    assert pair.extremes == (0, 0)


def test_sound_that_is_missing_is_no_skew_unless_it_comes_too_late() -> None:
    missing, late = Pair(), Pair()
    for pair in (missing, late):
        pair.go(0, 2000)
        pair.show(*range(2000, 5000, 40))
        assert pair.extremes[1] == 0
    missing.go(5000, 8000)
    assert missing.extremes == (0, 0)
    late.hear(*range(2000, 5000, 40))
    late.go(5000, 8000)
    assert late.extremes == (1960 - 4960, 0)


def test_sound_that_ends_is_no_skew_but_an_early_end() -> None:
    pair = Pair()
    pair.go(0, 2000)
    pair.show(*range(2000, 6000, 40))
    assert pair.extremes == (0, 0)
    assert pair.skew.facts().now_ms == 1960 - 5960


def test_a_second_step_of_the_same_track_keeps_it_in_doubt() -> None:
    pair = Pair()
    pair.go(100_000, 102_000)
    pair.go(102_000, 102_400, video=20_000)
    pair.go(102_400, 102_800, video=60_000)
    assert pair.extremes == (0, 0)
    pair.go(102_800, 105_000, video=60_000)
    assert pair.extremes == (-60_000, 0)


def test_sound_may_break_before_any_picture() -> None:
    pair = Pair()
    pair.hear(0, 40, 60_000, 60_040)
    pair.go(60_080, 63_000)
    assert pair.extremes == (0, 0)
    assert pair.skew.facts().first_ms == -160  # a jump is no time
