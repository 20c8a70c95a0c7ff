"""Transport streams: what is in them, where a reader may begin, and what they keep."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.remux.records import (
    ASC,
    AVC,
    AVC_OTHER,
    DATA,
    HEVC,
    IDR,
    OTHER_SLICE,
    Message,
    aac,
    aac_head,
    avc,
    enhanced,
    file_messages,
    head,
    hevc,
    live,
    mp3,
    opus,
    opus_head,
    sound,
)
from tests.media.remux.ts_checks import START, Checked, check
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.byte_stream import BYTE_STREAMS
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.track_format import format_of_record
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.remux.ts_muxer import TS_LEAD, TsMuxer
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.nalu import join_prefixed, split_prefixed
from trio_srs.wire.ts.ts_oddity import TsOddityKind
from trio_srs.wire.ts.ts_reader import ClockReference, TsReader

VIDEO_PID, AUDIO_PID = 0x100, 0x101


def pieces_of(muxer: TsMuxer, *messages: Message) -> list[MuxedPiece]:
    return [piece for message in messages for piece in muxer.write(*message)]


def muxed(*messages: Message) -> tuple[list[MuxedPiece], TsMuxer]:
    muxer = TsMuxer()
    return pieces_of(muxer, *messages) + muxer.finish(), muxer


def checked(pieces: list[MuxedPiece]) -> Checked:
    return check(b"".join(piece.data for piece in pieces))


def test_the_letter_of_a_keyframe() -> None:
    pieces, _ = muxed(head(), avc(0, IDR, key=True, cts=80))
    data = pieces[0].data
    assert data[:188] == bytes.fromhex("474000100000b00d0001c100000001f0002ab104b2") + b"\xff" * 167
    pmt = "4750001000 02b0120001c10000e100f0001be100f000 15bd4d56"
    assert data[188:376] == bytes.fromhex(pmt) + b"\xff" * 162
    stream = START.join((b"", b"\x09\xf0", *format_of_record("h264", AVC).sets, IDR))
    header = bytes.fromhex("000001e0") + (13 + len(stream)).to_bytes(2, "big")
    header += b"\x84\xc0\x0a" + data[-len(stream) - 10 : -len(stream)]
    assert data.endswith(header + stream)
    assert data[376:380] == bytes.fromhex("47410030")
    assert data[381:388] == bytes.fromhex("50 000000007e00")  # random access, and the clock at 0


def test_a_live_stream_keeps_what_it_has_to_keep() -> None:
    pieces, muxer = muxed(*live(5))
    found = checked(pieces)
    assert (found.versions, found.types) == ([0], [(0x1B, 0x0F)])
    assert len(found.pes[VIDEO_PID]) == 125
    assert found.breaks == 0
    assert muxer.left_out == []
    assert max(b - a for a, b in pairwise(found.tables_at)) <= 9000
    assert [piece.is_entry for piece in pieces].count(True) == 5
    assert [f.codec for f in muxer.formats] == ["h264", "aac"]


def test_a_reader_may_begin_at_each_entry() -> None:
    pieces, _ = muxed(*live(3))
    entries = [at for at, piece in enumerate(pieces) if piece.is_entry]
    assert len(entries) == 3
    for at in entries:
        demuxer = TsDemuxer()
        units = demuxer.feed(b"".join(piece.data for piece in pieces[at:])) + demuxer.finish()
        assert units[0].is_key
        assert units[0].dts == pieces[at].dts + TS_LEAD
        assert demuxer.oddities == {}
        assert demuxer.left_out == []


@pytest.mark.parametrize("fps", [1, 5, 10, 15, 24, 30, 60])
@pytest.mark.parametrize("with_sound", [True, False])
def test_tables_and_clocks_come_often_at_every_rate(fps: int, with_sound: bool) -> None:
    found = checked(muxed(*live(3, fps, with_sound=with_sound))[0])
    assert max(b - a for a, b in pairwise(found.tables_at)) <= 9000
    assert found.types == [(0x1B, 0x0F)] if with_sound else [(0x1B,)]


def test_sound_alone_may_be_begun_everywhere() -> None:
    pieces, _ = muxed(aac_head(), *(aac(n * 64 // 3) for n in range(100)))
    found = checked(pieces)
    assert found.types == [(0x0F,)]
    assert all(piece.is_entry for piece in pieces)
    assert {piece.units for piece in pieces[:-1]} == {3}
    assert len(found.pes[AUDIO_PID]) == len(pieces)


@pytest.mark.parametrize("rate", [96_000, 44_100, 22_050, 8000])
def test_sound_alone_has_tables_and_clocks_as_often_at_every_rate(rate: int) -> None:
    asc = build_audio_specific_config(2, rate, 1)
    frames = [aac(n * 1024 * 1000 // rate) for n in range(3 * rate // 1024)]
    found = checked(muxed(aac_head(0, asc), *frames)[0])
    assert max(b - a for a, b in pairwise(found.tables_at)) <= 9000
    assert len(found.clocks) >= 3000 // 100


def test_pictures_alone_have_no_sound_in_the_tables() -> None:
    found = checked(muxed(*live(2, with_sound=False))[0])
    assert (found.types, set(found.pes)) == ([(0x1B,)], {VIDEO_PID})


def test_sound_that_starts_late_is_another_version_of_the_tables() -> None:
    late = [aac(n * 64 // 3 + 2000) for n in range(40)]
    frames = sorted([*live(3, with_sound=False)[2:], *late], key=lambda m: m[1])
    found = checked(muxed(head(), *frames[:50], aac_head(), *frames[50:])[0])
    assert (found.versions, found.types) == ([0, 1], [(0x1B,), (0x1B, 0x0F)])


def test_pictures_that_start_late_are_another_version_of_the_tables() -> None:
    early = [aac(n * 64 // 3) for n in range(47)]
    found = checked(muxed(aac_head(), head(), *early, *live(1, start_ms=1000)[2:])[0])
    assert (found.versions, found.types) == ([0, 1], [(0x0F,), (0x1B, 0x0F)])


def test_another_size_is_in_the_parameter_sets_and_no_other_version() -> None:
    pieces, _ = muxed(*live(1), *live(1, start_ms=1000)[2:], head(AVC_OTHER), avc(2000, key=True))
    found = checked(pieces)
    assert found.versions == [0]
    other = format_of_record("h264", AVC_OTHER).sets[0]
    assert START + other in found.pes[VIDEO_PID][-1][2]


def test_another_codec_is_another_version() -> None:
    after = [head(HEVC, 1000, "hvc1"), hevc(1000, key=True), mp3(1000), hevc(1040)]
    found = checked(muxed(*live(1), *after, mp3(1100, "fff384c4"))[0])
    assert found.types == [(0x1B, 0x0F), (0x24, 0x0F), (0x24, 0x03), (0x24, 0x04)]
    assert found.versions == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "start_ms", [(1 << 32) - 1000, (1 << 31) - 1000, (1 << 24) - 1000, 95_442_000]
)
def test_a_wrap_of_32_or_33_bits_is_no_break(start_ms: int) -> None:
    messages = live(3, start_ms=start_ms)
    pieces, _ = muxed(*messages)
    found = checked(pieces)
    assert found.breaks == 0
    dts = [each[1] for each in found.pes[VIDEO_PID]]
    assert {(b - a) % (1 << 33) for a, b in pairwise(dts)} == {3600}
    assert pieces[-1].dts >= start_ms * 90 + 2 * 90_000


def test_a_clock_that_is_set_is_marked_once() -> None:
    found = checked(muxed(*live(1), *live(1, start_ms=700_000)[2:])[0])
    assert (found.breaks, found.versions) == (1, [0])


def test_a_pause_is_not_filled_with_clocks() -> None:
    pieces, _ = muxed(head(), avc(0, key=True), avc(9_000), avc(18_000), avc(18_040))
    assert [len(piece.data) // 188 for piece in pieces] == [3, 4, 4, 1]


def test_sound_that_goes_on_alone_behind_a_pause_has_a_clock() -> None:
    sounds = [aac(3000 + n * 64 // 3) for n in range(90)]
    pieces, _ = muxed(head(), aac_head(), avc(0, key=True), aac(0), *sounds)
    reader = TsReader()
    events = reader.feed(b"".join(piece.data for piece in pieces))
    clocks = [each.pcr // 27_000 for each in events if isinstance(each, ClockReference)]
    assert clocks[0] == 0
    assert clocks[1] == 2999
    assert reader.oddities.keys() <= {TsOddityKind.PCR_INTERVAL}, "of the pause"
    assert max(b - a for a, b in pairwise(clocks[1:])) == 80
    assert clocks[-1] >= 3000 + 90 * 64 // 3 - 150


def test_another_publisher_goes_on_in_the_same_stream() -> None:
    muxer = TsMuxer()
    pieces = pieces_of(muxer, *live(1)) + muxer.restart()
    pieces += pieces_of(
        muxer, head(HEVC, 0, "hvc1"), *(hevc(n * 40, key=n == 0) for n in range(25))
    )
    found = checked(pieces + muxer.finish())
    assert (found.versions, found.types, found.breaks) == ([0, 1], [(0x1B, 0x0F), (0x24,)], 1)


def test_times_go_on_behind_a_restart_whatever_the_clock_of_the_next_publisher_says() -> None:
    muxer = TsMuxer()
    assert muxer.end <= 3600, "nothing was written"
    pieces_of(muxer, *live(1))
    muxer.restart()
    assert muxer.end == 90_000
    pieces = pieces_of(muxer, *live(1, start_ms=7_000_000))
    muxer.restart()
    pieces += pieces_of(muxer, *live(1, start_ms=3))
    keys = [piece.dts for piece in pieces if piece.is_entry]
    assert keys == [90_000, 180_000]


def test_a_republish_that_begins_with_sound_breaks_the_clock_of_the_pictures() -> None:
    muxer = TsMuxer()
    pieces = pieces_of(muxer, *live(1)) + muxer.restart()
    again = live(1, start_ms=5)
    pieces += pieces_of(muxer, *again[:2], aac(5), *again[2:])
    assert checked(pieces + muxer.finish()).breaks == 1


def test_sound_ahead_of_the_pictures_does_not_turn_the_clock_back() -> None:
    messages = [head(), aac_head(), avc(0, key=True), aac(0), aac(250), avc(40), avc(80, key=True)]
    pieces, _ = muxed(*messages, aac(300), avc(400))
    found = checked(pieces)
    assert found.clocks == sorted(set(found.clocks))
    assert [piece.dts // 90 for piece in pieces if piece.is_entry] == [0, 80]


def test_slices_that_come_by_themselves_have_one_delimiter() -> None:
    found = checked(muxed(head(), avc(0, IDR, key=True), avc(0, OTHER_SLICE, key=True))[0])
    first, rest = found.pes[VIDEO_PID]
    assert first[:2] == rest[:2]
    assert rest[2] == START + OTHER_SLICE


def test_a_message_without_a_slice_is_no_piece() -> None:
    pieces, _ = muxed(head(), avc(0, key=True), avc(40, b"\x01\x02\x03"), enhanced("avc1", 80, b""))
    assert len(pieces) == 2


@pytest.mark.parametrize(
    ("messages", "reason", "said"),
    [
        ([enhanced("av01", 0, b"obu")], LeftOutReason.NOT_CARRIED, "video av1: the container has"),
        ([aac_head(0, b"\xf8\xe8\x50\x00"), aac(0)], LeftOutReason.NOT_CARRIED, "ADTS cannot say"),
        ([aac_head(), aac(0, bytes(8001))], LeftOutReason.UNREADABLE, "a frame of 8001 bytes"),
        (
            [
                opus_head(0, 6, family=255), opus(0),
            ],
            LeftOutReason.NOT_CARRIED, "6 channels in mapping family 255",
        ),
    ],
)  # fmt: skip
def test_what_a_transport_stream_cannot_carry_is_named(
    messages: list[Message], reason: LeftOutReason, said: str
) -> None:
    pieces, muxer = muxed(*messages)
    assert pieces == []
    [what] = muxer.left_out
    assert what.reason == reason
    assert said in str(what)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_opus_has_its_channels_in_the_tables(channels: int) -> None:
    pieces, _ = muxed(opus_head(0, channels), *(opus(n * 20) for n in range(10)))
    assert checked(pieces).types == [(0x06,)]
    demuxer = TsDemuxer()
    [first, *_] = demuxer.feed(b"".join(piece.data for piece in pieces)) + demuxer.finish()
    assert first.format.channels == channels


def test_much_sound_is_cut_into_several_packets() -> None:
    pieces, _ = muxed(aac_head(), *(aac(0, bytes(7000)) for n in range(3)))
    messages = [opus_head(), *(opus(0, b"\xe0" + bytes(7900)) for _ in range(30))]  # 2.5 ms each
    many, _ = muxed(*messages)
    assert sum(piece.units for piece in many) == 30
    assert all(len(data) < 65536 for _, _, data in checked(many).pes[AUDIO_PID])
    assert checked(pieces).types == [(0x0F,)]


def test_lower_rates_of_mp3_and_ac3_are_named_as_they_are() -> None:
    ac3 = bytes.fromhex("0b77 0000 00 40 43 00") + bytes(120)
    assert checked(muxed(mp3(0, "fff384c4"))[0]).types == [(0x04,)]
    assert checked(muxed(sound("ac-3", 0, ac3))[0]).types == [(0x81,)]


def through(messages: list[Message]) -> tuple[list[AccessUnit], list[AccessUnit]]:
    """The units that go in, and those that come out."""
    reader = UnitReader(("h264", "hevc", "aac", "mp3", "opus"), lambda _: None)
    sent = [unit for message in messages if (unit := reader.read(*message)) is not None]
    pieces, muxer = muxed(*messages)
    assert muxer.left_out == []
    demuxer = TsDemuxer()
    got = demuxer.feed(b"".join(piece.data for piece in pieces)) + demuxer.finish()
    assert demuxer.oddities == {}
    assert demuxer.left_out == []
    return sent, got


def told(units: list[AccessUnit], kind: str, lead: int = 0) -> list[tuple[int, int, bytes, bool]]:
    def payload(unit: AccessUnit) -> bytes:
        if kind == "audio":
            return unit.data
        nalus = split_prefixed(unit.data, unit.format.length_size)
        stream = BYTE_STREAMS[unit.format.codec]
        drops = stream.sets | stream.dropped
        return join_prefixed(nalu for nalu in nalus if stream.type_of(nalu) not in drops)

    return [
        (unit.dts - lead, unit.pts - lead, payload(unit), unit.is_key)
        for unit in units
        if unit.format.kind == kind
    ]


@pytest.mark.parametrize("name", ["ffmpeg_h264_aac", "ffmpeg_hevc_opus"])
def test_what_ffmpeg_encoded_comes_out_as_it_went_in(name: str) -> None:
    sent, got = through(file_messages(DATA / "flv" / f"{name}.flv"))
    assert len(told(sent, "video")) == 4
    assert len(told(sent, "audio")) >= 8
    assert told(got, "video", TS_LEAD) == told(sent, "video")
    first = told(sent, "video")[0][0]
    heard = [each for each in told(sent, "audio") if each[0] >= first]
    assert told(got, "audio", TS_LEAD) == heard


NALUS = st.lists(
    st.binary(min_size=2, max_size=400).map(lambda b: b"\x41\x9a" + bytes(1 + x % 255 for x in b)),
    min_size=1, max_size=3,
)  # fmt: skip
FRAMES = st.lists(
    st.tuples(
        st.sampled_from("vvak"),
        st.integers(1, 90),
        st.integers(0, 5),
        NALUS,
        st.binary(min_size=1, max_size=700),
    ),
    max_size=40,
)


@pytest.mark.property
@given(FRAMES, st.integers(0, (1 << 32) - 1))
def test_access_units_come_out_as_they_went_in(
    frames: list[tuple[str, int, int, list[bytes], bytes]], start_ms: int
) -> None:
    messages = [head(), aac_head(), avc(start_ms, key=True), aac(start_ms)]
    at_ms = start_ms
    for kind, step, cts, nalus, data in frames:
        at_ms += step
        if kind == "a":
            messages.append(aac(at_ms, b"\x21" + data))
        elif kind == "v":
            messages.append(avc(at_ms, *nalus, cts=cts * 40))
        else:
            messages.append(avc(at_ms, IDR, *nalus, key=True, cts=cts * 40))
    sent, got = through(messages)
    for kind in ("video", "audio"):
        before = told(sent, kind)
        after = told(got, kind, TS_LEAD)
        assert [each[2:] for each in after] == [each[2:] for each in before]
        for (dts, pts, *_), (dts_after, pts_after, *_) in zip(before, after, strict=True):
            # Sound that shares a packet is counted in samples from its first frame on.
            off = (dts_after - dts + (1 << 32)) % (1 << 33) - (1 << 32)
            assert abs(off) <= (1 if kind == "audio" else 0)
            assert pts_after - dts_after == pts - dts
    check(b"".join(piece.data for piece in muxed(*messages)[0]))


def test_the_asc_goes_through() -> None:
    asc = build_audio_specific_config(2, 44100, 1)
    _, got = through([aac_head(0, asc), aac(0), aac(23)])
    assert [unit.format.record for unit in got] == [asc, asc]
    assert asc != ASC


def test_a_segment_stands_by_itself_wherever_it_begins() -> None:
    muxer = TsMuxer()
    pieces_of(muxer, *live(1))
    muxer.flush()
    muxer.begin_segment()
    (piece,) = pieces_of(muxer, avc(1010))
    assert not piece.is_entry
    assert piece.data[1:3] == b"\x40\x00"
    assert piece.data[189:191] == b"\x50\x00"


def test_a_segment_has_the_tracks_that_it_is_said_to_have() -> None:
    muxer = TsMuxer()
    before = pieces_of(muxer, *live(1)) + muxer.flush()
    muxer.begin_segment([format_of_record("h264", AVC)])
    assert [each.codec for each in muxer.formats] == ["h264"]
    found = checked(before + pieces_of(muxer, avc(1000, key=True)))
    assert found.types == [(0x1B, 0x0F), (0x1B,)]
    assert found.versions == [0, 1]
