"""Video bodies: what they are at a glance, what is in them, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.wire.flv.tag import FlvReader
from trio_srs.wire.flv.video import (
    FlvBodyError,
    FrameKind,
    FrameType,
    Multitrack,
    VideoBody,
    VideoPacketType,
    build_video,
    classify_video,
    parse_video,
)

DATA = Path(__file__).parents[2] / "data" / "flv"
KEY, HEADER, END, METADATA, COMMAND = (
    FrameKind.KEYFRAME,
    FrameKind.SEQUENCE_HEADER,
    FrameKind.SEQUENCE_END,
    FrameKind.METADATA,
    FrameKind.COMMAND,
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        # legacy AVC, and HEVC and AV1 by custom
        ("17 00 000000 0164001f", HEADER), ("27 00 000000 0164001f", HEADER),
        ("17 01 000000 00", KEY), ("17 01 000000", KEY), ("27 01 000050 00", 0),
        ("37 01 000000 00", 0), ("47 01 000000 00", 0), ("17 02 000000", END), ("17 02", END),
        ("1c 00 000000 01", HEADER), ("1c 01 000000 00", KEY), ("1d 01 000000 00", KEY),
        ("17 03 000000 00", 0), ("17 ff 000000 00", 0),
        # legacy without packet types
        ("12 00 008400", KEY), ("12 00", KEY), ("22 00 008400 81", 0), ("14 00 112233 44", KEY),
        ("15 00 112233 44", KEY), ("13 00 112233 44", KEY),
        # commands, of any codec
        ("57 00", COMMAND), ("57 00 000000 0000", COMMAND), ("52 01", COMMAND), ("58 01", COMMAND),
        # cut short, or empty where something is due
        ("", 0), ("17", 0), ("17 00", 0), ("17 00 000000", 0), ("17 01 0000", 0), ("57", 0),
        ("12", 0), ("97 02 0000", 0), ("96 00", 0), ("91 617663", 0), ("18 00", 0),
        # unknown codecs and frame types
        ("10 00 000000 00", 0), ("18 01 000000 00", 0), ("1f 01 000000 00", 0),
        ("07 01 000000 00", 0), ("67 01 000000 00", 0),
        # enhanced
        ("90 68766331 01", HEADER), ("90 61766331", HEADER), ("91 68766331 000000 00", KEY),
        ("93 68766331 00", KEY), ("a1 68766331 000000 00", 0), ("a3 68766331 00", 0),
        ("92 68766331", END), ("a2 68766331", END), ("94 68766331 02", METADATA),
        ("d4 68766331 02", METADATA), ("95 61763031 00", HEADER), ("91 7a7a7a7a 00", KEY),
        ("98 68766331 00", 0), ("d1 00", COMMAND), ("d1 00 00000000", COMMAND), ("d1", 0),
        # enhanced: modifiers
        ("97 02 000001 01 68766331 00", KEY), ("97 02 000001 00 68766331 00", HEADER),
        ("97 02 000001 01 687663", 0), ("97 02 000001", 0), ("d7 02 000001 01 00", COMMAND),
        ("d7 02 000001 01", 0), ("d6 00 00000000", COMMAND), ("d6 31", COMMAND), ("d6", 0),
        ("97 ff 00", 0),
        # enhanced: multitrack
        ("96 00 68766331 00 01", HEADER), ("96 00 68766331 05 01", HEADER),
        ("96 01 68766331 00 00", KEY), ("96 01 68766331 05 00", 0), ("a6 01 68766331 00 00", 0),
        ("96 11 68766331 01 000000", KEY), ("96 20 68766331 01 000000", HEADER),
        ("96 01 68766331", 0), ("96 31 68766331 00 00", 0), ("96 06 68766331 00 00", 0),
        ("96 02 68766331 03", END), ("96 04 68766331 00 02", METADATA),
    ],
)  # fmt: skip
def test_a_body_is_what_its_first_bytes_say(body: str, kind: int) -> None:
    assert classify_video(bytes.fromhex(body)) == kind


@given(st.binary(max_size=24))
@example(b"\x97\xff\xff\xff\xff\xff")
def test_a_glance_at_anything_gives_at_most_one_flag(body: bytes) -> None:
    assert classify_video(body) in (0, *FrameKind)


AVC_NALU = VideoBody(
    "avc1", FrameType.KEY, VideoPacketType.CODED_FRAMES, b"\x00\x00\x00\x01\x65", composition_ms=80
)


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("17 01 000050 0000000165", [AVC_NALU]),
        ("1c 00 000000 0101",
         [VideoBody("hvc1", FrameType.KEY, VideoPacketType.SEQUENCE_START, b"\x01\x01")]),
        ("2d 01 ffffff 12",
         [VideoBody("av01", FrameType.INTER, VideoPacketType.CODED_FRAMES, b"\x12", -1)]),
        ("17 02 000000", [VideoBody("avc1", FrameType.KEY, VideoPacketType.SEQUENCE_END, b"")]),
        ("22 0102", [VideoBody("flv1", FrameType.INTER, VideoPacketType.CODED_FRAMES, b"\1\2")]),
        ("57 01", [VideoBody("avc1", FrameType.COMMAND, VideoPacketType.CODED_FRAMES, b"\x01")]),
        ("91 68766331 800000 aa",
         [VideoBody("hvc1", FrameType.KEY, VideoPacketType.CODED_FRAMES, b"\xaa", -0x800000,
                    enhanced=True)]),
        ("a3 68766331 aa",
         [VideoBody("hvc1", FrameType.INTER, VideoPacketType.CODED_FRAMES_X, b"\xaa",
                    enhanced=True)]),
        ("91 61763031 aabbcc",
         [VideoBody("av01", FrameType.KEY, VideoPacketType.CODED_FRAMES, b"\xaa\xbb\xcc",
                    enhanced=True)]),
        ("91 7a7a7a7a aa",
         [VideoBody("zzzz", FrameType.KEY, VideoPacketType.CODED_FRAMES, b"\xaa", enhanced=True)]),
        # no frames: the frame type means nothing
        ("84 68766331 02",
         [VideoBody("hvc1", FrameType.NONE, VideoPacketType.METADATA, b"\x02", enhanced=True)]),
        ("80 68766331 01",
         [VideoBody("hvc1", FrameType.NONE, VideoPacketType.SEQUENCE_START, b"\x01",
                    enhanced=True)]),
        ("86 04 68766331 00 02",
         [VideoBody("hvc1", FrameType.NONE, VideoPacketType.METADATA, b"\x02", 0, 0,
                    Multitrack.ONE_TRACK, enhanced=True)]),
        ("d4 68766331 02",
         [VideoBody("hvc1", FrameType.COMMAND, VideoPacketType.METADATA, b"\x02", enhanced=True)]),
        ("d1 01",
         [VideoBody("", FrameType.COMMAND, VideoPacketType.CODED_FRAMES, b"\x01", enhanced=True)]),
        ("d7 02 000007 01 00",
         [VideoBody("", FrameType.COMMAND, VideoPacketType.CODED_FRAMES, b"\x00", nano_offset=7,
                    enhanced=True)]),
        ("96 21 61766331 00 000004 000001aa 76703039 02 000001 bb",
         [VideoBody("avc1", FrameType.KEY, VideoPacketType.CODED_FRAMES, b"\xaa", 1, 0,
                    Multitrack.MANY_TRACKS_MANY_CODECS, enhanced=True),
          VideoBody("vp09", FrameType.KEY, VideoPacketType.CODED_FRAMES, b"\xbb", 0, 2,
                    Multitrack.MANY_TRACKS_MANY_CODECS, enhanced=True)]),
        ("97 02 000009 00 61766331 aa",
         [VideoBody("avc1", FrameType.KEY, VideoPacketType.SEQUENCE_START, b"\xaa", nano_offset=9,
                    enhanced=True)]),
    ],
)  # fmt: skip
def test_bodies_are_read_and_written_back(body: str, parsed: list[VideoBody]) -> None:
    assert parse_video(bytes.fromhex(body)) == parsed
    assert build_video(parsed) == bytes.fromhex(body)


def test_a_sequence_end_may_leave_its_composition_time_out() -> None:
    assert parse_video(b"\x17\x02")[0].packet_type is VideoPacketType.SEQUENCE_END


@pytest.mark.parametrize("first", ["84", "e4", "f4"])
def test_metadata_are_read_whatever_their_frame_type_is(first: str) -> None:
    assert parse_video(bytes.fromhex(f"{first} 68766331 02")) == [
        VideoBody("hvc1", FrameType.NONE, VideoPacketType.METADATA, b"\x02", enhanced=True)
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "an empty video body"),
        ("81 68766331 000000", r"frame type 0 \(byte 0\) of frames, expected 1 to 5"),
        ("e3 68766331 00", r"frame type 6 \(byte 0\) of frames, expected 1 to 5"),
        ("07 01", r"frame type 0 \(byte 0\), expected 1 to 5"),
        ("18 01", r"codec id 8 \(byte 0\) is not known"),
        ("17", r"h264 packet type missing \(byte 1\), expected 0 to 2"),
        ("17 03 000000", r"h264 packet type 3 \(byte 1\)"),
        ("17 01 0000", "ends at byte 4, inside its composition time"),
        ("98 68766331", r"video packet type 8 \(byte 0\) is not known"),
        ("91 68766331 0000", "the composition time at byte 5 is cut short"),
        ("d1", "the command at byte 1 is missing"),
        ("91 68", "inside a FourCC"),
    ],
)
def test_a_broken_body_is_blamed_by_byte(body: str, message: str) -> None:
    with pytest.raises(FlvBodyError, match=message):
        parse_video(bytes.fromhex(body))


def video(**changes: object) -> VideoBody:
    fields: dict[str, object] = {
        "codec": "avc1", "frame_type": FrameType.KEY,
        "packet_type": VideoPacketType.CODED_FRAMES, "data": b"",
    }  # fmt: skip
    return VideoBody(**(fields | changes))  # type: ignore[arg-type]  # one field is under test


@pytest.mark.parametrize(
    ("bodies", "message"),
    [
        ([video(), video(frame_type=FrameType.INTER)], "differ in frame type"),
        ([video(), video(enhanced=True)], "differ in frame type, packet type or form"),
        ([video(), video()], "2 tracks in a legacy body"),
        ([video(codec="vp09")], "codec 'vp09' has no legacy id"),
        ([video(codec="zzzz")], "codec 'zzzz' has no legacy id"),
        ([video(codec="mp4a")], "codec 'mp4a' has no legacy id"),
        ([video(composition_ms=0x800000)], "it has 24 bits"),
    ],
)
def test_what_has_no_form_is_not_written(bodies: list[VideoBody], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_video(bodies)


def bodies_of(name: str) -> list[bytes]:
    reader = FlvReader()
    reader.feed((DATA / name).read_bytes())
    return [tag.body for tag in iter(reader.next_tag, None) if tag.type_id == 9]


@pytest.mark.parametrize(
    ("name", "kinds", "codecs"),
    [
        ("ffmpeg_h264_aac.flv", [HEADER, KEY, 0, 0, 0, END], {("avc1", 0)}),
        ("ffmpeg_hevc_opus.flv", [HEADER, METADATA, KEY, 0, 0, 0], {("hvc1", 0)}),
        ("ffmpeg_multitrack.flv", None, {("avc1", 0), ("avc1", 1)}),
    ],
)
def test_bodies_of_ffmpeg(name: str, kinds: list[int] | None, codecs: set[tuple[str, int]]) -> None:
    bodies = bodies_of(name)
    if kinds is not None:
        assert [classify_video(body) for body in bodies] == kinds
    parsed = [parse_video(body) for body in bodies]
    assert {(body.codec, body.track_id) for bodies in parsed for body in bodies} == codecs
    assert [build_video(tracks) for tracks in parsed] == bodies


def test_a_second_tracks_keyframe_is_no_place_to_begin() -> None:
    keys = [b for b in bodies_of("ffmpeg_multitrack.flv") if classify_video(b) == KEY]
    assert [parse_video(body)[0].track_id for body in keys] == [0]


@given(
    st.builds(
        VideoBody,
        codec=st.sampled_from(["avc1", "hvc1", "av01", "vvc1", "vp08", "zzzz"]),
        frame_type=st.sampled_from([FrameType.KEY, FrameType.INTER]),
        packet_type=st.just(VideoPacketType.CODED_FRAMES),
        data=st.binary(max_size=9),
        track_id=st.integers(0, 255),
        multitrack=st.just(Multitrack.ONE_TRACK),
        nano_offset=st.integers(0, 999_999),
        enhanced=st.just(True),
    )
)
def test_what_is_built_is_read(body: VideoBody) -> None:
    assert parse_video(build_video([body])) == [body]


@given(st.binary(max_size=24))
@example(b"\x17\x02")
@example(b"\xd6\x00\x00")
def test_garbage_is_read_or_blamed_on_the_peer(body: bytes) -> None:
    try:
        parsed = parse_video(body)
    except FlvBodyError:
        return
    assert parse_video(build_video(parsed)) == parsed
