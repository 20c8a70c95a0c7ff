"""One timeline without breaks, and changes at keyframes only."""

from __future__ import annotations

import attrs

from tests.media.remux.records import ASC, AVC, AVC_OTHER
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.track_format import TrackFormat, format_of_record
from trio_srs.media.segments.segment_tracks import SegmentTracks
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.nalu import join_prefixed

H264, OTHER = format_of_record("h264", AVC), format_of_record("h264", AVC_OTHER)
AAC = format_of_record("aac", ASC)
AAC_OTHER = format_of_record("aac", build_audio_specific_config(2, 44100, 1))
ORIGIN, FRAME, S = 67_500, 3600, 90_000


def picture(dts: int, *, key: bool = False, of: TrackFormat = H264) -> AccessUnit:
    return AccessUnit(of, dts, dts + 10, join_prefixed([b"\x65" if key else b"\x41"]), is_key=key)


def sound(dts: int, of: TrackFormat = AAC) -> AccessUnit:
    return AccessUnit(of, dts, dts, b"x", samples=1024)


def taken(tracks: SegmentTracks, *units: AccessUnit) -> list[tuple[int, bool] | None]:
    """Of each unit when it is, and whether it breaks; None if it is left out."""
    found: list[tuple[int, bool] | None] = []
    for unit in units:
        known = {each.lane: each.format for each in reversed(units)}
        one = tracks.take(attrs.evolve(unit), list(units), known)
        found.append(None if one is None else (one.dts - ORIGIN, tracks.breaks))
    return found


def begun(*units: AccessUnit) -> SegmentTracks:
    tracks = SegmentTracks()
    taken(tracks, *units)
    return tracks


def test_the_first_unit_is_at_the_origin_and_the_others_follow() -> None:
    tracks = SegmentTracks()
    found = taken(tracks, picture(7 * S, key=True), sound(7 * S + 100), picture(7 * S + FRAME))
    assert found == [(0, True), (100, False), (FRAME, False)]
    assert list(tracks.formats) == ["video", "audio"]
    assert tracks.interval == FRAME


def test_another_publisher_goes_on_where_the_last_one_ended() -> None:
    tracks = begun(picture(0, key=True), picture(FRAME))
    tracks.restart()
    found = taken(tracks, picture(50 * S, key=True, of=OTHER), picture(50 * S + FRAME, of=OTHER))
    assert found == [(2 * FRAME, True), (3 * FRAME, False)]
    assert tracks.formats == {"video": OTHER}


def test_a_clock_that_is_set_goes_on() -> None:
    tracks = begun(picture(0, key=True), picture(FRAME))
    set_back = attrs.evolve(picture(-9 * S), discontinuity=True)
    assert taken(tracks, set_back, picture(-9 * S + FRAME)) == [
        (2 * FRAME, False), (3 * FRAME, False),
    ]  # fmt: skip


def test_time_in_which_nothing_came_is_left_out_and_told_at_the_next_keyframe() -> None:
    tracks = begun(picture(0, key=True), sound(10), picture(FRAME))
    found = taken(tracks, picture(9 * S), picture(9 * S + FRAME, key=True))
    assert found == [(2 * FRAME, False), (3 * FRAME, True)]


def test_pictures_that_are_far_apart_are_no_pauses() -> None:
    tracks = begun(picture(0, key=True), picture(S), picture(2 * S))
    assert taken(tracks, picture(4 * S)) == [(4 * S, False)]


def test_pictures_that_are_far_apart_from_the_beginning_are_no_pauses() -> None:
    tracks = begun(picture(0, key=True))
    assert taken(tracks, picture(4 * S), picture(9 * S)) == [(4 * S, False), (9 * S, False)]


def test_pictures_that_get_far_apart_are_no_pauses_but_for_the_first() -> None:
    tracks = begun(picture(0, key=True), picture(FRAME), picture(5 * S))
    slices = attrs.evolve(picture(5 * S), continues=True)
    found = taken(tracks, slices, picture(10 * S), picture(15 * S))
    assert found == [(2 * FRAME, False), (2 * FRAME + 5 * S, False), (2 * FRAME + 10 * S, False)]


def test_a_pause_behind_another_is_left_out_as_well_if_something_came_between() -> None:
    tracks = begun(picture(0, key=True), picture(FRAME), picture(5 * S), picture(5 * S + FRAME))
    assert taken(tracks, picture(8 * S)) == [(4 * FRAME, False)]


def test_what_is_decoded_before_the_beginning_is_not() -> None:
    tracks = begun(picture(9 * S, key=True))
    assert taken(tracks, picture(7 * S)) == [(-ORIGIN, False)]
    assert taken(tracks, picture(7 * S + FRAME)) == [(FRAME - ORIGIN, False)]


def test_other_pictures_begin_something_else() -> None:
    tracks = begun(picture(0, key=True), picture(FRAME))
    assert taken(tracks, picture(2 * FRAME, key=True, of=OTHER)) == [(2 * FRAME, True)]
    assert tracks.formats["video"] is OTHER


def test_parameter_sets_that_come_with_a_keyframe_begin_something_else_if_they_are_others() -> None:
    tracks = begun(picture(0, key=True))
    own = attrs.evolve(picture(S, key=True), data=join_prefixed([*OTHER.sets, b"\x65"]))
    same = attrs.evolve(own, dts=2 * S, pts=2 * S)
    assert taken(tracks, own, picture(S + FRAME), same) == [
        (S, True), (S + FRAME, False), (2 * S, False),
    ]  # fmt: skip
    assert tracks.formats["video"].sets == OTHER.sets


def test_sound_that_comes_late_or_changes_is_left_out_until_the_next_keyframe() -> None:
    for late in (AAC, AAC_OTHER):
        tracks = begun(picture(0, key=True), *([sound(10)] if late is AAC_OTHER else []))
        found = taken(
            tracks, sound(FRAME, late), picture(FRAME), sound(FRAME + 99, late),
            picture(2 * FRAME, key=True), sound(2 * FRAME + 9, late),
        )  # fmt: skip
        assert found == [None, (FRAME, False), None, (2 * FRAME, True), (2 * FRAME + 9, False)]
        assert tracks.formats["audio"] is late


def test_sound_that_is_gone_is_gone_at_the_next_keyframe() -> None:
    tracks = begun(picture(0, key=True), sound(10))
    for second in range(1, 6):
        taken(tracks, picture(second * S, key=True))
        assert "audio" in tracks.formats
    assert taken(tracks, picture(6 * S, key=True)) == [(6 * S, True)]
    assert list(tracks.formats) == ["video"]


def test_pictures_that_are_gone_come_back_with_a_keyframe() -> None:
    tracks = begun(picture(0, key=True), sound(10))
    for second in range(1, 6):
        assert taken(tracks, sound(second * S)) == [(second * S, False)]
    assert taken(tracks, sound(6 * S)) == [(6 * S, True)]
    assert taken(tracks, sound(6 * S + 1920)) == [(6 * S + 1920, False)]
    assert list(tracks.formats) == ["audio"]
    assert taken(tracks, picture(7 * S), sound(7 * S)) == [None, (7 * S, False)]
    assert taken(tracks, picture(8 * S, key=True), sound(8 * S)) == [(8 * S, True), (8 * S, False)]


def test_sound_alone_may_change_at_any_time() -> None:
    tracks = begun(sound(0), sound(1920))
    assert taken(tracks, sound(3840, AAC_OTHER)) == [(3840, True)]
    tracks.restart()
    assert taken(tracks, sound(S))[0] == (3840 + 1024 * S // 44100, True)


def test_a_pause_may_be_left_out_when_it_has_come() -> None:
    for late in (picture(S, key=True), sound(S)):
        tracks = begun(picture(0, key=True), sound(10))
        unit = tracks.take(attrs.evolve(late), [], {})
        assert unit is not None
        end = tracks.end_before
        assert tracks.without_pause(unit).dts == end
        assert taken(tracks, picture(S + FRAME)) == [(end - ORIGIN + FRAME, False)]


def test_sound_that_was_left_out_at_the_beginning_is_a_track_all_the_same() -> None:
    tracks = SegmentTracks()
    first = picture(0, key=True)
    assert tracks.take(first, [first], {"video": H264, "audio": AAC}) is not None
    assert taken(tracks, sound(100), picture(S, key=True)) == [(100, False), (S, False)]


def other(dts: int, of: TrackFormat = AAC_OTHER) -> AccessUnit:
    return AccessUnit(of, dts, dts, b"y", samples=1024, track=1)


def test_other_tracks_of_sound_are_where_the_first_is_on_the_line() -> None:
    tracks = SegmentTracks()
    found = taken(tracks, picture(7 * S, key=True), sound(7 * S), other(7 * S + 100))
    assert found == [(0, True), (0, False), (100, False)]
    assert sorted(tracks.formats) == ["audio", "audio1", "video"]


def test_one_that_comes_late_or_changes_begins_with_the_next_keyframe() -> None:
    tracks = begun(picture(0, key=True), sound(0))
    assert tracks.take(other(FRAME), [], {}) is None
    found = taken(tracks, picture(2 * FRAME, key=True), other(2 * FRAME))
    assert found == [(2 * FRAME, True), (2 * FRAME, False)]
    assert tracks.take(other(3 * FRAME, AAC), [], {}) is None
    assert taken(tracks, picture(4 * FRAME, key=True)) == [(4 * FRAME, True)]
    assert tracks.formats["audio1"] is AAC


def test_what_comes_before_everything_else_and_what_is_without_pictures_is_left_out() -> None:
    tracks = SegmentTracks()
    assert tracks.take(other(0), [], {}) is None
    found = taken(tracks, sound(0), other(0))
    assert found == [(0, True), None]
    assert list(tracks.formats) == ["audio"]
