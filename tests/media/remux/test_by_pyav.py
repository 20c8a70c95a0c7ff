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
from tests.media.remux.records import DATA, Message, enhanced, file_messages, sound, video
from trio_srs.media.pattern.canned import canned_audio, canned_video
from trio_srs.media.pattern.pattern_track import PatternTrack, aac_source, h264_source
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.mp4_muxer import Mp4Muxer
from trio_srs.media.remux.ts_muxer import TS_LEAD, TsMuxer
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.flv.audio import AudioPacketType
from trio_srs.wire.flv.video import FrameType, VideoPacketType
from trio_srs.wire.mp4.mp4_reader import Mp4Fragment, Mp4Reader
from trio_srs.wire.mp4.sample_entry import MP4_CODECS

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(sys.version_info >= (3, 15), reason="PyAV has no wheel for this Python"),
]

Said = dict[str, Any]
WRAP: Final = 1 << 33
HALF: Final = 1 << 32
DECODERS: Final = {"libopus": "opus", "libdav1d": "av1", "mp3float": "mp3"}


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


def of_file(name: str, codec: str) -> list[Message]:
    """One codec of an MP4 that ffmpeg wrote, as messages: its record, if it has one, and frames."""
    reader, known = Mp4Reader(), BY_NAME[codec]
    events = reader.feed((DATA / "mp4" / f"ffmpeg_{name}.mp4").read_bytes()) + reader.finish()
    samples = [each for event in events if isinstance(event, Mp4Fragment) for each in event.samples]
    samples = [each for each in samples if each.track.entry.codec == codec]
    messages = []
    if known.has_header:
        messages.append(start(known.fourcc, samples[0].track.entry.record, kind=known.kind))
    for sample in samples:
        at_ms = round(sample.time * 1000 / sample.track.timescale)
        if known.kind == "audio":
            messages.append(sound(known.fourcc, at_ms, sample.data))
        else:
            messages.append(enhanced(known.fourcc, at_ms, sample.data, key=sample.is_sync))
    return messages


def start(fourcc: str, record: bytes, *, kind: str) -> Message:
    """A sequence header."""
    if kind == "audio":
        return sound(fourcc, 0, record, packet_type=AudioPacketType.SEQUENCE_START)
    packet_type = VideoPacketType.SEQUENCE_START
    return video(fourcc, 0, record, frame_type=FrameType.KEY, packet_type=packet_type)


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
    "av1": lambda: together(track(canned_video("av1"), 9, 60), track(AAC, 8, 100)),
    "vp9_flac": lambda: together(of_file("vp9_flac", "vp9"), of_file("vp9_flac", "flac")),
    "ac3": lambda: of_file("ac3_eac3_mp3", "ac3"),
    "eac3": lambda: of_file("ac3_eac3_mp3", "eac3"),
    "mp3": lambda: of_file("ac3_eac3_mp3", "mp3"),
}
"""Messages by name; ``long`` goes over the 33 bits of a transport stream."""
FORMS: Final = [
    (name, form)
    for name in SOURCES
    for form in ("ts", "mp4")
    # There is no AV1 or VP9 in a transport stream, and libav reads one head of an MP4 only.
    if (name, form) not in (("av1", "ts"), ("vp9_flac", "ts"), ("late_sound", "mp4"))
]


def transport_stream(messages: list[Message]) -> bytes:
    muxer = TsMuxer()
    pieces = [piece for message in messages for piece in muxer.write(*message)] + muxer.finish()
    assert [str(what) for what in muxer.left_out] == []
    return b"".join(piece.data for piece in pieces)


def fragmented_mp4(messages: list[Message]) -> bytes:
    muxer = Mp4Muxer()
    pieces = [piece for message in messages for piece in muxer.write(*message)] + muxer.finish()
    assert [str(what) for what in muxer.left_out] == []
    return pieces[0].head + b"".join(piece.data for piece in pieces)


def units_of(messages: list[Message]) -> list[AccessUnit]:
    """What a muxer has to carry."""
    reader = UnitReader(MP4_CODECS, lambda _: None)
    return [unit for message in messages if (unit := reader.read(*message)) is not None]


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Said]:
    """By source and form: what PyAV says of the file."""
    home = tmp_path_factory.mktemp("muxed")
    muxers = {"ts": transport_stream, "mp4": fragmented_mp4}
    paths = {(name, form): home / f"{name}.{form}" for name, form in FORMS}
    for (name, form), path in paths.items():
        path.write_bytes(muxers[form](SOURCES[name]()))
    command = [sys.executable, f"{folder[0]}/pyav_demuxes.py", *map(str, paths.values())]
    run = subprocess.run(command, check=True, timeout=50, capture_output=True)
    found = json.loads(run.stdout)
    return {key: found[str(path)] for key, path in paths.items()}


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_every_access_unit_is_found_and_decoded(
    name: str, form: str, said: dict[tuple[str, str], Said]
) -> None:
    units = units_of(SOURCES[name]())
    first = next((unit.dts for unit in units if unit.format.kind == "video"), None)
    found = said[name, form]
    if name != "late_sound":  # libav looks for the beginning of each stream in the first packets
        assert found["warned"] == []
        units = [unit for unit in units if first is None or unit.dts >= first]
    lead = TS_LEAD if form == "ts" else 0
    streams = {DECODERS.get(each["codec"], each["codec"]): each for each in found["streams"]}
    assert set(streams) == {unit.format.codec for unit in units}
    for codec, stream in streams.items():
        of_codec = [unit for unit in units if unit.format.codec == codec]
        packets = stream["packets"]
        assert len(packets) == len(of_codec)
        assert stream["decoded"] == len(of_codec)
        # libav gives the sound in a PES packet times of its own, which are rounded.
        slack = 8 if of_codec[0].format.kind == "audio" else 0
        for (pts, dts, _, is_key), unit in zip(packets, of_codec, strict=True):
            if dts is None:  # libav says none where it was not sure in time
                assert name == "late_sound"
                continue
            assert abs((dts - unit.dts - lead + HALF) % WRAP - HALF) <= slack
            assert pts - dts == unit.pts - unit.dts
            assert is_key == unit.is_key


@pytest.mark.parametrize(
    ("name", "size", "rate"),
    [("pattern", [160, 128], 44100), ("hevc", [320, 180], 44100), ("opus", [160, 128], 48000)],
)
@pytest.mark.parametrize("form", ["ts", "mp4"])
def test_formats_are_what_the_headers_said(
    name: str, form: str, size: list[int], rate: int, said: dict[tuple[str, str], Said]
) -> None:
    video, sound = said[name, form]["streams"]
    assert (video["size"], sound["rate"], sound["channels"]) == (size, rate, 2)
