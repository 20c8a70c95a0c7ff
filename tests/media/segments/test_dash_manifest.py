"""A manifest lists what there is, by the rules of the live profile."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import pytest

from tests.media.remux.records import AVC_OTHER, Message, aac, aac_head, head, live
from tests.media.segments.streams import FMP4, RULE, START_MS, bytes_of, presented
from tests.media.segments.test_presentation import with_other_sounds
from tests.media.segments.test_segmenter import pictures, sounds
from trio_srs.media.segments.dash_manifest import DashManifest, DashRule
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.sound_label import read_label
from trio_srs.wire.dash.manifest import LOW_LATENCY_PROFILE, Manifest, Representation
from trio_srs.wire.dash.manifest_reader import read_manifest

PLAIN = DashRule(segment_s=2.0, window_s=20.0)
FAST = DashRule(segment_s=2.0, window_s=20.0, is_low_latency=True)


def listed(made: Presentation, rule: DashRule = PLAIN, now_ms: int = START_MS) -> Manifest:
    manifest = DashManifest(made, rule).at(now_ms)
    text = manifest.write()
    assert read_manifest(text).write() == text
    return manifest


def tracks(manifest: Manifest) -> Iterable[Representation]:
    return (
        one for period in manifest.periods for each in period.sets for one in each.representations
    )


def check(made: Presentation, manifest: Manifest) -> None:
    """Everything listed is kept under that name, and is when it is said to be."""
    for one in tracks(manifest):
        rendition = made.rendition(one.id)
        assert rendition is not None
        init = one.template.initialization_url(one.id, one.bandwidth)
        assert rendition.find(init) is not None
        for segment in one.template.segments():
            found = rendition.find(one.template.url(one.id, one.bandwidth, segment))
            assert isinstance(found, Segment)
            assert found.media_start == segment.time
            assert found.media_end == segment.time + segment.duration
            assert bytes_of(found)


def test_a_live_stream_is_listed() -> None:
    made = presented(live(9), FMP4)
    manifest = listed(made, now_ms=START_MS + 9000)
    check(made, manifest)
    assert manifest.available_from_ms == pytest.approx(START_MS, abs=100)
    assert (manifest.published_ms, manifest.update_s) == (START_MS + 9000, 1.0)
    assert (manifest.window_s, manifest.delay_s, manifest.min_buffer_s) == (20.0, 6.0, 2.0)
    assert (manifest.longest_segment_s, manifest.duration_s) == (2.4, None)
    assert (manifest.latency, manifest.location, manifest.timings) == (None, "", ())
    (period,) = manifest.periods
    assert (period.id, period.duration_s) == ("100", None)
    assert period.start_s == 0
    video, sound = period.sets
    assert (video.id, video.mime_type, video.content_type) == (1, "video/mp4", "video")
    assert (sound.id, sound.mime_type, sound.content_type) == (2, "audio/mp4", "audio")
    assert video.access_type == 1
    one, other = tracks(manifest)
    assert (one.codecs, one.width, one.height, one.frame_rate) == ("avc1.64001f", 320, 242, 25.0)
    assert (other.codecs, other.sample_rate, other.channels) == ("mp4a.40.2", 48_000, 2)
    assert other.frame_rate is None
    assert len(list(one.template.segments())) == 4
    assert one.template.is_complete
    assert one.template.availability_time_offset_s is None


def test_each_track_of_sound_is_a_set_to_choose_from() -> None:
    made = presented(with_other_sounds(5, 1, 2), FMP4)
    labels = (read_label("de: Originalton"), read_label("en"))
    manifest = listed(made, attrs.evolve(PLAIN, labels=labels), START_MS + 5000)
    check(made, manifest)
    (period,) = manifest.periods
    assert [(each.id, each.content_type, each.mime_type) for each in period.sets] == [
        (1, "video", "video/mp4"), (2, "audio", "audio/mp4"), (3, "audio", "audio/mp4"),
        (4, "audio", "audio/mp4"),
    ]  # fmt: skip
    assert [(each.language, each.label, each.is_main) for each in period.sets] == [
        ("", "", True), ("de", "Originalton", True), ("en", "en", False), ("", "", False),
    ]  # fmt: skip
    assert [each.id for each in tracks(manifest)] == ["video", "audio", "audio1", "audio2"]
    counts = {len(list(each.template.segments())) for each in tracks(manifest)}
    assert counts == {2}


def test_urls_are_below_a_folder() -> None:
    made = presented(live(5), FMP4)
    manifest = DashManifest(made, PLAIN).at(0, "a/b/", location="a/b/m.mpd", clock="a/b/utc")
    assert manifest.location == "a/b/m.mpd"
    assert [each.value for each in manifest.timings] == ["a/b/utc"]
    for one in tracks(manifest):
        assert one.template.media == f"a/b/{one.id}-e-100t$Time$.m4s"
        assert one.template.initialization == f"a/b/{one.id}-e-100-init.mp4"


def test_the_window_moves_and_nothing_in_it_changes() -> None:
    made = Presentation(FMP4, RULE, "e", 100)
    lister = DashManifest(made, PLAIN)
    before: Manifest | None = None
    for type_id, timestamp_ms, body in live(60):
        made.write(type_id, timestamp_ms, body, START_MS + timestamp_ms)
        if type_id == 9 and timestamp_ms % 1000 == 0 and made.is_ready:
            now = lister.at(START_MS + timestamp_ms)
            check(made, now)
            if before is not None:
                assert now.available_from_ms == before.available_from_ms
                for old, new in zip(tracks(before), tracks(now), strict=True):
                    assert (old.id, old.bandwidth, old.codecs) == (
                        new.id,
                        new.bandwidth,
                        new.codecs,
                    )
                    was, is_now = list(old.template.segments()), list(new.template.segments())
                    gone = [each.time for each in was].index(is_now[0].time)
                    for each, same in zip(was[gone:], is_now, strict=False):
                        assert each[1:] == same[1:], "it only grows and goes"
            before = now
    assert before is not None
    (period,) = before.periods
    assert period.sets[0].representations[0].template.timeline[0].time > 30 * 90_000


def test_nothing_is_listed_before_there_is_a_segment() -> None:
    made = presented(live(1), FMP4)
    manifest = DashManifest(made, FAST).at(START_MS)
    assert manifest.periods == ()
    assert manifest.latency is not None
    assert manifest.latency.reference_id == 1


def test_another_size_is_another_period_with_another_init_segment() -> None:
    made = presented([*live(4), head(AVC_OTHER, 4000), *pictures(4, start_ms=4000)], FMP4)
    manifest = listed(made)
    check(made, manifest)
    before, after = manifest.periods
    assert before.duration_s is None, "it lasts to the next"
    one, other = before.sets[0].representations[0], after.sets[0].representations[0]
    assert one.template.initialization != other.template.initialization
    assert [len(each.sets) for each in manifest.periods] == [2, 1]
    assert after.start_s - before.start_s == pytest.approx(4, abs=0.3)
    assert list(one.template.segments())[-1].time < other.template.timeline[0].time


def test_what_is_over_says_how_long_it_was() -> None:
    made = presented(live(9), FMP4)
    made.restart(START_MS + 9000)
    made.end()
    manifest = listed(made)
    check(made, manifest)
    assert not manifest.is_dynamic
    assert (manifest.update_s, manifest.window_s, manifest.delay_s) == (None, None, None)
    assert manifest.duration_s == pytest.approx(9, abs=0.1)
    (period,) = manifest.periods
    assert period.duration_s == pytest.approx(9, abs=0.1)


def test_segments_that_begin_without_a_keyframe_are_told_of() -> None:
    made = presented([head(), *pictures(5), *pictures(30, gop_s=30, start_ms=5000)], FMP4)
    assert made.forced
    assert listed(made).periods[0].sets[0].access_type == 0


def test_sound_alone_is_a_presentation() -> None:
    made = presented([aac_head(), *sounds(9)], FMP4)
    manifest = listed(made, FAST)
    check(made, listed(made))
    (one,) = tracks(manifest)
    assert (one.id, one.template.timescale) == ("audio", 48_000)
    assert manifest.latency is not None
    assert manifest.latency.reference_id == 2


def test_players_begin_within_the_window() -> None:
    made = presented([head(), *pictures(30, gop_s=10)], FMP4)
    manifest = listed(made)
    assert manifest.longest_segment_s == 10.4
    assert (manifest.window_s, manifest.delay_s) == (40.0, 30.0)
    late = DashRule(segment_s=2.0, window_s=20.0, delay_s=100.0)
    assert listed(presented(live(5), FMP4), late).delay_s == 15.0


# ----------------------------------------------------------------- low latency


def fast(messages: Iterable[Message]) -> tuple[Presentation, Manifest]:
    made = presented(messages, FMP4)
    return made, listed(made, FAST)


def test_with_low_latency_what_is_going_on_is_listed_too() -> None:
    made, manifest = fast(live(8))
    assert LOW_LATENCY_PROFILE in manifest.profiles
    assert manifest.latency is not None
    assert (manifest.latency.target_ms, manifest.latency.reference_id) == (2000, 1)
    assert (manifest.delay_s, manifest.update_s) == (2.0, 0.5)
    assert manifest.min_buffer_s == pytest.approx(0.2, abs=0.01)
    plain = listed(made)
    for one, other in zip(tracks(manifest), tracks(plain), strict=True):
        assert not one.template.is_complete
        assert one.template.availability_time_offset_s == pytest.approx(1.8, abs=0.01)
        whole, all_of_it = list(other.template.segments()), list(one.template.segments())
        assert all_of_it[:-1] == whole
        assert all_of_it[-1].time == whole[-1].time + whole[-1].duration
        assert all_of_it[-1].duration == whole[-1].duration
    (period,) = manifest.periods
    for each in period.sets:
        (reference,) = each.references
        one = each.representations[0]
        assert reference.id == each.id
        assert reference.presentation_time == one.template.presentation_time_offset
        assert reference.wall_clock_ms == pytest.approx(START_MS, abs=100)


def test_what_is_whole_in_one_track_is_listed_as_it_is() -> None:
    made = presented(live(8), FMP4)
    video, sound = made.renditions
    assert video.open is not None
    assert sound.open is not None
    video.end()
    manifest = listed(made, FAST)
    one, other = tracks(manifest)
    newest = video.segments[-1]
    assert list(one.template.segments())[-1].duration == newest.media_end - newest.media_start
    assert len(list(other.template.segments())) == len(video.segments)
    sound.open.parts.clear()
    sound.open.size = 0
    *_, last, coming = next(
        each for each in tracks(listed(made, FAST)) if each.id == "audio"
    ).template.segments()
    assert coming.time == last.time + last.duration
    sound.open = None
    video.segments[-1] = Segment(newest.number, newest.name, 0, 0, False, True, True, newest.init)
    assert len(list(next(iter(tracks(listed(made, FAST)))).template.segments())) == 4


def test_sound_that_is_behind_does_not_hold_up_what_is_going_on() -> None:
    messages = [head(), aac_head(), *pictures(7), *(aac(n * 64 // 3) for n in range(320))]
    _, manifest = fast(sorted(messages, key=lambda each: each[1]))
    one, other = tracks(manifest)
    assert len(list(one.template.segments())) == len(list(other.template.segments()))


def test_a_segment_that_is_longer_than_the_last_is_listed_as_long_as_it_is() -> None:
    _, manifest = fast([head(), *pictures(5), *pictures(3.9, gop_s=10, start_ms=5000)])
    (one,) = tracks(manifest)
    *_, newest = one.template.segments()
    assert newest.duration > 2.2 * 90_000


def test_another_period_is_listed_when_it_has_a_whole_segment() -> None:
    made, _ = fast([*live(4), head(AVC_OTHER, 4000), *pictures(0.9, start_ms=4000)])
    assert made.renditions[0].open is not None
    assert made.renditions[0].open.is_break
    manifest = listed(made, FAST)
    assert len(manifest.periods) == 1
