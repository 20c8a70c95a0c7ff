"""One video track."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.media.clock import Clock
from trio_srs.media.facts import Finding, HeaderFacts, Moment
from trio_srs.media.video_track import VideoTrack
from trio_srs.testing import bodies
from trio_srs.wire.codec.avc import parse_avc_config
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, parse_video

DATA = Path(__file__).parents[1] / "data" / "codec"
VP9_KEY = bytes.fromhex("824983422013f00f10")


def track(*, full: bool = True) -> VideoTrack:
    return VideoTrack(0, full, Clock())


def see(made: VideoTrack, payload: bytes, timestamp_ms: int = 0) -> None:
    [body] = parse_video(payload)
    made.see(body, timestamp_ms, len(payload))


def enhanced(fourcc: str, packet_type: VideoPacketType, data: bytes) -> VideoBody:
    return VideoBody(fourcc, FrameType.KEY, packet_type, data, enhanced=True)


def test_nothing_is_part_of_a_picture_that_was_only_counted() -> None:
    made, slices = track(full=False), bytes.fromhex("2701000000 00000003 4146ff")
    see(made, bodies.key(40, fill=0x88).payload, 40)
    see(made, slices, 40)
    assert made.is_part
    made.count_frames(1, 12, 0)
    see(made, slices, 40)
    assert made.is_frame
    assert made.frames == 3


def test_who_looks_at_headers_keeps_no_bytes_of_a_picture() -> None:
    made = track(full=False)
    see(made, bodies.VIDEO_HEADER)
    see(made, bodies.key(0, size=5000, fill=0x88).payload)
    assert made.picture is not None
    assert (made.picture.starts, made.picture.slices, made.picture.first_slice) == (True, 1, b"")


@pytest.mark.parametrize("full", [True, False])
def test_headers_and_frames_are_told_apart(full: bool) -> None:
    made = track(full=full)
    see(made, bodies.VIDEO_HEADER)
    assert (made.is_frame, made.is_key) == (False, False)
    see(made, bodies.key(0, fill=0x88).payload)
    assert (made.is_frame, made.is_key) == (True, True)
    see(made, bodies.inter(40, fill=0x88).payload, 40)
    assert (made.is_frame, made.is_key) == (True, False)
    see(made, b"\x57\x00")
    see(made, b"\x17\x02\x00\x00\x00")
    assert made.is_frame is False
    facts = made.facts()
    assert facts.video is not None
    assert (facts.frames, facts.video.keyframes, facts.headers.count) == (2, 1, 1)
    assert (facts.codec, facts.codec_string, facts.level) == ("h264", "avc1.42c01e", "3")
    assert (facts.video.width, facts.video.display_width, facts.video.height) == (320, 320, 240)


def test_the_display_is_stretched_by_the_aspect_ratio() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    made._header = type(made._header)(sar=(16, 11))
    video = made.facts().video
    assert video is not None
    assert (video.width, video.display_width, video.display_height) == (320, 465, 240)


def test_pictures_of_a_full_probe_are_looked_into() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    see(made, bodies.key(0, fill=0x88).payload)
    for at_ms in (40, 80):
        see(made, bodies.inter(at_ms, 20, fill=0x9A).payload, at_ms)
    facts = made.facts()
    assert facts.video is not None
    pictures = facts.video.pictures
    assert (pictures.intra, pictures.predicted, pictures.skipped) == (1, 2, 2)
    assert (facts.longest_still_ms, facts.video.gop.closed) == (80, 1)


def test_a_keyframe_that_is_no_idr_opens_its_group() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    see(made, bytes.fromhex("1701000000 00000002 4188"))
    assert made.facts().video is not None
    video = made.facts().video
    assert video is not None
    assert (video.gop.open, video.gop.closed) == (1, 0)


def test_leading_pictures_open_the_group_before_them() -> None:
    made = track()
    record = (DATA / "hevc_main_320x242.bin").read_bytes()
    made.see(enhanced("hvc1", VideoPacketType.SEQUENCE_START, record), 0, 10)
    cra = enhanced("hvc1", VideoPacketType.CODED_FRAMES, bytes.fromhex("000000042a01acff"))
    made.see(cra, 0, 10)
    rasl = VideoBody(
        "hvc1", FrameType.INTER, VideoPacketType.CODED_FRAMES_X, bytes.fromhex("000000041001e0ff")
    )
    made.see(rasl, 40, 10)
    video = made.facts().video
    assert video is not None
    assert (video.gop.open, video.pictures.bidirectional) == (1, 1)


def test_a_picture_that_cannot_be_read_is_a_frame_all_the_same() -> None:
    made = track()
    see(made, bodies.VIDEO_HEADER)
    see(made, bytes.fromhex("1701000000 00000009 65"))
    facts = made.facts()
    assert (made.is_frame, facts.frames) == (True, 1)
    assert facts.trouble == "the NALU at byte 0 ends at byte 13 of 5"
    assert facts.first_trouble == 0
    assert facts.video is not None
    assert facts.video.gop.closed == 1


@pytest.mark.parametrize("full", [True, False])
def test_keyframes_say_the_size_where_no_header_does(full: bool) -> None:
    made = track(full=full)
    made.see(enhanced("vp09", VideoPacketType.CODED_FRAMES, VP9_KEY), 0, 10)
    made.see(enhanced("vp09", VideoPacketType.CODED_FRAMES, VP9_KEY), 40, 10)
    facts = made.facts()
    assert facts.video is not None
    assert (facts.codec, facts.codec_string) == ("vp9", None)
    assert (facts.video.width, facts.video.height, facts.video.sar) == (320, 242, (1, 1))


def test_the_first_field_is_that_of_the_first_picture_that_says_it() -> None:
    made = track()
    record = (DATA / "avc_high422_interlaced_320x240.bin").read_bytes()
    made.see(enhanced("avc1", VideoPacketType.SEQUENCE_START, record), 0, 10)
    for pic_struct in ("00", "40", "30"):
        data = bytes.fromhex(f"00000005 060101{pic_struct}80 00000002 6588")
        made.see(enhanced("avc1", VideoPacketType.CODED_FRAMES_X, data), 0, 10)
    video = made.facts().video
    assert video is not None
    assert (video.interlaced, video.first_field) == (True, "bottom")


def test_codecs_that_nobody_reads_are_counted() -> None:
    made = track()
    made.see(enhanced("vvc1", VideoPacketType.SEQUENCE_START, b"record"), 0, 10)
    made.see(enhanced("vvc1", VideoPacketType.CODED_FRAMES, b"frame"), 0, 10)
    facts = made.facts()
    assert facts.video is not None
    assert (facts.codec, facts.frames, facts.headers.count) == ("vvc", 1, 1)
    assert (facts.video.width, facts.video.sar, facts.video.display_width) == (None, None, None)


def test_a_header_without_a_size_is_a_header() -> None:
    made = track()
    record = bytes.fromhex("81081c00")
    made.see(enhanced("av01", VideoPacketType.SEQUENCE_START, record), 0, 10)
    facts = made.facts()
    assert facts.video is not None
    assert (facts.profile, facts.video.width) == ("Main", None)


def test_keyframes_are_worth_a_look_where_somebody_can_read_them() -> None:
    made = track(full=False)
    assert not made.needs_look
    see(made, bodies.VIDEO_HEADER)
    assert made.needs_look


SEI, AUD, PPS = "06050178 80", "0910", "68ce3c80"
IDR, P, B, RECOVERY = "6588ff", "419aff", "019eff", "06060180 80"
LATER, LATER_P, LATER_B = "654220", "4146ff", "0147ff"
HEVC_IDR, HEVC_P, HEVC_LATER, HEVC_SEI = "2801ac", "0201d0", "020170", "4e01050178 80"
AV1_KEY, AV1_INTER, AV1_HIDDEN, AV1_TILES = "320110", "320130", "320120", "220155"
VP9_INTER, VP9_HIDDEN = "86", "8400"


def units(*nalus: str) -> bytes:
    parts = [bytes.fromhex(nalu) for nalu in nalus]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def coded(fourcc: str, data: bytes, *, key: bool = False) -> VideoBody:
    frame_type = FrameType.KEY if key else FrameType.INTER
    return VideoBody(fourcc, frame_type, VideoPacketType.CODED_FRAMES_X, data, enhanced=True)


def record(name: str) -> bytes:
    return (DATA / f"{name}.bin").read_bytes()


def start(made: VideoTrack, fourcc: str, data: bytes) -> None:
    made.see(enhanced(fourcc, VideoPacketType.SEQUENCE_START, data), 0, len(data))


@pytest.mark.parametrize(
    ("fourcc", "sent", "frames"),
    [
        # ahead of its picture: SEI, delimiters, parameter sets, each in a message
        ("avc1", [(0, IDR), (40, SEI), (40, P), (80, SEI), (80, P)], 3),
        ("avc1", [(0, AUD), (0, PPS), (0, SEI), (0, IDR), (40, AUD), (40, P)], 2),
        ("hvc1", [(0, HEVC_SEI), (0, HEVC_IDR), (40, "460150"), (40, HEVC_P)], 2),
        # slices
        ("avc1", [(0, IDR), (0, LATER), (0, LATER), (40, P), (40, LATER_P)], 2),
        ("avc1", [(0, LATER), (0, IDR), (40, P)], 2),  # in any order
        ("avc1", [(0, "029a40"), (0, "038840"), (0, "048840"), (40, P)], 2),  # partitions
        ("hvc1", [(0, HEVC_IDR), (0, HEVC_LATER), (40, HEVC_P), (40, HEVC_LATER)], 2),
        ("hvc1", [(0, HEVC_IDR), (0, "2809ac"), (40, HEVC_P), (40, "0301d0")], 2),  # layers
        # behind it: a SEI, the end of a sequence
        ("avc1", [(0, IDR), (0, SEI), (40, P), (40, "0a")], 2),
        # frames that are not shown, and tiles behind their header
        ("av01", [(0, AV1_KEY), (40, AV1_HIDDEN), (40, AV1_INTER), (80, AV1_INTER)], 3),
        ("av01", [(0, "1200"), (0, AV1_KEY), (40, "1a0130"), (40, AV1_TILES), (40, AV1_TILES)], 2),
        ("vp09", [(0, "82498342 2013f00f10"), (40, VP9_HIDDEN), (40, VP9_INTER)], 2),
        ("vp08", [(0, "1000009d012a4001f200"), (40, "010000"), (40, "110000")], 2),
        # two pictures with one timestamp are two
        ("avc1", [(0, IDR), (40, P), (40, P)], 3),
        ("avc1", [(0, IDR), (40, P), (40, LATER_P), (40, P), (40, LATER_P)], 3),
        ("avc1", [(0, IDR), (40, P), (40, SEI), (40, P)], 3),
        ("hvc1", [(0, HEVC_IDR), (40, HEVC_P), (40, HEVC_P)], 3),
        ("av01", [(0, AV1_KEY), (40, AV1_INTER), (40, AV1_INTER)], 3),
        ("vp09", [(0, "82498342 2013f00f10"), (40, VP9_INTER), (40, VP9_INTER)], 3),
        # slices with another timestamp are no part of the picture before
        ("avc1", [(0, IDR), (1, LATER), (40, P)], 3),
        # of codecs that nobody reads every message is a picture
        ("flv1", [(0, "00"), (0, "00"), (40, "00")], 3),
    ],
)
@pytest.mark.parametrize("full", [True, False])
def test_a_picture_in_several_messages_is_one(
    fourcc: str, sent: list[tuple[int, str]], frames: int, full: bool
) -> None:
    made = track(full=full)
    for at_ms, text in sent:
        data = units(text) if fourcc in ("avc1", "hvc1") else bytes.fromhex(text)
        made.see(coded(fourcc, data), at_ms, len(data))
    facts = made.facts()
    assert (facts.frames, facts.trouble) == (frames, None)
    if full:
        assert facts.video is not None
        pictures = facts.video.pictures
        known = pictures.intra + pictures.predicted + pictures.bidirectional
        assert known == (0 if fourcc == "flv1" else frames)
        assert facts.video.gop.before_first == frames


def test_what_a_picture_came_in_adds_up() -> None:
    apart, whole = track(), track()
    start(apart, "avc1", bodies.VIDEO_HEADER[5:])
    start(whole, "avc1", bodies.VIDEO_HEADER[5:])
    pictures = ((SEI, IDR, LATER), (SEI, P, LATER_P), (SEI, P, LATER_P), (AUD, P, LATER_B))
    for number, nalus in enumerate(pictures):
        data, at_ms = units(*nalus), 40 * number
        whole.see(coded("avc1", data, key=not at_ms), at_ms, len(data))
        for nalu in nalus:
            part = units(nalu)
            apart.see(coded("avc1", part, key=not at_ms), at_ms, len(part))
    one, other = apart.facts(), whole.facts()
    assert (one.frames, one.intervals, one.bitrate) == (4, other.intervals, other.bitrate)
    assert one.video == other.video
    assert one.longest_still_ms == other.longest_still_ms == 120


def test_parts_of_a_leading_picture_open_the_group_before_them() -> None:
    made = track()
    for at_ms, nalu in ((0, HEVC_IDR), (40, "020170"), (40, "1201e0")):
        made.see(coded("hvc1", units(nalu), key=not at_ms), at_ms, 10)
    video = made.facts().video
    assert video is not None
    assert (video.gop.open, video.gop.current_frames) == (1, 2)


@pytest.mark.parametrize(
    ("fourcc", "key", "inter"),
    [
        ("avc1", units(IDR), units(P)),
        ("avc1", units(IDR, LATER), units(B)),
        ("hvc1", units(HEVC_IDR), units(HEVC_P)),
        ("hvc1", units("2a01ac"), units("1001e0")),  # CRA and RASL
        ("av01", bytes.fromhex(AV1_KEY), bytes.fromhex(AV1_INTER)),
        ("av01", bytes.fromhex("1200" + AV1_KEY), bytes.fromhex("320150")),  # intra only
        ("vp09", VP9_KEY, bytes.fromhex(VP9_INTER)),
        ("vp08", bytes.fromhex("1000009d012a4001f200"), bytes.fromhex("110000")),
    ],
)
@pytest.mark.parametrize("full", [True, False])
def test_keyframes_that_are_none_are_told_and_those_that_are_not_called_so(
    fourcc: str, key: bytes, inter: bytes, full: bool
) -> None:
    made = track(full=full)
    sent = [(key, True), (inter, False), (inter, True), (key, False), (inter, True)]
    for number, (data, is_key) in enumerate(sent):
        made.see(coded(fourcc, data, key=is_key), 40 * number, 10)
    video = made.facts().video
    assert video is not None
    assert video.false_keyframes == Finding(2, Moment(2, 80))
    assert video.unmarked_keyframes == Finding(1, Moment(3, 120))


@pytest.mark.parametrize(
    ("fourcc", "messages"),
    [
        ("avc1", [units("4188")]),  # an intra picture, which opens its group
        ("avc1", [units(RECOVERY, P)]),  # a decoder recovers from here
        ("avc1", [units(RECOVERY), units(P)]),
        ("hvc1", [units("4e01060180 80", HEVC_P)]),
        ("av01", [bytes.fromhex("320100 320130")]),  # a keyframe that is shown later
        ("av01", [bytes.fromhex("1a0188")]),
        ("avc1", [units("4100")]),  # nobody knows
        ("flv1", [b"x"]),
    ],
)
def test_places_to_begin_may_be_called_keyframes(fourcc: str, messages: list[bytes]) -> None:
    made = track()
    for data in messages:
        made.see(coded(fourcc, data, key=True), 0, 10)
    video = made.facts().video
    assert video is not None
    assert (video.keyframes, video.false_keyframes.count) == (1, 0)


def test_generated_keyframes_are_asked_nothing() -> None:
    made = track()
    body = coded("avc1", units(IDR))
    body.frame_type = FrameType.GENERATED_KEY
    made.see(body, 0, 10)
    video = made.facts().video
    assert video is not None
    assert video.unmarked_keyframes.count == 0


SMALL, LARGE = record("avc_baseline_320x242"), record("avc_high422_interlaced_320x240")
HEVC_SMALL, HEVC_OTHER = record("hevc_main_320x242"), record("hevc_444_10_321x242")
AV1_SMALL, AV1_OTHER = record("av1_main10_320x242"), record("av1_high444_321x242")


def in_band(fourcc: str, data: bytes) -> bytes:
    """The parameter sets of a record and a place to begin, as an access unit."""
    if fourcc == "av01":
        return data[4:] + bytes.fromhex(AV1_KEY)
    if fourcc == "avc1":
        avc = parse_avc_config(data)
        return join_prefixed([*avc.sps, *avc.pps, bytes.fromhex("6588ff")])
    hevc = parse_hevc_config(data)
    return join_prefixed([*hevc.vps, *hevc.sps, *hevc.pps, bytes.fromhex("2801afff")])


def said(made: VideoTrack) -> tuple[object, ...]:
    facts = made.facts()
    assert facts.video is not None
    video = facts.video
    return facts.codec_string, facts.profile, video.width, video.height, video.bit_depth


@pytest.mark.parametrize(
    ("fourcc", "one", "other"),
    [
        ("avc1", SMALL, LARGE),
        ("hvc1", HEVC_SMALL, HEVC_OTHER),
        ("av01", AV1_SMALL, AV1_OTHER),
    ],
)
@pytest.mark.parametrize("full", [True, False])
def test_parameter_sets_in_band_hold_from_their_picture_on(
    fourcc: str, one: bytes, other: bytes, full: bool
) -> None:
    made, first, second = track(full=full), track(), track()
    start(first, fourcc, one)
    start(second, fourcc, other)
    start(made, fourcc, one)
    for number in range(2):  # what a header said already is no change
        made.see(coded(fourcc, in_band(fourcc, one), key=True), 40 * number, 10)
    assert said(made) == said(first)
    assert made.facts().headers.changes == 0
    for number in range(2, 4):
        made.see(coded(fourcc, in_band(fourcc, other), key=True), 40 * number, 10)
    assert said(made) == said(second)
    assert made.facts().headers == HeaderFacts(1, 1, Moment(2, 80))
    assert made.facts().trouble is None


@pytest.mark.parametrize(
    ("fourcc", "header"), [("avc1", SMALL), ("hvc1", HEVC_SMALL), ("av01", AV1_SMALL)]
)
def test_without_any_header_the_pictures_say_it(fourcc: str, header: bytes) -> None:
    made, whole = track(), track()
    start(whole, fourcc, header)
    for at_ms in (0, 40):
        made.see(coded(fourcc, in_band(fourcc, header), key=True), at_ms, 10)
    assert said(made) == said(whole)
    assert made.facts().headers == HeaderFacts(missing=2)


def test_sets_in_messages_of_their_own_hold_from_the_picture_behind_them_on() -> None:
    made = track()
    start(made, "avc1", SMALL)
    config = parse_avc_config(LARGE)
    for nalu in (*config.sps, *config.pps):
        made.see(coded("avc1", join_prefixed([nalu])), 40, 10)
    made.see(coded("avc1", units("419aff")), 40, 10)  # no place to begin
    assert said(made)[2:4] == (320, 242)
    made.see(coded("avc1", units("6588ff"), key=True), 80, 10)
    assert said(made)[2:4] == (320, 240)
    assert made.facts().headers == HeaderFacts(1, 1, Moment(1, 80))


def test_a_header_that_comes_again_holds_again() -> None:
    made = track()
    start(made, "avc1", SMALL)
    made.see(coded("avc1", in_band("avc1", LARGE), key=True), 0, 10)
    start(made, "avc1", SMALL)
    assert said(made)[2:4] == (320, 240)
    made.see(coded("avc1", units("6588ff"), key=True), 40, 10)
    assert said(made)[2:4] == (320, 242)
    assert made.facts().headers == HeaderFacts(2, 2, Moment(0, 0))


def test_a_header_with_several_sets_is_for_pictures_of_one() -> None:
    made = track()
    one, other = (parse_avc_config(data) for data in (SMALL, LARGE))
    moved = bytes((other.sps[0][0], *other.sps[0][1:4])) + other.sps[0][4:]
    header = b"\x01" + one.sps[0][1:4] + b"\xff\xe2"
    for nalu in (moved, one.sps[0]):  # both have the number 0: the last holds
        header += len(nalu).to_bytes(2, "big") + nalu
    header += b"\x01" + len(one.pps[0]).to_bytes(2, "big") + one.pps[0]
    start(made, "avc1", header)
    made.see(coded("avc1", units("6588ff"), key=True), 0, 10)
    assert (said(made)[2:4], made.facts().headers.changes) == ((320, 242), 0)


def test_sets_that_no_picture_is_for_change_nothing() -> None:
    made = track()
    start(made, "avc1", SMALL)
    unused = bytes.fromhex("682a")  # the picture set 4, of the sequence set 0
    made.see(coded("avc1", join_prefixed([unused, b"\x65\x88\x5f"]), key=True), 0, 10)
    assert (said(made)[2:4], made.facts().headers.changes) == ((320, 242), 0)


@pytest.mark.parametrize(
    ("nalus", "message"),
    [
        (["6742"], "SPS: 24 bits wanted at bit 0 of 8"),
        (["6742c01e80"], "SPS: "),  # numbered, but no more
        (["67" + "00" * 5000], "a parameter set of 5001 bytes"),
    ],
)
def test_a_set_in_band_that_cannot_be_read_is_named(nalus: list[str], message: str) -> None:
    made = track()
    start(made, "avc1", SMALL)
    made.see(coded("avc1", units(*nalus, "6588ff"), key=True), 0, 10)
    facts = made.facts()
    assert facts.trouble is not None
    assert facts.trouble.startswith(message)
    assert (facts.troubles, said(made)[2:4]) == (1, (320, 242))
    assert facts.video is not None
    assert facts.video.pictures.intra == 1


@pytest.mark.parametrize(
    "header", ["0142c00dffe1 0001 67 01 0001 68", "0142c00dffe1 0004 6742c00d"]
)
def test_what_is_wrong_in_a_header_is_told_once(header: str) -> None:
    made = track()
    start(made, "avc1", bytes.fromhex(header))
    made.see(coded("avc1", units(IDR), key=True), 0, 10)
    facts = made.facts()
    assert (facts.troubles, facts.profile) == (1, "Constrained Baseline")
    assert facts.video is not None
    assert facts.video.pictures.intra == 1


def test_a_set_cut_short_behind_another_is_told() -> None:
    made, sps = track(), parse_avc_config(SMALL).sps[0]
    head = bytes.fromhex("0142c00dffe1") + len(sps).to_bytes(2, "big")
    start(made, "avc1", head + sps + b"\x01\x00\x01\x68")
    assert made.facts().trouble == "PPS: 1 bits wanted at bit 0 of 0"
    assert said(made)[2:4] == (320, 242)


def test_a_sei_cut_short_in_a_message_of_its_own_is_no_picture() -> None:
    made = track()
    made.see(coded("avc1", units("0605ff20")), 0, 10)
    made.see(coded("avc1", units(IDR), key=True), 0, 10)
    assert (made.facts().frames, made.facts().troubles) == (1, 1)


def test_what_cannot_be_cut_up_is_a_picture_of_its_own() -> None:
    made = track()
    for at_ms, data in ((0, units(IDR)), (40, b"\0\0\0"), (40, b"\0\0\0"), (40, units(P))):
        made.see(coded("avc1", data), at_ms, 10)
    assert (made.facts().frames, made.facts().troubles) == (4, 2)


def test_messages_are_of_pictures_or_not() -> None:
    made = track()
    seen = []
    for data in (units(SEI), units(IDR), units(LATER), b"\0\0\0"):
        made.see(coded("avc1", data), 0, 10)
        seen.append((made.is_coded, made.frame_size))
    start(made, "avc1", SMALL)
    assert [*seen, (made.is_coded, made.frame_size)] == [
        (True, 0), (True, 20), (True, 10), (True, 10), (False, 0),
    ]  # fmt: skip
