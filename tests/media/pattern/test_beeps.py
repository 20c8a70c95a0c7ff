"""When beeps sound: where they should, to an AAC frame."""

from __future__ import annotations

import pytest

from trio_srs.media.pattern.beeps import BEEP_FRAMES, beep_at, beep_onset_s, is_exact

RATES = (32000, 44100, 48000)


def frames_of(beeps: int, rate: int) -> list[list[int]]:
    """The AAC frames of each of the first beeps."""
    frames: list[list[int]] = [[] for _ in range(beeps)]
    for frame in range(round(beeps * 0.96 * rate / 1024) + BEEP_FRAMES):
        if (number := beep_at(frame, rate)) is not None and number < beeps:
            frames[number].append(frame)
    return frames


@pytest.mark.parametrize("rate", RATES)
def test_a_beep_is_four_frames_every_24_pictures_of_25(rate: int) -> None:
    for number, frames in enumerate(frames_of(34, rate)):
        assert frames == list(range(frames[0], frames[0] + BEEP_FRAMES))
        begins_s = frames[0] * 1024 / rate
        assert begins_s == pytest.approx(0.32 + 0.96 * number, abs=0.012)
        assert begins_s == pytest.approx(beep_onset_s(number, is_exact(rate)), abs=1e-9)


def test_only_at_44100_a_beep_does_not_begin_when_it_should() -> None:
    assert [is_exact(rate) for rate in RATES] == [True, False, True]
    assert beep_onset_s(2, exact=True) == pytest.approx(2.24)
    assert beep_onset_s(2, exact=False) != beep_onset_s(2, exact=True)


def test_in_between_there_is_none() -> None:
    assert beep_at(0, 48000) is None
    assert beep_at(30, 48000) is None
