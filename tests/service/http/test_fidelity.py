"""What viewers get is what was published: the very messages as FLV, the same access units, at the
same times, in other containers; and what libav makes of them is the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
import trio

from tests.media.remux.records import DATA, file_messages
from tests.service.http import __path__ as folder
from tests.service.http.house import Client, HttpHouse
from tests.service.http.test_viewer import UPGRADE
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.byte_stream import BYTE_STREAMS
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.remux.ts_muxer import TS_LEAD
from trio_srs.media.remux.unit_reader import UnitReader
from trio_srs.tools.tally import Tally
from trio_srs.wire.codec.nalu import split_prefixed
from trio_srs.wire.flv.tag import FlvReader
from trio_srs.wire.flv.tag_messages import message_of
from trio_srs.wire.rtmp.message import Message

FILES: Final = (
    "h264_aac", "h264_mp3", "h264_ac3", "hevc_opus", "hevc_eac3", "av1_aac", "vp9_opus",
)  # fmt: skip
CARRIED: Final[Mapping[str, frozenset[str]]] = {
    "ts": frozenset({"h264", "hevc", "aac", "mp3", "ac3", "eac3", "opus"}),
    "mp4": frozenset({"h264", "hevc", "av1", "vp9", "aac", "mp3", "ac3", "eac3", "opus"}),
}
DEMUXERS: Final[Mapping[str, Callable[[], TsDemuxer | Mp4Demuxer]]] = {
    "ts": TsDemuxer,
    "mp4": Mp4Demuxer,
}
LEAD: Final = {"ts": TS_LEAD, "mp4": 0}
MILLISECOND: Final = 90
ROUNDING: Final = 1  # tick: sound is counted in samples, and those are no whole ticks


def published(name: str) -> list[Message]:
    messages = file_messages(DATA / "flv" / f"ffmpeg_{name}.flv")
    return [Message(type_id, 0, at_ms, body) for type_id, at_ms, body in messages]


async def watched(house: HttpHouse, messages: Sequence[Message]) -> dict[tuple[str, str], bytes]:
    """By scheme and form: all that its viewer got of a stream from its beginning."""
    viewers: dict[tuple[str, str], Client] = {}
    for form in ("flv", "ts", "mp4"):
        for scheme, fields in (("http", {}), ("ws", UPGRADE)):
            viewers[scheme, form] = client = house.dial(capacity=1 << 20)
            await client.ask(f"/live/a.{form}", fields=fields)
    async with house.hub.publishing("live/a", house.settings, house.somebody()) as publish:
        for message in messages:
            publish.append_all([message], trio.current_time())
            await trio.sleep(0.01)
    got = {}
    for (scheme, form), client in viewers.items():
        await client.head()
        data = await client.rest_of_it()
        got[scheme, form] = data if scheme == "http" else unwrapped(data)
    return got


def unwrapped(data: bytes) -> bytes:
    """What is in binary messages, up to the close (RFC 6455, 5.2)."""
    whole, pos = b"", 0
    while data[pos] == 0x82:
        size, pos = data[pos + 1], pos + 2
        width = {126: 2, 127: 8}.get(size, 0)
        size, pos = int.from_bytes(data[pos : pos + width]) if width else size, pos + width
        whole, pos = whole + data[pos : pos + size], pos + size
    return whole


def read(messages: Sequence[Message], codecs: frozenset[str]) -> list[AccessUnit]:
    """What a container has to carry of messages: sound from the first picture on."""
    reader = UnitReader(codecs, lambda _: None)
    found = [reader.read(it.type_id, it.timestamp_ms, it.payload) for it in messages]
    units = [unit for unit in found if unit is not None and unit.format.codec in codecs]
    first = next((unit.dts for unit in units if unit.format.kind == "video"), None)
    return [unit for unit in units if first is None or unit.dts >= first]


def payload(unit: AccessUnit) -> list[bytes]:
    """What is in a unit but for delimiters and parameter sets, which stand where a container wants
    them."""
    stream = BYTE_STREAMS.get(unit.format.codec)
    if stream is None:
        return [unit.data]
    apart = {stream.delimiter_type, *stream.sets}
    return [n for n in split_prefixed(unit.data, 4) if stream.type_of(n) not in apart]


@pytest.mark.parametrize("name", FILES)
async def test_flv_has_the_digest_of_what_was_published(house: HttpHouse, name: str) -> None:
    messages = published(name)
    got = await watched(house, messages)
    tallies = []
    for scheme in ("http", "ws"):
        reader, tally = FlvReader(), Tally()
        reader.feed(got[scheme, "flv"])
        for tag in iter(reader.next_tag, None):
            tally.add(message_of(tag))
        tallies.append(tally.digest)
    sent = Tally()
    for message in messages:
        sent.add(message)
    assert tallies == [sent.digest, sent.digest]


@pytest.mark.parametrize("form", ["ts", "mp4"])
@pytest.mark.parametrize("name", FILES)
async def test_containers_have_its_access_units_at_their_times(
    house: HttpHouse, name: str, form: str
) -> None:
    messages = published(name)
    got = await watched(house, messages)
    assert got["ws", form] == got["http", form]
    demuxer = DEMUXERS[form]()
    found = [*demuxer.feed(got["http", form]), *demuxer.finish()]
    assert (demuxer.oddities, list(demuxer.left_out)) == ({}, [])
    sent = read(messages, CARRIED[form])
    assert {unit.format.codec for unit in sent} == set(name.split("_")) & CARRIED[form]
    for kind in ("video", "audio"):
        ours = [unit for unit in sent if unit.format.kind == kind]
        theirs = [unit for unit in found if unit.format.kind == kind]
        assert [payload(unit) for unit in theirs] == [payload(unit) for unit in ours]
        assert [unit.is_key for unit in theirs] == [unit.is_key for unit in ours]
        for mine, its in zip(ours, theirs, strict=True):
            assert abs(its.dts - LEAD[form] - mine.dts) <= (ROUNDING if kind == "audio" else 0)
            assert its.pts - its.dts == mine.pts - mine.dts
            assert its.format.codec == mine.format.codec
    if form == "mp4":
        assert [unit.data for unit in found] == [unit.data for unit in sorted(sent, key=at)]


def at(unit: AccessUnit) -> int:
    return unit.dts


Frames = Mapping[str, Sequence[tuple[int, str]]]
"""By kind: when each frame is shown or heard, in ticks, and a hash of it."""


@pytest.mark.interop
@pytest.mark.skipif(sys.version_info >= (3, 15), reason="PyAV has no wheel for this Python")
async def test_libav_decodes_the_same_pictures_and_sounds(house: HttpHouse, tmp_path: Path) -> None:
    paths: dict[tuple[str, str], Path] = {}
    for name in FILES:
        paths[name, "sent"] = DATA / "flv" / f"ffmpeg_{name}.flv"
        got = await watched(house, published(name))
        for form in ("flv", "ts", "mp4"):
            if form == "flv" or set(name.split("_")) <= CARRIED[form]:
                paths[name, form] = tmp_path / f"{name}.{form}"
                paths[name, form].write_bytes(got["http", form])
        await trio.sleep(60)  # until nothing of this stream is left
    said = decoded(list(paths.values()))
    for (name, form), path in paths.items():
        sent, found = said[paths[name, "sent"]], said[path]
        lead = LEAD.get(form, 0)
        pictures = [(at - lead, shown) for at, shown in found["video"]]
        assert pictures == sent["video"], (name, form)
        # Sound from before the first picture is left out, and what is decoded behind a beginning
        # depends on that. A transport stream does not say how much of Opus is to be skipped.
        sounds = sent["audio"][-len(found["audio"]) :]
        assert len(sent["audio"]) - len(sounds) <= 1, (name, form)
        skipped = 1 if "opus" in name else 0
        is_whole = len(sounds) == len(sent["audio"])
        for mine, its in list(zip(sounds, found["audio"], strict=True))[skipped:]:
            assert abs(its[0] - lead - mine[0]) <= MILLISECOND, (name, form)
            assert its[1] == mine[1] or not is_whole, (name, form)


def decoded(paths: Sequence[Path]) -> dict[Path, Frames]:
    """What PyAV makes of files."""
    command = [sys.executable, f"{folder[0]}/pyav_frames.py", *map(str, paths)]
    run = subprocess.run(command, check=True, timeout=50, capture_output=True)
    said = json.loads(run.stdout)
    return {
        path: {it["kind"]: [(at, shown) for at, shown in it["frames"]] for it in said[str(path)]}
        for path in paths
    }
