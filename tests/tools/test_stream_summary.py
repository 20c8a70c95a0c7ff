"""What commands print of a stream is what its facts say."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.files import clip
from trio_srs.media.probe import StreamProbe
from trio_srs.testing.bodies import AUDIO_HEADER, VIDEO_HEADER, header, key, metadata
from trio_srs.tools.stream_summary import amf_as_json, stream_as_dict
from trio_srs.wire.amf.values import AmfDate, EcmaArray, Value
from trio_srs.wire.rtmp.message import Message


def inspect(*messages: Message) -> dict[str, object]:
    probe = StreamProbe()
    for message in messages:
        probe.see(message)
    return stream_as_dict(probe.facts())


def test_a_stream_of_h264_and_aac() -> None:
    found = inspect(*clip(3))
    assert found.pop("bitrate_kbps") == pytest.approx(12.04, abs=0.01)
    assert found == {
        "seconds": 2.97,
        "video": {
            "codec": "h264", "codec_string": "avc1.42c01e", "profile": "Constrained Baseline",
            "level": "3", "width": 320, "height": 240, "frames": 75, "keyframes": 3,
            # The last frame's filling, read as a slice header.
            "trouble": "slice: pic_parameter_set_id is cut short",
            "fps": 25.0, "gop_ms": 1000.0, "gop_frames": 25.0,
            "bitrate_kbps": 10.0,
        },
        "audio": {
            "codec": "aac", "codec_string": "mp4a.40.2", "profile": "LC", "sample_rate": 44100,
            "channels": 2, "trouble": None, "frames": 75, "bitrate_kbps": 2.0,
        },
        "metadata": {"width": 320.0, "height": 240.0},
    }  # fmt: skip


def test_what_did_not_come_is_not_there() -> None:
    assert inspect() == {
        "seconds": 0.0, "bitrate_kbps": None, "video": None, "audio": None, "metadata": None,
    }  # fmt: skip
    found = inspect(key(0))
    assert found["audio"] is None
    assert isinstance(found["video"], dict)
    assert {found["video"][name] for name in ("fps", "gop_ms", "gop_frames", "width")} == {None}


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
    assert amf_as_json(value) == expected


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
    json.dumps(found, allow_nan=False)


def test_headers_alone_describe_a_stream() -> None:
    video = inspect(header())["video"]
    assert isinstance(video, dict)
    assert (video["width"], video["frames"]) == (320, 0)
