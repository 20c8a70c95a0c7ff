"""What a sequence header says, in the words of facts; a table by codec. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Final

import attrs

from trio_srs.media.pictures import (
    PictureReader,
    read_av1_picture,
    read_avc_picture,
    read_hevc_picture,
    read_vp9_picture,
)
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.av1 import parse_av1_config
from trio_srs.wire.codec.avc import AvcConfig, parse_avc_config
from trio_srs.wire.codec.avc import parse_sps as parse_avc_sps
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.hevc import parse_sps as parse_hevc_sps
from trio_srs.wire.codec.hevc_slice import parse_extra_slice_bits
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.codec.mp3 import parse_mp3_header
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.codec.opus_packet import opus_packet_samples
from trio_srs.wire.codec.vp9 import parse_vp9_config

__all__ = [
    "AUDIO_HEADERS",
    "NO_VIDEO_HEADERS",
    "VIDEO_HEADERS",
    "AudioHeader",
    "VideoHeader",
    "read_mp3_frame",
]

_AVC_PROFILES: Final = {
    44: "CAVLC 4:4:4 Intra",
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4 Predictive",
}
_AVC_INTRA: Final = {110: "High 10 Intra", 122: "High 4:2:2 Intra", 244: "High 4:4:4 Intra"}
_SET1, _SET3 = 0x40, 0x10  # constraint_set flags
_LEVEL_1B: Final = 11
_HEVC_PROFILES: Final = {
    1: "Main",
    2: "Main 10",
    3: "Main Still Picture",
    4: "Range Extensions",
    9: "Screen Content Coding",
}
_AV1_PROFILES: Final = {0: "Main", 1: "High", 2: "Professional"}
_AAC_PROFILES: Final = {1: "Main", 2: "LC", 5: "HE", 29: "HEv2", 23: "LD", 39: "ELD", 42: "xHE"}
_CHROMA: Final = ("4:0:0", "4:2:0", "4:2:2", "4:4:4")  # by chroma_format_idc
_AV1_CHROMA: Final = {(1, 1): "4:2:0", (1, 0): "4:2:2", (0, 0): "4:4:4"}
_VP9_CHROMA: Final = {0: "4:2:0", 1: "4:2:0", 2: "4:2:2", 3: "4:4:4"}


@attrs.frozen(kw_only=True)
class VideoHeader:
    """What a video sequence header says; None is what it does not. See
    :class:`~trio_srs.media.facts.VideoFacts` for units."""

    codec_string: str | None = None
    profile: str | None = None
    level: str | None = None
    width: int | None = None
    height: int | None = None
    sar: tuple[int, int] | None = None
    bit_depth: int | None = None
    chroma: str | None = None
    interlaced: bool | None = None
    nominal_fps: Fraction | None = None
    read_picture: PictureReader | None = None
    """Reads the frames that follow it."""


@attrs.frozen(kw_only=True)
class AudioHeader:
    """What an audio sequence header says; None is what it does not."""

    codec_string: str | None = None
    profile: str | None = None
    sample_rate: int | None = None
    """Hz, as played."""
    channels: int | None = None
    samples_of: Callable[[bytes], int] | None = None
    """How many samples at that rate a frame has. Raises ProtocolError."""


def _avc(record: bytes) -> VideoHeader:
    config = parse_avc_config(record)
    sps = parse_avc_sps(config.sps[0])
    return VideoHeader(
        codec_string=config.codec_string,
        profile=_avc_profile(config),
        level=_avc_level(config),
        width=sps.width,
        height=sps.height,
        sar=sps.sar,
        bit_depth=sps.bit_depth_luma,
        chroma=_CHROMA[sps.chroma_format_idc],
        interlaced=sps.interlaced,
        nominal_fps=sps.frame_rate,
        read_picture=partial(
            read_avc_picture,
            length_size=config.nalu_length_size,
            pic_struct_at=sps.pic_struct_at,
        ),
    )


def _avc_profile(config: AvcConfig) -> str:
    """Table A-2's names; the constraint flags tell some apart (A.2)."""
    name = _AVC_PROFILES.get(config.profile, str(config.profile))
    if config.profile == 66 and config.compatibility & _SET1:
        return "Constrained Baseline"
    return _AVC_INTRA.get(config.profile, name) if config.compatibility & _SET3 else name


def _avc_level(config: AvcConfig) -> str:
    # 1b has no number of its own in the older profiles (A.3.1), and 9 in the others.
    old_1b = config.level == _LEVEL_1B and config.compatibility & _SET3 and config.profile < 100
    return "1b" if old_1b or config.level == 9 else f"{config.level / 10:g}"


def _hevc(record: bytes) -> VideoHeader:
    config = parse_hevc_config(record)
    sps = parse_hevc_sps(config.sps[0])
    extra = parse_extra_slice_bits(config.pps[0]) if config.pps else 0
    return VideoHeader(
        codec_string=config.codec_string,
        profile=_HEVC_PROFILES.get(config.profile, str(config.profile)),
        level=f"{config.level / 30:g}",
        width=sps.width,
        height=sps.height,
        sar=sps.sar,
        bit_depth=sps.bit_depth_luma,
        chroma=_CHROMA[sps.chroma_format_idc],
        interlaced=sps.interlaced,
        nominal_fps=sps.frame_rate,
        read_picture=partial(
            read_hevc_picture,
            length_size=config.nalu_length_size,
            extra_bits=extra,
            pic_struct_at=0 if sps.interlaced else None,  # E.3.1: fields always have it
        ),
    )


def _av1(record: bytes) -> VideoHeader:
    config = parse_av1_config(record)
    sequence = config.sequence
    chroma = "4:0:0" if config.mono else _AV1_CHROMA.get(config.subsampling)
    return VideoHeader(
        codec_string=config.codec_string,
        profile=_AV1_PROFILES.get(config.profile, str(config.profile)),
        level=f"{2 + (config.level >> 2)}.{config.level & 3}",
        width=None if sequence is None else sequence.width,
        height=None if sequence is None else sequence.height,
        sar=(1, 1),
        bit_depth=config.bit_depth,
        chroma=chroma,
        interlaced=False,
        nominal_fps=None if sequence is None else sequence.frame_rate,
        read_picture=read_av1_picture,
    )


def _vp9(record: bytes) -> VideoHeader:
    config = parse_vp9_config(record)
    return VideoHeader(
        codec_string=config.codec_string,
        profile=str(config.profile),
        level=f"{config.level / 10:g}" if config.level else None,
        sar=(1, 1),
        bit_depth=config.bit_depth,
        chroma=_VP9_CHROMA.get(config.chroma_subsampling),
        interlaced=False,
        read_picture=read_vp9_picture,
    )


def _aac(record: bytes) -> AudioHeader:
    config = parse_audio_specific_config(record)
    kind = 29 if config.ps else 5 if config.sbr else config.object_type
    samples = config.frame_length * config.sample_rate // config.core_sample_rate
    return AudioHeader(
        codec_string=config.codec_string,
        profile=_AAC_PROFILES.get(kind, str(kind)),
        sample_rate=config.sample_rate,
        channels=config.channels,
        samples_of=lambda _: samples,
    )


def _opus(record: bytes) -> AudioHeader:
    head = parse_opus_head(record)
    return AudioHeader(
        codec_string=head.codec_string,
        profile=None,
        sample_rate=head.sample_rate,
        channels=head.channels,
        samples_of=opus_packet_samples,
    )


def read_mp3_frame(frame: bytes) -> AudioHeader:
    """MP3 has no sequence header: its frames say everything, each of them.

    Raises:
        CodecConfigError: the frame does not begin with a header.
    """
    header = parse_mp3_header(frame)
    return AudioHeader(
        codec_string=BY_NAME["mp3"].rfc6381,
        profile=f"MPEG-{header.version} layer {'I' * header.layer}",
        sample_rate=header.sample_rate,
        channels=header.channels,
        samples_of=lambda _: header.samples,
    )


VIDEO_HEADERS: Final[Mapping[str, Callable[[bytes], VideoHeader]]] = {
    "h264": _avc,
    "hevc": _hevc,
    "av1": _av1,
    "vp9": _vp9,
}
"""By codec: reads its configuration record. Raises ProtocolError."""

AUDIO_HEADERS: Final[Mapping[str, Callable[[bytes], AudioHeader]]] = {"aac": _aac, "opus": _opus}
"""Likewise."""

NO_VIDEO_HEADERS: Final[Mapping[str, VideoHeader]] = {
    "av1": VideoHeader(sar=(1, 1), interlaced=False, read_picture=read_av1_picture),
    "vp9": VideoHeader(sar=(1, 1), interlaced=False, read_picture=read_vp9_picture),
}
"""By codec: what is known where no header came."""
