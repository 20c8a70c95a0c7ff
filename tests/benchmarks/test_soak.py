"""What a soak concludes from what it saw."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import attrs
import pytest

# They are no part of the package. Last, so that the package tested is the installed one.
sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.soak.load import Play
from benchmarks.soak.stream import Follower, frames
from benchmarks.soak.verdict import judge

EMPTY = {"rss": 40_000_000, "tasks": 9, "descriptors": 11, "sessions": 0, "streams": 0}
FULL = {**EMPTY, "rss": 60_000_000, "tasks": 900, "sessions": 300, "streams": 100}


def test_a_good_soak_has_no_complaints() -> None:
    plays = [Play("a:1", 100, 0), Play("a:2", 50, 7)]
    figures, complaints = judge(EMPTY, [FULL] * 20, EMPTY, plays, {"a:1": 0, "a:2": 9}, [])
    assert complaints == []
    assert (figures["plays"], figures["frames"], figures["frames_missed"]) == (2, 150, 7)


def test_memory_that_grows_is_named() -> None:
    growing = [{**FULL, "rss": 60_000_000 + number * 1_000_000} for number in range(20)]
    _, [complaint] = judge(EMPTY, growing, EMPTY, [], {}, [])
    assert "memory grew" in complaint


@pytest.mark.parametrize("what", ["tasks", "descriptors", "sessions", "streams"])
def test_what_is_left_is_named(what: str) -> None:
    _, [complaint] = judge(EMPTY, [FULL] * 20, {**EMPTY, what: EMPTY[what] + 1}, [], {}, [])
    assert what in complaint


def test_a_frame_that_was_missed_and_not_counted_is_named() -> None:
    _, [complaint] = judge(EMPTY, [FULL] * 20, EMPTY, [Play("a:1", 9, 3)], {"a:1": 2}, [])
    assert complaint == "a:1 missed 3 frames, of which 2 were counted"


def test_a_follower_counts_what_is_missing() -> None:
    follower = Follower()
    for number, message in enumerate(islice(frames(1), 50)):
        if number not in (10, 11, 30):
            follower.see(message)
    assert (follower.got, follower.missed) == (45, 3)


def test_a_new_publish_begins_at_its_first_frame() -> None:
    follower = Follower()
    for publish, begin in ((1, 0), (2, 4)):
        for message in islice(frames(publish), begin, 12):
            follower.see(message)
    assert follower.missed == 2  # of the second, behind two headers


def test_a_frame_that_comes_twice_is_a_bug() -> None:
    follower = Follower()
    *_, frame = islice(frames(1), 5)
    follower.see(frame)
    with pytest.raises(AssertionError, match="came twice"):
        follower.see(attrs.evolve(frame))
