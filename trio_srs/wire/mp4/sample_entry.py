"""Sample entries: how a track says what codec it has, with its configuration. Floor 0.

Source:
    ISO/IEC 14496-12:2022, 12.1.3 and 12.2.3; 14496-14 (AAC, MP3); 14496-15 (H.264, H.265); AV1 in
    ISOBMFF 2.2; VP Codec ISO Media File Format Binding; Opus in ISOBMFF 4.3; FLAC in ISOBMFF;
    ETSI TS 102 366, annex F (AC-3, E-AC-3).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.wire.bits import BitReader, BitWriter
from trio_srs.wire.codec.ac3 import parse_ac3_header
from trio_srs.wire.codec.config_record import CodecConfigError, blame
from trio_srs.wire.codec.hevc import complete_hevc_config
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.mp4.box import Box, box, full_box, iter_boxes

__all__ = ["MP4_CODECS", "SampleEntry", "build_entry", "parse_entry"]

_VISUAL: Final = struct.Struct(">6xH16xHHIIIH32xHH")
_AUDIO: Final = struct.Struct(">6xH8xHHHHI")
_PAIR: Final = struct.Struct(">II")
_SQUARE: Final = (1, 1)
_DPI: Final = 0x0048_0000
_DEPTH, _NO_TABLE = 0x18, 0xFFFF
_SAMPLE_BITS: Final = 16
_FULL_BOX_V1: Final = b"\x01\x00\x00\x00"
_FLAC_MAGIC, _FLAC_INFO = b"fLaC", 34
_LAST_BLOCK: Final = 0x80
_AAC_OBJECT, _MP3_OBJECT = 0x40, 0x6B
_AUDIO_STREAM: Final = 0x15  # streamType 5, and a reserved bit
_AAC_OBJECTS: Final = frozenset({0x40, 0x66, 0x67, 0x68})
_MP3_OBJECTS: Final = frozenset({0x69, 0x6B})
_DOPS: Final = struct.Struct(">BBHIhB")
_OPUS_HEAD: Final = struct.Struct("<8sBBHIhB")


@attrs.frozen
class SampleEntry:
    """What a sample entry says. Sizes are in pixels, rates in Hz."""

    codec: str
    """Our name; the four characters of another codec."""
    record: bytes = b""
    """The configuration record as RTMP has it. For AC-3 and E-AC-3, which have none there, the
    beginning of a frame when it is written, and nothing when it is read."""
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0
    sar: tuple[int, int] = (1, 1)
    """Width to height of a pixel as it is to be shown."""


def _avc(entry: SampleEntry) -> bytes:
    return box(b"avcC", entry.record)


def _hevc(entry: SampleEntry) -> bytes:
    return box(b"hvcC", complete_hevc_config(entry.record))


def _av1(entry: SampleEntry) -> bytes:
    return box(b"av1C", entry.record)


def _vp9(entry: SampleEntry) -> bytes:
    return box(b"vpcC", _FULL_BOX_V1, entry.record.removeprefix(_FULL_BOX_V1))


def _descriptor(tag: int, *parts: bytes) -> bytes:
    """A descriptor of MPEG-4 systems; its size is in seven bits a byte, the highest first."""
    content = b"".join(parts)
    size = len(content)
    sizes = [size & 0x7F]
    while size := size >> 7:
        sizes.insert(0, 0x80 | size & 0x7F)
    return bytes((tag, *sizes)) + content


def _esds(object_type: int, specific: bytes) -> bytes:
    config = bytes((object_type, _AUDIO_STREAM)) + bytes(11)  # no buffer size, no bit rates said
    if specific:
        config += _descriptor(5, specific)
    return full_box(
        b"esds", 0, 0, _descriptor(3, b"\x00\x00\x00", _descriptor(4, config), b"\x06\x01\x02")
    )


def _aac(entry: SampleEntry) -> bytes:
    return _esds(_AAC_OBJECT, entry.record)


def _mp3(_: SampleEntry) -> bytes:
    return _esds(_MP3_OBJECT, b"")


def _opus(entry: SampleEntry) -> bytes:
    head = parse_opus_head(entry.record)
    fixed = _DOPS.pack(
        0, head.channels, head.pre_skip, head.input_sample_rate, head.gain_q8, head.mapping_family
    )
    if head.mapping_family:
        fixed += bytes((head.streams, head.coupled)) + head.mapping
    return box(b"dOps", fixed)


def _flac(entry: SampleEntry) -> bytes:
    info = entry.record.removeprefix(_FLAC_MAGIC)
    if len(info) != _FLAC_INFO:
        info = info[4:]
    block = bytes((_LAST_BLOCK, 0, 0, _FLAC_INFO)) + info[:_FLAC_INFO]
    return full_box(b"dfLa", 0, 0, block)


def _ac3(entry: SampleEntry) -> bytes:
    """Of an AC3SpecificBox: fscod 2, bsid 5, bsmod 3, acmod 3, lfeon 1, bit_rate_code 5, 5 bits."""
    frame = entry.record
    header = parse_ac3_header(frame)
    mode = frame[6] >> 5
    lfe = header.channels - (2, 1, 2, 3, 3, 4, 4, 5)[mode]
    out = BitWriter()
    for count, value in (
        (2, frame[4] >> 6), (5, frame[5] >> 3), (3, frame[5] & 7), (3, mode), (1, lfe),
        (5, frame[4] >> 1 & 0x1F), (5, 0),
    ):  # fmt: skip
        out.u(count, value)
    return box(b"dac3", out.to_bytes())


def _eac3(entry: SampleEntry) -> bytes:
    """Of an EC3SpecificBox with one independent substream: data_rate 13, num_ind_sub 3, fscod 2,
    bsid 5, 1 bit, asvc 1, bsmod 3, acmod 3, lfeon 1, 3 bits, num_dep_sub 4, 1 bit."""
    frame = entry.record
    header = parse_ac3_header(frame)
    with blame("E-AC-3 frame"):
        bits = BitReader(frame)
        bits.skip(32)
        code, _, mode, lfe, kind = bits.u(2), bits.u(2), bits.u(3), bits.u(1), bits.u(5)
    kbps = (header.size or 0) * 8 * header.sample_rate // header.samples // 1000
    out = BitWriter()
    for count, value in (
        (13, min(kbps, 0x1FFF)), (3, 0), (2, code), (5, kind), (2, 0), (3, 0), (3, mode), (1, lfe),
        (3, 0), (4, 0), (1, 0),
    ):  # fmt: skip
        out.u(count, value)
    return box(b"dec3", out.to_bytes())


@attrs.frozen
class Mp4Codec:
    """How a codec is written."""

    kind: bytes
    """Of the sample entry, where parameter sets are in it alone."""
    config: Callable[[SampleEntry], bytes]
    is_video: bool = False


MP4_CODECS: Final[Mapping[str, Mp4Codec]] = {
    "h264": Mp4Codec(b"avc1", _avc, True),
    "hevc": Mp4Codec(b"hvc1", _hevc, True),
    "av1": Mp4Codec(b"av01", _av1, True),
    "vp9": Mp4Codec(b"vp09", _vp9, True),
    "aac": Mp4Codec(b"mp4a", _aac),
    "mp3": Mp4Codec(b"mp4a", _mp3),
    "opus": Mp4Codec(b"Opus", _opus),
    "flac": Mp4Codec(b"fLaC", _flac),
    "ac3": Mp4Codec(b"ac-3", _ac3),
    "eac3": Mp4Codec(b"ec-3", _eac3),
}
"""By our names, what is written."""


def build_entry(entry: SampleEntry) -> bytes:
    """Write a sample entry.

    Raises:
        ProtocolError: its record cannot be read.
        KeyError: another codec. A caller's mistake.
    """
    codec = MP4_CODECS[entry.codec]
    config = codec.config(entry)
    if codec.is_video:
        fixed = _VISUAL.pack(
            1, entry.width & 0xFFFF, entry.height & 0xFFFF, _DPI, _DPI, 0, 1, _DEPTH, _NO_TABLE
        )
        if entry.sar != _SQUARE:
            config += box(b"pasp", _PAIR.pack(*entry.sar))
    else:
        rate = entry.sample_rate if entry.sample_rate <= 0xFFFF else 0
        fixed = _AUDIO.pack(1, entry.channels, _SAMPLE_BITS, 0, 0, rate << 16)
    return box(codec.kind, fixed, config)


def parse_entry(data: bytes, found: Box) -> SampleEntry:
    """Read a sample entry that was found in a buffer.

    Returns:
        What it says; of another codec only its four characters.

    Raises:
        ProtocolError: cut short, or without its configuration.
    """
    if found.kind in _VISUAL_KINDS:
        codec, config_kind = _VISUAL_KINDS[found.kind]
        if found.end - found.start < _VISUAL.size:
            raise CodecConfigError(f"a sample entry of {found.end - found.start} bytes")
        _, width, height, *_ = _VISUAL.unpack_from(data, found.start)
        record = _config(data, found, _VISUAL.size, config_kind)
        return SampleEntry(codec, record, width, height, sar=_sar(data, found))
    if found.kind not in _AUDIO_KINDS:
        return SampleEntry(found.kind.decode("latin-1"))
    if found.end - found.start < _AUDIO.size:
        raise CodecConfigError(f"a sample entry of {found.end - found.start} bytes")
    _, channels, _, _, _, rate = _AUDIO.unpack_from(data, found.start)
    codec, config_kind = _AUDIO_KINDS[found.kind]
    config = _config(data, found, _AUDIO.size, config_kind)
    record = b""
    if found.kind == b"mp4a":
        codec, record = _parse_esds(config)
    elif found.kind == b"Opus":
        record = _parse_dops(config)
    elif found.kind == b"fLaC":
        record = _FLAC_MAGIC + config[4:]
    return SampleEntry(codec, record, 0, 0, rate >> 16, channels)


_VISUAL_KINDS: Final = {
    b"avc1": ("h264", b"avcC"),
    b"avc3": ("h264", b"avcC"),
    b"hvc1": ("hevc", b"hvcC"),
    b"hev1": ("hevc", b"hvcC"),
    b"av01": ("av1", b"av1C"),
    b"vp09": ("vp9", b"vpcC"),
}
_AUDIO_KINDS: Final = {
    b"mp4a": ("aac", b"esds"),
    b".mp3": ("mp3", b""),
    b"Opus": ("opus", b"dOps"),
    b"fLaC": ("flac", b"dfLa"),
    b"ac-3": ("ac3", b"dac3"),
    b"ec-3": ("eac3", b"dec3"),
}


def _config(data: bytes, entry: Box, fixed: int, kind: bytes) -> bytes:
    """The content of the configuration box; empty if the codec has none."""
    if not kind:
        return b""
    for each in iter_boxes(data, entry.start + fixed, entry.end):
        if each.kind == kind:
            return each.content(data)
    raise CodecConfigError(f"a sample entry {entry.kind!r} without {kind!r}")


def _sar(data: bytes, entry: Box) -> tuple[int, int]:
    """What the pixel aspect ratio box says; square if there is none that can be one."""
    for each in iter_boxes(data, entry.start + _VISUAL.size, entry.end):
        if each.kind == b"pasp" and each.end - each.start >= _PAIR.size:
            width, height = _PAIR.unpack_from(data, each.start)
            return (width, height) if width and height else _SQUARE
    return _SQUARE


def _parse_esds(data: bytes) -> tuple[str, bytes]:
    """The codec and its AudioSpecificConfig."""
    with blame("esds"):
        bits = BitReader(data)
        bits.skip(32)
        bits = BitReader(_open(bits, 3))
        bits.skip(16)
        flags = bits.u(8)
        bits.skip(16 * (flags >> 7 & 1))
        if flags & 0x40:
            bits.skip(8 * bits.u(8))
        bits.skip(16 * (flags >> 5 & 1))
        bits = BitReader(_open(bits, 4))
        object_type = bits.u(8)
        if object_type in _MP3_OBJECTS:
            return "mp3", b""
        if object_type not in _AAC_OBJECTS:
            return f"mp4a.{object_type:02x}", b""
        bits.skip(8 * 12)
        return "aac", _open(bits, 5)


def _open(bits: BitReader, tag: int) -> bytes:
    """The content of the descriptor that comes next."""
    seen, size = bits.u(8), 0
    if seen != tag:
        raise CodecConfigError(f"esds: descriptor {seen} at bit {bits.pos - 8}, expected {tag}")
    for _ in range(4):
        byte = bits.u(8)
        size = size << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return bits.u(8 * size).to_bytes(size, "big")


def _parse_dops(data: bytes) -> bytes:
    """The identification header that says the same."""
    if len(data) < _DOPS.size:
        raise CodecConfigError(f"dOps: {len(data)} bytes, expected at least {_DOPS.size}")
    _, channels, pre_skip, rate, gain, family = _DOPS.unpack_from(data)
    head = _OPUS_HEAD.pack(b"OpusHead", 1, channels, pre_skip, rate, gain, family)
    return head + data[_DOPS.size :] if family else head
