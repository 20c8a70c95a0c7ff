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
from trio_srs.wire.flv.audio import AudioPacketType, parse_audio
from trio_srs.wire.flv.video import parse_video
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


def test_the_counter_of_a_synthetic_stream_is_kept() -> None:
    frames = traced(Pattern(seconds=0.2, audio="none"))
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]


def test_there_may_be_as_many_tracks_as_enhanced_rtmp_can_number() -> None:
    sounds = [bytes((0x95, 0x01)) + b"Opus" + bytes((number, 0xFC)) for number in range(256)]
    pictures = [bytes((0x96, 0x01)) + b"av01" + bytes((number,)) for number in range(256)]
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
    keeper.add_picture(VideoTrack(0, True, Clock()), picture, None, 60, 100)
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
