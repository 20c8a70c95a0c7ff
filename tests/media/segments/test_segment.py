"""Segments as playlists have them."""

from __future__ import annotations

from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.segment import InitSegment, Segment, SegmentPart, seconds
from trio_srs.media.segments.segment_keys import SegmentKey
from trio_srs.wire.hls.media_playlist import MediaInit, PlaylistKey, PlaylistPart, PlaylistSegment


def test_a_segment_is_listed_with_what_is_known_of_it() -> None:
    init = InitSegment(b"init", TrackFormat("aac"), HZ, "init.mp4", 7)
    parts = [SegmentPart("7.0", b"ab", 90_000, True), SegmentPart("7.1", b"c", 45_000, False)]
    segment = Segment(7, "7.m4s", 0, 5000, True, True, True, init, parts=parts, size=3)
    assert segment.listed(with_parts=True) == PlaylistSegment(
        "7.m4s", 1.5, (PlaylistPart("7.0", 1.0, True), PlaylistPart("7.1", 0.5)),
        MediaInit("init.mp4"), date_ms=5000, is_discontinuity=True,
    )  # fmt: skip
    assert segment.listed(with_parts=False).parts == ()
    assert (segment.duration, segment.bit_rate, segment.is_gap) == (135_000, 16, False)


def test_a_segment_in_which_nothing_is_is_a_gap() -> None:
    parts = [SegmentPart("7.0", b"", 90_000, False)]
    segment = Segment(7, "7.ts", 0, 0, False, False, True, None, parts=parts)
    assert segment.listed(with_parts=False).is_gap
    assert segment.listed_init is None
    assert segment.bit_rate == 0


def test_an_encrypted_segment_says_where_its_key_is() -> None:
    segment = Segment(7, "7.ts", 0, 0, False, False, True, None, key=SegmentKey("1.key", bytes(16)))
    assert segment.listed(with_parts=False).key == PlaylistKey("AES-128", "1.key")


class File:
    """Reads what it is told to have."""

    fileno = 7

    def read(self, start: int, end: int, /) -> bytes:
        return b"-----abc"[start:end]


def test_a_segment_is_the_same_when_its_bytes_are_in_a_file() -> None:
    parts = [SegmentPart("7.0", b"ab", 90_000, True), SegmentPart("7.1", b"c", 45_000, False)]
    segment = Segment(7, "7.m4s", 0, 5000, True, True, True, None, parts=parts, size=3)
    before, file = segment.listed(with_parts=True), File()
    segment.served.append("by its bytes")
    parts[0].served.append("likewise")
    segment.move(file, 5)
    assert segment.listed(with_parts=True) == before
    assert [part.data for part in parts] == [b"ab", b"c"]
    assert [(part.file, part.start, part.size) for part in parts] == [(file, 5, 2), (file, 7, 1)]
    assert (segment.file, segment.start_in_file) == (file, 5)
    assert (segment.served, parts[0].served) == ([], [])


def test_seconds_are_finer_than_ticks() -> None:
    assert [seconds(ticks) for ticks in (1, 3003, 90_000)] == [1e-05, 0.03337, 1.0]
