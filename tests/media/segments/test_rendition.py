"""A rendition keeps a window of segments; numbers never go back, and names never return."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.segments.ciphers import PlainCipher
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.part_rule import PartRule
from trio_srs.media.segments.rendition import Rendition, WindowRule
from trio_srs.media.segments.segment import InitSegment, Segment, SegmentPart, TrackInit
from trio_srs.media.segments.segment_keys import SegmentKeys
from trio_srs.wire.hls.media_playlist import MediaPlaylist, RenditionReport, ServerControl
from trio_srs.wire.hls.playlist_reader import read_media_playlist

WINDOW = WindowRule(length=14 * HZ, most_bytes=1 << 20)


def rendition(
    window: WindowRule = WINDOW, part_target: int | None = None, target_s: int | None = 2
) -> Rendition:
    parts = None if part_target is None else PartRule(part_target, part_target)
    return Rendition("v", ".m4s", "e", 100, window, parts, target_s)


def add(
    made: Rendition,
    seconds: float = 2.0,
    size: int = 10,
    parts: int = 1,
    *,
    is_break: bool = False,
    init: bytes | None = None,
    is_open: bool = False,
) -> None:
    said = None if init is None else TrackInit(init, TrackFormat("h264"), HZ)
    made.begin(0, 0, said, is_break=is_break)
    for number in range(parts):
        data = bytes(size // parts)
        made.add_part(data, round(seconds * HZ / parts), is_independent=number == 0)
    if not is_open:
        made.end()


def numbers(made: Rendition) -> list[int]:
    return [segment.number for segment in made.segments]


def test_it_is_ready_with_the_first_whole_segment() -> None:
    made = rendition(target_s=None)
    assert not made.is_ready
    assert made.last_number == 99
    assert not made.has_parts
    add(made, is_open=True)
    assert made.has_parts
    assert not made.is_ready
    made.end()
    assert not made.is_ready
    made.target_s = 2
    assert made.is_ready
    assert made.last_number == 100


def test_what_is_older_than_the_window_is_not_listed_but_kept_as_long_again() -> None:
    made = rendition()
    for _ in range(20):
        add(made)
    assert numbers(made) == list(range(113, 120))
    assert made.playlist().media_sequence == 113
    assert made.find("v-e-105.m4s") is None
    kept = made.find("v-e-106.m4s")
    assert isinstance(kept, Segment)
    assert made.size == 14 * 10


@pytest.mark.parametrize(
    ("target_s", "seconds", "listed"), [(2, 1.0, 14), (10, 1.0, 30), (20, 20.0, 6)]
)
def test_six_segments_and_three_targets_are_listed_at_least(
    target_s: int, seconds: float, listed: int
) -> None:
    made = rendition(target_s=target_s)
    for _ in range(50):
        add(made, seconds)
    assert len(numbers(made)) == listed


def test_bytes_are_bounded_before_everything_else() -> None:
    made = rendition(WindowRule(length=100 * HZ, most_bytes=1000))
    for _ in range(10):
        add(made, size=300)
    assert numbers(made) == [107, 108, 109]
    assert made.size == 900
    add(made, size=5000)
    assert numbers(made) == [110]


def test_what_is_listed_no_longer_goes_first_when_bytes_are_too_many() -> None:
    made = rendition(WindowRule(length=14 * HZ, most_bytes=130))
    for _ in range(13):
        add(made)
    assert numbers(made) == list(range(106, 113))
    add(made, size=100)
    assert made.size == 130
    assert made.find("v-e-109.m4s") is None


def test_a_discontinuity_counts_when_it_is_no_longer_listed() -> None:
    made = rendition()
    for number in range(9):
        add(made, is_break=number in {0, 2, 4})
    said = made.playlist()
    assert (said.media_sequence, said.discontinuity_sequence) == (102, 0)
    assert said.segments[0].is_discontinuity
    add(made)
    assert made.playlist().discontinuity_sequence == 1
    assert not made.segments[0].is_break


def test_the_first_segment_of_all_goes_on_with_nothing_and_is_no_discontinuity() -> None:
    made = rendition()
    add(made, is_break=True)
    assert not made.playlist().segments[0].is_discontinuity


def test_an_init_segment_is_kept_as_long_as_anything_needs_it() -> None:
    made = rendition()
    for number in range(30):
        add(made, init=b"one" if number < 10 else b"two")
        name = "v-e-100-init.mp4" if number < 10 else "v-e-110-init.mp4"
        kept = made.find(name)
        assert isinstance(kept, InitSegment)
        assert (made.find("v-e-100-init.mp4") is not None) is (number < 23)
    assert made.playlist().segments[0].init == made.segments[0].listed_init


def test_the_highest_and_the_average_rate_are_of_whole_segments() -> None:
    made = rendition()
    add(made, size=1000)
    add(made, size=500)
    assert (made.peak_rate, made.average_rate) == (4000, 3000)


def test_parts_are_found_before_their_segment_is_whole() -> None:
    made = rendition(part_target=HZ)
    add(made, parts=2, is_open=True)
    part = made.find("v-e-100.1.m4s")
    assert isinstance(part, SegmentPart)
    assert made.find("v-e-100.m4s") is None
    assert made.next_part_name == "v-e-100.2.m4s"
    assert made.has_parts
    made.end()
    assert made.find("v-e-100.m4s") is made.segments[0]
    assert made.next_part_name == "v-e-101.0.m4s"


def test_what_a_low_latency_playlist_says() -> None:
    made = rendition(part_target=HZ)
    for _ in range(7):
        add(made, parts=2, init=b"i")
    add(made, seconds=1.0, init=b"i", is_open=True)
    said = made.playlist((RenditionReport("a.m3u8", 3, 4),))
    assert said.server_control == ServerControl(True, 3.0, 6.0, 12.0)
    assert said.part_target_s == 1.0
    assert [len(segment.parts) for segment in said.segments] == [0, 0, 0, 0, 2, 2, 2]
    assert [part.uri for part in said.parts] == ["v-e-107.0.m4s"]
    assert [hint.uri for hint in said.hints] == ["v-e-107.1.m4s"]
    assert said.reports == (RenditionReport("a.m3u8", 3, 4),)
    assert said.open_date_ms == 0
    assert read_media_playlist(said.write()).write() == said.write()


def test_a_plain_playlist_says_nothing_of_parts() -> None:
    made = rendition()
    add(made)
    add(made, is_open=True)
    said = made.playlist((RenditionReport("a.m3u8", 3, 4),))
    assert (said.part_target_s, said.server_control) == (None, None)
    assert not (said.parts)
    assert not (said.hints)
    assert not (said.reports)
    assert not (said.segments[0].parts)


def test_an_ended_playlist_hints_at_nothing() -> None:
    made = rendition(part_target=HZ)
    add(made)
    made.has_ended = True
    said = made.playlist()
    assert said.is_ended
    assert said.hints == ()


def test_a_segment_that_begins_without_a_keyframe_is_not_called_independent() -> None:
    made = rendition()
    add(made)
    assert made.playlist().independent_segments
    made.begin(0, 0, has_key=False)
    made.add_part(b"x", HZ, is_independent=False)
    made.end()
    assert not made.playlist().independent_segments


def test_how_far_it_has_come_is_reported() -> None:
    plain, parts = rendition(), rendition(part_target=HZ)
    add(plain)
    assert plain.report == RenditionReport("v.m3u8", 100)
    add(parts, parts=2)
    assert parts.report == RenditionReport("v.m3u8", 100, 1)
    parts.begin(0, 0)
    assert parts.report == RenditionReport("v.m3u8", 100, 1)
    parts.add_part(b"x", HZ, is_independent=True)
    assert parts.report == RenditionReport("v.m3u8", 101, 0)


def test_what_is_there_is_known_by_number_and_part() -> None:
    made = rendition(part_target=HZ)
    add(made, parts=2)
    assert made.has(99)
    assert made.has(100, 1)
    assert not made.has(100, 7), "behind the end of a whole segment is the next one's beginning"
    assert not made.has(101)
    assert not made.has(101, 0)
    add(made, parts=1, is_open=True)
    assert made.has(101, 0)
    assert made.has(100, 7)
    assert [made.parts_of(number) for number in (99, 100, 101, 102)] == [0, 2, 1, 0]
    assert not made.has(101, 1)
    assert not made.has(102, 0)
    assert not made.has(101)


def test_every_change_has_another_revision() -> None:
    made, seen = rendition(), [0]
    made.begin(0, 0)
    made.add_part(b"x", HZ, is_independent=True)
    seen.append(made.revision)
    made.end()
    seen.append(made.revision)
    assert all(before < after for before, after in pairwise(seen))


def _merged(full: MediaPlaylist, delta: MediaPlaylist) -> MediaPlaylist:
    segments = (*full.segments[: delta.skipped], *delta.segments)
    return attrs.evolve(delta, segments=segments, skipped=0)


@given(st.lists(st.tuples(st.floats(0.5, 2), st.booleans()), min_size=1, max_size=40))
@pytest.mark.property
def test_a_delta_update_leaves_out_what_is_far_from_the_end_and_nothing_else(
    said: list[tuple[float, bool]],
) -> None:
    made = rendition(WindowRule(length=60 * HZ, most_bytes=1 << 20), part_target=HZ)
    for seconds, is_break in said:
        add(made, seconds, is_break=is_break, init=b"i")
    full, delta = made.playlist(), made.playlist(is_delta=True)
    assert _merged(full, delta) == full
    behind = sum(segment.duration_s for segment in full.segments[delta.skipped :])
    if delta.skipped:
        assert behind > 12 - 0.001, "bis 6.2.5.1: nothing nearer than the skip boundary"
        assert delta.segments[0].duration_s + 12 >= behind - 0.001, "and all that is farther"


def test_a_segment_is_encrypted_when_it_is_whole_and_its_key_goes_with_it() -> None:
    keys = SegmentKeys(PlainCipher(), "key-e", 1)
    made = rendition(WindowRule(length=4 * HZ, most_bytes=1 << 20))
    made.keys = keys
    add(made, parts=2, is_open=True)
    assert made.find("v-e-100.0.m4s") is None
    segment = made.end()
    assert segment.key is not None
    assert segment.key is keys.find("key-e-100.key")
    iv = (100).to_bytes(16, "big")
    assert [part.data for part in segment.parts] == [segment.key.data + iv + bytes(10)]
    assert made.size == segment.size == 42
    assert segment.duration == 2 * HZ
    add(made, size=0)
    assert made.segments[-1].key is None, "a gap"
    for _ in range(40):
        add(made)
    assert keys.find("key-e-100.key") is None
    assert made.size == sum(each.size for each in (*made.segments, *made._left))


def test_a_segment_has_another_name_by_when_it_begins() -> None:
    made = rendition(WindowRule(length=6 * HZ, most_bytes=1 << 20))
    for number in range(20):
        init = TrackInit(b"1" if number < 15 else b"2", TrackFormat("h264"), HZ)
        made.begin(0, 0, init, media_start=50 + 40 * number, came_ms=7)
        assert made.coming == f"v-e-{100 if number < 15 else 115}t{50 + 40 * number}.m4s"
        made.add_part(b"one", HZ, is_independent=True, media_end=90 + 40 * number)
        made.add_part(b"", HZ, is_independent=False)
        segment = made.end()
        assert (segment.media_start, segment.media_end) == (50 + 40 * number, 90 + 40 * number)
        assert segment.came_ms == 7
        assert made.coming == f"v-e-{100 if number < 15 else 115}t{90 + 40 * number}.m4s"
    assert made.find("v-e-100t610.m4s") is made.find("v-e-114.m4s") is not None
    assert made.find("v-e-115t650.m4s") is made.find("v-e-115.m4s") is not None
    assert made.find("v-e-100t50.m4s") is None, "it is as long ago as its name"
    plain = rendition()
    add(plain)
    assert plain.coming == ""
