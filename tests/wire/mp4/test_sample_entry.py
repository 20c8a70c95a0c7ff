"""Sample entries: what ffmpeg writes is what we write, and is read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.errors import ProtocolError
from trio_srs.wire.codec.hevc import complete_hevc_config
from trio_srs.wire.codec.opus import build_opus_head
from trio_srs.wire.mp4.box import Box, box, find_box, iter_boxes
from trio_srs.wire.mp4.mp4_reader import Mp4Fragment, Mp4Movie, Mp4Reader
from trio_srs.wire.mp4.sample_entry import MP4_CODECS, SampleEntry, build_entry, parse_entry

DATA = Path(__file__).parents[2] / "data" / "mp4"
VISUAL = bytes(78)
SOUND = bytes(28)


def entries_of(name: str) -> dict[str, tuple[SampleEntry, bytes, bytes]]:
    """By codec: what ffmpeg's entry says, the entry, and the first frame."""
    data = (DATA / f"ffmpeg_{name}.mp4").read_bytes()
    reader = Mp4Reader()
    frames: dict[int, bytes] = {}
    for event in reader.feed(data):
        if isinstance(event, Mp4Fragment):
            for sample in event.samples:
                frames.setdefault(sample.track.track_id, sample.data)
    movie = find_box(data, None, b"moov")
    assert movie is not None
    assert isinstance(reader.movie, Mp4Movie)
    traks = [each for each in iter_boxes(data, movie.start, movie.end) if each.kind == b"trak"]
    found = {}
    for track, trak in zip(reader.movie.tracks, traks, strict=True):
        stsd = find_box(data, trak, b"mdia", b"minf", b"stbl", b"stsd")
        assert stsd is not None
        raw = data[stsd.start + 8 : stsd.end]
        found[track.entry.codec] = track.entry, raw, frames[track.track_id]
    return found


@pytest.mark.parametrize(
    ("name", "codec", "kind", "config"),
    [
        ("h264_aac", "h264", b"avc1", b"avcC"),
        ("hevc", "hevc", b"hvc1", b"hvcC"),
        ("av1_opus", "av1", b"av01", b"av1C"),
        ("av1_opus", "opus", b"Opus", b"dOps"),
        ("vp9_flac", "vp9", b"vp09", b"vpcC"),
        ("vp9_flac", "flac", b"fLaC", b"dfLa"),
        ("ac3_eac3_mp3", "ac3", b"ac-3", b"dac3"),
        ("ac3_eac3_mp3", "eac3", b"ec-3", b"dec3"),
    ],
)
def test_a_configuration_is_what_ffmpeg_writes(
    name: str, codec: str, kind: bytes, config: bytes
) -> None:
    said, theirs, frame = entries_of(name)[codec]
    record = frame if codec in ("ac3", "eac3") else said.record
    ours = build_entry(SampleEntry(codec, record, 64, 48, 48000, 1))
    assert ours[4:8] == theirs[4:8] == kind
    fixed = 8 + (78 if MP4_CODECS[codec].is_video else 28)

    def config_of(entry: bytes) -> bytes:
        return next(b for b in iter_boxes(entry, fixed) if b.kind == config).content(entry)

    assert config_of(ours) == config_of(theirs)
    again = parse_entry(ours, next(iter_boxes(ours)))
    assert again == SampleEntry(codec, said.record, *(
        (64, 48) if MP4_CODECS[codec].is_video else (0, 0, 48000, 1)
    ))  # fmt: skip


def test_the_letter_of_an_entry_of_aac() -> None:
    entry = build_entry(SampleEntry("aac", b"\x12\x10", 0, 0, 44100, 2))
    assert entry == bytes.fromhex(
        "0000004b 6d703461 000000000000 0001 0000000000000000 0002 0010 0000 0000 ac440000"
        "00000027 65736473 00000000"
        "0319 0000 00"  # ES_Descriptor
        "0411 40 15 000000 00000000 00000000"  # DecoderConfigDescriptor: AAC, audio
        "0502 1210"  # DecoderSpecificInfo
        "0601 02"  # SLConfigDescriptor
    )


@pytest.mark.parametrize(
    ("codec", "record"),
    [
        ("aac", b"\x12\x10"),
        ("aac", b"\x12" + bytes(199)),
        ("mp3", b""),
        ("opus", build_opus_head(6, 312)),
    ],
)
def test_an_entry_of_sound_is_read_back(codec: str, record: bytes) -> None:
    entry = build_entry(SampleEntry(codec, record, 0, 0, 48000, 2))
    assert parse_entry(entry, next(iter_boxes(entry))) == SampleEntry(codec, record, 0, 0, 48000, 2)


def test_under_hvc1_no_parameter_sets_may_come_later() -> None:
    record = (DATA.parent / "codec" / "hevc_main_320x242.bin").read_bytes()
    open_record = record[:23] + bytes((record[23] & 0x7F,)) + record[24:]
    assert complete_hevc_config(record) in build_entry(SampleEntry("hevc", open_record, 320, 242))


@pytest.mark.parametrize(("sar", "letter"), [((1, 1), ""), ((16, 11), "00000010 0000000b")])
def test_pixels_that_are_not_square_are_told(sar: tuple[int, int], letter: str) -> None:
    wanted = SampleEntry("h264", b"record", 352, 288, sar=sar)
    entry = build_entry(wanted)
    assert [each.content(entry).hex() for each in iter_boxes(entry, 8 + 78)] == [
        b"record".hex(), *([letter.replace(" ", "")] if letter else []),
    ]  # fmt: skip
    assert parse_entry(entry, next(iter_boxes(entry))) == wanted


@pytest.mark.parametrize("said", ["00000010", "00000000 00000001", "00000001 00000000"])
def test_a_ratio_that_is_none_is_square(said: str) -> None:
    boxes = box(b"avcC", b"record"), box(b"pasp", bytes.fromhex(said))
    assert parsed(b"avc1", VISUAL, *boxes).sar == (1, 1)


def test_a_rate_with_no_room_is_left_out() -> None:
    entry = build_entry(SampleEntry("aac", b"\x10\x10", 0, 0, 96000, 2))
    assert parse_entry(entry, next(iter_boxes(entry))).sample_rate == 0


def test_a_bare_stream_information_of_flac_is_enough() -> None:
    info = bytes(range(34))
    block = b"\x80\x00\x00\x22"
    bare = build_entry(SampleEntry("flac", info))
    assert bare == build_entry(SampleEntry("flac", b"fLaC" + block + info))
    assert bare.endswith(block + info)


def parsed(kind: bytes, *content: bytes) -> SampleEntry:
    data = box(kind, *content)
    return parse_entry(data, Box(kind, 8, len(data), is_whole=True))


@pytest.mark.parametrize("kind", [b"avc3", b"hev1"])
def test_parameter_sets_may_be_in_the_pictures(kind: bytes) -> None:
    config = b"avcC" if kind == b"avc3" else b"hvcC"
    assert parsed(kind, VISUAL, box(b"colr", b"x"), box(config, b"record")).record == b"record"


ESDS_HEAD = bytes(4)


@pytest.mark.parametrize(
    ("esds", "codec", "record"),
    [
        # as ffmpeg writes it, with sizes of four bytes
        (
            "03 80808025 0002 00 04 80808017 40 15 000000 00007d00 00007d00"
            "05 80808005 118856e500 06 80808001 02",
            "aac", "118856e500",
        ),
        (
            "03 1d 0000 e0 0001 02 6162 0003 04 11 40 15 0000000000000000000000 05 02 1210",
            "aac", "1210",
        ),
        ("03 12 0000 00 04 0d 6b 15 0000000000000000000000", "mp3", ""),
        ("03 12 0000 00 04 0d 69 15 0000000000000000000000", "mp3", ""),
        ("03 12 0000 00 04 0d dd 15 0000000000000000000000", "mp4a.dd", ""),
    ],
)  # fmt: skip
def test_descriptors_are_read(esds: str, codec: str, record: str) -> None:
    found = parsed(b"mp4a", SOUND, box(b"esds", ESDS_HEAD, bytes.fromhex(esds)))
    assert (found.codec, found.record.hex()) == (codec, record)


def test_another_codec_is_its_four_characters() -> None:
    assert parsed(b"mp4v", b"") == SampleEntry("mp4v")
    assert parsed(b".mp3", SOUND).codec == "mp3"


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (b"avc1", [b"short"], "a sample entry of 5 bytes"),
        (b"mp4a", [b"short"], "a sample entry of 5 bytes"),
        (b"avc1", [VISUAL], "without b'avcC'"),
        (b"mp4a", [SOUND, box(b"esds", ESDS_HEAD, b"\x04\x00")], "descriptor 4 at bit 32, exp"),
        (b"mp4a", [SOUND, box(b"esds", ESDS_HEAD, b"\x03\xff\xff\xff\xff")], "esds"),
        (b"mp4a", [SOUND, box(b"esds", b"")], "esds"),
        (b"Opus", [SOUND, box(b"dOps", b"\x00")], "dOps: 1 bytes"),
    ],
)  # fmt: skip
def test_a_broken_entry_is_blamed_on_the_peer(
    kind: bytes, content: list[bytes], message: str
) -> None:
    with pytest.raises(ProtocolError, match=message):
        parsed(kind, *content)
