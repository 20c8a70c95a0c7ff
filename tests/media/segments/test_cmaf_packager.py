"""Pictures and sound are cut by one line, however they come."""

from __future__ import annotations

from collections.abc import Iterable

from tests.media.remux.records import ASC, AVC, IDR, INTER
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.media.segments.cmaf_packager import CmafPackager
from trio_srs.media.segments.packager import SegmentStart
from trio_srs.media.segments.part_rule import PartRule
from trio_srs.media.segments.rendition import Rendition, WindowRule
from trio_srs.wire.codec.nalu import join_prefixed

AAC = format_of_record("aac", ASC)
FORMATS = {
    "video": format_of_record("h264", AVC),
    **dict.fromkeys(("audio", "audio1", "audio2", "audio10"), AAC),
}
BOTH = {kind: FORMATS[kind] for kind in ("video", "audio")}
HZ = 90_000


def packager(*kinds: str, part_rule: PartRule | None = None) -> CmafPackager:
    window = WindowRule(length=100 * HZ, most_bytes=1 << 26)

    def rendition(kind: str, number: int) -> Rendition:
        return Rendition(kind, ".m4s", "e", number, window, part_rule)

    made = CmafPackager(rendition, 5, part_rule)
    made.begin(SegmentStart(0, 0, True, {kind: FORMATS[kind] for kind in kinds}))
    return made


def picture(dts: int, *, key: bool = False) -> AccessUnit:
    return AccessUnit(FORMATS["video"], dts, dts, join_prefixed([IDR if key else INTER]), key)


def sound(dts: int) -> AccessUnit:
    return AccessUnit(FORMATS["audio"], dts, dts, b"x", samples=1024)


def take(made: CmafPackager, units: Iterable[AccessUnit], cut_at: int) -> None:
    """Give all of it, cut before the picture of that time."""
    for unit in units:
        if unit.format.kind == "video" and unit.dts == cut_at:
            made.cut(SegmentStart(cut_at, 0, True, None))
        made.add(unit)


def counts(made: CmafPackager, name: str = "audio") -> list[int]:
    """Bytes of sound in each segment: one for each frame."""
    (rendition,) = (each for each in made.renditions if each.name == name)
    return [round(segment.duration / 1920) for segment in rendition.segments]


PICTURES = [picture(number * 3600, key=number % 25 == 0) for number in range(51)]
SOUND = [sound(number * 1920) for number in range(94)]


def ordered(by: int) -> list[AccessUnit]:
    """As they come if sound is so much later than pictures."""
    return sorted(
        [*PICTURES, *SOUND], key=lambda unit: unit.dts + (by if unit.format.kind == "audio" else 0)
    )


def test_sound_is_cut_where_pictures_are_however_it_comes() -> None:
    for by in (-40_000, 0, 40_000):
        made = packager("video", "audio")
        take(made, ordered(by), HZ)
        assert made.size > 0
        made.finish(2 * HZ)
        assert counts(made) == [47, 47], by
        assert [each.name for each in made.renditions] == ["video", "audio"]


def test_sound_is_cut_with_the_picture_if_all_that_is_before_it_has_come() -> None:
    """Then the playlist need not wait for what is behind it."""
    before = [unit for unit in ordered(0) if unit.dts < HZ]
    for missing, last in ((0, 5), (1, 4)):
        made = packager("video", "audio")
        sounds = [unit for unit in before if unit.format.kind == "audio"]
        pictures = [unit for unit in before if unit.format.kind == "video"]
        come = [*pictures, *sounds[: len(sounds) - missing], PICTURES[25]]
        take(made, sorted(come, key=lambda unit: unit.dts), HZ)
        video, audio = made.renditions
        assert (video.last_number, audio.last_number) == (5, last)


def test_sound_that_is_very_late_is_not_waited_for() -> None:
    made = packager("video", "audio")
    take(made, [*PICTURES, picture(51 * 3600)], HZ)
    audio = made.renditions[1]
    assert [segment.is_gap for segment in audio.segments] == [True]


def test_sound_that_is_very_far_ahead_does_not_wait() -> None:
    made = packager("video", "audio")
    take(made, [PICTURES[0], *SOUND], -1)
    assert 0 < made.size < 94 + len(PICTURES[0].data)


def test_what_waits_comes_at_the_end() -> None:
    made = packager("video", "audio")
    take(made, [*PICTURES[:26], *SOUND[60:80]], HZ)
    made.finish(2 * HZ)
    video, audio = made.renditions
    assert video.last_number == audio.last_number == 6
    assert [segment.is_gap for segment in audio.segments] == [True, False]


def test_sound_alone_waits_for_nobody() -> None:
    made = packager("audio")
    for unit in SOUND:
        if unit.dts == 46 * 1920:
            made.cut(SegmentStart(unit.dts, 0, True, None))
        made.add(unit)
    made.finish(94 * 1920)
    assert counts(made) == [46, 48]


def test_a_track_that_comes_later_has_the_numbers_of_the_others() -> None:
    made = packager("video")
    take(made, PICTURES[:26], HZ)
    made.finish(2 * HZ)
    made.begin(SegmentStart(2 * HZ, 0, True, BOTH))
    made.add(picture(2 * HZ, key=True))
    made.add(sound(2 * HZ))
    made.finish(3 * HZ)
    video, audio = made.renditions
    assert [segment.number for segment in video.segments] == [5, 6, 7]
    assert [segment.number for segment in audio.segments] == [7]
    made.begin(SegmentStart(3 * HZ, 0, True, {"audio": FORMATS["audio"]}))
    made.add(sound(3 * HZ))
    made.cut(SegmentStart(4 * HZ, 0, True, None))
    assert video.segments[-1].is_gap
    assert not audio.segments[-1].is_gap


def test_the_part_target_is_known_before_the_first_part_has_to_be_whole() -> None:
    for kinds in (("video", "audio"), ("video",), ("audio",)):
        rule = PartRule(HZ // 5)
        made = packager(*kinds, part_rule=rule)
        for unit in ordered(0):
            if unit.format.kind in kinds:
                made.add(unit)
            if any(rendition.has_parts for rendition in made.renditions):
                break
        assert rule.target is not None
        assert 18_000 <= rule.target <= 18_500


def test_the_part_target_is_known_when_a_segment_ends_at_the_latest() -> None:
    rule = PartRule(HZ)
    made = packager("video", part_rule=rule)
    made.add(PICTURES[0])
    made.finish(3600)
    assert rule.target == HZ


def test_segments_do_not_wait_long_for_sound_that_was_never_late() -> None:
    made = packager("video", "audio")
    take(made, [unit for unit in ordered(0) if unit.format.kind == "video" or unit.dts < HZ], HZ)
    (video, audio) = made.renditions
    assert video.last_number == audio.last_number == 5
    made = packager("video", "audio")
    take(made, ordered(HZ * 3 // 4)[: 25 + 22 + 12], HZ)
    assert made.renditions[1].last_number == 4, "it was late before: it may still come"


def test_what_is_over_before_its_sound_has_come_is_over_in_order() -> None:
    made = packager("video", "audio")
    take(made, PICTURES[:27], HZ)
    made.finish(HZ + 2 * 3600)
    assert [rendition.last_number for rendition in made.renditions] == [6, 6]


def test_a_rendition_that_comes_late_counts_discontinuities_as_the_others_do() -> None:
    made = packager("video")
    take(made, PICTURES[:25], -1)
    made.finish(HZ)
    made.begin(SegmentStart(HZ, 0, True, BOTH))
    video, audio = made.renditions
    assert (video.discontinuities, audio.discontinuities) == (0, 1)
    assert audio.first_number == 6


def test_each_track_of_sound_has_a_rendition_and_is_cut_by_the_same_line() -> None:
    rule = PartRule(HZ // 5)
    made = packager("video", "audio10", "audio2", "audio", part_rule=rule)
    assert [each.name for each in made.renditions] == ["video", "audio", "audio2", "audio10"]
    frames = [picture(n * 3600, key=n % 25 == 0) for n in range(60)]
    sounds = [
        AccessUnit(FORMATS["audio"], n * 1920, n * 1920, b"x", samples=1024, track=track)
        for n in range(112)
        for track in (0, 2, 10)
    ]
    take(made, sorted([*frames, *sounds], key=lambda unit: unit.dts), HZ)
    made.finish(60 * 3600)
    for rendition in made.renditions:
        assert [each.number for each in rendition.segments] == [5, 6]
        first, second = rendition.segments
        assert abs(first.duration - HZ) < 1920
        assert abs(second.start - HZ) < 1920
        assert len(first.parts) >= 4, "with parts, as all have"


def test_a_track_of_sound_that_stops_is_a_gap_and_holds_up_nobody() -> None:
    made = packager("video", "audio", "audio1")
    take(made, [picture(n * 3600, key=n % 25 == 0) for n in range(30)], HZ)
    made.finish(30 * 3600)
    assert [len(each.segments) for each in made.renditions] == [2, 2, 2]
    assert all(each.is_gap for each in made.renditions[2].segments)
