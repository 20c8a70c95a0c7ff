"""Subjects about pictures, sound and timestamps say what the facts say."""

from __future__ import annotations

import attrs
import pytest

from tests.media.expect.publishing import defective, published, timed
from trio_srs.media.expect import Evidence, judge, parse_rules
from trio_srs.media.expect.evidence import Absent, Extent, Seen
from trio_srs.media.expect.track_subjects import track_subjects
from trio_srs.media.report import StreamReport
from trio_srs.media.trace import Trace
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern

SUBJECTS = {subject.name: subject for subject in track_subjects()}
GOOD = published(Pattern(seconds=3.0))
HEADERS = published(Pattern(seconds=3.0), "headers")
NOTHING = published(timed([bodies.metadata()]))
SOUND = published(timed([bodies.audio(0), bodies.audio(20)]))
ODD = published(defective("regression@20:100", "duplicate@30", "gap@40:12000"))


def read(report: StreamReport, name: str) -> Seen:
    return SUBJECTS[name].read(Evidence(report=report))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("video.size", (640, 360)),
        ("video.fps", 25),
        ("video.gop.seconds", Extent(2.0, 2.0)),
        ("video.gop.frames", Extent(50, 50)),
        ("timestamps.monotonic", True),
        ("audio.timestamps.monotonic", True),
        ("timestamps.duplicates", 0),
        ("gaps.count", 0),
        ("gaps.longest", 40),
        ("skew.ms", Extent(-23, 0)),
        ("duration.seconds", 2.995),
    ],
)
def test_a_good_stream_is_seen_as_it_is(name: str, seen: Seen) -> None:
    assert read(GOOD, name) == seen


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("timestamps.monotonic", False),
        ("video.timestamps.monotonic", False),
        ("audio.timestamps.monotonic", True),
        ("timestamps.regressions", 1),
        ("timestamps.duplicates", 1),
        ("timestamps.jumps", 2),
        ("video.timestamps.jumps", 1),
        ("gaps.count", 2),
        ("gaps.longest", 12040),
    ],
)
def test_an_odd_stream_is_seen_as_it_is(name: str, seen: Seen) -> None:
    assert read(ODD, name) == seen


def test_the_frames_of_odd_timestamps_are_found() -> None:
    for name, at in (
        ("timestamps.monotonic", 20),
        ("timestamps.regressions", 20),
        ("timestamps.duplicates", 30),
        ("video.timestamps.jumps", 40),
    ):
        walk = SUBJECTS[name].walk
        assert walk is not None
        first, *_ = walk(Evidence(report=ODD))
        assert first.frame.index == at


def test_without_a_trace_the_longest_gap_is_that_of_the_facts() -> None:
    assert read(attrs.evolve(ODD, trace=Trace()), "gaps.longest") == 12040
    assert read(attrs.evolve(GOOD, trace=Trace()), "gaps.longest") == 40


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name != "video.size"])
def test_what_needs_a_look_at_everything_is_not_known_from_headers(name: str) -> None:
    assert read(HEADERS, name) == Absent("not known: only headers was looked at")


def test_sizes_are_known_from_headers() -> None:
    assert read(HEADERS, "video.size") == (640, 360)


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name != "duration.seconds"])
def test_of_nothing_there_is_nothing_to_say(name: str) -> None:
    assert isinstance(read(NOTHING, name), Absent | int) is True
    if "timestamps" in name or "gaps" in name:
        assert isinstance(read(NOTHING, name), Absent)


@pytest.mark.parametrize("name", ["video.size", "video.gop.seconds", "skew.ms"])
def test_of_no_video_it_is_said_what_came_instead(name: str) -> None:
    assert read(SOUND, name) == Absent("no video came; the stream had audio (aac, 2 frames)")


def test_what_is_not_known_is_not_made_up() -> None:
    inter = published(timed([bodies.inter(0), bodies.inter(40), bodies.audio(50)]))
    assert read(inter, "video.size") == Absent("not known: the stream did not say")
    assert read(inter, "video.gop.seconds") == Absent("no keyframe came in 2 frames")
    assert read(inter, "skew.ms") == Absent("not known: the stream did not say")
    young = published(Pattern(seconds=1.0))
    assert read(young, "video.gop.frames") == Extent(None, 25)


@pytest.mark.parametrize(
    ("defect", "kind", "early_ms"),
    [("no-audio@100", "audio", 4000), ("no-video@50", "video", 6000)],
)
def test_a_track_that_ends_long_before_the_others_has_a_gap_there(
    defect: str, kind: str, early_ms: int
) -> None:
    report = published(defective(defect, seconds=8.0))
    assert read(report, "gaps.count") == 1
    assert read(report, "gaps.longest") == pytest.approx(early_ms, abs=60)
    assert read(attrs.evolve(report, trace=Trace()), "gaps.longest") == read(report, "gaps.longest")
    [verdict] = judge(Evidence(report=report), parse_rules(["gaps.count == 0"]))
    frames = list(report.trace.of(kind))
    assert (verdict.met, verdict.track, verdict.index) == (False, kind, len(frames) - 1)
    assert read(published(defective(seconds=8.0)), "gaps.count") == 0


def test_of_tracks_that_were_only_announced_nothing_is_counted() -> None:
    report = published(timed([bodies.header(), bodies.audio_header()]))
    for name in ("gaps.count", "gaps.longest", "timestamps.jumps", "video.size", "skew.ms"):
        assert isinstance(read(report, name), Absent)
