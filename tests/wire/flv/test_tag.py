"""FLV files: tags come out as they went in, however the bytes are cut."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.flv.tag import (
    HEADER_SIZE,
    MAX_BODY,
    FlvError,
    FlvHeader,
    FlvReader,
    FlvTag,
    encode_header,
    encode_tag,
    encode_tag_head,
    encode_tag_tail,
)

DATA = Path(__file__).parents[2] / "data" / "flv"
HEADER = bytes.fromhex("464c56 01 05 00000009 00000000")
TAG = bytes.fromhex("09 000003 345678 12 000000 170201 0000000e")


def read_all(reader: FlvReader, pieces: list[bytes]) -> list[FlvTag]:
    tags = []
    for piece in pieces:
        reader.feed(piece)
        while (tag := reader.next_tag()) is not None:
            tags.append(tag)
    return tags


def test_the_letter_of_a_header_and_a_tag() -> None:
    reader = FlvReader()
    assert read_all(reader, [HEADER + TAG]) == [FlvTag(9, 0x12345678, b"\x17\x02\x01")]
    assert reader.header == FlvHeader(has_audio=True, has_video=True)
    assert (reader.bad_tails, reader.pending, reader.offset) == (0, 0, len(HEADER + TAG))
    assert encode_header(audio=True, video=True) == HEADER
    assert encode_tag(FlvTag(9, 0x12345678, b"\x17\x02\x01")) == TAG
    assert encode_tag_head(9, 0x12345678, 3) + b"\x17\x02\x01" + encode_tag_tail(3) == TAG


@pytest.mark.parametrize(
    ("audio", "video", "flags"), [(True, False, 4), (False, True, 1), (False, False, 0)]
)
def test_the_header_says_what_is_there(audio: bool, video: bool, flags: int) -> None:
    header = encode_header(audio, video)
    assert (header[4], len(header)) == (flags, HEADER_SIZE)
    reader = FlvReader()
    reader.feed(header)
    assert reader.next_tag() is None
    assert reader.header == FlvHeader(audio, video)


def test_a_longer_header_is_skipped() -> None:
    reader = FlvReader()
    data = HEADER[:5] + (12).to_bytes(4, "big") + b"abc" + bytes(4) + TAG
    assert len(read_all(reader, [data])) == 1


def test_wrong_previous_tag_sizes_are_counted_and_forgiven() -> None:
    reader = FlvReader()
    wrong = HEADER[:-1] + b"\x01" + TAG[:-4] + bytes(4) + TAG
    assert len(read_all(reader, [wrong])) == 2
    assert reader.bad_tails == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"GIF89a", "the file begins with 474946, expected 464c56"),
        (b"F\x00", "the file begins with 4600"),
        (b"FLV\x02\x05" + HEADER[5:], r"FLV version 2 \(byte 3\), expected 1"),
        (b"FLV\x01\x05" + (8).to_bytes(4, "big"), r"a file header of 8 bytes \(byte 5\)"),
        (b"FLV\x01\x05\xff\xff\xff\xff", "a file header of 4294967295 bytes"),
        (HEADER + b"\x29" + TAG[1:], "the tag at byte 13 is encrypted"),
        (HEADER + TAG + b"\x09\x00\x04\x01" + bytes(7), "at byte 31 has 1025 bytes; the limit"),
    ],
)
def test_what_is_no_flv_is_refused_by_name_and_byte(data: bytes, message: str) -> None:
    with pytest.raises(FlvError, match=message):
        read_all(FlvReader(max_body=1024), [data])


@pytest.mark.parametrize(
    ("type_id", "timestamp_ms", "size"),
    [(32, 0, 0), (-1, 0, 0), (9, 1 << 32, 0), (9, -1, 0), (9, 0, MAX_BODY + 1), (9, 0, -1)],
)
def test_a_field_beyond_its_bits_is_not_written(type_id: int, timestamp_ms: int, size: int) -> None:
    with pytest.raises(ValueError, match="5, 24 and 32 bits"):
        encode_tag_head(type_id, timestamp_ms, size)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.flv")), ids=lambda path: path.stem)
def test_files_of_ffmpeg_are_read_whole_and_written_back(path: Path) -> None:
    data, reader = path.read_bytes(), FlvReader()
    tags = read_all(reader, [data])
    assert reader.header == FlvHeader(has_audio=True, has_video=True)
    assert (reader.pending, reader.bad_tails) == (0, 0)
    assert {tag.type_id for tag in tags} == {8, 9, 18}
    assert data == encode_header(True, True) + b"".join(map(encode_tag, tags))


TAGS = st.lists(
    st.builds(FlvTag, st.integers(0, 31), st.integers(0, 2**32 - 1), st.binary(max_size=40)),
    max_size=5,
)


@given(TAGS, st.lists(st.integers(0, 300), max_size=8))
def test_slicing_does_not_matter(tags: list[FlvTag], cuts: list[int]) -> None:
    data = HEADER + b"".join(map(encode_tag, tags))
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    reader = FlvReader()
    assert read_all(reader, pieces) == tags
    assert (reader.offset, reader.pending, reader.bad_tails) == (len(data), 0, 0)


@given(st.binary(max_size=80), st.booleans())
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes, with_header: bool) -> None:
    reader = FlvReader(max_body=50)
    try:
        tags = read_all(reader, [HEADER * with_header + data])
    except FlvError:
        return
    assert sum(15 + len(tag.body) for tag in tags) <= reader.offset


@pytest.mark.parametrize(("tail", "damaged"), [(0, False), (12, False), (1, False), (13, True)])
def test_a_size_behind_a_tag_that_nobody_writes_is_damage(tail: int, damaged: bool) -> None:
    """Several muxers write 0, or the size of the body."""
    reader = FlvReader()
    tag = encode_tag(FlvTag(9, 0, b"a"))
    reader.feed(encode_header(True, True) + tag + tag[:-4] + tail.to_bytes(4, "big") + tag)
    assert len(list(iter(reader.next_tag, None))) == 3
    assert reader.damaged_at == (13 + len(tag) if damaged else None)


def test_another_file_behind_the_first_is_refused_by_name() -> None:
    reader = FlvReader()
    file = encode_header(True, True) + encode_tag(FlvTag(9, 0, b"a"))
    reader.feed(file + file)
    assert reader.next_tag() is not None
    with pytest.raises(FlvError, match=f"another FLV file begins at byte {len(file)}"):
        reader.next_tag()
