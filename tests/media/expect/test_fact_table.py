"""Every fact has a row; of one that changes from frame to frame that has a walk to its frames."""

from __future__ import annotations

import pytest

from tests.media.expect.publishing import published
from trio_srs.media.expect.fact_table import FACTS
from trio_srs.media.expect.walks import Walk
from trio_srs.testing.streams import Pattern

REPORT = published(Pattern(seconds=3.0))
TRACE = REPORT.trace


def walk_of(path: str, track: str) -> Walk | None:
    walk = FACTS[path].walk
    return None if walk is None else walk(track)


@pytest.mark.parametrize(
    ("path", "track"),
    [
        ("frames", "video"),
        ("keyframes", "video"),
        ("clock.duration_ms", ""),
        ("bitrate.mean_bps", "audio"),
        ("intervals.fps", "video"),
        ("intervals.longest_ms", "audio"),
        ("longest_still_ms", "audio"),
        ("gop.frames_max", "video"),
        ("gop.seconds_min", "video"),
        ("gop.current_frames", "video"),
        ("gop.current_seconds", "video"),
        ("pictures.intra", "video"),
        ("pictures.predicted", "video"),
        ("pictures.longest_b_run", "video"),
        ("pictures.composition_max_ms", "video"),
        ("skew.most_ms", ""),
        ("arrival.lag_ms", ""),
        ("arrival.longest_silence_s", ""),
        ("arrival.first_frame_s", ""),
        ("arrival.first_keyframe_s", ""),
    ],
)
def test_a_fact_is_walked_on_frames_of_its_track(path: str, track: str) -> None:
    walk = walk_of(path, track)
    assert walk is not None
    found = list(walk(TRACE))
    assert found
    assert track in ("", *{reading.frame.kind for reading in found})


@pytest.mark.parametrize(
    "path",
    ["gop.open", "pictures.bidirectional", "pictures.shown_again", "clock.gaps.count",
     "clock.regressions.largest_ms"],
)  # fmt: skip
def test_what_did_not_happen_is_not_found(path: str) -> None:
    walk = walk_of(path, "video")
    assert walk is not None
    assert list(walk(TRACE)) == []


@pytest.mark.parametrize("path", ["codec", "clock.first_ms", "clock.wraps", "digests.exact"])
def test_other_facts_have_no_walk(path: str) -> None:
    assert walk_of(path, "video") is None


@pytest.mark.parametrize(
    "path", ["headers.changes", "false_keyframes.count", "unmarked_keyframes.count"]
)
def test_a_fact_that_names_its_first_frame_says_that_there_is_none(path: str) -> None:
    first = FACTS[path].first
    assert first is not None
    assert [first(track) for track in REPORT.facts.tracks] == [(0, None), (0, None)]
