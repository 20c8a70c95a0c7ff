"""What PyAV finds in many kinds of small streams, the probe finds as well."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

import pytest

from tests.matrix import MATRIX
from tests.media import __path__ as folder
from tests.media.corpus import RECIPES, make_all
from trio_srs.media.facts import StreamFacts, TrackFacts, VideoFacts
from trio_srs.media.probe import StreamProbe
from trio_srs.wire.flv.tag import FlvReader
from trio_srs.wire.rtmp.message import Message

pytestmark = [
    pytest.mark.interop,
    MATRIX,
    pytest.mark.skipif(sys.version_info >= (3, 15), reason="PyAV has no wheel for this Python"),
]

Said = dict[str, Any]
VIDEO: Final = [name for name in RECIPES if name.startswith(("h264", "hevc", "av1", "vp9"))]
AUDIO: Final = [name for name in RECIPES if name not in VIDEO]
CODECS: Final = {"libdav1d": "av1", "mp3float": "mp3", "pcm_s16le": "pcm", "pcm_u8": "pcm"}
"""Decoders that are not called as their codec."""
PROFILES: Final = {"Range Extensions": "Rext"}
FIELD_ORDERS: Final = {2: "top", 3: "bottom"}
"""AV_FIELD_TT and AV_FIELD_BB; of H.265 libav does not say."""
FORMATS: Final = {"gbrp": ("4:4:4", 8)}
PRE_SKIP: Final = 1000
"""A decoder of Opus leaves out a few samples at the start, and what padding says at the end."""


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[StreamFacts, Said]]:
    """By name: what we say, and what PyAV says."""
    paths = dict(make_all(tmp_path_factory.mktemp("corpus")))
    command = [sys.executable, f"{folder[0]}/with_pyav.py", *map(str, paths.values())]
    run = subprocess.run(command, check=True, timeout=50, capture_output=True)
    said = json.loads(run.stdout)
    return {name: (probed(path.read_bytes()), said[str(path)]) for name, path in paths.items()}


def probed(flv: bytes) -> StreamFacts:
    """What we say."""
    reader, probe = FlvReader(), StreamProbe()
    reader.feed(flv)
    while (tag := reader.next_tag()) is not None:
        probe.see(Message(tag.type_id, 1, tag.timestamp_ms, tag.body))
    return probe.facts()


def looks(format_: str) -> tuple[str, int]:
    """Chroma and bit depth of a pixel format of libav: ``yuv422p10le``."""
    if format_ in FORMATS:
        return FORMATS[format_]
    digits = format_.removeprefix("yuv")
    return ":".join(digits[:3]), 10 if digits.endswith("p10le") else 8


def video_of(facts: StreamFacts) -> tuple[TrackFacts, VideoFacts]:
    [track] = facts.tracks
    assert track.video is not None
    return track, track.video


def test_there_are_enough_of_them() -> None:
    assert len(RECIPES) >= 40


@pytest.mark.parametrize("name", VIDEO)
def test_video_is_what_pyav_says(name: str, corpus: dict[str, tuple[StreamFacts, Said]]) -> None:
    facts, said = corpus[name]
    track, video = video_of(facts)
    profile = PROFILES.get(track.profile or "", track.profile or "")
    assert (track.trouble, track.codec) == (None, CODECS.get(said["codec"], said["codec"]))
    assert said["profile"] == (f"Profile {profile}" if track.codec == "vp9" else profile)
    assert [video.width, video.height] == said["size"]
    assert video.sar is not None
    assert f"{video.sar[0]}/{video.sar[1]}".removesuffix("/1") == said["sar"]
    assert (video.chroma, video.bit_depth) == looks(said["format"])
    assert video.interlaced == said["interlaced"]
    assert float(video.nominal_fps or 0) == pytest.approx(said["fps"])
    if video.nominal_fps:
        assert track.intervals.fps == pytest.approx(float(video.nominal_fps), rel=0.002)


@pytest.mark.parametrize("name", VIDEO)
def test_pictures_are_those_that_pyav_decodes(
    name: str, corpus: dict[str, tuple[StreamFacts, Said]]
) -> None:
    facts, said = corpus[name]
    track, video = video_of(facts)
    pictures, types = video.pictures, said["types"]
    assert (track.frames, video.keyframes) == (said["packets"], said["keyframes"])
    assert pictures.intra == types["I"]
    assert (pictures.predicted, pictures.bidirectional) == (types.get("P", 0), types.get("B", 0))
    assert video.gop.closed + video.gop.open == video.keyframes


@pytest.mark.parametrize("name", [name for name in VIDEO if name.startswith("h264")])
def test_the_field_order_is_what_pyav_says(
    name: str, corpus: dict[str, tuple[StreamFacts, Said]]
) -> None:
    facts, said = corpus[name]
    assert video_of(facts)[1].first_field == FIELD_ORDERS.get(said["field_order"])


def test_the_field_order_is_what_the_encoder_was_told(
    corpus: dict[str, tuple[StreamFacts, Said]],
) -> None:
    assert video_of(corpus["hevc_fields"][0])[1].first_field == "top"
    assert video_of(corpus["h264_top_first"][0])[1].first_field == "top"
    assert video_of(corpus["h264_bottom_first"][0])[1].first_field == "bottom"


@pytest.mark.parametrize("name", AUDIO)
def test_audio_is_what_pyav_says(name: str, corpus: dict[str, tuple[StreamFacts, Said]]) -> None:
    facts, said = corpus[name]
    [track] = facts.tracks
    audio = track.audio
    assert audio is not None
    assert (track.trouble, track.codec) == (None, CODECS.get(said["codec"], said["codec"]))
    assert (audio.sample_rate, audio.channels) == (said["sample_rate"], said["channels"])
    assert track.frames == said["packets"]
    if track.codec == "aac":
        assert track.profile == said["profile"]
    slack = PRE_SKIP if track.codec == "opus" else 0
    assert audio.samples == pytest.approx(said["samples"], abs=slack)
    assert audio.sample_drift_ms == pytest.approx(0, abs=1.01)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("h264_high_b", 0),
        ("h264_open_gop", 3),
        ("hevc_b", 0),
        ("hevc_open_gop", 3),
        ("av1_main", 0),
        ("vp9_0", 0),
    ],
)
def test_groups_are_open_where_the_encoder_was_told_so(
    name: str, expected: int, corpus: dict[str, tuple[StreamFacts, Said]]
) -> None:
    assert video_of(corpus[name][0])[1].gop.open == expected


def test_the_words_of_x264_about_itself_are_user_data(
    corpus: dict[str, tuple[StreamFacts, Said]],
) -> None:
    digests = corpus["h264_baseline"][0].digests
    assert digests is not None
    assert digests.exact != digests.without_user_data
