"""What is kept of a frame is what it is, and there is a limit to it."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

from trio_srs.media.audio_track import AudioTrack
from trio_srs.media.clock import Clock
from trio_srs.media.probe import StreamProbe
from trio_srs.media.trace import Trace
from trio_srs.media.trace_keeper import TraceKeeper
from trio_srs.media.video_track import VideoTrack
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern
from trio_srs.wire.codec.nalu import join_prefixed, split_prefixed
from trio_srs.wire.flv.audio import AudioPacketType, parse_audio
from trio_srs.wire.flv.video import FrameKind, classify_video, parse_video
from trio_srs.wire.rtmp.message import Message, MessageType


def traced(messages: Iterable[Message]) -> Trace:
    probe = StreamProbe()
    for message in messages:
        probe.see(message)
    return probe.trace()


def video(text: str) -> Message:
    return Message(MessageType.VIDEO, 1, 0, bytes.fromhex(text))


def test_pictures_say_their_type_and_whether_they_open_their_group() -> None:
    frames = list(
        traced(
            [
                bodies.header(),
                video("1701000000 00000002 6588"),  # IDR
                video("2701000005 00000002 419a"),
                video("1701000000 00000002 4188"),  # a keyframe that is no IDR picture
                video("2701000000 00000001"),  # cannot be read
            ]
        )
    )
    assert [frame.picture for frame in frames] == ["I", "P", "I", ""]
    assert [frame.is_open for frame in frames] == [False, False, True, False]
    assert [frame.composition_ms for frame in frames] == [0, 5, 0, 0]
    assert [frame.is_still for frame in frames] == [False, True, False, False]


def test_fingerprints_leave_out_headers_and_if_wished_user_data() -> None:
    [plain, signed] = traced(
        [
            bodies.header(),
            video("1701000000 00000002 6588"),
            video("1701000000 00000005 0605026d65 00000002 6588"),
        ]
    )
    assert plain.fingerprint == plain.clean == crc32(bytes.fromhex("000000026588"))
    assert signed.fingerprint != plain.fingerprint
    assert signed.clean == plain.clean


def at(time_ms: int, text: str) -> Message:
    return Message(MessageType.VIDEO, 1, time_ms, bytes.fromhex(text))


SEI, IDR, LATER = "00000005 0605026d65", "00000003 6588ff", "00000003 654220"
P, P_LATER, B_LATER = "00000003 419aff", "00000003 4146ff", "00000003 0147ff"
KEY, INTER = "1701000000", "2701000000"


def test_a_picture_in_several_messages_has_one_row() -> None:
    whole = [at(0, KEY + SEI + IDR + LATER), at(40, INTER + P + B_LATER), at(80, INTER + P)]
    apart = [
        at(0, INTER + SEI), at(0, KEY + IDR), at(0, KEY + LATER),
        at(40, INTER + P), bodies.audio(41), at(40, INTER + B_LATER), at(80, INTER + P),
    ]  # fmt: skip
    one = list(traced([bodies.header(), *whole]).of("video"))
    other = list(traced([bodies.header(), *apart]).of("video"))
    assert [frame.size for frame in other] == [sum(len(m.payload) for m in apart[:3]), 24, 12]
    for frame in (*one, *other):
        frame.size = 0
    assert other == one
    assert [frame.picture for frame in one] == ["I", "B", "P"]
    assert one[0].clean != one[0].fingerprint


def test_a_counter_ahead_of_its_picture_is_kept() -> None:
    apart: list[Message] = []
    for message in Pattern(seconds=0.2, audio="none"):
        if (
            message.type_id != MessageType.VIDEO
            or classify_video(message.payload) > FrameKind.KEYFRAME
        ):
            apart.append(message)
            continue
        [body] = parse_video(message.payload)
        for nalu in split_prefixed(body.data, 4):
            payload = message.payload[:5] + join_prefixed([nalu])
            apart.append(Message(MessageType.VIDEO, 1, message.timestamp_ms, payload))
    frames = list(traced(apart))
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    whole = traced(Pattern(seconds=0.2, audio="none"))
    assert [frame.fingerprint for frame in frames] == [frame.fingerprint for frame in whole]


def test_a_part_of_a_picture_there_was_no_room_for_is_left_out() -> None:
    keeper, track = TraceKeeper(most_frames=1), VideoTrack(0, True, Clock())
    for message in (at(0, KEY + IDR), at(40, INTER + P), at(40, INTER + P_LATER)):
        [body] = parse_video(message.payload)
        picture = track.see(body, message.timestamp_ms, 12)
        if track.is_part:
            keeper.extend_picture(track, body, picture)
        else:
            keeper.add_picture(track, body, picture, message.timestamp_ms)
    assert [frame.size for frame in keeper.trace()] == [12]


def test_the_counter_of_a_synthetic_stream_is_kept() -> None:
    frames = traced(Pattern(seconds=0.2, audio="none"))
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]


def test_there_may_be_as_many_tracks_as_enhanced_rtmp_can_number() -> None:
    sounds = [bytes((0x95, 0x01)) + b"Opus" + bytes((number, 0xFC)) for number in range(256)]
    pictures = [
        bytes((0x96, 0x01)) + b"av01" + bytes((number, 0x32, 1, 0x30)) for number in range(256)
    ]
    messages = [Message(MessageType.AUDIO, 1, 0, body) for body in sounds]
    messages += [Message(MessageType.VIDEO, 1, 0, body) for body in pictures]
    frames = [(frame.kind, frame.track_id) for frame in traced(messages)]
    assert frames == [(kind, number) for kind in ("audio", "video") for number in range(256)]


def test_a_full_trace_says_so() -> None:
    keeper = TraceKeeper(most_frames=2)
    track = AudioTrack(0, True, Clock())
    [body] = parse_audio(bodies.audio(0).payload)
    assert body.packet_type is AudioPacketType.CODED_FRAMES
    for time_ms in (0, 20):
        keeper.add_sound(track, body, time_ms, 10)
    assert (len(keeper.trace()), keeper.trace().complete) == (2, True)
    keeper.add_sound(track, body, 40, 10)
    assert (len(keeper.trace()), keeper.trace().complete) == (2, False)
    [picture] = parse_video(bodies.key(0).payload)
    keeper.add_picture(VideoTrack(0, True, Clock()), picture, None, 60)
    assert (len(keeper.trace()), keeper.trace().tracks) == (2, (("audio", 0),))


def test_arrivals_count_from_publish_or_from_the_first_frame() -> None:
    for since_s, expected in ((5.0, [2.0, 3.0]), (None, [0.0, 1.0])):
        keeper = TraceKeeper(since_s)
        [body] = parse_audio(bodies.audio(0).payload)
        for at_s in (7.0, 8.0):
            keeper.arrive(at_s)
            keeper.add_sound(AudioTrack(0, True, Clock()), body, 0, 10)
        assert [frame.arrived_s for frame in keeper.trace()] == expected


def test_a_trace_does_not_grow_with_the_stream() -> None:
    probe = StreamProbe()
    probe.see(bodies.audio(0))
    before = probe.trace()
    probe.see(bodies.audio(20))
    assert (len(before), len(probe.trace())) == (1, 2)


def test_of_codecs_that_nobody_reads_only_the_bytes_are_kept() -> None:
    [frame] = traced([video("12 0102")])
    assert (frame.picture, frame.is_key, frame.fingerprint) == ("", True, crc32(b"\1\2"))


def test_the_first_counter_of_a_picture_counts() -> None:
    parts = []
    for number in (b"7", b"8"):
        text = b"trio-srs frame #" + number
        sei = bytes((6, 5, len(text))) + text + b"\x80"
        parts.append(at(0, INTER + join_prefixed([sei]).hex()))
    [frame] = traced([bodies.header(), *parts, at(0, KEY + IDR)])
    assert frame.number == 7
