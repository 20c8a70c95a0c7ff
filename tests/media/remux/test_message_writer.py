"""What was read of messages is written as such again; times are those of RTMP."""

from __future__ import annotations

import pytest

from tests.media.remux import records
from tests.media.remux.records import ASC, AVC, AVC_OTHER, DATA, HEVC, IDR, file_messages
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.message_writer import MessageWriter
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.track_format import TrackFormat, format_of_frame, format_of_record
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.flv.audio import parse_audio
from trio_srs.wire.flv.video import parse_video

CODECS = ("h264", "hevc", "av1", "vp9", "aac", "mp3", "opus", "flac", "ac3", "eac3")
H264, AAC = format_of_record("h264", AVC), format_of_record("aac", ASC)
PICTURE = join_prefixed([IDR])


def written(*units: AccessUnit) -> list[records.Message]:
    writer = MessageWriter()
    messages = [message for unit in units for message in writer.write(unit)]
    return [(message.type_id, message.timestamp_ms, message.payload) for message in messages]


def picture(ms: float, *, late_ms: float = 0, of: TrackFormat = H264) -> AccessUnit:
    return AccessUnit(of, round(ms * 90), round((ms + late_ms) * 90), PICTURE)


@pytest.mark.parametrize("name", ["ffmpeg_h264_aac", "ffmpeg_hevc_opus"])
def test_a_file_comes_out_as_it_went_in(name: str) -> None:
    messages = [it for it in file_messages(DATA / "flv" / f"{name}.flv") if it[0] in (8, 9)]
    reader = UnitReader(CODECS, lambda _: None)
    units = [unit for message in messages if (unit := reader.read(*message)) is not None]
    out = written(*units)
    for kind in (8, 9):
        ours, theirs = (told(each, kind) for each in (out, messages))
        assert [it[1:] for it in ours] == [it[1:] for it in theirs]
        apart = [mine[0] - its[0] for mine, its in zip(ours[1:], theirs[1:], strict=True)]
        assert {abs(each) for each in apart} <= {0, 1}  # sound is counted in samples


def told(messages: list[records.Message], kind: int) -> list[tuple[int, bool, int, bytes]]:
    """Of one kind, in whatever form: time, packet type, composition and data of what has units."""
    found: list[tuple[int, bool, int, bytes]] = []
    for type_id, at_ms, payload in messages:
        if type_id == kind:
            [body] = parse_video(payload) if kind == 9 else parse_audio(payload)
            is_frame = body.packet_type.name.startswith("CODED")
            if body.data and (is_frame or body.packet_type == 0):
                composition = getattr(body, "composition_ms", 0)
                found.append((at_ms, is_frame, composition, body.data))
    return found


def test_times_are_rounded_to_milliseconds() -> None:
    assert [at for _, at, _ in written(*(picture(at) for at in (0, 33.4, 66.6)))][1:] == [0, 33, 67]
    [_, (_, _, body)] = written(picture(33.4, late_ms=66.6))
    assert parse_video(body)[0].composition_ms == 100 - 33


def test_nothing_is_earlier_than_0() -> None:
    times = [at for _, at, _ in written(picture(-80, late_ms=80), picture(-40), picture(0))]
    assert times == [0, 0, 40, 80]


def test_times_go_round_at_32_bits() -> None:
    assert written(picture((1 << 32) + 7))[0][1] == 7


def test_a_composition_time_beyond_what_there_are_bits_for_is_the_longest() -> None:
    [_, (_, _, body)] = written(picture(0, late_ms=1e9))
    assert parse_video(body)[0].composition_ms == (1 << 23) - 1


def test_a_header_comes_where_the_format_is_another() -> None:
    other, again = format_of_record("h264", AVC_OTHER), format_of_record("h264", AVC)
    units = [picture(0), picture(40), picture(80, of=other), picture(120, of=other)]
    kinds = [body[:2] for _, _, body in written(*units, AccessUnit(AAC, 0, 0, b"sound"))]
    assert kinds == [
        b"\x17\0", b"\x17\1", b"\x17\1", b"\x17\0", b"\x17\1", b"\x17\1", b"\xaf\0", b"\xaf\1",
    ]  # fmt: skip
    assert len(written(picture(0), picture(40, of=again))) == 3


@pytest.mark.parametrize(
    ("codec", "record", "head"),
    [("h264", AVC, b"\x17"), ("hevc", HEVC, b"\x91hvc1"), ("vp9", b"", b"\x91vp09")],
)
def test_pictures_have_the_form_of_their_codec(codec: str, record: bytes, head: bytes) -> None:
    made = format_of_record(codec, record) if record else TrackFormat(codec)
    assert written(picture(0, of=made))[-1][2].startswith(head)


@pytest.mark.parametrize(
    ("head", "sound_format", "rate_hz"),
    [("fffb9064", 2, 44100), ("fff38064", 2, 22050), ("fffb9464", 9, 0), ("ffe38864", 14, 8000)],
)
def test_mp3_has_the_legacy_form_where_that_can_say_its_rate(
    head: str, sound_format: int, rate_hz: int
) -> None:
    frame = records.mp3(0, head)[2][5:]
    unit = AccessUnit(format_of_frame("mp3", frame), 0, 0, frame)
    [(type_id, _, body)] = written(unit)
    [sound] = parse_audio(body)
    assert (type_id, sound.codec, sound.data) == (8, ".mp3", frame)
    assert (sound.sound_format, sound.rate_hz) == (sound_format, rate_hz)


@pytest.mark.parametrize("name", ["ts/ffmpeg_hevc_opus.ts", "mp4/ffmpeg_vp9_flac.mp4"])
def test_what_others_muxed_is_read_as_messages(name: str) -> None:
    demuxer = TsDemuxer() if name.endswith(".ts") else Mp4Demuxer()
    data = (DATA / name).read_bytes()
    units = demuxer.feed(data) + demuxer.finish()
    reader = UnitReader(CODECS, lambda _: None)
    again = [unit for message in written(*units) if (unit := reader.read(*message)) is not None]
    assert [unit.data for unit in again] == [unit.data for unit in units]
    assert {unit.format for unit in again} == {unit.format for unit in units}
