"""What there is to choose from, of every kind of stream."""

from __future__ import annotations

import attrs
import pytest

from tests.media.remux.records import (
    AVC_OTHER,
    DATA,
    Message,
    aac,
    aac_head,
    avc,
    enhanced,
    file_messages,
    head,
    live,
    mp3,
    other_head,
    other_sound,
)
from tests.media.segments.ciphers import PlainCipher
from tests.media.segments.streams import FMP4, RULE, START_MS, TS, bytes_of, check, presented
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.media.segments.sound_label import read_label
from trio_srs.wire.hls.multivariant_playlist import PlaylistRendition

VP9_KEY = bytes.fromhex("824983420013f00ef000")  # 320x240
VP9_OTHER = bytes.fromhex("824983420003f002f000")  # 64x48
SHORT = attrs.evolve(RULE, segment_s=0.1, part_s=0.1)


def test_a_stream_in_one_rendition() -> None:
    made = presented(live(5), TS)
    said = made.multivariant()
    (variant,) = said.variants
    assert made.frame_rate == 25.0
    assert not made.forced
    assert made.left_out == []
    assert (variant.uri, variant.codecs) == ("main.m3u8", "avc1.64001f,mp4a.40.2")
    assert (variant.width, variant.height, variant.frame_rate) == (320, 242, 25.0)
    assert variant.average_bandwidth is not None
    assert variant.bandwidth > variant.average_bandwidth > 1000
    assert said.renditions == ()
    assert said.independent_segments


def test_a_stream_whose_sound_is_apart() -> None:
    made = presented(live(5), FMP4)
    said = made.multivariant()
    assert said.renditions == (
        PlaylistRendition(
            kind="AUDIO", group_id="sound", name="main", uri="audio.m3u8", is_default=True,
            may_autoselect=True, channels="2",
        ),
    )  # fmt: skip
    assert [(each.uri, each.audio) for each in said.variants] == [("video.m3u8", "sound")]
    assert made.rendition("audio") is made.renditions[1]
    assert made.rendition("main") is None


@pytest.mark.parametrize(("container", "uri"), [(TS, "main.m3u8"), (FMP4, "audio.m3u8")])
def test_sound_alone_is_a_variant(container: SegmentContainer, uri: str) -> None:
    made = presented([aac_head(), *[aac(n * 64 // 3) for n in range(200)]], container)
    (variant,) = made.multivariant().variants
    assert (variant.uri, variant.codecs, variant.audio) == (uri, "mp4a.40.2", "")
    assert (variant.width, variant.frame_rate) == (0, None)


def test_pictures_alone_have_no_sound() -> None:
    made = presented([head(), *[avc(n * 40, key=n % 25 == 0) for n in range(100)]], FMP4)
    (variant,) = made.multivariant().variants
    assert (variant.uri, variant.codecs, variant.audio) == ("video.m3u8", "avc1.64001f", "")


def test_a_codec_without_a_header_has_its_name() -> None:
    made = presented([mp3(n * 1152 * 1000 // 44100) for n in range(200)], TS)
    assert made.multivariant().variants[0].codecs == "mp4a.40.34"


@pytest.mark.parametrize("container", [TS, FMP4])
@pytest.mark.parametrize(
    ("file", "codecs"),
    [
        ("ffmpeg_h264_aac.flv", "avc1.64000a,mp4a.40.2"),
        ("ffmpeg_hevc_opus.flv", "hvc1.1.6.L30.90,opus"),
    ],
)
def test_codecs_are_said_in_full(file: str, codecs: str, container: SegmentContainer) -> None:
    made = presented(file_messages(DATA / "flv" / file), container, SHORT)
    assert not made.is_ready
    made.restart(START_MS)
    assert made.is_ready
    check(made)
    assert made.multivariant().variants[0].codecs == codecs


def test_the_end_is_said_in_every_playlist() -> None:
    made = presented(live(5), FMP4)
    revision = made.revision
    made.end()
    assert made.revision > revision
    assert all(rendition.playlist().is_ended for rendition in made.renditions)


def test_nothing_is_ready_before_there_is_anything() -> None:
    for container in (TS, FMP4):
        made = presented([], container)
        assert not made.is_ready
        assert made.revision == 0


@pytest.mark.parametrize(
    ("fps", "target_ms"), [(25, 202), (30, 202), (50, 202), (24, 210), (12, 252), (2, 502)]
)
def test_parts_are_filled_by_whole_frames_at_every_rate(fps: int, target_ms: int) -> None:
    made = presented(live(9, fps), FMP4)
    check(made)
    targets = {each.part_target for each in made.renditions}
    assert len(targets) == 1, "it is the same of all"
    assert (targets.pop() or 0) / 90 == pytest.approx(target_ms, abs=3)


def test_plain_segments_have_no_parts() -> None:
    for container, rule in ((TS, RULE), (FMP4, attrs.evolve(RULE, part_s=None))):
        made = presented(live(5), container, rule)
        assert all(rendition.part_target is None for rendition in made.renditions)


def test_a_target_duration_may_be_said() -> None:
    made = presented(live(5), TS, attrs.evolve(RULE, target_s=7))
    assert made.renditions[0].playlist().target_duration_s == 7


def test_a_high_dynamic_range_is_said() -> None:
    record = bytes((2, 10, 0xA2, 9, 16, 9, 0, 0))
    stream = [head(record, codec="vp09")]
    stream += [enhanced("vp09", n * 40, b"\x82\x49\x83", key=n % 25 == 0) for n in range(100)]
    assert presented(stream, FMP4).multivariant().variants[0].video_range == "PQ"


def test_formats_are_said_for_as_long_as_segments_of_them_are_listed() -> None:
    rule = attrs.evolve(RULE, window_s=6.0)
    made = presented([*live(4), head(AVC_OTHER, 4000), *live(3, start_ms=4000)[2:]], FMP4, rule)
    (variant,) = made.multivariant().variants
    assert variant.codecs == "avc1.42c00d,avc1.64001f,mp4a.40.2"
    presented(live(30, start_ms=7000)[2:], into=made)
    (variant,) = made.multivariant().variants
    assert variant.codecs == "avc1.42c00d,mp4a.40.2"


@pytest.mark.parametrize(("pictures", "rate"), [(1, None), (2, 10.0), (3, 10.0)])
def test_the_rate_of_few_pictures_is_their_interval(pictures: int, rate: float | None) -> None:
    made = presented([head(), *[avc(n * 100, key=True) for n in range(pictures)]], TS)
    made.restart(START_MS)
    assert made.multivariant().variants[0].frame_rate == rate


def test_the_rate_is_the_one_before_until_there_is_another() -> None:
    made = presented([*live(4), head(AVC_OTHER, 4000), avc(4000, key=True)], TS)
    assert made.multivariant().variants[0].frame_rate == 25.0


def test_a_codec_that_says_its_size_in_its_pictures_has_a_size() -> None:
    stream = [
        head(bytes((0, 10, 0x80, 1, 1, 1, 0, 0)), codec="vp09"),
        *[enhanced("vp09", n * 40, VP9_KEY if n < 100 else VP9_OTHER) for n in range(150)],
    ]
    made = presented(stream, FMP4, attrs.evolve(RULE, window_s=30.0))
    (variant,) = made.multivariant().variants
    assert (variant.width, variant.height) == (64, 48)
    breaks = [segment.is_break for segment in made.renditions[0].segments]
    assert breaks.count(True) == 1


@pytest.mark.parametrize("container", [TS, FMP4])
def test_segments_are_encrypted_whole_and_never_in_parts(container: SegmentContainer) -> None:
    rule = attrs.evolve(SHORT, segments_per_key=3)
    made = presented(
        live(3), container, into=Presentation(container, rule, "e", 100, PlainCipher())
    )
    clear = presented(live(3), container, attrs.evolve(SHORT, part_s=None))
    assert made.keys is not None
    for rendition, other in zip(made.renditions, clear.renditions, strict=True):
        text = rendition.playlist().write()
        assert rendition.part_target is None
        for segment, plain in zip(rendition.segments, other.segments, strict=True):
            key = segment.key
            assert key is not None
            assert made.keys.find(key.name) is key
            assert f'METHOD=AES-128,URI="{key.name}"' in text
            iv = segment.number.to_bytes(16, "big")
            assert bytes_of(segment) == key.data + iv + bytes_of(plain)
            assert rendition.find(f"{segment.name.rpartition('.')[0]}.0{rendition.ending}") is None
            if segment.init is not None:
                assert segment.init.data[4:8] == b"ftyp"
        assert text.count("METHOD=AES-128") == len(rendition.segments) // 3 + 1
        assert rendition.size == sum(len(bytes_of(each)) for each in rendition.segments)
        opened = rendition.open
        assert opened is None or all(rendition.find(part.name) is None for part in opened.parts)


def test_keys_go_with_the_segments_that_they_are_of() -> None:
    rule = attrs.evolve(SHORT, segments_per_key=1, window_s=1.0)
    made = presented(live(40), TS, into=Presentation(TS, rule, "e", 100, PlainCipher()))
    assert made.keys is not None
    assert made.keys.find("main-e-100.key") is None
    assert made.keys.find(f"main-e-{made.renditions[0].last_number}.key") is not None


def test_what_there_is_of_a_segment_is_whole_when_the_publish_ends() -> None:
    made = presented(live(3), TS)
    before = made.renditions[0].last_number
    made.restart(START_MS + 3000)
    assert made.renditions[0].last_number == before + 1


def test_sound_that_is_apart_may_be_chosen_alone() -> None:
    (_, alone) = presented(live(5), FMP4).multivariant(with_sound_alone=True).variants
    assert (alone.uri, alone.codecs, alone.audio) == ("audio.m3u8", "mp4a.40.2", "sound")
    assert alone.average_bandwidth is not None
    assert alone.bandwidth >= alone.average_bandwidth > 1000
    together = presented(live(5), TS).multivariant(with_sound_alone=True)
    assert len(together.variants) == 1


def with_other_sounds(seconds: int, *tracks: int) -> list[Message]:
    """A stream with more than one track of sound."""
    heads = [other_head(track) for track in tracks]
    sounds = [
        other_sound(track, n * 64 // 3, b"other") for n in range(seconds * 46) for track in tracks
    ]
    both = live(seconds)
    return [*both[:2], *heads, *sorted([*both[2:], *sounds], key=lambda each: each[1])]


def test_tracks_of_sound_are_to_be_chosen_from() -> None:
    made = presented(with_other_sounds(7, 1, 2), FMP4)
    check(made)
    said = made.multivariant()
    assert [(each.name, each.uri, each.is_default) for each in said.renditions] == [
        ("main", "audio.m3u8", True), ("audio1", "audio1.m3u8", False),
        ("audio2", "audio2.m3u8", False),
    ]  # fmt: skip
    (variant,) = said.variants
    assert variant.codecs == "avc1.64001f,mp4a.40.2"
    assert variant.average_bandwidth is not None
    video, *sounds = (each.average_rate for each in made.renditions)
    assert variant.average_bandwidth == video + max(sounds)
    for rendition in made.renditions:
        assert rendition.part_target == made.renditions[0].part_target is not None
        assert rendition.segments[0].number == 100
        assert not any(segment.is_break for segment in rendition.segments)


def test_tracks_of_sound_have_languages_and_names() -> None:
    made = presented(with_other_sounds(3, 1, 2), FMP4)
    said = made.multivariant(labels=[read_label("de: Originalton"), read_label("en")])
    assert [(each.language, each.name, each.may_autoselect) for each in said.renditions] == [
        ("de", "Originalton", True), ("en", "en", True), ("", "audio2", False),
    ]  # fmt: skip
    assert 'LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES' in said.write()


def test_transport_streams_have_the_first_track_of_sound() -> None:
    made = presented(with_other_sounds(5, 1), TS)
    check(made)
    assert "track 1" in made.left_out[0].detail
