"""Whatever a publisher sends becomes segments that players take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.remux.records import (
    AVC_OTHER,
    DATA,
    HEVC,
    Message,
    aac,
    aac_head,
    avc,
    enhanced,
    file_messages,
    head,
    hevc,
    live,
    other_head,
    other_sound,
)
from tests.media.segments.streams import (
    FMP4,
    RULE,
    START_MS,
    TS,
    bytes_of,
    check,
    durations,
    presented,
)
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.segments.common_clock import CommonClock
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.wire.codec.aac import build_audio_specific_config

BOTH = pytest.mark.parametrize("container", [TS, FMP4])
GOP_2: float = 2.0


def pictures(seconds: float, gop_s: float = 1.0, start_ms: int = 0, fps: int = 25) -> list[Message]:
    """Pictures alone."""
    every = round(gop_s * fps)
    return [
        avc(start_ms + n * 1000 // fps, key=n % every == 0) for n in range(round(seconds * fps))
    ]


def sounds(seconds: float, start_ms: int = 0) -> list[Message]:
    return [aac(start_ms + n * 64 // 3) for n in range(int(seconds * 46.875))]


def in_order(*streams: Iterable[Message]) -> list[Message]:
    return sorted((each for stream in streams for each in stream), key=lambda each: each[1])


@BOTH
def test_a_live_stream_is_cut_at_keyframes(container: SegmentContainer) -> None:
    made = presented(live(9), container)
    check(made)
    for rendition in made.renditions:
        assert durations(rendition) == pytest.approx([1, 2, 2, 2], abs=0.025)
        assert rendition.target_s == 2
        assert [segment.has_key for segment in rendition.segments] == [True] * 4


@BOTH
def test_dates_are_of_the_first_arrival_and_go_on_with_the_media(
    container: SegmentContainer,
) -> None:
    made = presented(live(6), container)
    dates = [segment.date_ms - START_MS for segment in made.renditions[0].segments]
    assert dates == [0, 1000, 3000]


@BOTH
def test_what_was_held_until_all_tracks_are_known_came_when_it_came(
    container: SegmentContainer,
) -> None:
    made = presented([head(), *pictures(4)], container)
    assert made.renditions[0].segments[0].date_ms == START_MS


@BOTH
@pytest.mark.parametrize("with_sound", [True, False])
def test_keyframes_that_are_too_far_apart_do_not_make_segments_too_long(
    container: SegmentContainer, with_sound: bool
) -> None:
    stream = [head(), *pictures(2), *pictures(8, 8, 2000)]
    if with_sound:
        stream = [aac_head(), *in_order(stream, sounds(10))]
    made = presented(stream, container)
    check(made)
    video = made.renditions[0]
    assert made.forced >= 2
    assert max(durations(video)) <= 2.4
    assert not video.playlist().independent_segments


@BOTH
def test_sound_alone_is_cut_by_the_clock(container: SegmentContainer) -> None:
    made = presented([aac_head(), *sounds(9)], container)
    check(made)
    assert durations(made.renditions[0]) == [1.984] * 4
    assert made.renditions[0].target_s == 2


@BOTH
@pytest.mark.parametrize("between_ms", [-7000, 40, 100_000])
def test_another_publisher_is_a_discontinuity(container: SegmentContainer, between_ms: int) -> None:
    made = presented(live(5), container)
    made.restart(START_MS)
    presented(live(5, start_ms=(5000 + between_ms) % (1 << 32)), into=made)
    check(made)
    for rendition in made.renditions:
        assert [segment.is_break for segment in rendition.segments] == [
            False, False, False, True, False,
        ]  # fmt: skip
        assert rendition.target_s == 2
        starts = [segment.start for segment in rendition.segments]
        assert starts == sorted(starts)


@BOTH
def test_sound_from_before_the_first_picture_makes_no_break(container: SegmentContainer) -> None:
    stream = [head(), aac_head(), aac(0), *in_order(pictures(8, start_ms=10), sounds(8, 22))]
    made = presented(stream, container)
    check(made)
    for rendition in made.renditions:
        assert not any(segment.is_break for segment in rendition.segments)


@BOTH
def test_a_publish_without_an_end_of_a_segment_is_one(container: SegmentContainer) -> None:
    made = presented([head(), *pictures(0.4)], container)
    assert not made.is_ready
    made.restart(START_MS)
    assert made.is_ready
    assert durations(made.renditions[0]) == [0.4]
    assert made.renditions[0].target_s == 2
    made.restart(START_MS)
    assert len(made.renditions[0].segments) == 1


@BOTH
def test_another_header_is_a_discontinuity_with_another_init_segment(
    container: SegmentContainer,
) -> None:
    made = presented([*live(4), head(AVC_OTHER, 4000), *live(5, start_ms=4000)[2:]], container)
    check(made)
    video = made.renditions[0]
    assert [segment.is_break for segment in video.segments] == [False, False, False, True, False]
    inits = [segment.init.name for segment in video.segments if segment.init]
    assert inits == (
        ["video-e-100-init.mp4"] * 3 + ["video-e-103-init.mp4"] * 2 if container is FMP4 else []
    )


@BOTH
def test_sound_that_comes_late_begins_with_a_keyframe(container: SegmentContainer) -> None:
    stream = [head(), *in_order(pictures(8), [aac_head(3500), *sounds(4.5, 3500)])]
    made = presented(stream, container)
    check(made)
    breaks = [segment.is_break for segment in made.renditions[0].segments]
    assert breaks == [False, False, False, True]
    if container is FMP4:
        assert [rendition.name for rendition in made.renditions] == ["video", "audio"]
        assert [segment.number for segment in made.renditions[1].segments] == [103]
    else:
        demuxer = TsDemuxer()
        kinds = {
            unit.format.kind for unit in demuxer.feed(bytes_of(made.renditions[0].segments[3]))
        }
        assert kinds == {"video", "audio"}


@BOTH
def test_sound_that_changes_begins_anew_with_a_keyframe(container: SegmentContainer) -> None:
    other = build_audio_specific_config(2, 44100, 1)
    changed = [aac_head(4300, other), *[aac(4320 + n * 23) for n in range(200)]]
    made = presented([head(), aac_head(), *in_order(pictures(8), sounds(4.2), changed)], container)
    check(made)
    for rendition in made.renditions:
        breaks = [segment.is_break for segment in rendition.segments]
        assert breaks.count(True) == 1


@BOTH
@pytest.mark.parametrize("start_ms", [2**24 - 5000, 2**31 - 5000, 2**32 - 5000, 47_721_858 - 5000])
def test_clocks_that_go_round_are_not_noticed(container: SegmentContainer, start_ms: int) -> None:
    made = presented(live(10, start_ms=start_ms), container)
    check(made)
    plain = presented(live(10), container)
    for rendition, expected in zip(made.renditions, plain.renditions, strict=True):
        assert durations(rendition) == durations(expected)
        assert list(map(bytes_of, rendition.segments)) != []
        assert rendition.discontinuities == 0


def test_transport_streams_go_round_at_33_bits() -> None:
    from trio_srs.media.segments.cut_rule import CutRule
    from trio_srs.media.segments.rendition import Rendition, WindowRule
    from trio_srs.media.segments.segment_tracks import SegmentTracks
    from trio_srs.media.segments.segmenter import Segmenter
    from trio_srs.media.segments.ts_packager import TsPackager

    rendition = Rendition("m", ".ts", "e", 0, WindowRule(length=1 << 40, most_bytes=1 << 26))
    tracks = SegmentTracks(origin=2**33 - 5 * 90_000)
    segmenter = Segmenter(TsPackager(rendition), CutRule(180_000, 900_000), tracks)
    for message in live(10):
        segmenter.write(*message, START_MS)
    demuxer = TsDemuxer()
    data = b"".join(map(bytes_of, rendition.segments))
    units = [unit for unit in demuxer.feed(data) if unit.format.kind == "video"]
    assert demuxer.oddities == {}
    assert {after.dts - before.dts for before, after in pairwise(units)} == {3600}


@BOTH
def test_a_clock_that_jumps_goes_on(container: SegmentContainer) -> None:
    stream = [*live(5), *live(5, start_ms=500_000)[2:], *live(5, start_ms=20_000)[2:]]
    made = presented(stream, container)
    check(made)
    assert max(durations(made.renditions[0])) <= 2.4
    starts = [segment.start for segment in made.renditions[0].segments]
    assert starts[-1] - starts[0] < 15 * 90_000


@BOTH
def test_a_stall_is_left_out_and_the_next_keyframe_has_a_new_date(
    container: SegmentContainer,
) -> None:
    made = presented([*live(4), *live(5, start_ms=12_000)[2:]], container)
    check(made)
    video = made.renditions[0]
    at = [segment.is_break for segment in video.segments].index(True)
    assert video.segments[at].date_ms == START_MS + 12_000
    assert max(durations(video)) <= 2.4


@BOTH
def test_a_pause_that_no_segment_can_hold_ends_one(container: SegmentContainer) -> None:
    stream = [head(), *pictures(4.4), *pictures(3, 9, 5900)]
    made = presented(stream, container)
    check(made)
    video = made.renditions[0]
    assert max(durations(video)) <= 2.4
    assert any(segment.is_break for segment in video.segments)


@pytest.mark.parametrize(
    ("file", "count"), [("ffmpeg_h264_aac.flv", 4), ("ffmpeg_hevc_opus.flv", 4)]
)
@BOTH
def test_what_ffmpeg_sends_is_in_segments(
    file: str, count: int, container: SegmentContainer
) -> None:
    made = presented(file_messages(DATA / "flv" / file), container)
    made.restart(START_MS)
    check(made)
    assert made.left_out == []
    seconds = 0.252 if container is TS else count / 25  # of sound there is more
    assert durations(made.renditions[0]) == pytest.approx([seconds], abs=0.002)


def test_sound_that_is_far_ahead_or_late_is_in_its_segments() -> None:
    def shifted(by_ms: int) -> list[Message]:
        return [each for _, each in sorted(
            ((message[1] + (by_ms if message[0] == 8 else 0), message) for message in live(9)[2:]),
            key=lambda each: each[0],
        )]  # fmt: skip

    for by_ms in (-400, 0, 400):
        made = presented([head(), aac_head(), *shifted(by_ms)], FMP4)
        check(made)
        audio = made.renditions[1]
        assert durations(audio)[:3] == pytest.approx([1, 2, 2], abs=0.025)


def test_sound_that_never_comes_in_time_is_a_gap() -> None:
    stream = [head(), aac_head(), *in_order(pictures(9), sounds(2.9))]
    made = presented(stream, FMP4)
    check(made)
    assert [segment.is_gap for segment in made.renditions[1].segments] == [
        False, False, *[True] * (len(made.renditions[1].segments) - 2),
    ]  # fmt: skip
    assert [each.number for each in made.renditions[1].segments][:4] == [100, 101, 102, 103]


def test_pictures_that_are_gone_are_gaps_and_sound_goes_on() -> None:
    made = presented([head(), aac_head(), *in_order(pictures(4), sounds(16))], FMP4)
    # What is missing at the end of a segment is said by its parts, which are listed no longer.
    check(made, "durations_are_those_of_the_media")
    video, audio = made.renditions
    assert [segment.is_gap for segment in video.segments][-1]
    assert not any(segment.is_gap for segment in audio.segments)
    assert video.last_number == audio.last_number


@BOTH
def test_the_frame_rate_is_one_that_all_the_world_has_if_it_is_near(
    container: SegmentContainer,
) -> None:
    for fps, exact in ((25, 25.0), (30, 30.0), (10, 10.0)):
        made = presented([head(), *pictures(3, fps=fps)], container)
        assert made.multivariant().variants[0].frame_rate == exact
    ntsc = [avc(n * 1001 // 30, key=n % 30 == 0) for n in range(120)]
    made = presented([head(), *ntsc], container)
    assert made.multivariant().variants[0].frame_rate == 30000 / 1001
    few = presented([head(), avc(0, key=True), avc(2000, key=True)], container)
    few.restart(START_MS)
    assert few.multivariant().variants[0].frame_rate == 0.5


def test_slices_that_come_by_themselves_are_one_picture() -> None:
    from tests.media.remux.records import OTHER_SLICE

    stream = [head()]
    for number in range(100):
        stream += [avc(number * 40, key=number % 25 == 0), avc(number * 40, OTHER_SLICE)]
    for container in (TS, FMP4):
        made = presented(stream, container)
        check(made)
        assert durations(made.renditions[0]) == [1, 2]


def test_what_cannot_be_carried_is_named() -> None:
    made = presented([*live(1), enhanced("vp08", 1000, b"frame")], TS)
    assert [str(each.kind) for each in made.left_out] == ["video"]


def test_what_is_kept_is_bounded_whatever_the_clock_says() -> None:
    rule = attrs.evolve(RULE, most_bytes=200_000)
    still = [avc(0, b"\x41" + bytes(1000)) for _ in range(2000)]
    made = presented([head(), avc(0, key=True), *still, *live(9)], FMP4, rule)
    made.restart(START_MS)
    assert all(rendition.size <= 200_000 + 2_200_000 for rendition in made.renditions)


Twist = Callable[[list[Message]], list[Message]]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["key", "inter", "sound"]), st.integers(-200, 3000), st.integers(0, 80)
        ),
        max_size=120,
    ),
    st.sampled_from([TS, FMP4]),
)
@pytest.mark.property
def test_any_times_make_segments_that_keep_the_rules(
    said: list[tuple[str, int, int]], container: SegmentContainer
) -> None:
    at, stream = 5000, [head(), aac_head()]
    for kind, step, cts in said:
        at += step if step % 7 == 0 else 40
        stream.append(aac(at) if kind == "sound" else avc(at, key=kind == "key", cts=cts))
    made = presented(stream, container)
    made.restart(START_MS)
    for rendition in made.renditions:
        if rendition.is_ready:
            said_now = rendition.playlist()
            assert all(
                round(each.duration_s) <= said_now.target_duration_s for each in said_now.segments
            )


@BOTH
def test_streams_of_one_encoder_are_cut_at_the_same_times(container: SegmentContainer) -> None:
    clock = CommonClock()
    first = Presentation(container, RULE, "e", 100, clock=clock)
    second = Presentation(container, RULE, "f", 200, clock=clock)
    for type_id, timestamp_ms, body in [head(), *pictures(20, start_ms=7000)]:
        first.write(type_id, timestamp_ms, body, START_MS + timestamp_ms)
    for type_id, timestamp_ms, body in [head(), *pictures(17, start_ms=10_000)]:
        second.write(type_id, timestamp_ms, body, START_MS + timestamp_ms + 333)
    dates = [
        {segment.date_ms for segment in list(made.renditions[0].segments)[1:]}
        for made in (first, second)
    ]
    assert len(dates[1]) > 5
    assert dates[1] - dates[0] <= {START_MS + 11_000}, "the second's first is short"
    for made in (first, second):
        check(made)


def later(messages: list[Message], by_ms: int) -> list[Message]:
    return [(kind, (at_ms + by_ms) % (1 << 32), body) for kind, at_ms, body in messages]


@BOTH
@pytest.mark.parametrize(("late_ms", "breaks"), [(0, 0), (3000, 1)])
def test_a_clock_that_is_set_breaks_only_if_time_was_lost(
    container: SegmentContainer, late_ms: int, breaks: int
) -> None:
    stream = live(8)
    made = presented([m for m in stream if m[1] < 4300], container)
    for kind, at_ms, body in stream:
        if at_ms >= 4300:
            made.write(kind, at_ms + 500_000, body, START_MS + at_ms + late_ms)
    check(made)
    video = made.renditions[0]
    assert [segment.is_break for segment in video.segments].count(True) == breaks
    assert video.segments[-1].date_ms - START_MS == 5000 + late_ms
    assert made.forced == 0


@BOTH
def test_time_that_is_left_out_between_keyframes_breaks_with_the_next(
    container: SegmentContainer,
) -> None:
    stream = live(8)
    first, rest = ([m for m in stream if (m[1] < 4300) is is_first] for is_first in (True, False))
    made = presented([*first, *later(rest, 5000)], container)
    check(made)
    video = made.renditions[0]
    breaks = [segment for segment in video.segments if segment.is_break]
    assert [segment.date_ms - START_MS for segment in breaks] == [10_000]
    assert all(segment.has_key for segment in video.segments)


def test_what_is_to_be_chosen_from_has_formats_and_a_rate_over_changes() -> None:
    made = presented([*live(2), head(AVC_OTHER, 2000), avc(2000, key=True)], TS)
    (variant,) = made.multivariant().variants
    assert variant.codecs == "avc1.42c00d,avc1.64001f,mp4a.40.2"
    assert variant.frame_rate == 25.0
    presented(live(60, start_ms=2040)[2:], into=made)
    assert made.multivariant().variants[0].codecs == "avc1.42c00d,mp4a.40.2"
    few = presented([head(), avc(0, key=True), avc(250, key=True)], TS)
    few.restart(START_MS)
    assert few.multivariant().variants[0].frame_rate == 4.0


def test_other_tracks_of_sound_end_no_segment() -> None:
    others = [other_sound(1, n * 64 // 3, b"x") for n in range(400)]
    made = presented(
        [head(), aac_head(), other_head(1), *in_order(pictures(7), sounds(7), others)], FMP4
    )
    check(made)
    assert [len(each.segments) for each in made.renditions] == [3, 3, 3]


def test_formats_and_rates_are_of_what_is_listed() -> None:
    short = attrs.evolve(RULE, window_s=6.0)
    made = presented([head(), *pictures(3)[:2]], TS, short)
    made.restart(START_MS)
    assert made.frame_rate == 25.0
    presented([head(AVC_OTHER, 3000), *pictures(30, start_ms=3000)], TS, short, made)
    assert made.multivariant().variants[0].codecs == "avc1.42c00d"


@BOTH
@pytest.mark.parametrize(
    ("first", "is_closed"), [(b"\x26", True), (b"\x28", True), (b"\x2a", False), (b"\x20", False)]
)
def test_only_what_needs_nothing_before_it_is_called_independent(
    container: SegmentContainer, first: bytes, is_closed: bool
) -> None:
    """Pictures of H.265 that decoding may begin with: IDR, CRA, BLA."""
    keys = [hevc(n * 500, first + b"\x01\xaf%d" % n, key=True) for n in range(10)]
    made = presented([head(HEVC, codec="hvc1"), *keys], container)
    (rendition,) = made.renditions
    assert rendition.playlist().independent_segments == is_closed
    assert made.multivariant().independent_segments == is_closed
    assert made.forced == 0
    check(made)


@BOTH
def test_pictures_that_are_far_apart_are_shown_when_they_were_sent(
    container: SegmentContainer,
) -> None:
    slides = [avc(n * 1600, key=n % 2 == 0) for n in range(13)]
    made = presented([head(), *slides], container)
    check(made, "the_clock_comes_often")  # between such pictures none is made up
    (rendition,) = made.renditions
    assert durations(rendition) == [3.2] * 6
    assert not any(segment.is_break for segment in rendition.segments)
