"""Segments end at keyframes, and where none comes, before they are longer than was announced."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.segments.cut_rule import HZ, CutRule

FRAME = HZ // 25


def rule(target_s: int | None = None, aim_s: float = 2.0, longest_s: float = 10.0) -> CutRule:
    return CutRule(round(aim_s * HZ), round(longest_s * HZ), target_s)


def cuts(judge: CutRule, keys_s: list[float], until_s: float, size: int = 0) -> list[float]:
    """When segments end of a stream with 25 pictures in a second, and keyframes at these times."""
    keys, found = {round(key * 25) for key in keys_s}, []
    judge.begin(0, is_key=0 in keys)
    for number in range(1, round(until_s * 25)):
        is_key, dts = number in keys, number * FRAME
        if judge.ends_before(dts, FRAME, size, is_key=is_key):
            found.append(number / 25)
            judge.begin(dts, is_key=is_key)
    return found


def every(step_s: float, until_s: float) -> list[float]:
    return [number * step_s for number in range(round(until_s / step_s))]


@pytest.mark.parametrize(
    ("gop_s", "ends", "target_s"),
    [
        (1.0, [1, 3, 5, 7, 9], 2),  # the first is short: so soon there is a playlist
        (2.0, [2, 4, 6, 8], 2),
        (0.4, [0.8, 2.8, 4.8, 6.8, 8.8], 2),
        (3.0, [3, 6, 9], 3),
        (5.0, [5], 5),
    ],
)
def test_segments_end_at_keyframes(gop_s: float, ends: list[float], target_s: int) -> None:
    judge = rule()
    assert cuts(judge, every(gop_s, 12), 9.9) == ends
    assert (judge.target_s, judge.forced) == (target_s, 0)


def test_a_target_that_was_said_holds_from_the_first() -> None:
    judge = rule(target_s=6)
    assert cuts(judge, every(2.0, 10), 9.9) == [2, 4, 6, 8]
    assert judge.target_s == 6


def test_a_segment_without_a_keyframe_in_time_ends_before_it_is_too_long() -> None:
    judge = rule()
    assert cuts(judge, [0, 2, 7, 9], 9.9) == [2, 4.4, 6.8, 7, 9]
    assert (judge.target_s, judge.forced) == (2, 2)


def test_the_first_segment_ends_at_last() -> None:
    judge = rule(longest_s=4.0)
    assert cuts(judge, [0], 9.9) == [4.4, 8.8]
    assert (judge.target_s, judge.forced) == (4, 2)


def test_a_keyframe_is_taken_early_if_the_next_would_be_too_late() -> None:
    judge = rule()
    # Keyframes come every two seconds, and once, at a change of scene, a little after one.
    assert cuts(judge, [0, 2, 4, 4.6, 6.6, 8.6], 9.9) == [2, 4, 6.4, 6.6, 8.6]
    judge = rule()
    assert cuts(judge, [0, 2, 4, 5.4, 7.4, 9.4], 9.9) == [2, 4, 5.4, 7.4, 9.4]


def test_a_segment_of_too_many_bytes_ends() -> None:
    judge = rule()
    judge.begin(0, is_key=True)
    assert not judge.ends_before(10, FRAME, 1 << 25, is_key=False)
    assert judge.ends_before(20, FRAME, (1 << 25) + 1, is_key=False)
    assert judge.ends_before_sound(20, FRAME, (1 << 25) + 1)


def test_pictures_of_one_time_are_not_cut_apart() -> None:
    judge = rule()
    judge.begin(0, is_key=True)
    assert not judge.ends_before(0, FRAME, 1 << 30, is_key=True)
    assert not judge.ends_before_sound(0, FRAME, 1 << 30)


def test_sound_alone_ends_before_it_is_too_long() -> None:
    judge, found = rule(), list[int]()
    judge.begin(0, is_key=True)
    for number in range(1, 400):
        if judge.ends_before_sound(number * 1920, 1920, 0):
            found.append(number)
            judge.begin(number * 1920, is_key=True)
    assert found == [93, 186, 279, 372]
    assert judge.target_s == 2


@given(st.lists(st.floats(0.04, 12), min_size=1, max_size=20), st.floats(1, 6))
@pytest.mark.property
def test_no_segment_is_longer_than_the_target_rounded(gops_s: list[float], aim_s: float) -> None:
    judge, at, keys = rule(aim_s=aim_s), 0.0, [0.0]
    for gop in gops_s:
        at += gop
        keys.append(at)
    ends = [0.0, *cuts(judge, keys, at + 1)]
    if judge.target_s is None:
        assert len(ends) == 1
        return
    longest = max((b - a for a, b in pairwise(ends)), default=0)
    assert longest <= judge.target_s + 0.45


@pytest.mark.parametrize(
    ("keys_s", "phase_s", "ends_s"),
    [
        ([0, 1, 2, 3, 4, 5, 6], 0, [1, 2, 4, 6]),
        ([0, 1, 2, 3, 4, 5, 6], 1, [1, 3, 5]),
        ([0, 1.96, 3.96, 6, 8], 0, [1.96, 3.96, 6, 8]),
        ([0, 4, 8, 12], 7, [4, 8, 12]),
    ],
)
def test_segments_of_a_group_end_at_the_same_times(
    keys_s: list[float], phase_s: int, ends_s: list[float]
) -> None:
    rule = CutRule(2 * HZ, 10 * HZ, phase=phase_s * HZ)
    found = []
    for at in keys_s:
        if rule.ends_before(round(at * HZ), HZ // 25, 0, is_key=True):
            found.append(at)
            rule.begin(round(at * HZ), is_key=True)
    assert found == ends_s
