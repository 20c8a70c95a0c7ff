"""All tracks in the order they came."""

from __future__ import annotations

from trio_srs.media.facts import ClockFacts, Finding, Moment
from trio_srs.media.stream_clock import StreamClock

TOP = 2**32


def followed(*frames: tuple[int, int]) -> StreamClock:
    """The track of each frame, 0 or 1, and its timestamp."""
    made = StreamClock()
    clocks = made.new_clock(), made.new_clock()
    for track, timestamp_ms in frames:
        clocks[track].add(timestamp_ms)
        made.add(timestamp_ms, clocks[track])
    return made


def test_nothing_is_known_of_nothing() -> None:
    assert StreamClock().facts() == ClockFacts()
    assert StreamClock().duration_ms == 0


def test_tracks_that_overtake_each_other_step_back() -> None:
    facts = followed((0, 100), (1, 80), (0, 140), (1, 140), (0, 1300)).facts()
    assert facts.regressions == Finding(1, Moment(1, 80), 20)
    assert facts.duplicates == Finding(1, Moment(3, 140), 0)
    assert facts.gaps == Finding(1, Moment(4, 1300), 1160)
    assert facts.duration_ms == 1220


def test_a_jump_is_told_at_each_track_and_no_time() -> None:
    made = followed((0, 0), (1, 0), (0, 40), (1, 40), (0, 20_080), (1, 20_080), (0, 20_120))
    assert made.facts().jumps == Finding(1, Moment(4, 20_080), 20_040)
    assert (made.duration_ms, made.time_ms) == (120, 120)


def test_running_over_is_a_wrap() -> None:
    facts = followed((0, TOP - 20), (1, 10), (0, 20)).facts()
    assert (facts.wraps, facts.duration_ms, facts.first_ms, facts.last_ms) == (1, 40, TOP - 20, 20)


def test_a_frame_astray_at_the_end_of_a_track_does_not_last() -> None:
    made = followed((0, 0), (0, 40), (0, 80), (0, 480), (0, 160))
    assert made.duration_ms == 160


def test_a_track_that_begins_behind_a_jump_has_the_time_of_the_others() -> None:
    made = followed((0, 0), (0, 40), (0, 60_000), (1, 60_000), (1, 60_040))
    assert made.time_ms == 120
