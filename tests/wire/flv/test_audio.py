"""Audio bodies: what they are at a glance, what is in them, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.flv.audio import (
    AudioBody,
    AudioPacketType,
    FlvBodyError,
    FrameKind,
    Multitrack,
    build_audio,
    classify_audio,
    parse_audio,
)
from trio_srs.wire.flv.tag import FlvReader

DATA = Path(__file__).parents[2] / "data" / "flv"
HEADER, END, METADATA = FrameKind.SEQUENCE_HEADER, FrameKind.SEQUENCE_END, FrameKind.METADATA
START, FRAMES = AudioPacketType.SEQUENCE_START, AudioPacketType.CODED_FRAMES


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("af 00 1210", HEADER), ("ae 00 1210", HEADER), ("af 01 21", 0), ("af 02 21", 0),
        ("2f ff fb", 0), ("72 d5 d5", 0), ("d2 fc ff", 0), ("c0 00 00", 0), ("f2 00 00", 0),
        ("", 0), ("af", 0), ("af 00", 0), ("90", 0), ("90 4f70", 0),
        ("90 4f707573 4f", HEADER), ("90 61632d33", HEADER), ("91 4f707573 fc", 0),
        ("92 4f707573", END), ("93 4f707573 00", 0), ("94 4f707573 010200000003", METADATA),
        ("9f 4f707573 00", 0),
        ("97 02 000001 00 4f707573 4f", HEADER), ("97 02 000001 00 4f70", 0), ("97 ff 00", 0),
        ("95 00 6d703461 01 11", HEADER), ("95 01 6d703461 01 11", 0), ("95 00 6d703461", 0),
        ("95 14 6d703461 01 000000", METADATA), ("95 40 6d703461 01 11", 0),
    ],
)  # fmt: skip
def test_a_body_is_what_its_first_bytes_say(body: str, kind: int) -> None:
    assert classify_audio(bytes.fromhex(body)) == kind


@given(st.binary(max_size=24))
def test_a_glance_at_anything_gives_at_most_one_flag_and_no_keyframe(body: bytes) -> None:
    assert classify_audio(body) in (0, HEADER, END, METADATA)


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        ("af 00 1210", [AudioBody("mp4a", START, b"\x12\x10", 10, 44100, 16, 2)]),
        ("af 01 21", [AudioBody("mp4a", FRAMES, b"\x21", 10, 44100, 16, 2)]),
        ("2a fffb", [AudioBody(".mp3", FRAMES, b"\xff\xfb", 2, 22050, 16, 1)]),
        ("e2 ff", [AudioBody(".mp3", FRAMES, b"\xff", 14, 8000, 16, 1)]),
        ("42 00", [AudioBody("nmos", FRAMES, b"\x00", 4, 16000, 16, 1)]),
        ("35 80", [AudioBody("sowt", FRAMES, b"\x80", 3, 11025, 8, 2)]),
        ("71 d5", [AudioBody("alaw", FRAMES, b"\xd5", 7, 8000, 8, 2)]),
        ("d2 fc", [AudioBody("Opus", FRAMES, b"\xfc", 13, 5512, 16, 1)]),
        ("91 4f707573 fc", [AudioBody("Opus", FRAMES, b"\xfc")]),
        ("94 4f707573 0102", [AudioBody("Opus", AudioPacketType.MULTICHANNEL_CONFIG, b"\1\2")]),
        ("97 02 000003 01 664c6143 aa", [AudioBody("fLaC", FRAMES, b"\xaa", nano_offset=3)]),
        ("95 11 6d703461 00 000001 aa 01 000001 bb",
         [AudioBody("mp4a", FRAMES, b"\xaa", track_id=0, multitrack=Multitrack.MANY_TRACKS),
          AudioBody("mp4a", FRAMES, b"\xbb", track_id=1, multitrack=Multitrack.MANY_TRACKS)]),
    ],
)  # fmt: skip
def test_bodies_are_read_and_written_back(body: str, parsed: list[AudioBody]) -> None:
    assert parse_audio(bytes.fromhex(body)) == parsed
    assert build_audio(parsed) == bytes.fromhex(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "an empty audio body"),
        ("c0 00", r"sound format 12 \(byte 0\) is not known"),
        ("af", r"aac packet type missing \(byte 1\), expected 0 or 1"),
        ("af 02", r"aac packet type 2 \(byte 1\), expected 0 or 1"),
        ("93 4f707573", r"audio packet type 3 \(byte 0\) is not known"),
        ("91 4f", "inside a FourCC"),
        ("95", "before its multitrack type"),
    ],
)
def test_a_broken_body_is_blamed_by_byte(body: str, message: str) -> None:
    with pytest.raises(FlvBodyError, match=message):
        parse_audio(bytes.fromhex(body))


AAC = AudioBody("mp4a", FRAMES, b"", 10, 44100, 16, 2)


@pytest.mark.parametrize(
    ("bodies", "message"),
    [
        ([AAC, AudioBody("mp4a", START, b"", 10)], "differ in packet type or form"),
        ([AAC, AAC], "2 tracks in a legacy body"),
        ([AudioBody("mp4a", FRAMES, b"", 2, 44100)], "codec 'mp4a' has no sound format 2"),
        ([AudioBody("zzzz", FRAMES, b"", 2, 44100)], "codec 'zzzz' has no sound format 2"),
        ([AudioBody("flv1", FRAMES, b"", 2, 44100)], "codec 'flv1' has no sound format 2"),
        ([AudioBody("mp4a", FRAMES, b"", 10, 48000)], "a rate of 48000 Hz; the legacy form has"),
    ],
)
def test_what_has_no_form_is_not_written(bodies: list[AudioBody], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_audio(bodies)


@pytest.mark.parametrize(
    ("name", "kinds", "codecs"),
    [
        ("ffmpeg_h264_aac.flv", [HEADER], {("mp4a", 0)}),
        ("ffmpeg_hevc_opus.flv", [HEADER, METADATA], {("Opus", 0)}),
        ("ffmpeg_multitrack.flv", [HEADER, HEADER, METADATA], {("mp4a", 0), ("mp4a", 1)}),
    ],
)
def test_bodies_of_ffmpeg(name: str, kinds: list[int], codecs: set[tuple[str, int]]) -> None:
    reader = FlvReader()
    reader.feed((DATA / name).read_bytes())
    bodies = [tag.body for tag in iter(reader.next_tag, None) if tag.type_id == 8]
    assert [kind for kind in map(classify_audio, bodies) if kind] == kinds
    parsed = [parse_audio(body) for body in bodies]
    assert {(body.codec, body.track_id) for bodies in parsed for body in bodies} == codecs
    assert [build_audio(tracks) for tracks in parsed] == bodies


@given(st.binary(max_size=24))
def test_garbage_is_read_or_blamed_on_the_peer(body: bytes) -> None:
    try:
        parsed = parse_audio(body)
    except FlvBodyError:
        return
    assert parse_audio(build_audio(parsed)) == parsed
