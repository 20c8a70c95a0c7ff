"""Where the health of a stream is lost, frame by frame and track by track."""

from __future__ import annotations

import math

from tests.media.expect.healthy_streams import AUDIO, VIDEO, moved, plain, sound, together, video
from tests.media.expect.publishing import published
from trio_srs.media.expect import health_walks
from trio_srs.media.expect.evidence import Number
from trio_srs.media.expect.walks import Reading
from trio_srs.media.trace import Trace


def places(readings: list[Reading]) -> list[tuple[str, int, Number]]:
    return [(it.frame.kind, it.frame.index, it.low) for it in readings]


def test_of_nothing_there_are_no_readings() -> None:
    nothing = Trace()
    assert not list(health_walks.late_starts(nothing))
    assert not list(health_walks.early_ends(nothing))
    assert not list(health_walks.stalls(nothing, 5.0))
    assert not list(health_walks.named(nothing, {("video", 0): (0, 1)}))


def test_tracks_begin_in_the_order_of_their_timestamps() -> None:
    late = published(together(video(range(500, 900, 40)), sound(range(480, 900, 20)))).trace
    assert places(list(health_walks.late_starts(late))) == [("audio", 0, 0), ("video", 0, 20)]


def test_a_track_ends_when_its_last_frame_does() -> None:
    early = published(together(video(range(0, 5000, 1000), gop=1), sound(range(0, 5000, 20)))).trace
    assert places(list(health_walks.early_ends(early))) == [("video", 4, 0), ("audio", 249, 0)]
    single = published(together(video([0]), sound(range(0, 400, 20)))).trace
    assert places(list(health_walks.early_ends(single)))[0] == ("video", 0, 380)


def test_only_a_step_that_is_unusual_is_a_gap() -> None:
    seldom = published(moved(0, range(0), VIDEO)).trace
    assert {it.low for it in health_walks.long_steps(seldom)} == {0}
    gap = published(moved(3000, range(50, 200), AUDIO)).trace
    [found] = [it for it in health_walks.long_steps(gap) if it.low]
    assert (found.frame.kind, found.frame.index, found.low) == ("audio", 50, 3020)


def test_the_first_timestamp_of_a_track_may_come_again_and_no_other() -> None:
    primed = together(video([0, 40, 40, 80]), sound([0, 0, 0, 20, 20]))
    found = list(health_walks.duplicates(published(primed).trace))
    assert places(found) == [("audio", 4, 1), ("video", 2, 2)]
    assert {it.high for it in found} == {math.inf}


def test_time_that_a_frame_lasts_is_no_stall() -> None:
    seldom = published(together(video(range(0, 8000, 2000), gop=1)), delay_s=0.5).trace
    readings = places(list(health_walks.stalls(seldom, 0.25)))
    assert [round(seconds, 3) for _, _, seconds in readings] == [0.5, 0, 0, 0, 0.25]
    ahead = published(moved(5000, range(30, 31), VIDEO)).trace
    assert max(it.low for it in health_walks.stalls(ahead, 0.0)) < 0.2


def test_keyframes_are_awaited_from_the_first_picture_on() -> None:
    trace = published(together(video(range(0, 4000, 1000), gop=2), sound([0]))).trace
    readings = places(list(health_walks.keyframe_intervals(trace)))
    assert [seconds for _, _, seconds in readings] == [0, 1, 2, 1]


def test_pictures_before_the_first_keyframe_are_counted() -> None:
    trace = published(
        [timed for timed in plain() if timed.message.payload[:2] != b"\x17\x01"]
    ).trace
    assert len(list(health_walks.before_keyframes(trace))) == 96
    assert not list(health_walks.before_keyframes(published(plain()).trace))


def test_a_frame_that_facts_name_is_found() -> None:
    trace = published(plain()).trace
    readings = list(health_walks.named(trace, {("audio", 0): (3, 7), ("video", 0): (-1, 2)}))
    assert places(readings) == [("audio", 3, 7)]
