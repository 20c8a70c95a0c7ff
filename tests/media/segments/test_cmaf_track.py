"""Samples of one track become parts that are no longer than they may be."""

from __future__ import annotations

import struct

from tests.media.remux import mp4_checks
from tests.media.remux.records import ASC, AVC, IDR, INTER
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.media.segments.cmaf_track import CmafTrack
from trio_srs.media.segments.packager import SegmentStart
from trio_srs.media.segments.part_rule import PartRule
from trio_srs.media.segments.rendition import Rendition, WindowRule
from trio_srs.wire.codec.nalu import join_prefixed

H264, AAC = format_of_record("h264", AVC), format_of_record("aac", ASC)
HZ, MS = 90_000, 90


def track(kind: str = "video", part_ms: int | None = 200) -> CmafTrack:
    window = WindowRule(length=100 * HZ, most_bytes=1 << 26)
    target = None if part_ms is None else PartRule(part_ms * MS, part_ms * MS)
    made = CmafTrack(Rendition(kind, ".m4s", "e", 5, window, target))
    made.format = H264 if kind == "video" else AAC
    made.begin(SegmentStart(HZ, 7000, True, {kind: made.format}))
    return made


def picture(at_ms: int, *, key: bool = False, cts_ms: int = 0, data: bytes = b"") -> AccessUnit:
    nalu = join_prefixed([(IDR if key else INTER) + data])
    dts = HZ + at_ms * MS
    return AccessUnit(H264, dts, dts + cts_ms * MS, nalu, key)


def sound(at: int, samples: int = 1024) -> AccessUnit:
    return AccessUnit(AAC, HZ + at, HZ + at, b"x", samples=samples)


def parts_ms(made: CmafTrack) -> list[float]:
    opened = made.rendition.open or made.rendition.segments[-1]
    return [round(part.duration / MS, 1) for part in opened.parts]


def checked(made: CmafTrack) -> mp4_checks.CheckedMp4:
    pieces = []
    for segment in made.rendition.segments:
        assert segment.init is not None
        for number, part in enumerate(segment.parts):
            first = number == 0 and segment is made.rendition.segments[0]
            data = part.data[0 if number else 24 :]
            if part.size:
                pieces.append((data, segment.init.data if first else None, number == 0))
    return mp4_checks.check(pieces)


def test_parts_are_as_long_as_they_may_be_and_there_as_soon_as_they_are_whole() -> None:
    made = track()
    for number in range(11):
        made.add(picture(number * 40, key=number == 0))
    assert parts_ms(made) == [200, 200], "the picture that waits begins the next"
    assert made.size > 0
    made.end(HZ + 440 * MS, goes_on=True)
    assert parts_ms(made) == [200, 200, 40]
    segment = made.rendition.segments[0]
    assert [part.is_independent for part in segment.parts] == [True, False, False]
    assert segment.date_ms == 7000
    assert len(checked(made).heads[0][1].samples) == 11


def shown_ms(made: CmafTrack) -> list[int]:
    """When each picture is."""
    found = []
    for head in checked(made).heads:
        for time, composition, *_ in head[1].samples:
            found.append((time + composition - (1 << 32) * (composition >> 31) - HZ) // MS)
    return found


def test_a_picture_that_lasts_longer_than_foreseen_fills_its_part_and_no_more() -> None:
    """Those behind it are decoded early for that, until there is room, and shown in time."""
    made, times = track(), (0, 40, 80, 120, 220, 260, 300, 340, 380)
    for at in times:
        made.add(picture(at, key=at == 0))
    made.end(HZ + 420 * MS, goes_on=True)
    assert parts_ms(made) == [200, 180, 40]
    assert shown_ms(made) == list(times)


def test_a_picture_may_be_early_over_the_border_of_a_segment() -> None:
    made = track()
    for at in (0, 40, 80, 120):
        made.add(picture(at, key=at == 0))
    made.end(HZ + 220 * MS, goes_on=True)
    assert parts_ms(made) == [200]
    made.begin(SegmentStart(HZ + 220 * MS, 7220, True, None))
    for at in (220, 260, 300, 340):
        made.add(picture(at, key=at == 220))
    made.end(HZ + 380 * MS, goes_on=True)
    assert parts_ms(made) == [180]
    first, second = made.rendition.segments
    assert (second.start - first.start, second.date_ms) == (200 * MS, 7200)
    assert shown_ms(made)[4:] == [220, 260, 300, 340]


def test_what_lasts_longer_than_a_part_may_is_a_part_and_a_gap() -> None:
    """It is one sample all the same, so that times of decoding add up."""
    made = track()
    for at in (0, 40, 80, 600, 640):
        made.add(picture(at, key=at == 0))
    made.end(HZ + 680 * MS, goes_on=True)
    assert parts_ms(made) == [200, 200, 200, 80]
    parts = made.rendition.segments[0].parts
    assert [bool(part.size) for part in parts] == [True, False, False, True]
    assert shown_ms(made) == [0, 40, 80, 600, 640]
    heard = track("audio")
    for at in (0, 1920, 3840, 5760, 46_080, 48_000):
        heard.add(sound(at))
    assert parts_ms(heard)[:3] == [200, 200, 112]


def test_sound_that_is_missing_for_little_is_made_up_for_by_what_is_before_and_behind_it() -> None:
    made = track("audio")
    missing = 8 * 1920 + 1900
    for number in range(30):
        made.add(sound(number * 1920 + (0 if number < 8 else missing - 8 * 1920)))
    lengths = parts_ms(made)
    assert max(lengths) <= 200
    assert min(lengths) >= 170


def test_reordered_pictures_are_shown_at_their_times_without_an_edit_list() -> None:
    made = track(part_ms=None)
    shown = []
    for number, cts in enumerate((80, 160, 80, 0, 80)):
        shown.append(number * 40 + cts)
        made.add(picture(number * 40, key=number == 0, cts_ms=cts))
    made.end(HZ + 200 * MS, goes_on=True)
    (head,) = checked(made).heads
    times = [time + composition - (1 << 32) * (composition >> 31)
             for time, composition, *_ in head[1].samples]  # fmt: skip
    assert [(time - HZ) // MS for time in times] == shown
    assert head[1].start == 0, "CMAF 9.2.1: no edit list"


def test_slices_that_come_by_themselves_are_of_one_sample_up_to_a_bound() -> None:
    made = track(part_ms=None)
    more = AccessUnit(H264, HZ, HZ, join_prefixed([bytes((0x41,)) * (1 << 22)]), False)
    more.continues = True
    made.add(more)  # of nothing
    made.add(picture(0, key=True))
    made.add(more)
    made.add(more)
    made.end(HZ + 40 * MS, goes_on=True)
    (sample,) = checked(made).heads[0][1].samples
    assert 1 << 22 < len(sample[4]) < (1 << 22) + 100


def test_fragments_are_bounded_whatever_the_times_are() -> None:
    made = track(part_ms=None)
    for number in range(4100):
        made.add(picture(number, key=number == 0))
    assert len(parts_ms(made)) == 2
    made = track(part_ms=None)
    for number in range(4):
        made.add(picture(number, key=number == 0, data=bytes(1 << 21)))
    assert len(parts_ms(made)) == 1


def test_sound_is_in_parts_of_whole_frames() -> None:
    made = track("audio")
    for number in range(20):
        made.add(sound(number * 1920))
    assert parts_ms(made) == [192, 192]
    made.end(HZ + 20 * 1920, goes_on=True)
    assert parts_ms(made) == [192, 192, 42.7]
    durations = {sample[2] for sample in checked(made).heads[0][1].samples}
    assert durations == {1024}


def test_a_gap_in_sound_is_filled_by_the_frame_before_it_if_that_is_there() -> None:
    made = track("audio", part_ms=None)
    for at in (0, 1920, 9000, 10920):
        made.add(sound(at))
    made.end(HZ + 12840, goes_on=True)
    samples = checked(made).heads[0][1].samples
    assert [sample[2] for sample in samples] == [1024, 3776, 1024, 1024]
    made = track("audio", part_ms=30)
    for at in (0, 9000):
        made.add(sound(at))
    made.end(HZ + 10920, goes_on=True)
    assert [sample[0] for sample in checked(made).heads[0][1].samples] == [48000, 48000 + 4800]


def test_the_last_picture_of_all_lasts_as_long_as_the_one_before() -> None:
    made = track()
    made.add(picture(0, key=True))
    made.add(picture(33))
    made.end(HZ + 150 * MS, goes_on=False)
    assert parts_ms(made) == [66]
    made.end(HZ + 6000 * MS, goes_on=False)
    assert len(made.rendition.segments) == 1, "there is nothing to end"


def test_a_track_that_has_ended_before_the_others_has_a_gap_up_to_a_break() -> None:
    made = track()
    made.add(picture(0, key=True))
    made.end(HZ + 300 * MS, goes_on=False)
    assert parts_ms(made) == [40, 200, 60]


def test_without_parts_the_last_frame_lasts_until_the_segment_is_over() -> None:
    made = track(part_ms=None)
    made.add(picture(0, key=True))
    made.end(HZ + 500 * MS, goes_on=True)
    assert parts_ms(made) == [500]
    heard = track("audio", part_ms=None)
    heard.add(sound(0))
    heard.end(HZ + 500 * MS, goes_on=True)
    assert parts_ms(heard) == [500]
    checked(heard)


def test_a_frame_that_comes_less_than_a_frame_late_goes_on_where_the_last_has_ended() -> None:
    made = track("audio", part_ms=None)
    made.add(sound(0))
    made.add(sound(1920 + 1800))
    made.add(sound(2 * 1920 + 5000))
    made.end(HZ + 12000, goes_on=True)
    times = [sample[0] for sample in checked(made).heads[0][1].samples]
    assert times == [48000, 48000 + 1024, 48000 + 2 * 1024 + 2667]


def test_what_nothing_came_for_is_a_gap() -> None:
    made = track()
    made.add(picture(0, key=True))
    made.end(HZ + 540 * MS, goes_on=True)
    assert parts_ms(made) == [40, 200, 200, 100]
    made.begin(SegmentStart(HZ + 540 * MS, 7540, False, None))
    made.end(HZ + 940 * MS, goes_on=True)
    segment = made.rendition.segments[1]
    assert segment.is_gap
    assert [part.listed.is_gap for part in segment.parts] == [True, True]
    made = track(part_ms=None)
    made.end(HZ, goes_on=False)
    assert made.rendition.segments[0].duration == 1


def test_another_configuration_has_another_init_segment() -> None:
    made = track()
    made.add(picture(0, key=True))
    made.end(HZ + 40 * MS, goes_on=False)
    made.format = AAC
    made.begin(SegmentStart(HZ + 40 * MS, 7040, True, {"audio": AAC}))
    made.add(sound(40 * MS))
    made.end(HZ + 60 * MS, goes_on=False)
    first, second = made.rendition.segments
    assert first.init is not None
    assert second.init is not None
    assert first.init.name != second.init.name
    assert second.is_break
    assert struct.unpack_from(">I", first.init.data)[0] == 28
