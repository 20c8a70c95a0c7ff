"""One timeline: without wraps, rising, and broken only where it has to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.remux.decode_times import DecodeTimes

Placed = list[tuple[float, bool]]


def place(*steps: tuple[str, int], audio_leads: bool = False) -> Placed:
    """Milliseconds, and whether there is a break, of frames of ``v`` and ``a``."""
    times = DecodeTimes()
    tracks = {"v": times.new_track(leads=True), "a": times.new_track(leads=audio_leads)}
    placed = []
    for track, at_ms in steps:
        ticks, breaks = times.place(tracks[track], at_ms % (1 << 32))
        placed.append((ticks / 90, breaks))
    return placed


def on(*times_ms: float) -> Placed:
    return [(at_ms, False) for at_ms in times_ms]


def test_times_are_what_was_sent() -> None:
    assert place(("v", 0), ("a", 3), ("v", 40), ("a", 26), ("a", 49)) == on(0, 3, 40, 26, 49)


def test_nanoseconds_are_added() -> None:
    times = DecodeTimes()
    assert times.place(times.new_track(leads=True), 1, 500_000) == (90 + 45, False)


def test_32_bits_go_round_and_time_goes_on() -> None:
    wrap = 1 << 32
    assert place(("v", wrap - 20), ("a", wrap - 10), ("v", wrap + 20), ("a", wrap + 11)) == on(
        wrap - 20, wrap - 10, wrap + 20, wrap + 11
    )


def test_what_stands_still_or_steps_back_a_little_rises_all_the_same() -> None:
    placed = place(("v", 40), ("v", 40), ("v", 30), ("v", 80))
    assert [round(at_ms * 90) for at_ms, _ in placed] == [3600, 3601, 3602, 7200]
    assert not any(breaks for _, breaks in placed)


def test_a_pause_is_no_break() -> None:
    assert place(("v", 0), ("v", 9_900), ("a", 9_950)) == on(0, 9_900, 9_950)


@pytest.mark.parametrize("to", [20_000, 1 << 30, -5_000])
def test_a_clock_that_is_set_breaks_once_and_the_other_track_follows(to: int) -> None:
    start = 6_000
    steps = [("v", start), ("a", start + 5), ("v", start + to), ("a", start + 28)]
    steps += [("v", start + to + 40), ("a", start + to + 35), ("a", start + to + 58)]
    placed = place(*steps)
    assert [breaks for _, breaks in placed] == [False, False, True, False, False, False, False]
    assert placed[2][0] % (1 << 32) == (start + to) % (1 << 32)
    # The sound that was still on the old clock is shown where the stream is.
    assert placed[3][0] == pytest.approx(placed[2][0], abs=1)
    assert [at - placed[2][0] for at, _ in placed[4:]] == [40, 35, 58]


def test_sound_that_is_set_first_is_kept_in_place_until_the_pictures_follow() -> None:
    steps = [("v", 0), ("a", 0), ("a", 50_000), ("a", 50_023), ("v", 40), ("v", 50_040)]
    placed = place(*steps, ("a", 50_046))
    assert [round(at) for at, _ in placed[:5]] == [0, 0, 0, 23, 40]
    assert placed[5:] == [(50_040, True), (50_046, False)]


def test_a_track_whose_clock_is_not_set_goes_on_beside_the_other() -> None:
    steps = [("v", 100_000), ("a", 100_000), ("v", 0), ("a", 100_023), ("v", 40), ("a", 100_046)]
    placed = place(*steps)
    assert placed[2] == (0, True)
    assert [at for at, _ in placed[3:]] == [0, 40, 23]


def test_sound_alone_that_steps_back_far_is_kept_in_place() -> None:
    placed = place(("v", 5_000), ("a", 5_000), ("a", 2_000), ("a", 2_023))
    assert [round(at) for at, _ in placed] == [5_000, 5_000, 5_000, 5_023]


def test_sound_that_leads_breaks_by_itself() -> None:
    assert place(("a", 50_000), ("a", 0), ("a", 23), audio_leads=True) == [
        (50_000, False), (0, True), (23, False),
    ]  # fmt: skip


def test_another_publisher_breaks_wherever_its_clock_begins() -> None:
    times = DecodeTimes()
    track = times.new_track(leads=True)
    times.break_off()
    assert times.place(track, 100) == (9000, False), "there was nothing to break"
    times.break_off()
    assert times.place(track, 140) == (140 * 90, True)
    assert times.place(track, 180) == (180 * 90, False)


def test_pictures_that_follow_the_sound_of_another_publisher_late_break_nothing() -> None:
    times = DecodeTimes()
    pictures, sound = times.new_track(leads=True), times.new_track(leads=True)
    times.place(pictures, 9_000)
    times.break_off()
    assert times.place(sound, 0) == (0, True)
    assert times.place(pictures, 1_500) == (1_500 * 90, False)


STEPS = st.lists(
    st.tuples(
        st.sampled_from("av"),
        st.one_of(st.integers(-60, 120), st.integers(-(1 << 31), (1 << 31) - 1)),
    ),
    max_size=40,
)


@pytest.mark.property
@given(STEPS)
def test_each_track_rises_between_breaks_and_none_is_far_from_the_others(
    steps: list[tuple[str, int]],
) -> None:
    times = DecodeTimes()
    tracks = {"v": times.new_track(leads=True), "a": times.new_track(leads=False)}
    last: dict[str, int] = {}
    now, sent = None, 0
    for track, step in steps:
        sent = (sent + step) % (1 << 32)
        ticks, breaks = times.place(tracks[track], sent)
        if breaks:
            last.clear()
            now = None
        if now is not None:
            assert abs(ticks - now) <= 10_000 * 90 + len(steps)
        assert ticks > last.get(track, ticks - 1)
        last[track] = ticks
        now = ticks if now is None else max(now, ticks)
