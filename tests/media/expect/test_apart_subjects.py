"""Streams beside each other are as far apart as they are, and the first keyframe astray is told."""

from __future__ import annotations

from typing import Final

import attrs
import pytest

from tests.media.expect.healthy_streams import plain, sound, together, video
from tests.media.expect.publishing import published, timed
from trio_srs.media.expect import Evidence, Verdict, judge, parse_rules
from trio_srs.media.expect.apart_subjects import apart_subjects
from trio_srs.media.expect.fluent import expect
from trio_srs.media.pattern import Timed
from trio_srs.media.report import StreamReport


def named(name: str, stream: list[Timed]) -> StreamReport:
    return attrs.evolve(published(stream), stream=name)


ONE: Final = published(plain(4))
LATE: Final = named("live/b", plain(4, origin=200))
SHORT: Final = named("live/c", plain(3))
SPARSE: Final = named("live/d", plain(4, gop=30))
SOUND: Final = named("live/e", together(sound(range(0, 4000, 20))))
NOTHING: Final = named("live/f", timed([]))


def verdict(rule: str, *beside: StreamReport, report: StreamReport = ONE) -> Verdict:
    [found] = judge(Evidence(report=report, beside=beside), parse_rules([rule]))
    return found


@pytest.mark.parametrize(
    ("rule", "beside", "seen"),
    [
        ("apart.start == 200 ms", [LATE], "200 ms"),
        ("apart.start == 0", [ONE, SHORT], "0 ms"),
        ("apart.duration == 1000", [SHORT, ONE], "1000 ms"),
        ("apart.frames == 25", [SHORT], "25 frames"),
        ("apart.frames == 100", [SOUND], "100 frames"),
        ("apart.keyframes == 0", [ONE], "0 ms"),
        ("apart.keyframes == 200", [LATE], "200 ms"),
        ("apart.keyframes == 1000", [SHORT], "1000 ms"),
    ],
)
def test_streams_are_as_far_apart_as_the_farthest(
    rule: str, beside: list[StreamReport], seen: str
) -> None:
    found = verdict(rule, *beside)
    assert (found.met, found.seen) == (True, seen)


def test_the_first_keyframe_astray_is_told() -> None:
    found = verdict("apart.keyframes <= 40 ms", SPARSE)
    assert not found.met
    assert found.where == "first at video frame 25 (1000 ms), with 200 ms"


@pytest.mark.parametrize("name", [subject.name for subject in apart_subjects()])
def test_alone_or_without_media_there_is_nothing_to_compare(name: str) -> None:
    assert "no other stream" in verdict(f"{name} present").seen
    assert not verdict(f"{name} present", NOTHING).met


def test_without_keyframes_it_is_said_whose_are_missing() -> None:
    assert "live/e has no keyframes" in verdict("apart.keyframes == 0", SOUND).seen
    bare = attrs.evolve(ONE, stream="live/a")
    inter = named("live/g", together(video(range(0, 400, 40), gop=100)[2:]))
    assert "live/g has no keyframes" in verdict("apart.keyframes == 0", inter, report=bare).seen


def test_in_python_others_stand_beside_it() -> None:
    expect(ONE, beside=[LATE]).apart(start=200, duration=0)


STREAMS: Final = {"live/a": ONE, "live/b": LATE, "live/c": SHORT}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("live/b: video.frames == 100", "live/b: video.frames: seen: 100 frames"),
        ("live/a, live/b: apart.duration == 0", "live/a, live/b: apart.duration: seen: 0 ms"),
        (
            "live/c: video.frames == 100",
            "live/c: video.frames: expected 100 frames, seen: 75 frames; "
            "the last was video frame 74 (2960 ms)",
        ),
        (
            "live/x: video.frames == 100",
            "live/x: video.frames: expected 100 frames, seen: nothing came of live/x; of others: "
            "live/a, live/b, live/c",
        ),
        ("video.frames == 100", "video.frames: seen: 100 frames"),
    ],
)
def test_a_rule_may_name_the_stream_that_it_is_about(rule: str, message: str) -> None:
    [found] = judge(Evidence(report=ONE, streams=STREAMS), parse_rules([rule]))
    assert found.message == message


def test_a_healthy_stream_may_be_asked_for_by_name() -> None:
    rules = parse_rules(["live/b: healthy but end off"])
    assert {rule.streams for rule in rules} == {("live/b",)}
    assert all(each.met for each in judge(Evidence(report=SHORT, streams=STREAMS), rules))
    assert str(rules[0]) == "live/b: healthy.tracks == 0"
    assert parse_rules(map(str, rules)) == rules
