"""What PyAV finds in containers that we wrote is what was in the messages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import islice
from typing import Any, Final

import pytest

from tests.media.remux import __path__ as folder
from tests.media.remux.records import DATA, Message, file_messages
from trio_srs.media.pattern.canned import canned_audio, canned_video
from trio_srs.media.pattern.pattern_track import PatternTrack, aac_source, h264_source
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.ts_muxer import TS_LEAD, TsMuxer
from trio_srs.media.remux.unit_reader import UnitReader

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(sys.version_info >= (3, 15), reason="PyAV has no wheel for this Python"),
]

Said = dict[str, Any]
DECODERS: Final = {"libopus": "opus", "libdav1d": "av1"}


def track(source: PatternTrack, type_id: int, frames: int, start_ms: int = 0) -> list[Message]:
    """So many frames of a pattern, and the header before them."""
    bodies = islice(source.bodies(), frames)
    messages = [(type_id, start_ms, source.header)]
    for number, body in enumerate(bodies):
        at_ms = start_ms + round(number * source.interval_ms)
        messages.append((type_id, at_ms % (1 << 32), body))
    return messages


def together(*tracks: list[Message]) -> list[Message]:
    """In the order of their times."""
    return sorted((message for each in tracks for message in each), key=lambda m: m[1])


H264: Final = h264_source(160, 128, Fraction(25), 25)
AAC: Final = aac_source(44100, 2, 440.0)
SOURCES: Final[Mapping[str, Callable[[], list[Message]]]] = {
    "b_frames": lambda: file_messages(DATA / "flv" / "ffmpeg_h264_aac.flv"),
    "hevc_opus": lambda: file_messages(DATA / "flv" / "ffmpeg_hevc_opus.flv"),
    "pattern": lambda: together(track(H264, 9, 75), track(AAC, 8, 130)),
    "pictures": lambda: track(H264, 9, 50),
    "sound": lambda: track(AAC, 8, 60),
    "late_sound": lambda: together(track(H264, 9, 100), track(AAC, 8, 80, 2000)),
    "hevc": lambda: together(track(canned_video("hevc"), 9, 60), track(AAC, 8, 100)),
    "opus": lambda: together(track(H264, 9, 50), track(canned_audio(), 8, 100)),
    "long": lambda: together(track(H264, 9, 50, 95_442_717), track(AAC, 8, 86, 95_442_717)),
}
"""Messages by name; ``long`` goes over the 33 bits of a transport stream."""


def units_of(messages: list[Message]) -> list[AccessUnit]:
    """What the muxer has to carry."""
    reader = UnitReader(("h264", "hevc", "aac", "opus"), lambda _: None)
    return [unit for message in messages if (unit := reader.read(*message)) is not None]


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Said]:
    """By source: what PyAV says of our transport stream."""
    home = tmp_path_factory.mktemp("muxed")
    paths = {name: home / f"{name}.ts" for name in SOURCES}
    for name, path in paths.items():
        path.write_bytes(transport_stream(SOURCES[name]()))
    command = [sys.executable, f"{folder[0]}/pyav_demuxes.py", *map(str, paths.values())]
    run = subprocess.run(command, check=True, timeout=50, capture_output=True)
    found = json.loads(run.stdout)
    return {name: found[str(path)] for name, path in paths.items()}


def transport_stream(messages: list[Message]) -> bytes:
    muxer = TsMuxer()
    pieces = [piece for message in messages for piece in muxer.write(*message)] + muxer.finish()
    assert [str(what) for what in muxer.left_out] == []
    return b"".join(piece.data for piece in pieces)


@pytest.mark.parametrize("name", SOURCES)
def test_every_access_unit_is_found_and_decoded(name: str, said: dict[str, Said]) -> None:
    units = units_of(SOURCES[name]())
    first = next((unit.dts for unit in units if unit.format.kind == "video"), None)
    streams = {stream["codec"]: stream for stream in said[name]["streams"]}
    if name != "late_sound":  # libav looks for the beginning of each stream in the first packets
        assert said[name]["warned"] == []
    for codec in {unit.format.codec for unit in units}:
        of_codec = [unit for unit in units if unit.format.codec == codec]
        stream = next(s for c, s in streams.items() if DECODERS.get(c, c) == codec)
        if of_codec[0].format.kind == "audio" and name != "late_sound":
            of_codec = [unit for unit in of_codec if first is None or unit.dts >= first]
        packets = stream["packets"]
        assert len(packets) == len(of_codec)
        assert stream["decoded"] == len(of_codec)
        base = packets[0][1] - of_codec[0].dts
        slack = 3 if of_codec[0].format.kind == "audio" else 0  # libav rounds its own durations
        for (pts, dts, _, is_key), unit in zip(packets, of_codec, strict=True):
            assert abs(dts - unit.dts - base) <= slack
            assert pts - dts == unit.pts - unit.dts
            assert is_key == unit.is_key


def test_times_are_those_of_the_messages_and_a_lead(said: dict[str, Said]) -> None:
    [pts, dts, *_] = said["pattern"]["streams"][0]["packets"][0]
    assert pts == dts == TS_LEAD


@pytest.mark.parametrize(
    ("name", "size", "rate"),
    [("pattern", [160, 128], 44100), ("hevc", [320, 180], 44100), ("opus", [160, 128], 48000)],
)
def test_formats_are_what_the_headers_said(
    name: str, size: list[int], rate: int, said: dict[str, Said]
) -> None:
    video, sound = said[name]["streams"]
    assert (video["size"], sound["rate"], sound["channels"]) == (size, rate, 2)
