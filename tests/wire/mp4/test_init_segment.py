"""Init segments, box by box."""

from __future__ import annotations

import struct

import pytest

from trio_srs.wire.mp4.box import box, find_box, iter_boxes
from trio_srs.wire.mp4.init_segment import Mp4Track, build_init
from trio_srs.wire.mp4.mp4_reader import Mp4Movie, Mp4Reader
from trio_srs.wire.mp4.sample_entry import SampleEntry

VIDEO = Mp4Track(1, 90_000, SampleEntry("h264", b"avcc", 320, 240), is_video=True)
AUDIO = Mp4Track(2, 44_100, SampleEntry("aac", b"\x12\x10", 0, 0, 44_100, 2), is_video=False)


def content(data: bytes, *path: bytes) -> str:
    found = find_box(data, None, *path)
    assert found is not None, path
    return found.content(data).hex()


def tree(data: bytes, start: int = 0, end: int | None = None) -> list[object]:
    """Types, with those below them."""
    parents = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"mvex", b"edts")
    return [
        (each.kind.decode(), tree(data, each.start, each.end))
        if each.kind in parents
        else each.kind.decode()
        for each in iter_boxes(data, start, end)
    ]


def test_the_boxes_are_those_that_players_want() -> None:
    def trak(head: str, *edits: object) -> object:
        tables = ("stbl", ["stsd", "stts", "stsc", "stsz", "stco"])
        media = ("mdia", ["mdhd", "hdlr", ("minf", [head, ("dinf", ["dref"]), tables])])
        return ("trak", ["tkhd", *edits, media])

    data = build_init([VIDEO, AUDIO])
    movie = ["mvhd", trak("vmhd"), trak("smhd"), ("mvex", ["trex", "trex"])]
    assert tree(data) == ["ftyp", ("moov", movie)]
    delayed = build_init([Mp4Track(1, 90_000, VIDEO.entry, True, 7200)])
    movie = ["mvhd", trak("vmhd", ("edts", ["elst"])), ("mvex", ["trex"])]
    assert tree(delayed) == ["ftyp", ("moov", movie)]


def test_the_letter_of_the_boxes() -> None:
    data = build_init([VIDEO])
    matrix = "00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000"
    below = b"moov", b"trak", b"mdia"
    expected = {
        (b"ftyp",): "69736f36 00000000 69736f36 636d6663 6d703431",
        (b"moov", b"mvhd"): "00000000 00000000 00000000 000003e8 00000000 00010000 0100 0000"
        f"{'00000000' * 2} {matrix} {'00000000' * 6} 00000002",
        (b"moov", b"trak", b"tkhd"): "00000003 00000000 00000000 00000001 00000000 00000000"
        f"00000000 00000000 0000 0000 0000 0000 {matrix} 01400000 00f00000",
        (*below, b"mdhd"): "00000000 00000000 00000000 00015f90 00000000 55c4 0000",
        (*below, b"hdlr"): "00000000 00000000 76696465 00000000 00000000 00000000 766964656f00",
        (*below, b"minf", b"vmhd"): "00000001 00000000 00000000",
        (*below, b"minf", b"dinf", b"dref"): "00000000 00000001 0000000c 75726c20 00000001",
        (*below, b"minf", b"stbl", b"stts"): "00000000 00000000",
        (*below, b"minf", b"stbl", b"stsz"): "00000000 00000000 00000000",
        (b"moov", b"mvex", b"trex"): "00000000 00000001 00000001 00000000 00000000 00000000",
    }
    for path, letter in expected.items():
        assert content(data, *path) == letter.replace(" ", ""), path
    delayed = build_init([Mp4Track(1, 90_000, VIDEO.entry, True, 7200)])
    letter = "00000000 00000001 00000000 00001c20 0001 0000"
    assert content(delayed, b"moov", b"trak", b"edts", b"elst") == letter.replace(" ", "")


@pytest.mark.parametrize(
    "tracks", [(VIDEO,), (AUDIO,), (VIDEO, AUDIO), (Mp4Track(7, 1, VIDEO.entry, True, 3600),)]
)
def test_what_is_written_is_read(tracks: tuple[Mp4Track, ...]) -> None:
    assert Mp4Reader().feed(build_init(tracks)) == [Mp4Movie(tracks)]


def test_one_track_is_cmaf_and_several_are_not() -> None:
    for tracks, brands in (((AUDIO,), "iso6cmfcmp41"), ((VIDEO, AUDIO), "iso6mp41")):
        said = content(build_init(tracks), b"ftyp")
        assert said == f"69736f36{'00' * 4}{brands.encode().hex()}"


@pytest.mark.parametrize(
    ("tracks", "following"), [((AUDIO,), 3), ((VIDEO,), 2), ((VIDEO, AUDIO), 3)]
)
def test_the_next_track_has_a_number_that_none_has(
    tracks: tuple[Mp4Track, ...], following: int
) -> None:
    assert content(build_init(tracks), b"moov", b"mvhd").endswith(f"{following:08x}")


def test_the_size_of_a_track_is_that_of_pictures_as_they_are_shown() -> None:
    wide = Mp4Track(1, 90_000, SampleEntry("h264", b"avcc", 720, 576, sar=(16, 11)), is_video=True)
    head = bytes.fromhex(content(build_init([wide]), b"moov", b"trak", b"tkhd"))
    assert struct.unpack(">HHHH", head[-8:]) == (1047, 0, 576, 0)
    assert Mp4Reader().feed(build_init([wide])) == [Mp4Movie((wide,))]


def test_sound_has_a_volume_and_no_size() -> None:
    head = bytes.fromhex(content(build_init([AUDIO]), b"moov", b"trak", b"tkhd"))
    assert struct.unpack(">H", head[36:38]) == (0x100,)
    assert head[-8:] == bytes(8)
    assert box(b"smhd", bytes(8)) in build_init([AUDIO])
