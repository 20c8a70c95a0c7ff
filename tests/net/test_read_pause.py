"""Merged reading pauses for as long as was asked for, unless that would hold the peer up."""

from __future__ import annotations

import pytest

from trio_srs.net.read_pause import ReadPause


def test_who_fills_no_read_has_the_rest_that_was_asked_for() -> None:
    pause = ReadPause(0.35)
    assert all(pause.note_read(filled=False) for _ in range(100))
    assert pause.length_s == 0.35


def test_there_is_no_rest_behind_a_read_that_was_filled() -> None:
    assert not ReadPause(0.35).note_read(filled=True)


def test_who_fills_reads_rests_half_as_long_each_time() -> None:
    pause, lengths = ReadPause(0.4), []
    for _ in range(4):
        assert not pause.note_read(filled=True)
        assert not pause.note_read(filled=True)
        assert pause.note_read(filled=False)
        lengths.append(pause.length_s)
    assert lengths == [0.4, 0.2, 0.1, 0.05]


def test_a_keyframe_that_fills_a_read_now_and_then_shortens_no_rest() -> None:
    pause = ReadPause(0.35)
    for _ in range(50):
        assert not pause.note_read(filled=True)
        assert pause.note_read(filled=False)
        assert pause.note_read(filled=False)
    assert pause.length_s == 0.35


def test_a_flood_hardly_rests_but_it_does() -> None:
    pause = ReadPause(0.64)
    for _ in range(50):
        pause.note_read(filled=True)
        pause.note_read(filled=False)
    assert pause.length_s == pytest.approx(0.01)


def test_who_sends_less_again_rests_longer_again() -> None:
    pause = ReadPause(0.4)
    for _ in range(3):
        pause.note_read(filled=True)
        pause.note_read(filled=False)
    assert pause.length_s == 0.1
    for _ in range(200):
        pause.note_read(filled=False)
    assert pause.length_s == 0.4


@pytest.mark.parametrize("mbit_per_s", [0.5, 1, 3, 6, 25, 100])
def test_nobody_is_held_up_by_much_however_fast_he_sends(mbit_per_s: float) -> None:
    """What comes in a pause must fit into what the kernel holds, or the peer waits for us."""
    most, kernel = 65_536, 131_072
    pause = ReadPause(0.35)
    passed_s = arrived = waited = 0.0
    while passed_s < 60:
        came = mbit_per_s * 1e6 / 8 * pause.length_s
        waited += max(came - kernel, 0)
        arrived += came
        passed_s += pause.length_s
        left = min(came, kernel)
        while not pause.note_read(filled=left >= most):
            left -= most
    assert waited <= arrived * 0.05


def test_without_merged_reading_there_is_no_rest() -> None:
    assert ReadPause().length_s == 0.0
