"""A playlist as text, as tags, and as what it says."""

from __future__ import annotations

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.playlist_copy import PlaylistCopy

HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PART-INF:PART-TARGET=1\n#EXT-X-MEDIA-SEQUENCE:7\n"
PART = '#EXT-X-PART:DURATION=1,URI="p"\n'


def copy(text: str) -> PlaylistCopy:
    url = "http://h/a.m3u8?_HLS_msn=1"
    return PlaylistCopy(Fetched(url=url, asked_at_s=0, at_s=0, body=text.encode()))


def test_lines_are_tags_and_uris() -> None:
    read = copy("#EXTM3U\n# a comment\n\n#EXTINF:2,\na.ts\n#EXTINF:2,\nb.ts\n")
    assert read.tags == (
        (1, "EXTM3U", ""), (4, "EXTINF", "2,"), (5, "", "a.ts"), (6, "EXTINF", "2,"),
        (7, "", "b.ts"),
    )  # fmt: skip
    assert [line for line, _, _ in read.named("EXTINF")] == [4, 6]


def test_it_is_of_one_kind_or_cannot_be_read() -> None:
    media = copy(HEAD)
    assert media.media is not None
    assert media.multivariant is None
    every = copy("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n")
    assert every.media is None
    assert every.multivariant is not None
    other = copy("#EXTM3U8\n")
    assert other.media is None
    assert other.multivariant is None
    assert other.trouble == "line 1: expected #EXTM3U (RFC 8216, 4.3.1.1)"


def test_a_place_is_named_without_directives() -> None:
    assert (copy("").where(), copy("").where(3)) == ("http://h/a.m3u8", "http://h/a.m3u8 line 3")


def test_its_end_is_a_whole_segment_or_a_part() -> None:
    assert copy(f"{HEAD}#EXTINF:2,\na\n").end == (7, -1)
    assert copy(f"{HEAD}#EXTINF:2,\na\n{PART}{PART}").end == (8, 1)


def test_parts_are_numbered_in_their_segments() -> None:
    read = copy(f"{HEAD}#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n{PART}{PART}#EXTINF:2,\na\n{PART}")
    assert [(number, index) for number, index, _ in read.numbered_parts()] == [
        (9, 0), (9, 1), (10, 0),
    ]  # fmt: skip
