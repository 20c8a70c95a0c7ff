"""Segments of HLS and DASH stand on one line of time, with the frames that are in them."""

from __future__ import annotations

from copy import copy
from itertools import pairwise
from typing import Final

import pytest

from tests.media.packaging.test_dash_rules import seen
from tests.media.packaging.viewings import FOLDER, SITE, altered, sound_viewing
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.presented import PresentedRendition, judged, presented
from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.wire.ts.packet import CLOCK_HZ, WRAP_TICKS

VIDEO: Final = f"{FOLDER}video.m3u8"


def of(fetched: list[Fetched]) -> list[PresentedRendition]:
    """The renditions that are judged."""
    viewing = Viewing(fetched)
    return judged(viewing, presented(viewing))


def timed_otherwise(content: SegmentContent, units: list[AccessUnit]) -> SegmentContent:
    """The same with other times; the tests share what they have read."""
    by_kind: dict[str, list[AccessUnit]] = {}
    for unit in sorted(units, key=lambda unit: unit.format.kind, reverse=True):
        by_kind.setdefault(unit.format.kind, []).append(unit)
    made = copy(content)
    made.__dict__.update(_read=(units, []), by_kind=by_kind)
    return made


def steps_ms(rendition: PresentedRendition) -> set[int]:
    """From one frame of a track to the next."""
    lanes: dict[str, list[int]] = {}
    for unit in rendition.units():
        lanes.setdefault(unit.lane, []).append(unit.dts)
    return {(b - a) // 90 for times in lanes.values() for a, b in pairwise(times)}


@pytest.mark.parametrize(
    ("name", "kinds", "steps"),
    [
        ("ts", [{"video", "audio"}], {100, 128}),
        ("plain", [{"video"}, {"audio"}], {100}),
        ("twice", [{"video"}, {"audio"}], {100}),
        ("alone", [{"video"}], {100}),
        ("sound", [{"audio"}], {128}),
    ],
)
def test_the_frames_of_what_a_player_begins_with_go_on(
    name: str, kinds: list[set[str]], steps: set[int]
) -> None:
    made = of(sound_viewing(name))
    assert [rendition.kinds for rendition in made] == kinds
    assert steps_ms(made[0]) == steps


def test_behind_a_discontinuity_the_clock_of_all_goes_on() -> None:
    viewing = Viewing(sound_viewing("twice"))
    for rendition, segment, content in viewing.segments:  # ours goes on; others' begin anew
        if segment.discontinuity:
            units = [unit.later(3600 * CLOCK_HZ) for unit in content.units]
            segment.content = timed_otherwise(content, units)
        assert rendition.segments[segment.number] is segment
    video, sound = judged(viewing, presented(viewing))
    [at] = [n for n, each in enumerate(video.segments) if n and each.is_discontinuity]
    before, after = video.segments[at - 1], video.segments[at]
    assert after.begins == before.ends
    assert after.offset != before.offset
    offsets = {segment.breaks: segment.offset for segment in video.segments}
    assert {segment.breaks: segment.offset for segment in sound.segments} == offsets


def test_neighbours_follow_each_other_without_a_discontinuity() -> None:
    video = of(sound_viewing("twice"))[0]
    pairs = [(before.number, after.number) for before, after in video.neighbours]
    assert (100, 101) in pairs
    assert (102, 103) not in pairs


def test_a_playlist_alone_is_judged_as_it_is() -> None:
    fetched = [each for each in sound_viewing("plain") if each.url != f"{SITE}.m3u8"]
    assert [rendition.name for rendition in of(fetched)] == [VIDEO, f"{FOLDER}audio.m3u8"]
    first = Viewing([each for each in fetched if "audio" not in each.url])
    assert [rendition.name for rendition in judged(first, presented(first))] == [VIDEO]


def test_without_variants_there_is_nothing_to_begin_with() -> None:
    empty = b'#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="a.m3u8"\n'
    fetched = altered(sound_viewing("plain"), f"{SITE}.m3u8", lambda _: empty)
    viewing = Viewing(fetched)
    assert judged(viewing, presented(viewing)) == []


def test_what_was_not_got_has_no_place_and_the_rest_stays_where_it_was() -> None:
    lost = [each for each in sound_viewing("plain") if "video-e-102.m4s" not in each.url]
    whole, holed = of(sound_viewing("plain"))[0], of(lost)[0]
    assert (holed.segments[2].begins, holed.segments[2].ends) == (None, None)
    assert holed.segments[3].begins == whole.segments[3].begins
    assert max(steps_ms(holed)) == 1100
    first = [each for each in sound_viewing("plain") if "video-e-100.m4s" not in each.url]
    assert of(first)[0].segments[1].begins == whole.segments[1].begins


def test_times_go_on_where_33_bits_go_round() -> None:
    viewing = Viewing(sound_viewing("ts"))
    late = WRAP_TICKS - 3 * CLOCK_HZ
    for _, segment, content in viewing.segments:
        begins = content.units[0].dts + late  # one that is read goes on beyond the end
        units = [unit.later(begins % WRAP_TICKS - content.units[0].dts) for unit in content.units]
        segment.content = timed_otherwise(content, units)
    [wrapped] = judged(viewing, presented(viewing))
    assert steps_ms(wrapped) == {100, 128}


def test_a_manifest_has_its_line_of_time() -> None:
    made = of(seen("plain"))
    assert [rendition.kinds for rendition in made] == [{"video"}, {"audio"}]
    assert steps_ms(made[0]) == {100}
    assert sum(each.is_discontinuity for each in made[0].segments) == 0
    changed = of(seen("change"))[0]
    [at] = [n for n, each in enumerate(changed.segments) if each.is_discontinuity]
    begins, ends = changed.segments[at].begins, changed.segments[at - 1].ends
    assert begins == pytest.approx(ends, abs=CLOCK_HZ // 10)
    lost = of([each for each in seen("plain") if "init" not in each.url])
    assert lost == []
