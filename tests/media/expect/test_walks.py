"""Facts frame by frame end where the facts of the whole stream are."""

from __future__ import annotations

import math
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.expect.publishing import defective, published, timed
from trio_srs.media.expect import walks
from trio_srs.media.expect.evidence import Evidence, Seen
from trio_srs.media.expect.subjects import find_subject
from trio_srs.media.expect.walks import Walk
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StreamReport
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern
from trio_srs.wire.rtmp.message import Message, MessageType

TOP = 2**32


def report(*messages: Message) -> StreamReport:
    return published(timed(messages))


def readings(walk: Walk, made: StreamReport) -> list[tuple[int, float, float]]:
    """The index of each frame, and the value there."""
    return [(each.frame.index, float(each.low), float(each.high)) for each in walk(made.trace)]


def pictures(*timestamps: int, size: int = 100) -> StreamReport:
    first, *others = timestamps
    return report(bodies.key(first, size), *(bodies.inter(at, size) for at in others))


PATTERNS = st.builds(
    lambda gop, jitter, seed, kbps, defects: published(
        defective(*defects, gop_s=gop, jitter_ms=jitter, seed=seed, kbps=kbps)
    ),
    st.sampled_from([0.2, 1.0, 5.0]),
    st.sampled_from([0.0, 15.0]),
    st.integers(0, 5),
    st.sampled_from([0, 500]),
    st.lists(
        st.sampled_from(["regression@20:300", "gap@30:1500", "gap@40:20000", "duplicate@7"]),
        max_size=2,
    ),
)


def of(made: StreamReport, subject: str) -> Seen:
    return find_subject(subject).read(Evidence(report=made))


EXTREMES: Final[tuple[tuple[Walk, str | None, str | None], ...]] = (
    (walks.counts("video"), None, "video.frames"),
    (walks.durations("video"), None, "video.clock.duration_ms"),
    (walks.bit_rates("video"), None, "video.bitrate.peak_bps"),
    (walks.bit_rates("audio"), None, "audio.bitrate.peak_bps"),
    (walks.bit_rates(""), None, "bitrate.peak_bps"),
    (walks.steps("video", "regressions"), None, "video.timestamps.regressions"),
    (walks.steps("video", "gaps", size=True), None, "video.clock.gaps.largest_ms"),
    (walks.stills("audio"), None, "audio.longest_still_ms"),
    (walks.skews, "skew.least_ms", "skew.most_ms"),
    (walks.lags, "arrival.lag_least_ms", "arrival.lag_most_ms"),
    (walks.silences, None, "arrival.longest_silence_s"),
    (walks.compositions, "video.pictures.composition_min_ms", None),
)
"""A walk, and the facts that its smallest and its largest value are."""


@settings(max_examples=25, deadline=None)
@given(made=PATTERNS)
def test_the_extremes_on_the_way_are_those_of_the_whole(made: StreamReport) -> None:
    for walk, low, high in EXTREMES:
        values = [reading.low for reading in walk(made.trace)] or [0]
        if low is not None:
            assert min(values) == of(made, low)
        if high is not None:
            assert max(values) == of(made, high)
    for unit in ("frames", "seconds"):
        groups = [r.low for r in walks.gops(unit)(made.trace) if r.low == r.high]
        assert len(groups) == of(made, "video.gop.count")
        if groups:
            assert min(groups) == of(made, f"video.gop.{unit}_min")
            assert max(groups) == of(made, f"video.gop.{unit}_max")


def test_frames_of_a_sort_are_counted_as_they_come() -> None:
    made = report(bodies.key(0), bodies.inter(40), bodies.key(80))
    assert readings(walks.counts("video", lambda f: f.is_key), made) == [
        (0, 1, math.inf),
        (2, 2, math.inf),
    ]
    assert readings(walks.runs("video", lambda f: not f.is_key), made) == [
        (0, 0, math.inf),
        (1, 1, math.inf),
        (2, 0, math.inf),
    ]


def test_as_long_as_no_second_has_passed_a_bit_rate_may_still_grow() -> None:
    made = pictures(0, 500, 1000, size=125)
    assert readings(walks.bit_rates("video"), made) == [
        (0, 1000, math.inf),
        (1, 2000, math.inf),
        (2, 2000, 2000),
    ]


def test_a_jump_is_no_time_without_bits() -> None:
    made = pictures(0, 500, 1000, 50_000, 50_500, size=125)
    assert [low for _, low, _ in readings(walks.bit_rates("video"), made)] == [
        1000, 2000, 2000, 2000, 2000,
    ]  # fmt: skip


def test_a_pace_is_as_exact_as_timestamps_are() -> None:
    [(_, low, high), (_, _, most)] = readings(walks.paces("video"), pictures(0, 33, 34))
    assert low < 30 < high
    assert most == math.inf


@pytest.mark.parametrize(
    "times",
    [
        (0, 40, 80, -320, 160, 200),  # one frame astray, back
        (0, 40, 80, -320, -280, -240),  # set back for good
        (0, 40, 80, -320, -280, 200),  # two frames astray
        (0, 40, 80, 520, 160, 200),  # one frame astray, ahead
        (0, 40, 80, 2520, 160, 200),  # so far that it looks like a gap
        (0, 40, 80, 20_520, 160, 200),  # and like a jump
        (0, 40, 80, 30_000, 30_040, 30_080),  # set ahead
        (0, 40, 80, 3080, 3120, 3160),  # frames missing for long
    ],
)
def test_what_a_step_leaves_out_counts_as_an_ordinary_one(times: tuple[int, ...]) -> None:
    made = pictures(*(50_000 + at for at in times))
    assert [low for _, low, _ in readings(walks.intervals("video"), made)] == [40] * 5


def test_a_track_that_ends_before_the_others_leaves_a_gap() -> None:
    made = report(*(bodies.audio(at) for at in (0, 20, 40)), bodies.key(0), bodies.inter(900))
    found = {(r.frame.kind, r.frame.index, r.low) for r in walks.after_gaps(made.trace)}
    assert ("audio", 2, 860) in found
    assert ("video", 1, 0) in found


def test_gaps_are_counted_over_the_wrap_of_the_clock() -> None:
    made = report(bodies.key(TOP - 20), bodies.audio(5), bodies.inter(20))
    assert max(r.low for r in walks.after_gaps(made.trace)) == 40


def test_steps_back_and_their_ways_back_have_no_place_among_gaps() -> None:
    made = pictures(0, 40, 20, 100)
    assert [r.low for r in walks.after_gaps(made.trace)] == [40, 0]


def test_skew_is_that_of_the_first_tracks_only() -> None:
    second = Message(MessageType.AUDIO, 1, 500, bytes.fromhex("95 01 4f707573 05 fc"))
    made = report(bodies.key(0), bodies.audio(30), second, bodies.inter(40))
    assert readings(walks.skews, made) == [(1, -10, -10)]


@pytest.mark.parametrize("walk", [walks.silences, walks.lags, walks.first_arrival()])
def test_without_arrivals_there_is_nothing_to_say_of_them(walk: Walk) -> None:
    known = published(timed([bodies.key(0)]))
    probe = StreamProbe()
    probe.see(bodies.key(0))
    assert list(walk(probe.trace())) == []
    assert len(list(walk(known.trace))) == 1


def test_the_first_of_a_sort_arrives_when_it_does() -> None:
    made = report(bodies.inter(0), bodies.key(500), bodies.key(600))
    [(index, low, _)] = readings(walks.first_arrival(lambda f: f.is_key), made)
    assert index == 1
    assert low == pytest.approx(0.6)
    assert readings(walks.first_arrival(lambda f: f.kind == "audio"), made) == []


def test_stillness_grows_until_something_new_comes() -> None:
    made = report(
        *(bodies.audio(at, fill=fill) for at, fill in ((0, 1), (20, 1), (40, 1), (60, 2)))
    )
    assert [low for _, low, _ in readings(walks.stills("audio"), made)] == [0, 20, 40, 0]


def test_pictures_before_any_sound_have_no_skew() -> None:
    assert readings(walks.skews, published(Pattern(seconds=0.2, audio="none"))) == []


def test_skew_is_the_same_on_two_sides_of_where_timestamps_go_round() -> None:
    made = report(bodies.audio(0), bodies.key(TOP - 40), bodies.audio(40), bodies.inter(0))
    assert readings(walks.skews, made) == [(0, 40, 40), (1, 40, 40)]


def test_one_frame_has_no_interval() -> None:
    assert readings(walks.intervals("video"), pictures(0)) == []
    assert readings(walks.paces("video"), pictures(0, 0)) == [(1, 1000, math.inf)]


def test_gaps_are_counted_with_the_early_end_of_a_track_but_not_of_a_frame_astray() -> None:
    made = report(
        *(bodies.audio(at) for at in (0, 20, 40, 2060, 2080, 6000, 2120)),
        *(bodies.key(at) for at in range(0, 5000, 40)),
    )
    found = [(each.frame.kind, each.frame.index, each.low) for each in walks.gaps(made.trace)]
    assert found == [("audio", 3, 1), ("audio", 6, 2)]
    assert of(made, "gaps.count") == 2
    assert readings(walks.steps("video", "duplicates"), pictures(0, 40, 40)) == [(2, 1, math.inf)]
