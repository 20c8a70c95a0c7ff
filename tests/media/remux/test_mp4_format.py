"""Sample entries of track formats."""

from __future__ import annotations

import pytest

from tests.media.remux.records import ASC, AVC, AVC_OTHER, DATA, HEVC, IDR, IRAP
from trio_srs.media.remux.mp4_format import entry_of, with_own_sets
from trio_srs.media.remux.track_format import TrackFormat, format_of_record
from trio_srs.wire.codec.av1 import parse_av1_config
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.mp4.sample_entry import SampleEntry

VP9_KEY = bytes.fromhex("82 49 83 42 00 13 f0 0e f6 00")


def record(name: str) -> bytes:
    return (DATA / "codec" / f"{name}.bin").read_bytes()


def test_an_entry_says_what_the_format_does() -> None:
    assert entry_of(format_of_record("h264", AVC), b"") == SampleEntry(
        "h264", AVC, 320, 242, sar=(4, 3)
    )
    aac = format_of_record("aac", ASC)
    assert entry_of(aac, b"") == SampleEntry("aac", ASC, 0, 0, 48000, 2)


def test_frames_say_the_size_where_the_record_does_not() -> None:
    vp9 = format_of_record("vp9", record("vp9_321x242"))
    made = entry_of(vp9, VP9_KEY)
    assert (made.width, made.height) == (320, 240)
    assert (entry_of(vp9, b"").width, entry_of(vp9, b"\x86\x00").width) == (0, 0)
    whole = record("av1_main10_320x242")
    av1 = format_of_record("av1", whole[:4])
    header = parse_av1_config(whole).sequence_header
    unit = b"\x12\x00" + bytes((0x0A, len(header))) + header
    assert (entry_of(av1, unit).width, entry_of(av1, unit).height) == (320, 242)
    assert entry_of(av1, b"\x12\x00").width == entry_of(av1, b"\xff").width == 0
    assert entry_of(TrackFormat("h264"), b"").width == 0


def test_entries_of_ac3_are_made_of_a_frame() -> None:
    assert entry_of(TrackFormat("ac3", sample_rate=48000, channels=2), b"frame").record == b"frame"


@pytest.mark.parametrize(("codec", "config", "key"), [("h264", AVC, IDR), ("hevc", HEVC, IRAP)])
def test_parameter_sets_of_its_own_that_are_the_same_change_nothing(
    codec: str, config: bytes, key: bytes
) -> None:
    known = format_of_record(codec, config)
    for nalus in ([key], [*known.sets, key]):
        assert with_own_sets(known, join_prefixed(nalus)) is known


def test_other_parameter_sets_are_another_format() -> None:
    known, other = format_of_record("h264", AVC), format_of_record("h264", AVC_OTHER)
    made = with_own_sets(known, join_prefixed([*other.sets, IDR]))
    assert made == other
    picture_set = b"\x68\xee\x3c\x80\x01"
    assert with_own_sets(known, join_prefixed([picture_set, IDR])).sets == (
        known.sets[0], picture_set,
    )  # fmt: skip


def test_parameter_sets_that_cannot_be_read_change_nothing() -> None:
    known = format_of_record("h264", AVC)
    assert with_own_sets(known, join_prefixed([b"\x67\x42", IDR])) is known


def test_of_other_codecs_and_lengths_nothing_is_looked_for() -> None:
    av1 = format_of_record("av1", record("av1_main10_320x242"))
    assert with_own_sets(av1, b"\x12\x00") is av1
    short = TrackFormat("h264", length_size=2)
    assert with_own_sets(short, b"\x00\x02\x67\x42") is short


def test_pictures_of_another_size_are_another_format_if_only_they_say_it() -> None:
    vp9 = format_of_record("vp9", record("vp9_321x242"))
    sized = with_own_sets(vp9, VP9_KEY)
    assert (sized.width, sized.height, sized == vp9) == (320, 240, True)
    assert with_own_sets(sized, VP9_KEY) is sized
    assert with_own_sets(sized, b"\x86\x00") is sized
