"""What Enhanced RTMP's bodies share: modifiers, track lists, FourCCs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.flv.enhanced import (
    ExHead,
    ExTrack,
    FlvBodyError,
    Multitrack,
    build_enhanced,
    read_head,
    read_tracks,
)

VIDEO = 6


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ("91", ExHead(1, 0, None, 1)),
        ("97 02 0f423f 01", ExHead(1, 999_999, None, 6)),
        ("97 00 aa 07 02 000001 03", ExHead(3, 1, None, 9)),  # one too small for nanoseconds
        ("97 02 000001 07 02 000009 13", ExHead(3, 1, None, 11)),  # a modifier of another type
        ("97 ff 0002 000005 00", ExHead(0, 5, None, 8)),  # the long size
        ("96 11", ExHead(1, 0, Multitrack.MANY_TRACKS, 2)),
        ("97 02 000001 06 20", ExHead(0, 1, Multitrack.MANY_TRACKS_MANY_CODECS, 7)),
    ],
)
def test_the_head_is_read_through_modifiers(body: str, head: ExHead) -> None:
    assert read_head(bytes.fromhex(body), VIDEO) == head


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "ends at byte 0, before its first byte"),
        ("97", r"before its ModEx size \(byte 1\)"),
        ("97 ff 00", r"before its ModEx size \(byte 3\)"),
        ("97 02 000000", r"before its ModEx type \(byte 5\)"),
        ("96", r"before its multitrack type \(byte 1\)"),
        ("96 31", r"multitrack type 3 \(byte 1\), expected 0 to 2"),
        ("96 06", r"packet type 6 inside a multitrack body \(byte 1\)"),
        ("96 07", r"packet type 7 inside a multitrack body \(byte 1\)"),
    ],
)
def test_a_broken_head_is_blamed_by_byte(body: str, message: str) -> None:
    with pytest.raises(FlvBodyError, match=message):
        read_head(bytes.fromhex(body), VIDEO)


@pytest.mark.parametrize(
    ("body", "tracks"),
    [
        ("91 61766331 0102", [ExTrack("avc1", 0, 5, b"\x01\x02")]),
        ("96 01 61766331 07 0102", [ExTrack("avc1", 7, 7, b"\x01\x02")]),
        ("96 11 61766331 01 000001 aa 02 000000",
         [ExTrack("avc1", 1, 10, b"\xaa"), ExTrack("avc1", 2, 15, b"")]),
        ("96 21 61766331 00 000002 aabb 68766331 01 000001 cc",
         [ExTrack("avc1", 0, 10, b"\xaa\xbb"), ExTrack("hvc1", 1, 20, b"\xcc")]),
    ],
)  # fmt: skip
def test_tracks_are_read_and_written_back(body: str, tracks: list[ExTrack]) -> None:
    data = bytes.fromhex(body)
    head = read_head(data, VIDEO)
    assert read_tracks(data, head) == tracks
    parts = [(track.fourcc, track.track_id, track.data) for track in tracks]
    built = build_enhanced(
        0x90, head.packet_type, parts, multitrack_type=VIDEO, multitrack=head.multitrack
    )
    assert built == data


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("91 617663", r"inside a FourCC \(byte 1\)"),
        ("96 01 61766331", r"before its track id \(byte 6\)"),
        ("96 11 61766331", r"before its track id \(byte 6\)"),
        ("96 11 61766331 01 0000", r"ends in a track's size \(byte 7\)"),
        ("96 11 61766331 01 000002 aa", "track 1 at byte 10 ends at byte 12 of 11"),
        ("96 21 61766331 01 000000 6876", r"inside a FourCC \(byte 10\)"),
    ],
)
def test_broken_tracks_are_blamed_by_byte(body: str, message: str) -> None:
    data = bytes.fromhex(body)
    with pytest.raises(FlvBodyError, match=message):
        read_tracks(data, read_head(data, VIDEO))


@pytest.mark.parametrize(
    ("tracks", "multitrack", "message"),
    [
        ([], None, "0 tracks in a body for one"),
        ([], Multitrack.MANY_TRACKS, "0 tracks in a body for many"),
        ([("avc1", 0, b""), ("avc1", 1, b"")], Multitrack.ONE_TRACK, "2 tracks in a body for one"),
        ([("avc1", 0, b""), ("hvc1", 1, b"")], Multitrack.MANY_TRACKS, "several codecs need"),
        ([("avc1", 0, bytes(1 << 24))], Multitrack.MANY_TRACKS, "its size has 24 bits"),
    ],
)
def test_what_has_no_form_is_not_written(
    tracks: list[tuple[str, int, bytes]], multitrack: Multitrack | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build_enhanced(0x90, 1, tracks, multitrack_type=VIDEO, multitrack=multitrack)


FOURCCS = st.sampled_from(["avc1", "hvc1", "av01", "\xff\x00zz"])
TRACKS = st.lists(st.tuples(FOURCCS, st.integers(0, 255), st.binary(max_size=8)), min_size=1)


@given(TRACKS, st.sampled_from([None, *Multitrack]), st.integers(0, 999_999), st.integers(0, 5))
def test_what_is_built_is_read(
    tracks: list[tuple[str, int, bytes]],
    multitrack: Multitrack | None,
    nano_offset: int,
    packet_type: int,
) -> None:
    if multitrack is None or multitrack is Multitrack.ONE_TRACK:
        tracks = tracks[:1]
    if multitrack is None:
        tracks = [(fourcc, 0, data) for fourcc, _, data in tracks]
    if multitrack is not Multitrack.MANY_TRACKS_MANY_CODECS:
        tracks = [(tracks[0][0], track_id, data) for _, track_id, data in tracks]
    body = build_enhanced(
        0x90, packet_type, tracks,
        multitrack_type=VIDEO, multitrack=multitrack, nano_offset=nano_offset,
    )  # fmt: skip
    head = read_head(body, VIDEO)
    assert (head.packet_type, head.multitrack, head.nano_offset) == (
        packet_type, multitrack, nano_offset,
    )  # fmt: skip
    assert [(t.fourcc, t.track_id, t.data) for t in read_tracks(body, head)] == tracks


def test_there_are_no_more_tracks_than_ids() -> None:
    """A message of 16 MiB would have four millions of them, and each is an object."""
    most = b"\x96\x10hvc1" + b"".join(bytes((number, 0, 0, 0)) for number in range(256))
    assert len(read_tracks(most, read_head(most, 6))) == 256
    more = most + bytes(4)
    with pytest.raises(FlvBodyError, match=r"more than 256 tracks \(byte 1030\)"):
        read_tracks(more, read_head(more, 6))
