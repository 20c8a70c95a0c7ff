"""Fragmented MP4: what is in it, where a reader may begin, and what it keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.remux.mp4_checks import CheckedMp4, check
from tests.media.remux.records import (
    AVC_OTHER,
    DATA,
    HEVC,
    IDR,
    INTER,
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
    video,
)
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.mp4_muxer import Mp4Muxer
from trio_srs.media.remux.muxed_piece import MuxedPiece
from trio_srs.media.remux.track_format import TrackFormat, format_of_record
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.hevc import complete_hevc_config
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.flv.video import FrameType, VideoPacketType


def pieces_of(muxer: Mp4Muxer, *messages: Message) -> list[MuxedPiece]:
    return [piece for message in messages for piece in muxer.write(*message)]


def muxed(*messages: Message, fragment_ms: int = 200) -> tuple[list[MuxedPiece], Mp4Muxer]:
    muxer = Mp4Muxer(fragment_ms)
    return pieces_of(muxer, *messages) + muxer.finish(), muxer


def checked(pieces: list[MuxedPiece]) -> CheckedMp4:
    found = check([(p.data, p.head if p.is_new_head else None, p.is_entry) for p in pieces])
    assert pieces[0].is_new_head
    count = sum(len(track.samples) for tracks in found.heads for track in tracks.values())
    assert count == sum(piece.units for piece in pieces)
    return found


def test_a_live_stream_keeps_what_it_has_to_keep() -> None:
    pieces, muxer = muxed(*live(5))
    found = checked(pieces)
    [tracks] = found.heads
    assert {n: (t.entry, t.timescale, t.start) for n, t in tracks.items()} == {
        1: (b"avc1", 90_000, 7200), 2: (b"mp4a", 48_000, 0),
    }  # fmt: skip
    assert {sample[2] for sample in tracks[2].samples} == {1024}
    assert {sample[2] for sample in tracks[1].samples} == {3600}
    assert [piece.is_entry for piece in pieces].count(True) == 5
    assert 25 <= len(pieces) <= 30
    assert muxer.left_out == []
    assert [each.codec for each in muxer.formats] == ["h264", "aac"]


def test_pictures_are_shown_when_the_messages_say() -> None:
    track = checked(muxed(*live(1, with_sound=False))[0]).heads[0][1]
    shown = [time + composition - track.start for time, composition, *_ in track.samples]
    assert shown[:4] == [(80 + 0) * 90, (160 + 40) * 90, (80 + 80) * 90, (0 + 120) * 90]


def test_without_b_frames_there_is_no_edit_list() -> None:
    pieces, _ = muxed(head(), *(avc(n * 40, key=n == 0) for n in range(10)))
    assert checked(pieces).heads[0][1].start == 0
    assert b"edts" not in pieces[0].head


def test_a_reader_may_begin_at_each_entry() -> None:
    pieces, _ = muxed(*live(3))
    entries = [at for at, piece in enumerate(pieces) if piece.is_entry]
    assert len(entries) == 3
    for at in entries:
        demuxer = Mp4Demuxer()
        data = pieces[at].head + b"".join(piece.data for piece in pieces[at:])
        units = demuxer.feed(data) + demuxer.finish()
        assert units[0].is_key
        assert units[0].format.codec == "h264"
        assert demuxer.oddities == {}
        assert min(unit.dts for unit in units) * 90 <= pieces[at].dts * 90 + 7200


@pytest.mark.parametrize(("fragment_ms", "count"), [(0, 25), (100, 9), (1000, 1), (10_000, 1)])
def test_fragments_are_as_long_as_asked_or_end_before_keyframes(
    fragment_ms: int, count: int
) -> None:
    pieces, _ = muxed(*live(1, with_sound=False), fragment_ms=fragment_ms)
    assert len(pieces) == count
    assert len(muxed(*live(3), fragment_ms=10_000)[0]) == 3


def test_sound_alone_may_be_begun_everywhere() -> None:
    pieces, _ = muxed(aac_head(), *(aac(n * 64 // 3) for n in range(100)))
    assert all(piece.is_entry for piece in pieces)
    assert 9 <= len(pieces) <= 12
    assert set(checked(pieces).heads[0]) == {2}


def test_sound_does_not_wait_for_pictures_that_do_not_come() -> None:
    frames = [aac(n * 64 // 3) for n in range(200)]
    pieces, _ = muxed(head(), aac_head(), avc(0, key=True), avc(40), *frames)
    assert len(pieces) == 5
    checked(pieces)


def test_very_many_frames_of_sound_do_not_wait_at_all() -> None:
    frames = [opus(0, b"\xe0" + b"x") for n in range(2500)]
    pieces, _ = muxed(opus_head(), *frames, fragment_ms=60_000)
    assert pieces[0].units == 2000


@pytest.mark.parametrize("name", ["sound", "pictures"])
def test_a_track_that_starts_late_is_in_another_head(name: str) -> None:
    frames = live(3)[2:]
    if name == "sound":
        messages = [m for m in frames if m[0] == 9 or m[1] >= 1500]
    else:
        messages = [m for m in frames if m[0] == 8 or m[1] >= 1500]
    found = checked(muxed(head(), aac_head(), *messages)[0])
    assert [set(tracks) for tracks in found.heads] == [{1 if name == "sound" else 2}, {1, 2}]


def test_another_size_is_in_another_head() -> None:
    pieces, _ = muxed(
        *live(1), head(AVC_OTHER), *(avc(1000 + n * 40, key=n == 0) for n in range(9))
    )
    found = checked(pieces)
    assert len(found.heads) == 2
    assert AVC_OTHER in pieces[-1].head
    assert [piece.is_new_head for piece in pieces].count(True) == 2


def test_parameter_sets_in_the_pictures_are_in_another_head() -> None:
    other = format_of_record("h264", AVC_OTHER).sets
    again = [avc(1000, *other, IDR, key=True), avc(1040)]
    again += [avc(1080, *other, IDR, key=True), avc(1120)]
    pieces, _ = muxed(*live(1), *again)
    assert AVC_OTHER in pieces[-1].head
    assert len(checked(pieces).heads) == 2


def test_another_codec_is_in_another_head() -> None:
    after = [head(HEVC, 1000, "hvc1"), hevc(1000, key=True), mp3(1000), hevc(1040), mp3(1026)]
    found = checked(muxed(*live(1), *after)[0])
    assert [[track.entry for track in tracks.values()] for tracks in found.heads][-1] == [
        b"hvc1", b"mp4a",
    ]  # fmt: skip
    assert [track.timescale for track in found.heads[-1].values()] == [90_000, 44_100]


@pytest.mark.parametrize("start_ms", [(1 << bits) - 1000 for bits in (24, 31, 32)] + [95_442_000])
def test_a_wrap_is_nothing(start_ms: int) -> None:
    [tracks] = checked(muxed(*live(3, start_ms=start_ms))[0]).heads
    times = [sample[0] for sample in tracks[1].samples]
    assert times == [start_ms * 90 + 7200 + n * 3600 for n in range(75)]


@pytest.mark.parametrize("to_ms", [700_000, 0])
def test_times_go_on_where_the_clock_is_set(to_ms: int) -> None:
    messages = [*live(1, start_ms=300_000), *live(1, start_ms=to_ms)[2:]]
    [tracks] = checked(muxed(*messages)[0]).heads
    first, last = tracks[1].samples[0], tracks[1].samples[-1]
    assert last[0] - first[0] == pytest.approx(49 * 3600, abs=2000)


def test_a_fragment_ends_whatever_its_times_are() -> None:
    still = [avc(40, INTER + bytes(1 << 20)) for _ in range(9)]
    pieces, _ = muxed(head(), avc(0, key=True), *still)
    assert [piece.units for piece in pieces] == [5, 4, 1]
    checked(pieces)
    slices = [avc(0, OTHER_SLICE + bytes(3 << 20), key=True) for _ in range(3)]
    pieces, _ = muxed(head(), avc(0, IDR, key=True), *slices)
    assert len(pieces[0].data) < 7 << 20


def test_times_are_never_negative() -> None:
    messages = [head(), avc(0, key=True, cts=-500), avc(40, cts=-500), avc(80, cts=-500)]
    [tracks] = checked(muxed(*messages)[0]).heads
    assert [sample[0] for sample in tracks[1].samples] == [0, 3600, 7200]


def test_another_publisher_goes_on_in_the_same_stream() -> None:
    muxer = Mp4Muxer()
    pieces = pieces_of(muxer, *live(1)) + muxer.restart()
    pieces += pieces_of(
        muxer, head(HEVC, 0, "hvc1"), *(hevc(n * 40, key=n == 0) for n in range(25))
    )
    found = checked(pieces + muxer.finish())
    assert [set(tracks) for tracks in found.heads] == [{1, 2}, {1}]
    assert found.heads[1][1].samples[0][0] >= 90_000


def test_sound_with_a_gap_begins_another_fragment() -> None:
    messages = [aac_head(), aac(0), aac(21), aac(300), aac(321)]
    [tracks] = checked(muxed(*messages, fragment_ms=1000)[0]).heads
    assert [sample[0] for sample in tracks[2].samples] == [0, 1024, 14400, 15424]


def test_sound_of_a_clock_that_is_too_fast_does_not_run_away() -> None:
    frames = [aac(n * 20) for n in range(600)]  # one frame in sixteen too many
    [tracks] = checked(muxed(aac_head(), *frames)[0]).heads
    samples = tracks[2].samples
    assert abs(samples[-1][0] - 599 * 20 * 48) <= 3 * 1024
    assert {sample[2] for sample in samples} >= {1024, 1}


def test_slices_that_come_by_themselves_are_one_sample() -> None:
    messages = [head(), avc(0, IDR, key=True), avc(0, OTHER_SLICE, key=True), avc(40, INTER)]
    [tracks] = checked(muxed(*messages)[0]).heads
    assert [sample[4] for sample in tracks[1].samples] == [
        join_prefixed([IDR, OTHER_SLICE]), join_prefixed([INTER]),
    ]  # fmt: skip


def test_sizes_that_browsers_give_up_at_are_mended() -> None:
    cut = video("avc1", 40, join_prefixed([INTER]) + b"\0\0\0\x09" + OTHER_SLICE)
    [tracks] = checked(muxed(head(), avc(0, IDR, key=True), cut, avc(80, INTER))[0]).heads
    assert [sample[4] for sample in tracks[1].samples] == [
        join_prefixed(nalus) for nalus in ([IDR], [INTER, OTHER_SLICE], [INTER])
    ]


AC3 = bytes.fromhex("0b77 0000 00 40 43 00") + bytes(120)
EAC3 = bytes.fromhex("0b77 0004 30 80 00 00") + bytes(2)


def start(codec: str, name: str) -> Message:
    record = (DATA / "codec" / f"{name}.bin").read_bytes()
    kind = VideoPacketType.SEQUENCE_START
    return video(codec, 0, record, frame_type=FrameType.KEY, packet_type=kind, enhanced=True)


@pytest.mark.parametrize(
    ("messages", "entry"),
    [
        ([start("av01", "av1_main10_320x242"), enhanced("av01", 0, b"\x32\x00")], b"av01"),
        (
            [
                start("vp09", "vp9_321x242"),
                enhanced("vp09", 0, bytes.fromhex("82498342 0013f00ef600")),
            ],
            b"vp09",
        ),
        ([opus_head(), opus(0)], b"Opus"),
        ([mp3(0)], b"mp4a"),
        ([sound("ac-3", 0, AC3)], b"ac-3"),
        ([sound("ec-3", 0, EAC3)], b"ec-3"),
    ],
)
def test_other_codecs_have_a_place(messages: list[Message], entry: bytes) -> None:
    [tracks] = checked(muxed(*messages)[0]).heads
    assert [track.entry for track in tracks.values()] == [entry]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([enhanced("vp08", 0, b"\x00")], "video vp8: the container has no place for it"),
        (
            [head(b"\x01\x64\x00\x0a\xff\xe0\x00"), avc(0, key=True)],
            "video h264: no sequence parameter set that can be read is in its header",
        ),
        ([(*opus_head(0, 6)[:2], opus_head(0, 6)[2][:-4]), opus(0)], "audio opus: OpusHead"),
    ],
)  # fmt: skip
def test_what_an_mp4_cannot_carry_is_named(messages: list[Message], said: str) -> None:
    pieces, muxer = muxed(*messages)
    assert pieces == []
    [what] = muxer.left_out
    assert str(what).startswith(said)


def through(messages: list[Message]) -> tuple[list[AccessUnit], list[AccessUnit]]:
    """The units that go in, and those that come out."""
    reader = UnitReader(("h264", "hevc", "aac", "opus"), lambda _: None)
    sent = [unit for message in messages if (unit := reader.read(*message)) is not None]
    pieces, muxer = muxed(*messages)
    assert muxer.left_out == []
    demuxer, got = Mp4Demuxer(), list[AccessUnit]()
    for piece in pieces:
        got += demuxer.feed(piece.head + piece.data if piece.is_new_head else piece.data)
    got += demuxer.finish()
    assert demuxer.oddities == {}
    assert demuxer.left_out == []
    return sent, got


def told(units: list[AccessUnit], kind: str) -> list[tuple[int, int, bytes, bool, bytes]]:
    def record(track_format: TrackFormat) -> bytes:
        is_hevc = track_format.codec == "hevc"  # whose record says in an MP4 that it is complete
        return complete_hevc_config(track_format.record) if is_hevc else track_format.record

    return [
        (unit.dts, unit.pts, unit.data, unit.is_key, record(unit.format))
        for unit in units
        if unit.format.kind == kind
    ]


@pytest.mark.parametrize("name", ["ffmpeg_h264_aac", "ffmpeg_hevc_opus"])
def test_what_ffmpeg_encoded_comes_out_as_it_went_in(name: str) -> None:
    sent, got = through(file_messages(DATA / "flv" / f"{name}.flv"))
    assert told(got, "video") == told(sent, "video")
    first = sent[0].dts
    heard = [each for each in told(sent, "audio") if each[0] >= first]
    assert [each[2:] for each in told(got, "audio")] == [each[2:] for each in heard]
    for before, after in zip(heard, told(got, "audio"), strict=True):
        assert abs(before[0] - after[0]) <= 4


FRAMES = st.lists(
    st.tuples(
        st.sampled_from("vvak"), st.integers(1, 90), st.integers(0, 5),
        st.binary(min_size=1, max_size=300),
    ),
    max_size=40,
)  # fmt: skip


@pytest.mark.property
@given(FRAMES, st.integers(0, (1 << 32) - 1), st.integers(0, 500))
def test_access_units_come_out_as_they_went_in(
    frames: list[tuple[str, int, int, bytes]], start_ms: int, cts: int
) -> None:
    messages = [head(), aac_head(), avc(start_ms, key=True, cts=cts), aac(start_ms)]
    at_ms = start_ms
    for kind, step, later, data in frames:
        at_ms += step
        if kind == "a":
            messages.append(aac(at_ms, b"\x21" + data))
        else:
            nalu = (IDR if kind == "k" else INTER) + data
            messages.append(avc(at_ms, nalu, key=kind == "k", cts=later * 40))
    sent, got = through(messages)
    assert told(got, "video") == told(sent, "video")
    before, after = told(sent, "audio"), told(got, "audio")
    assert [each[2:] for each in after] == [each[2:] for each in before]
    checked(muxed(*messages)[0])


def test_the_asc_goes_through() -> None:
    asc = build_audio_specific_config(2, 44100, 1)
    _, got = through([aac_head(0, asc), aac(0), aac(23)])
    assert [unit.format.record for unit in got] == [asc, asc]
