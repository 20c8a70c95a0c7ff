"""When frames are sent, and what their timestamps say."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.pattern.defects import Defect, DefectKind
from trio_srs.media.pattern.schedule import Schedule

FRAME = Fraction(40)


def schedule(*defects: str, **others: Any) -> Schedule:
    values = {"video_interval_ms": FRAME, **others}
    return Schedule(defects=tuple(map(Defect.parse, defects)), **values)


def video(times: Schedule, count: int = 6) -> list[int]:
    return [times.video_ms(number) for number in range(count)]


def test_timestamps_are_the_due_times_rounded() -> None:
    times = schedule(video_interval_ms=Fraction(1001, 30), start_ms=1000)
    assert video(times) == [1000, 1033, 1067, 1100, 1133, 1167]
    assert [times.audio_ms(n * Fraction(64, 3)) for n in range(4)] == [1000, 1021, 1043, 1064]
    assert times.send_ms(Fraction(1001, 30)) == pytest.approx(33.3667, abs=1e-3)


@given(st.integers(0, 10**7), st.sampled_from([25, Fraction(30000, 1001), 50, 60]))
def test_rounding_never_adds_up(number: int, fps: Fraction) -> None:
    times = schedule(video_interval_ms=1000 / Fraction(fps))
    assert abs(times.video_ms(number) - 1000 * number / Fraction(fps)) <= Fraction(1, 2)


def test_drift_stretches_both_and_the_other_one_audio_alone() -> None:
    hour = Fraction(3_600_000)
    both = schedule(drift_ppm=Fraction(100))
    assert (both.video_ms(90_000), both.audio_ms(hour)) == (3_600_360, 3_600_360)
    assert both.send_ms(hour) == 3_600_000
    alone = schedule(audio_drift_ppm=Fraction(-100))
    assert (alone.video_ms(90_000), alone.audio_ms(hour)) == (3_600_000, 3_599_640)


@given(st.integers(), st.integers(1, 10**6))
def test_jitter_moves_frames_a_little_and_changes_no_order(seed: int, number: int) -> None:
    times = schedule(jitter_ms=19.0, seed=seed)
    assert abs(times.video_ms(number) - 40 * number) <= 19.5
    assert times.video_ms(number) < times.video_ms(number + 1)


def test_jitter_is_by_chance_but_the_same_for_a_seed() -> None:
    one = video(schedule(jitter_ms=10.0, seed=1), 200)
    offsets = [at - 40 * number for number, at in enumerate(one)]
    assert one == video(schedule(jitter_ms=10.0, seed=1), 200)
    assert one != video(schedule(jitter_ms=10.0, seed=2), 200)
    assert (min(offsets), max(offsets)) == (-10, 10)
    assert abs(sum(offsets)) < 300
    times = [schedule(jitter_ms=19.0, seed=seed, start_ms=7).video_ms(0) for seed in range(20)]
    assert min(times) == 7 < max(times)


def test_jitter_leaves_audio_alone() -> None:
    assert schedule(jitter_ms=10.0).audio_ms(Fraction(1000)) == 1000


@pytest.mark.parametrize(
    ("defects", "stamps"),
    [
        (["regression@3:50"], [0, 40, 80, 30, 160, 200]),
        (["regression@1:50"], [0, 0, 80, 120, 160, 200]),
        (["duplicate@3"], [0, 40, 80, 80, 160, 200]),
        (["duplicate@3", "duplicate@4"], [0, 40, 80, 80, 120, 200]),
        (["gap@2:500"], [0, 40, 580, 620, 660, 700]),
        (["gap@2:500", "gap@4:100"], [0, 40, 580, 620, 760, 800]),
        (["gap@2:500", "duplicate@2"], [0, 40, 40, 620, 660, 700]),
        (["stall@2:9", "no-audio", "no-video"], [0, 40, 80, 120, 160, 200]),
    ],
)
def test_a_defect_is_where_it_was_asked_for(defects: list[str], stamps: list[int]) -> None:
    assert video(schedule(*defects)) == stamps


def test_a_gap_is_in_the_audio_too() -> None:
    times = schedule("gap@2:500")
    assert [times.audio_ms(Fraction(at)) for at in (0, 79, 80, 100)] == [0, 79, 580, 600]
    assert times.send_ms(Fraction(80)) == 80


def test_a_stall_holds_everything_back_and_then_lets_it_go_at_once() -> None:
    times = schedule("stall@2:0.1")
    due = [0, 40, 79, 80, 100, 179, 180, 200]
    assert [times.send_ms(Fraction(at)) for at in due] == [0, 40, 79, 180, 180, 180, 180, 200]
    assert times.audio_ms(Fraction(100)) == 100


def test_silence_begins_at_its_frame() -> None:
    times = schedule("no-audio@2")
    silent = [times.is_silent(DefectKind.NO_AUDIO, Fraction(at)) for at in (0, 79, 80, 500)]
    assert silent == [False, False, True, True]
    assert not times.is_silent(DefectKind.NO_VIDEO, Fraction(500))
