"""Groups of pictures: their lengths, and which are open."""

from __future__ import annotations

from trio_srs.media.facts import GopFacts
from trio_srs.media.gop import Gops


def gops(pattern: str, step_ms: int = 40) -> Gops:
    """``K`` a keyframe, ``O`` one whose group is open, others frames."""
    made = Gops()
    for index, letter in enumerate(pattern):
        made.add(index * step_ms, keyframe=letter in "KO")
        if letter == "O":
            made.mark_open()
    return made


def test_nothing_is_known_of_nothing() -> None:
    assert gops("").facts() == GopFacts()


def test_finished_groups_are_measured() -> None:
    assert gops("K..K.....K.").facts() == GopFacts(
        count=2, frames_min=3, frames_mean=4.5, frames_max=6,
        seconds_min=0.12, seconds_mean=0.18, seconds_max=0.24,
        closed=3, current_frames=2, current_seconds=0.04,
    )  # fmt: skip


def test_the_unfinished_group_can_be_watched() -> None:
    facts = gops("K" + "." * 250).facts()
    assert (facts.count, facts.frames_max) == (0, None)
    assert (facts.current_frames, facts.current_seconds, facts.closed) == (251, 10.0, 1)


def test_frames_before_the_first_keyframe_belong_to_no_group() -> None:
    facts = gops("...K.K").facts()
    assert (facts.before_first, facts.frames_max) == (3, 2)
    assert gops("..").facts() == GopFacts(before_first=2)


def test_an_open_group_is_counted_once() -> None:
    made = gops("KO.")
    made.mark_open()
    assert (made.facts().closed, made.facts().open) == (1, 1)


def test_without_a_group_none_is_open() -> None:
    made = Gops()
    made.mark_open()
    assert made.facts().open == 0
