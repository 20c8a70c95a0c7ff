"""A probe knows everything about a stream, at any moment, whatever comes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.files import clip, flv_tags
from trio_srs.media.facts import StreamFacts
from trio_srs.media.probe import Level, StreamProbe
from trio_srs.testing import bodies
from trio_srs.tools.tally import Tally
from trio_srs.wire.flv.audio import AudioBody, AudioPacketType, build_audio
from trio_srs.wire.flv.video import (
    FrameType,
    Multitrack,
    VideoBody,
    VideoPacketType,
    build_video,
)
from trio_srs.wire.rtmp.message import Message, MessageType

DATA = Path(__file__).parents[1] / "data" / "flv"
SEI_KEY = bytes.fromhex("1701000000 00000005 0605026d65 00000002 6588")
PLAIN_KEY = bytes.fromhex("1701000000 00000002 6588")


def seen(messages: Iterable[Message], level: Level = "full") -> StreamFacts:
    probe = StreamProbe(level)
    for message in messages:
        probe.see(message)
    return probe.facts()


def video(payload: bytes, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.VIDEO, 1, timestamp_ms, payload)


def sound(payload: bytes, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.AUDIO, 1, timestamp_ms, payload)


def two_tracks(*data: bytes, packet_type: VideoPacketType) -> Message:
    parts = [
        VideoBody(
            "avc1", FrameType.KEY, packet_type, part, 0, index, Multitrack.MANY_TRACKS,
            enhanced=True,
        )
        for index, part in enumerate(data)
    ]  # fmt: skip
    return video(build_video(parts))


def test_a_stream_is_known_from_its_first_packet() -> None:
    facts = seen(clip(3))
    assert facts.video is not None
    assert facts.audio is not None
    assert (facts.video.frames, facts.audio.frames, facts.messages) == (75, 75, 153)
    assert facts.video.intervals.fps == 25
    assert facts.video.video is not None
    assert (facts.video.video.gop.count, facts.video.video.gop.seconds_max) == (2, 1.0)
    assert (facts.clock.first_ms, facts.clock.last_ms) == (0, 2970)
    assert facts.bytes == sum(len(message.payload) for message in clip(3))
    assert (facts.skew.first_ms, facts.skew.now_ms) == (10, 10)
    assert facts.metadata == {"width": 320.0, "height": 240.0}


def test_off_sees_nothing() -> None:
    assert seen(clip(1), "off") == StreamFacts(level="off")


def test_headers_sees_counters_codecs_and_sizes_and_nothing_else() -> None:
    full, few = seen(clip(2)), seen(clip(2), "headers")
    assert full.video is not None
    assert few.video is not None
    assert few.video.video is not None
    assert (few.messages, few.bytes, few.metadata) == (full.messages, full.bytes, full.metadata)
    assert (few.video.frames, few.video.codec_string) == (50, "avc1.42c01e")
    assert (few.video.video.width, few.video.video.keyframes) == (320, 2)
    assert (few.digests, few.video.digests, few.clock.first_ms) == (None, None, None)


def test_there_is_media_from_the_first_header_on() -> None:
    probe = StreamProbe()
    probe.see(bodies.metadata())
    assert not probe.has_media
    probe.see(bodies.header())
    assert probe.has_media


def test_delays_count_from_publish() -> None:
    probe = StreamProbe(published_at_s=100.0)
    for message, at_s in (
        (bodies.header(), 100.1),
        (bodies.audio(0), 100.2),
        (bodies.inter(0), 100.3),
        (bodies.key(40), 100.4),
    ):
        probe.see(message, at_s)
    arrival = probe.facts().arrival
    assert arrival.first_frame_s == pytest.approx(0.2)
    assert arrival.first_keyframe_s == pytest.approx(0.4)
    assert arrival.lag_ms == pytest.approx(160)


def test_without_arrival_there_are_no_facts_of_it() -> None:
    assert seen(clip(1)).arrival == StreamFacts().arrival


def test_the_limits_are_given() -> None:
    probe = StreamProbe(gap_ms=30, jump_ms=35)
    for message in (bodies.key(0), bodies.inter(40), bodies.audio(40), bodies.audio(80)):
        probe.see(message)
    facts = probe.facts()
    assert facts.audio is not None
    assert facts.video is not None
    for clock in (facts.clock, facts.video.clock, facts.audio.clock):
        assert clock.gaps.count >= 1
        assert clock.jumps.count >= 1


@pytest.mark.parametrize("kind", [MessageType.VIDEO, MessageType.AUDIO])
@pytest.mark.parametrize("level", ["headers", "full"])
def test_a_body_that_cannot_be_read_is_told(kind: MessageType, level: Level) -> None:
    [track] = seen([Message(kind, 1, 0, b"")], level).tracks
    assert track.trouble is not None
    assert (track.messages, track.troubles, track.track_id) == (1, 1, 0)
    assert track.first_trouble == 0


def test_a_header_that_cannot_be_read_is_told_and_the_rest_goes_on() -> None:
    facts = seen([video(bytes.fromhex("17 00 000000 01")), bodies.key(0), sound(b"\xaf\x00\x00")])
    assert facts.video is not None
    assert facts.audio is not None
    assert facts.video.trouble == "avcC: profile and level at byte 1 ends at 4 of 1"
    assert (facts.video.frames, facts.video.troubles, facts.audio.troubles) == (1, 1, 1)


def test_a_changed_header_is_told() -> None:
    facts = seen([bodies.header(), bodies.key(0), bodies.header(), video(
        bodies.VIDEO_HEADER[:-1] + b"\x00", 40)])  # fmt: skip
    assert facts.video is not None
    assert (facts.video.headers.count, facts.video.headers.changes) == (3, 1)
    assert facts.video.headers.first_change is not None
    assert facts.video.headers.first_change.index == 1


def test_the_digest_is_that_of_the_tally() -> None:
    tally = Tally()
    for message in clip(1):
        tally.add(message)
    digests = seen(clip(1)).digests
    assert digests is not None
    assert digests.exact == tally.digest


def test_user_data_of_an_encoder_can_be_ignored() -> None:
    plain = seen([bodies.header(), video(PLAIN_KEY)])
    signed = seen([bodies.header(), video(SEI_KEY)])
    assert plain.digests is not None
    assert signed.digests is not None
    assert signed.video is not None
    assert plain.video is not None
    assert signed.digests.exact != plain.digests.exact
    assert signed.digests.without_user_data == plain.digests.without_user_data
    assert signed.video.digests is not None
    assert plain.video.digests is not None
    assert signed.video.digests.without_user_data == plain.video.digests.without_user_data


@pytest.mark.parametrize("level", ["headers", "full"])
def test_tracks_are_told_apart_at_every_level(level: Level) -> None:
    record, frame = bodies.VIDEO_HEADER[5:], PLAIN_KEY[5:]
    sounds = [
        sound(
            build_audio(
                [
                    AudioBody("mp4a", kind, b"ab", track_id=i, multitrack=Multitrack.MANY_TRACKS)
                    for i in (0, 1)
                ]
            )
        )
        for kind in (AudioPacketType.SEQUENCE_END, AudioPacketType.CODED_FRAMES)
    ]
    probe = StreamProbe(level)
    for message in (
        two_tracks(record, record, packet_type=VideoPacketType.SEQUENCE_START),
        two_tracks(frame, frame, packet_type=VideoPacketType.CODED_FRAMES),
        *sounds,
    ):
        probe.see(message)
    facts = probe.facts()
    assert [(track.kind, track.messages, track.frames) for track in facts.tracks] == [
        ("video", 2, 1),
        ("video", 2, 1),
        ("audio", 2, 1),
        ("audio", 2, 1),
    ]
    frames = [(frame.kind, frame.track_id) for frame in probe.trace()]
    expected = [("video", 0), ("video", 1), ("audio", 0), ("audio", 1)]
    assert frames == (expected if level == "full" else [])


def test_each_track_of_a_multitrack_stream_is_followed() -> None:
    record = bodies.VIDEO_HEADER[5:]
    plain, signed = PLAIN_KEY[5:], SEI_KEY[5:]
    headers = two_tracks(record, record, packet_type=VideoPacketType.SEQUENCE_START)
    frames = [
        two_tracks(*parts, packet_type=VideoPacketType.CODED_FRAMES)
        for parts in ((plain, plain), (plain, signed))
    ]
    facts = seen([headers, *frames])
    assert [(track.kind, track.track_id, track.frames) for track in facts.tracks] == [
        ("video", 0, 2),
        ("video", 1, 2),
    ]
    digests = [track.digests for track in facts.tracks]
    assert digests[0] is not None
    assert digests[1] is not None
    assert digests[0].exact != digests[1].exact
    assert digests[0].without_user_data == digests[1].without_user_data
    assert facts.digests is not None
    assert facts.digests.without_user_data != facts.digests.exact
    assert facts.clock.duplicates.count == 1


def test_each_audio_track_of_a_multitrack_stream_is_followed() -> None:
    parts = [
        AudioBody(
            "mp4a", AudioPacketType.CODED_FRAMES, b"abc", track_id=index,
            multitrack=Multitrack.MANY_TRACKS,
        )
        for index in (0, 5)
    ]  # fmt: skip
    facts = seen([sound(build_audio(parts)), bodies.key(0)])
    assert [(track.track_id, track.bytes) for track in facts.tracks[:2]] == [(0, 3), (5, 3)]
    assert facts.skew.now_ms == 0


def test_the_last_metadata_counts_and_other_data_does_not() -> None:
    other = bodies.metadata({"encoder": "me"})
    facts = seen([bodies.metadata(), other, other, bodies.data("onCuePoint", {"a": 1.0})])
    assert (facts.metadata, facts.metadata_changes, facts.messages) == ({"encoder": "me"}, 1, 4)
    assert seen([bodies.metadata(), bodies.data("onMetaData", 5.0)]).metadata is None


def test_metadata_of_peers_that_speak_amf3_counts_too() -> None:
    message = bodies.metadata()
    switched = Message(MessageType.DATA_AMF3, 1, 0, b"\0" + message.payload)
    assert seen([switched]).metadata == {"width": 320.0, "height": 240.0}


def test_commands_and_other_messages_are_none_of_the_streams() -> None:
    assert seen([bodies.command("play"), Message(4, 0, 0, b"x")]) == seen([])
    facts = seen([video(b"\x57\x00"), video(b"\x17\x02\x00\x00\x00"), sound(b"\x92mp4a")])
    assert (facts.messages, facts.clock.first_ms) == (3, None)


@pytest.mark.parametrize("name", ["ffmpeg_h264_aac", "ffmpeg_hevc_opus"])
def test_what_ffmpeg_wrote_is_described(name: str) -> None:
    tags = flv_tags((DATA / f"{name}.flv").read_bytes())
    facts = seen(Message(tag.type_id, 1, tag.timestamp_ms, tag.body) for tag in tags)
    assert facts.video is not None
    assert facts.video.video is not None
    assert facts.audio is not None
    assert facts.audio.audio is not None
    assert (facts.video.trouble, facts.audio.trouble) == (None, None)
    assert facts.metadata is not None
    assert facts.metadata["width"] == facts.video.video.width
    assert facts.metadata["audiosamplerate"] == facts.audio.audio.sample_rate
    assert facts.metadata["framerate"] == pytest.approx(facts.video.video.nominal_fps)


MESSAGES = st.lists(
    st.builds(
        Message,
        st.sampled_from([8, 9, 15, 18, 99]),
        st.just(1),
        st.integers(0, 2**32 - 1),
        st.one_of(
            st.binary(max_size=30),
            st.binary(max_size=20).map(lambda tail: b"\x17\x01\x00\x00\x00" + tail),
            st.sampled_from([bodies.VIDEO_HEADER, bodies.AUDIO_HEADER, SEI_KEY]),
        ),
    ),
    max_size=20,
)


@given(MESSAGES, st.sampled_from(["headers", "full"]))
def test_whatever_comes_is_counted(messages: list[Message], level: Level) -> None:
    facts = seen(messages, level)
    own = [message for message in messages if message.type_id != 99]
    assert facts.messages == len(own)
    assert facts.bytes == sum(len(message.payload) for message in own)


@given(MESSAGES, st.integers(0, 20))
def test_asking_changes_nothing(messages: list[Message], at: int) -> None:
    probe = StreamProbe()
    for message in messages[:at]:
        probe.see(message)
    assert probe.facts() == seen(messages[:at])
    for message in messages[at:]:
        probe.see(message)
    assert probe.facts() == seen(messages)


@pytest.mark.parametrize(
    ("video_ms", "audio_ms"),
    [(-40, 0), (0, -21), (-80, -40), (2**32 - 20, 2**32 + 20), (2**31 - 30, 2**31 + 15)],
)
def test_tracks_on_two_sides_of_where_timestamps_go_round_can_be_compared(
    video_ms: int, audio_ms: int
) -> None:
    made = [bodies.header(), bodies.audio_header()]
    for number in range(50):
        at_ms = 40 * number
        made.append((bodies.inter if number % 25 else bodies.key)((video_ms + at_ms) % 2**32))
        made.append(bodies.audio((audio_ms + at_ms) % 2**32))
    for facts in (seen(made), seen(made[:2] + made[3:])):  # whichever is first
        apart = audio_ms - video_ms
        assert facts.skew.now_ms == apart
        assert (facts.skew.least_ms, facts.skew.most_ms) == (apart - 40, apart - 40)
        assert facts.skew.drift_ms_per_minute == pytest.approx(0)
    first = seen(made).skew.first_ms
    assert first == audio_ms - video_ms


SEI, FIRST, LATER = "00000003 060501", "00000003 6588ff", "00000003 654220"
INTER = "00000003 419aff"


def in_parts(*parts: str) -> list[Message]:
    """A keyframe at 0 and a picture at 40 ms; each part a message."""
    messages = [video(bytes.fromhex("1701000000" + part)) for part in parts]
    return [bodies.header(), *messages, video(bytes.fromhex("2701000000" + INTER), 40)]


@pytest.mark.parametrize("level", ["headers", "full"])
def test_a_picture_in_several_messages_is_one_frame(level: Level) -> None:
    facts = seen(in_parts(SEI, FIRST, LATER), level)
    assert facts.video is not None
    assert facts.video.video is not None
    assert (facts.video.frames, facts.video.video.keyframes) == (2, 1)
    assert (facts.video.messages, facts.messages) == (5, 5)


def test_what_a_picture_came_in_adds_up_in_the_rates_of_the_stream() -> None:
    facts = seen(in_parts(SEI, FIRST, LATER))
    assert facts.bitrate.peak_bps == 8 * 4 * 12
    assert facts.video is not None
    assert (facts.video.bitrate.peak_bps, facts.video.intervals.fps) == (8 * 4 * 12, 25)


def test_pictures_of_several_tracks_may_come_in_parts() -> None:
    coded = VideoPacketType.CODED_FRAMES_X
    parts = [
        two_tracks(*[bytes.fromhex(part)] * 2, packet_type=coded) for part in (SEI, FIRST, LATER)
    ]
    facts = seen(parts)
    assert [track.frames for track in facts.tracks] == [1, 1]
    assert facts.bitrate.peak_bps == 8 * 6 * 7


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_blind_count_is_mended_when_the_next_message_shows_it(at: int) -> None:
    inter = bodies.inter
    messages = [bodies.header(), bodies.key(0), *(inter(40 * n) for n in range(1, 4))]
    sei = video(bytes.fromhex("2701000000" + SEI), 40 * at)
    messages.insert(messages.index(inter(40 * at)), sei)
    facts = seen(messages, "headers")
    assert facts.video is not None
    assert (facts.video.frames, facts.video.messages) == (4, 6)


def test_a_picture_ahead_of_its_time_makes_no_peak() -> None:
    times = [40 * number for number in range(75)]
    right = seen(bodies.inter(at, 100) for at in times)
    times[30] += 400
    astray = seen(bodies.inter(at, 100) for at in times)
    assert astray.bitrate.mean_bps == right.bitrate.mean_bps
    assert right.bitrate.peak_bps is not None
    assert astray.bitrate.peak_bps == right.bitrate.peak_bps + 800  # it counts with the next
    assert astray.tracks[0].intervals == right.tracks[0].intervals
    assert astray.clock.duration_ms == right.clock.duration_ms
    assert astray.tracks[0].clock.regressions.count == 1
