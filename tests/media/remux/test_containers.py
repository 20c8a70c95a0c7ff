"""Each codec there is, in each container: named as the reference says, or left out by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs
import pytest

from tests.media.remux import mp4_checks, ts_checks
from tests.media.remux.records import (
    AVC,
    DATA,
    HEVC,
    IDR,
    IRAP,
    Message,
    aac,
    aac_head,
    enhanced,
    mp3,
    opus,
    opus_head,
    sound,
    video,
)
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.remux.mp4_muxer import Mp4Muxer
from trio_srs.media.remux.ts_muxer import TsMuxer
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.codec.nalu import join_prefixed
from trio_srs.wire.flv.audio import AudioPacketType
from trio_srs.wire.flv.video import FrameType, VideoPacketType

PAGE: Final = Path(__file__).parents[3] / "docs" / "reference" / "containers.md"


def record(name: str) -> bytes:
    return (DATA / "codec" / f"{name}.bin").read_bytes()


def pictures(codec: str, header: bytes, frame: bytes) -> list[Message]:
    """A sequence header, if there is one, and two keyframes."""
    start = video(
        codec, 0, header, frame_type=FrameType.KEY, packet_type=VideoPacketType.SEQUENCE_START,
        enhanced=True,
    )  # fmt: skip
    return [*([start] if header else []), *(enhanced(codec, at_ms, frame) for at_ms in (0, 40))]


FLAC: Final = b"fLaC\x80\x00\x00\x22" + bytes.fromhex("1000100000000000000a0bb800f0") + bytes(20)
VP9_KEY: Final = bytes.fromhex("82498342 0013f00ef600")
AC3: Final = bytes.fromhex("0b77 0000 00 40 43 00") + bytes(120)
EAC3: Final = bytes.fromhex("0b77 0004 30 80 00 00") + bytes(2)


@attrs.frozen
class Carried:
    """How one codec is carried."""

    messages: list[Message]
    ts: tuple[int, bytes] | None = None
    """Stream type and descriptors; None if it is left out."""
    mp4: bytes | None = None
    """The sample entry; likewise."""


CARRIED: Final[Mapping[str, Carried]] = {
    "h264": Carried(pictures("avc1", AVC, join_prefixed([IDR])), (0x1B, b""), b"avc1"),
    "hevc": Carried(
        pictures("hvc1", HEVC, join_prefixed([IRAP])), (0x24, b"\x05\x04HEVC"), b"hvc1"
    ),
    "av1": Carried(pictures("av01", record("av1_main10_320x242"), b"\x32\x00"), None, b"av01"),
    "vp9": Carried(pictures("vp09", record("vp9_321x242"), VP9_KEY), None, b"vp09"),
    "vp8": Carried(pictures("vp08", b"", b"\x10\x00\x00\x9d\x01\x2a" + bytes(4))),
    "vvc": Carried(pictures("vvc1", b"\xff" * 9, bytes(9))),
    "aac": Carried([aac_head(), aac(0), aac(21)], (0x0F, b""), b"mp4a"),
    "mp3": Carried([mp3(0), mp3(26)], (0x03, b""), b"mp4a"),
    "ac3": Carried([sound("ac-3", 0, AC3)], (0x81, b"\x05\x04AC-3"), b"ac-3"),
    "eac3": Carried([sound("ec-3", 0, EAC3)], (0x87, b"\x05\x04EAC3"), b"ec-3"),
    "opus": Carried(
        [opus_head(), opus(0), opus(20)], (0x06, b"\x05\x04Opus\x7f\x02\x80\x02"), b"Opus"
    ),
    "flac": Carried(
        [
            sound("fLaC", 0, FLAC, packet_type=AudioPacketType.SEQUENCE_START),
            sound("fLaC", 0, b"\xff\xf8\x69\x08\x00" + bytes(9)),
        ],
        None, b"fLaC",
    ),
}  # fmt: skip
"""All others are older than the containers, and left out of both."""


def messages_of(codec: str) -> list[Message]:
    if codec in CARRIED:
        return CARRIED[codec].messages
    known = BY_NAME[codec]
    if known.kind == "video":
        return [video(known.fourcc, 0, b"\x00" * 9, frame_type=FrameType.KEY, enhanced=False)]
    return [sound(known.fourcc, 0, b"\x00" * 9)]


def muxed(muxer: TsMuxer | Mp4Muxer, codec: str) -> list[tuple[bytes, bytes | None, bool]]:
    """Of each piece data, a head if it is new, and whether it is an entry."""
    pieces = [piece for message in messages_of(codec) for piece in muxer.write(*message)]
    pieces += muxer.finish()
    return [(each.data, each.head if each.is_new_head else None, each.is_entry) for each in pieces]


def left_out_whole(muxer: TsMuxer | Mp4Muxer, codec: str) -> bool:
    return [(what.codec, what.reason) for what in muxer.left_out] == [
        (codec, LeftOutReason.NOT_CARRIED)
    ]


@pytest.mark.parametrize("codec", BY_NAME)
def test_a_transport_stream_names_the_codec_or_does_not_carry_it(codec: str) -> None:
    muxer, wanted = TsMuxer(), CARRIED.get(codec, Carried([])).ts
    pieces = muxed(muxer, codec)
    if wanted is None:
        assert pieces == []
        assert left_out_whole(muxer, codec)
        return
    assert muxer.left_out == []
    found = ts_checks.check(b"".join(data for data, _, _ in pieces))
    assert list(found.streams.values()) == [wanted]
    [pes] = found.pes.values()
    assert len(pes) >= 1


@pytest.mark.parametrize("codec", BY_NAME)
def test_an_mp4_has_a_sample_entry_for_the_codec_or_does_not_carry_it(codec: str) -> None:
    muxer, wanted = Mp4Muxer(), CARRIED.get(codec, Carried([])).mp4
    pieces = muxed(muxer, codec)
    if wanted is None:
        assert pieces == []
        assert left_out_whole(muxer, codec)
        return
    assert muxer.left_out == []
    [tracks] = mp4_checks.check(pieces).heads
    [track] = tracks.values()
    frames = len([body for _, _, body in messages_of(codec)])
    assert track.entry == wanted
    assert len(track.samples) == frames - BY_NAME[codec].has_header


def test_the_reference_says_the_same() -> None:
    shown = {"h264": "H.264", "hevc": "H.265", "ac3": "AC-3, E-AC-3", "opus": "Opus"}
    rows = {
        cells[0]: cells[1:]
        for line in PAGE.read_text().splitlines()
        if line.startswith("| ")
        and len(cells := [each.strip() for each in line.split("|")[1:-1]]) == 3
    }
    for codec, carried in CARRIED.items():
        if codec in ("vvc", "eac3"):
            continue  # with others in one row
        ts, mp4 = rows[shown.get(codec, codec.upper())]
        assert (ts == "no", mp4 == "no") == (carried.ts is None, carried.mp4 is None), codec
        if carried.ts is not None:
            assert f"0x{carried.ts[0]:02x}" in ts
        if carried.mp4 is not None:
            assert f"`{carried.mp4.decode()}`" in mp4
