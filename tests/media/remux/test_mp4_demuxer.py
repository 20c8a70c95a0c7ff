"""Fragmented MP4 read back: ours, others', and what is left of broken ones."""

from __future__ import annotations

import pytest

from tests.media.remux.records import ASC, AVC, AVC_OTHER, DATA, IDR
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.mp4.fragment import Mp4Sample, TrackRun, build_fragment
from trio_srs.wire.mp4.init_segment import Mp4Track, build_init
from trio_srs.wire.mp4.sample_entry import SampleEntry

KEY = join_prefixed([IDR])
VIDEO = Mp4Track(1, 1000, SampleEntry("h264", AVC, 320, 242), is_video=True)
AUDIO = Mp4Track(2, 48_000, SampleEntry("aac", ASC, 0, 0, 48_000, 2), is_video=False)
OPUS = b"\xfc12"


def demuxed(data: bytes) -> tuple[list[AccessUnit], Mp4Demuxer]:
    demuxer = Mp4Demuxer()
    return demuxer.feed(data) + demuxer.finish(), demuxer


@pytest.mark.parametrize(
    ("name", "codecs", "left"),
    [
        ("h264_aac", {"h264", "aac"}, []),
        ("hevc", {"hevc"}, []),
        ("vp9_flac", {"vp9", "flac"}, []),
        ("av1_opus", {"opus"}, [("av1", LeftOutReason.UNREADABLE)]),  # its av1C is empty
        (
            "ac3_eac3_mp3", {"ac3"},
            [("eac3", LeftOutReason.OTHER_TRACK), ("mp3", LeftOutReason.OTHER_TRACK)],
        ),
    ],
)  # fmt: skip
def test_files_of_ffmpeg_are_read(
    name: str, codecs: set[str], left: list[tuple[str, LeftOutReason]]
) -> None:
    units, demuxer = demuxed((DATA / "mp4" / f"ffmpeg_{name}.mp4").read_bytes())
    assert {unit.format.codec for unit in units} == codecs
    assert [(what.codec, what.reason) for what in demuxer.left_out] == left
    assert demuxer.oddities == {}
    for codec in codecs:
        times = [unit.dts for unit in units if unit.format.codec == codec]
        assert times == sorted(set(times))


def test_pictures_shown_before_they_are_decoded_are_decoded_earlier() -> None:
    pictures = [Mp4Sample(KEY, 40), Mp4Sample(KEY, 40, False, 40), Mp4Sample(KEY, 40, False, -40)]
    runs = build_fragment(1, [TrackRun(1, 100, pictures)])
    more = build_fragment(2, [TrackRun(1, 220, [Mp4Sample(KEY, 40, False, -80)])])
    units, _ = demuxed(build_init([VIDEO]) + runs + more)
    assert [(unit.dts / 90, unit.pts / 90) for unit in units[:3]] == [
        (60, 100), (100, 180), (140, 140),
    ]  # fmt: skip
    assert units[3].dts == 140 * 90 + 1
    assert units[3].pts == units[3].dts


def test_the_first_track_of_each_kind_is_read() -> None:
    other = Mp4Track(3, 1000, VIDEO.entry, is_video=True)
    init = build_init([VIDEO, other, AUDIO])
    runs = [TrackRun(number, 0, [Mp4Sample(KEY, 40)]) for number in (3, 1, 2)]
    units, demuxer = demuxed(init + build_fragment(1, runs))
    assert [unit.format.codec for unit in units] == ["h264", "aac"]
    assert [str(what) for what in demuxer.left_out] == ["video h264: another one, track 3"]


def test_what_is_not_read_is_named() -> None:
    bad = Mp4Track(1, 1000, SampleEntry("h264", b"\x07", 320, 242), is_video=True)
    init = build_init([bad, AUDIO]).replace(b"mp4a", b"xxxx")
    units, demuxer = demuxed(init)
    assert units == []
    assert [(what.kind, what.codec, what.reason) for what in demuxer.left_out] == [
        ("video", "h264", LeftOutReason.NO_HEADER), ("data", "xxxx", LeftOutReason.NOT_CARRIED),
    ]  # fmt: skip


def test_parameter_sets_that_come_with_the_pictures_hold() -> None:
    """As in `avc3`, whose record may have none."""
    sets, others = (format_of_record("h264", record).sets for record in (AVC, AVC_OTHER))
    bare = AVC[:5] + b"\xe0\x00"
    track = Mp4Track(1, 1000, SampleEntry("h264", bare, 320, 242), is_video=True)
    pictures = [join_prefixed([*sets, IDR]), KEY, join_prefixed([*others, IDR]), KEY]
    samples = [Mp4Sample(data, 40, is_sync=data is not KEY) for data in pictures]
    init = build_init([track]).replace(b"avc1", b"avc3")
    units, demuxer = demuxed(init + build_fragment(1, [TrackRun(1, 0, samples)]))
    assert [unit.format.sets for unit in units] == [sets, sets, others, others]
    assert units[0].format.width == 320
    assert demuxer.left_out == []


def test_empty_samples_are_nothing() -> None:
    runs = build_fragment(1, [TrackRun(1, 0, [Mp4Sample(b"", 40), Mp4Sample(KEY, 40)])])
    units, _ = demuxed(build_init([VIDEO]) + runs)
    assert [unit.dts for unit in units] == [3600]
