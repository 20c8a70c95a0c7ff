"""A stream is described by what its own messages say."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.files import clip, flv_tags
from trio_srs.testing.bodies import (
    AUDIO_HEADER,
    VIDEO_HEADER,
    audio,
    audio_header,
    data,
    header,
    inter,
    key,
    metadata,
)
from trio_srs.tools.inspection import Inspection, Rate, plain
from trio_srs.wire.amf.values import AmfDate, EcmaArray, Value
from trio_srs.wire.rtmp.message import Message, MessageType

DATA = Path(__file__).parents[1] / "data"


def inspect(*messages: Message) -> Inspection:
    inspection = Inspection()
    for message in messages:
        inspection.add(message)
    return inspection


def video(text: str) -> Message:
    return Message(MessageType.VIDEO, 1, 0, bytes.fromhex(text))


def sound(text: str) -> Message:
    return Message(MessageType.AUDIO, 1, 0, bytes.fromhex(text))


def test_a_stream_of_h264_and_aac() -> None:
    found = inspect(*clip(3)).as_dict()
    assert found.pop("bitrate_kbps") == pytest.approx(12.4, abs=0.01)
    assert found == {
        "seconds": 2.97,
        "video": {
            "codec": "h264", "codec_string": "avc1.42c01e", "profile": "Baseline", "level": "3",
            "width": 320, "height": 240, "trouble": None, "frames": 75, "keyframes": 3,
            "fps": 25.0, "gop_ms": 1000.0, "gop_frames": 25.0, "bitrate_kbps": 10.075,
        },
        "audio": {
            "codec": "aac", "codec_string": "mp4a.40.2", "profile": "LC", "sample_rate": 44100,
            "channels": 2, "trouble": None, "frames": 75, "bitrate_kbps": 2.011,
        },
        "metadata": {"width": 320.0, "height": 240.0},
    }  # fmt: skip


def test_what_did_not_come_is_not_there() -> None:
    assert inspect().as_dict() == {
        "seconds": 0.0, "bitrate_kbps": None, "video": None, "audio": None, "metadata": None,
    }  # fmt: skip
    found = inspect(key(0)).as_dict()
    assert found["audio"] is None
    assert isinstance(found["video"], dict)
    assert {found["video"][name] for name in ("fps", "gop_ms", "gop_frames", "width")} == {None}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("90 61763031 81 08 0c 00", ("av1", "av01.0.08M.08", "Main", "4.0")),
        ("90 76703039 01000000 01 1f 82 01 01 01 0000", ("vp9", "vp09.01.31.08", "1", "3.1")),
        ("90 76703038", ("vp8", None, None, None)),
        ("90 78797a77 00", ("xyzw", None, None, None)),
        ("22 00", ("h263", None, None, None)),
    ],
)
def test_other_video_codecs(message: str, expected: tuple[str | None, ...]) -> None:
    facts = inspect(video(message)).video
    assert facts is not None
    assert (facts.codec, facts.codec_string, facts.profile, facts.level) == expected
    assert facts.trouble is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("af 00 1208", ("aac", "LC", 44100, 1)),
        ("af 00 2b92 0800", ("aac", "HE", 44100, 2)),
        ("90 4f707573 4f70757348656164 01 02 3801 80bb0000 0000 00", ("opus", None, 48000, 2)),
        ("2f 00", ("mp3", None, 44100, 2)),
        ("90 664c6143 00", ("flac", None, None, None)),
    ],
)
def test_other_audio_codecs(message: str, expected: tuple[str | int | None, ...]) -> None:
    facts = inspect(sound(message)).audio
    assert facts is not None
    assert (facts.codec, facts.profile, facts.sample_rate, facts.channels) == expected
    assert facts.trouble is None


@pytest.mark.parametrize(
    ("fourcc", "record", "expected"),
    [
        ("avc1", "avc_high_320x242", ("h264", "High", 320, 242)),
        ("hvc1", "hevc_main10_layers_320x242", ("hevc", "Main 10", 320, 242)),
        ("av01", "av1_high444_321x242", ("av1", "High", 321, 242)),
        ("vp09", "vp9_422_10_321x242", ("vp9", "3", None, None)),
    ],
)
def test_real_records_give_profile_and_size(
    fourcc: str, record: str, expected: tuple[str | int | None, ...]
) -> None:
    body = b"\x90" + fourcc.encode() + (DATA / "codec" / f"{record}.bin").read_bytes()
    facts = inspect(Message(MessageType.VIDEO, 1, 0, body)).video
    assert facts is not None
    assert (facts.codec, facts.profile, facts.width, facts.height) == expected
    assert facts.trouble is None


@pytest.mark.parametrize(
    ("name", "video_codec", "audio_codec"),
    [("ffmpeg_h264_aac", "h264", "aac"), ("ffmpeg_hevc_opus", "hevc", "opus")],
)
def test_what_ffmpeg_wrote_is_described(name: str, video_codec: str, audio_codec: str) -> None:
    inspection = Inspection()
    for tag in flv_tags((DATA / "flv" / f"{name}.flv").read_bytes()):
        inspection.add(Message(tag.type_id, 1, tag.timestamp_ms, tag.body))
    found = inspection
    assert found.video is not None
    assert found.audio is not None
    assert (found.video.codec, found.audio.codec) == (video_codec, audio_codec)
    assert (found.video.trouble, found.audio.trouble) == (None, None)
    assert found.metadata is not None
    assert found.metadata["width"] == found.video.width
    assert found.metadata["audiosamplerate"] == found.audio.sample_rate
    assert found.metadata["framerate"] == pytest.approx(found.video.as_dict()["fps"], rel=0.1)


def test_what_cannot_be_read_is_told_and_the_rest_goes_on() -> None:
    found = inspect(video("17 00 000000 01"), key(0), inter(40), sound("af 00"), sound("c0"))
    assert found.video is not None
    assert found.audio is not None
    assert found.video.trouble is not None
    assert found.video.frames.count == 2
    assert found.audio.trouble == "sound format 12 (byte 0) is not known"


def test_commands_and_ends_are_no_frames() -> None:
    found = inspect(video("57 00"), video("17 02 000000"), key(0), sound("90 02 6d703461"))
    assert found.video is not None
    assert found.video.frames.count == 1


def test_the_last_metadata_counts_and_other_data_does_not() -> None:
    found = inspect(metadata(), metadata({"encoder": "me"}), data("onCuePoint", {"a": 1.0}))
    assert found.metadata == {"encoder": "me"}
    assert inspect(metadata(), data("onMetaData", 5.0)).metadata is None


def test_rates_need_two_different_times() -> None:
    rate = Rate()
    assert rate.interval_ms is None
    for at_ms in (500, 500):
        rate.add(at_ms)
        assert rate.interval_ms is None
        assert rate.per_second is None
    rate.add(400)
    assert [rate.interval_ms, rate.per_second] == [50, 20]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        ("text", "text"),
        (1.5, 1.5),
        (math.inf, "inf"),
        (AmfDate(0.0), "<AmfDate>"),
        (EcmaArray({"a": [1.0, {"b": None}]}), {"a": [1.0, {"b": None}]}),
        ([[[[["deep"]]]]], [[[["<list>"]]]]),
    ],
)
def test_values_become_what_json_knows(value: Value, expected: object) -> None:
    assert plain(value) == expected


@given(
    st.lists(
        st.builds(
            Message,
            st.sampled_from([8, 9, 15, 18, 99]),
            st.just(1),
            st.integers(0, 2**32 - 1),
            st.one_of(
                st.binary(max_size=30),
                st.sampled_from([VIDEO_HEADER, AUDIO_HEADER, metadata().payload]),
            ),
        ),
        max_size=20,
    )
)
def test_whatever_comes_it_can_be_told_in_json(messages: list[Message]) -> None:
    found = inspect(*messages)
    assert found.tally.messages == len(messages)
    json.dumps(found.as_dict(), allow_nan=False)


def test_headers_alone_describe_a_stream() -> None:
    found = inspect(header(), audio_header(), audio(0))
    assert found.video is not None
    assert (found.video.width, found.video.frames.count) == (320, 0)
