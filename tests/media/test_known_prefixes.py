"""Counting messages by their first bytes comes to the same as reading them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from trio_srs.media.clock import Clock
from trio_srs.media.facts import StreamFacts, TrackFacts
from trio_srs.media.known_prefixes import KnownPrefixes
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.media.video_track import VideoTrack
from trio_srs.testing import bodies
from trio_srs.testing.streams import Pattern
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, build_audio
from trio_srs.wire.flv.video import FrameType, VideoBody, VideoPacketType, build_video
from trio_srs.wire.rtmp.message import Message, MessageType


def video(codec: str, *, enhanced: bool, key: bool = True, data: bytes = bytes(9)) -> Message:
    frame_type = FrameType.KEY if key else FrameType.INTER
    body = VideoBody(codec, frame_type, VideoPacketType.CODED_FRAMES, data, enhanced=enhanced)
    return Message(MessageType.VIDEO, 1, 0, build_video([body]))


def opus() -> Message:
    body = AudioBody("Opus", AudioPacketType.CODED_FRAMES, b"\xfc\xff\xfe")
    return Message(MessageType.AUDIO, 1, 0, build_audio([body]))


def raw(type_id: int, text: str) -> Message:
    return Message(type_id, 1, 0, bytes.fromhex(text))


MESSAGES = (
    bodies.header(),
    bodies.audio_header(),
    bodies.key(0),
    bodies.inter(0),
    bodies.audio(0),
    bodies.audio(0, 2),
    opus(),
    video("avc1", enhanced=True),
    video("hvc1", enhanced=True, key=False),
    video("av01", enhanced=True),
    video("flv1", enhanced=False),
    raw(9, "17 01"),  # cut short
    raw(9, "17 02 000000"),  # the end of a sequence
    raw(9, "57 00"),  # a command
    raw(9, "91 68766331 00"),  # cut short inside its composition time
    raw(9, "97 02 000001 01 68766331 000000 00000001 00"),  # with nanoseconds
    raw(9, "96 01 61766331 05 000000 00000001 00"),  # one track of many
    raw(8, "95 01 4f707573 05 fc"),
    raw(8, "2f fffb9064"),  # MP3
    raw(8, "72 00"),  # A-law
    raw(8, ""),
    raw(9, "00"),
)


PARTS = (
    *(bodies.header(), bodies.audio(0), bodies.key(0), bodies.inter(0), bodies.inter(40)),
    *(bodies.key(40), bodies.inter(80)),
    *(
        Message(MessageType.VIDEO, 1, at_ms, bytes.fromhex(text))
        for at_ms in (0, 40)
        for text in (
            "2701000000 00000002 0605",  # SEI
            "2701000000 00000002 0910",  # a delimiter
            "1701000000 00000002 68ce",  # a parameter set
            "1701000000 00000003 654220",  # a slice that is not the first
            "2701000000 00000003 4146ff",
            "a3 61763031 320120",  # hidden
            "a3 61763031 320130",
        )
    ),
)
"""Pictures, and parts of pictures."""
SLICE, LATE_SLICE = (
    Message(MessageType.VIDEO, 1, at_ms, bytes.fromhex("2701000000 00000003 4146ff"))
    for at_ms in (0, 80)
)
KEY_SLICE = Message(MessageType.VIDEO, 1, 40, bytes.fromhex("1701000000 00000003 654220"))


@given(st.lists(st.sampled_from(PARTS), max_size=30))
@example([PARTS[4], PARTS[4], PARTS[4]])
@example([SLICE, KEY_SLICE, SLICE, bodies.key(40)])  # the last begins a picture of its own
@example([bodies.header(), LATE_SLICE, KEY_SLICE, LATE_SLICE, bodies.header(), LATE_SLICE])
def test_pictures_in_parts_are_as_many_as_those_of_a_full_probe(messages: list[Message]) -> None:
    settled = [*messages, bodies.inter(1000)]  # what goes ahead is known by what comes behind it
    if all(same_time(*pair) for pair in pairwise(settled)):
        few, full = seen(settled, "headers"), seen(settled, "full")
        assert list(map(counters, few.tracks)) == list(map(counters, full.tracks))


def same_time(one: Message, other: Message) -> bool:
    """Whether a message with nothing of a picture has the timestamp of what follows it."""
    ahead = one.payload[5:9] == b"\0\0\0\x02" and one.type_id == MessageType.VIDEO
    return not ahead or (one.timestamp_ms, one.type_id) == (other.timestamp_ms, other.type_id)


def seen(messages: list[Message], level: Level) -> StreamFacts:
    probe = StreamProbe(level)
    for message in messages:
        probe.see(message)
    return probe.facts()


def counters(track: TrackFacts) -> tuple[object, ...]:
    keyframes = track.video.keyframes if track.video else 0
    return (
        track.kind, track.track_id, track.codec, track.messages, track.frames, track.bytes,
        keyframes, track.headers,
    )  # fmt: skip


@given(st.lists(st.sampled_from(MESSAGES), max_size=30))
def test_the_counters_are_those_of_a_full_probe(messages: list[Message]) -> None:
    few, full = seen(messages, "headers"), seen(messages, "full")
    assert list(map(counters, few.tracks)) == list(map(counters, full.tracks))
    assert (few.messages, few.bytes) == (full.messages, full.bytes)


@given(st.lists(st.sampled_from(MESSAGES), max_size=30), st.integers(0, 30))
def test_asking_in_between_changes_nothing(messages: list[Message], at: int) -> None:
    probe = StreamProbe("headers")
    for place, message in enumerate(messages):
        if place == at:
            probe.facts()
        probe.see(message)
    assert probe.facts() == seen(messages, "headers")


def test_what_is_known_of_codecs_and_sizes_is_that_of_a_full_probe() -> None:
    messages = list(Pattern(seconds=1.0))
    few, full = seen(messages, "headers"), seen(messages, "full")
    for one, other in zip(few.tracks, full.tracks, strict=True):
        assert (one.codec_string, one.profile, one.level) == (
            other.codec_string, other.profile, other.level,
        )  # fmt: skip
    assert few.video is not None
    assert few.video.video is not None
    assert (few.video.video.width, few.video.video.height) == (640, 360)


def test_few_beginnings_are_known_at_a_time() -> None:
    prefixes = KnownPrefixes(is_video=True)
    track = VideoTrack(0, False, Clock())
    starts = [bytes((0x20 | number, 1)) + bytes(9) for number in range(16)]
    for start in starts:
        prefixes.learn(start, track, is_key=False)
    assert prefixes.count(starts[-1])
    prefixes.learn(b"\x17\x01" + bytes(9), track, is_key=True)
    assert not prefixes.count(b"\x17\x01" + bytes(9))
    prefixes.settle()
    prefixes.settle()
    assert (track.frames, track.messages, track.byte_count) == (1, 1, 11)


def test_the_newest_can_be_taken_back_and_read() -> None:
    prefixes, track = KnownPrefixes(is_video=True), VideoTrack(0, False, Clock())
    enhanced = bytes.fromhex("a3 68766331 000000")
    for payload in (b"\x27\x01" + bytes(9), enhanced):
        prefixes.learn(payload, track, is_key=False)
        assert prefixes.count(payload)
        assert prefixes.count(payload)
        prefixes.take_back(payload)
    assert (track.frames, track.messages, track.byte_count) == (2, 2, 19)


def test_another_codec_of_a_track_is_noticed() -> None:
    prefixes = KnownPrefixes(is_video=False)
    track = VideoTrack(0, False, Clock(), "one")
    prefixes.learn(b"\xaf\x01", track, is_key=False)
    assert prefixes.count(b"\xaf\x01")
    assert not prefixes.is_stale
    track.codec = "other"
    assert prefixes.is_stale
    prefixes.forget()
    assert not prefixes.count(b"\xaf\x01")
    assert track.frames == 1


def test_a_probe_that_sees_everything_counts_nothing_by_its_beginning() -> None:
    messages = [bodies.header(), *[bodies.key(0)] * 3]
    for level in ("headers", "full"):
        facts = seen(messages, level)
        assert facts.video is not None
        assert (facts.video.frames, facts.clock.first_ms is None) == (3, level == "headers")
