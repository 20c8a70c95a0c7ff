"""What is said of pictures before they come, and between them, in the words of facts. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, Final

import attrs

from trio_srs.media.nalu_pictures import read_avc_picture, read_hevc_picture
from trio_srs.media.picture import PictureReader
from trio_srs.media.shown_pictures import read_av1_picture, read_vp8_picture, read_vp9_picture
from trio_srs.wire.bits import unescape
from trio_srs.wire.codec.av1 import (
    Av1Config,
    Av1Sequence,
    av1_codec_string,
    parse_av1_config,
    parse_sequence_header,
)
from trio_srs.wire.codec.avc import parse_avc_config
from trio_srs.wire.codec.avc import parse_sps as parse_avc_sps
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.hevc_slice import parse_pps
from trio_srs.wire.codec.hevc_sps import HevcProfile, parse_profile
from trio_srs.wire.codec.hevc_sps import parse_sps as parse_hevc_sps
from trio_srs.wire.codec.nalu import is_annexb, split_annexb
from trio_srs.wire.codec.vp9 import parse_vp9_config
from trio_srs.wire.codec.vui import UNSPECIFIED

__all__ = ["IN_BAND", "NO_VIDEO_HEADERS", "VIDEO_HEADERS", "VideoHeader"]

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
_CHROMA: Final = ("4:0:0", "4:2:0", "4:2:2", "4:4:4")  # by chroma_format_idc
_AV1_CHROMA: Final = {(1, 1): "4:2:0", (1, 0): "4:2:2", (0, 0): "4:4:4"}
_VP9_CHROMA: Final = {0: "4:2:0", 1: "4:2:0", 2: "4:2:2", 3: "4:4:4"}
_ANNEXB: Final = "the sequence header begins with a start code (Annex B), expected a record ({})"


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
    transfer: int = UNSPECIFIED
    """Transfer characteristics (ITU-T H.273): 16 is PQ, 18 HLG."""
    read_picture: PictureReader | None = None
    """Reads the frames that follow it."""
    length_size: int = 4
    """Bytes before each NALU."""
    sps: bytes = b""
    """The sequence parameter set (raw NALU) or sequence header (AV1) that this is from, if any."""
    extra_bits: int = 0
    """Before the type of a slice, as the picture parameter set says (H.265)."""
    sets: tuple[bytes, ...] = ()
    """All parameter sets (raw NALUs) of the record, or its sequence header (AV1)."""
    trouble: str | None = None
    """What of it cannot be read; the rest is known all the same."""


def _avc(record: bytes) -> VideoHeader:
    if is_annexb(record):
        sets = tuple(nalu for nalu in split_annexb(record) if nalu[0] & 0x1F in (7, 8))
        header = attrs.evolve(_BARE_AVC, sets=sets, trouble=_ANNEXB.format("avcC"))
        return _first_of(header, [nalu for nalu in sets if nalu[0] & 0x1F == 7], _avc_in_band)
    config = parse_avc_config(record)
    size = config.nalu_length_size
    header = VideoHeader(
        **_avc_names(config.profile, config.compatibility, config.level),
        read_picture=partial(read_avc_picture, length_size=size),
        length_size=size,
        sets=(*config.sps, *config.pps),
        trouble=config.trouble,
    )
    return _first_of(header, config.sps, _with_avc_sps)


_With = Callable[[VideoHeader, bytes], VideoHeader]


def _first_of(header: VideoHeader, spss: Sequence[bytes], add: _With) -> VideoHeader:
    """The header with what its first sequence parameter set says, if that can be read."""
    if not spss:
        return header
    try:
        return add(header, spss[0])
    except CodecConfigError as error:
        return attrs.evolve(header, sps=spss[0], trouble=header.trouble or str(error))


def _avc_in_band(header: VideoHeader, sps: bytes, _: int = 0) -> VideoHeader:
    whole = _with_avc_sps(header, sps)
    return attrs.evolve(whole, **_avc_names(*sps[1:4]))


def _with_avc_sps(header: VideoHeader, nalu: bytes) -> VideoHeader:
    sps = parse_avc_sps(nalu)
    return attrs.evolve(
        header,
        sps=nalu,
        width=sps.width,
        height=sps.height,
        sar=sps.sar,
        bit_depth=sps.bit_depth_luma,
        chroma=_CHROMA[sps.chroma_format_idc],
        interlaced=sps.interlaced,
        nominal_fps=sps.frame_rate,
        transfer=sps.transfer,
        read_picture=partial(
            read_avc_picture, length_size=header.length_size, pic_struct_at=sps.pic_struct_at
        ),
        trouble=header.trouble or sps.trouble,
    )


def _avc_names(profile: int, constraints: int, level: int) -> dict[str, Any]:
    return {
        "codec_string": f"avc1.{profile:02x}{constraints:02x}{level:02x}",
        "profile": _avc_profile(profile, constraints),
        "level": _avc_level(profile, constraints, level),
    }


def _avc_profile(profile: int, constraints: int) -> str:
    """Table A-2's names; the constraint flags tell some apart (A.2)."""
    name = _AVC_PROFILES.get(profile, str(profile))
    if profile == 66 and constraints & _SET1:
        return "Constrained Baseline"
    return _AVC_INTRA.get(profile, name) if constraints & _SET3 else name


def _avc_level(profile: int, constraints: int, level: int) -> str:
    # 1b has no number of its own in the older profiles (A.3.1), and 9 in the others.
    old_1b = level == _LEVEL_1B and constraints & _SET3 and profile < 100
    return "1b" if old_1b or level == 9 else f"{level / 10:g}"


def _hevc(record: bytes) -> VideoHeader:
    if is_annexb(record):
        nalus = [nalu for nalu in split_annexb(record) if len(nalu) > 2]
        sets = tuple(nalu for nalu in nalus if nalu[0] >> 1 & 0x3F in (33, 34))
        header = attrs.evolve(_BARE_HEVC, sets=sets, trouble=_ANNEXB.format("hvcC"))
        return _first_of(
            header, [nalu for nalu in sets if nalu[0] >> 1 & 0x3F == 33], _hevc_in_band
        )
    config = parse_hevc_config(record)
    size, extra, trouble = config.nalu_length_size, 0, config.trouble
    try:
        extra = parse_pps(config.pps[0])[2] if config.pps else 0
    except CodecConfigError as error:
        trouble = trouble or str(error)
    header = VideoHeader(
        **_hevc_names(config.profile),
        read_picture=partial(read_hevc_picture, length_size=size, extra_bits=extra),
        length_size=size,
        sets=(*config.sps, *config.pps),
        trouble=trouble,
    )
    return _first_of(header, config.sps, partial(_with_hevc_sps, extra_bits=extra))


def _hevc_in_band(header: VideoHeader, sps: bytes, extra_bits: int = 0) -> VideoHeader:
    whole = _with_hevc_sps(header, sps, extra_bits)
    return attrs.evolve(whole, **_hevc_names(parse_profile(unescape(sps[3:32]))))


def _with_hevc_sps(header: VideoHeader, nalu: bytes, extra_bits: int) -> VideoHeader:
    sps = parse_hevc_sps(nalu)
    return attrs.evolve(
        header,
        sps=nalu,
        extra_bits=extra_bits,
        width=sps.width,
        height=sps.height,
        sar=sps.sar,
        bit_depth=sps.bit_depth_luma,
        chroma=_CHROMA[sps.chroma_format_idc],
        interlaced=sps.interlaced,
        nominal_fps=sps.frame_rate,
        transfer=sps.transfer,
        read_picture=partial(
            read_hevc_picture,
            length_size=header.length_size,
            extra_bits=extra_bits,
            pic_struct_at=0 if sps.interlaced else None,  # E.3.1: fields always have it
        ),
        trouble=header.trouble or sps.trouble,
    )


def _hevc_names(profile: HevcProfile) -> dict[str, Any]:
    return {
        "codec_string": profile.codec_string,
        "profile": _HEVC_PROFILES.get(profile.number, str(profile.number)),
        "level": f"{profile.level / 30:g}",
    }


def _av1(record: bytes) -> VideoHeader:
    config = parse_av1_config(record)
    sequence = config.sequence
    return VideoHeader(
        **_av1_names(config),
        sps=config.sequence_header,
        sets=(config.sequence_header,) if config.sequence_header else (),
        width=None if sequence is None else sequence.width,
        height=None if sequence is None else sequence.height,
        sar=(1, 1),
        interlaced=False,
        nominal_fps=None if sequence is None else sequence.frame_rate,
        transfer=UNSPECIFIED if sequence is None else sequence.transfer,
        read_picture=read_av1_picture,
        trouble=config.trouble,
    )


def _av1_in_band(header: VideoHeader, payload: bytes, _: int) -> VideoHeader:
    sequence = parse_sequence_header(payload)
    return attrs.evolve(
        header,
        **_av1_names(sequence),
        sps=payload,
        width=sequence.width,
        height=sequence.height,
        nominal_fps=sequence.frame_rate,
        transfer=sequence.transfer,
    )


def _av1_names(said: Av1Config | Av1Sequence) -> dict[str, Any]:
    return {
        "codec_string": av1_codec_string(said),
        "profile": _AV1_PROFILES.get(said.profile, str(said.profile)),
        "level": f"{2 + (said.level >> 2)}.{said.level & 3}",
        "bit_depth": said.bit_depth,
        "chroma": "4:0:0" if said.mono else _AV1_CHROMA.get(said.subsampling),
    }


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
        transfer=config.colour[1],
        read_picture=read_vp9_picture,
        trouble=config.trouble,
    )


VIDEO_HEADERS: Final[Mapping[str, Callable[[bytes], VideoHeader]]] = {
    "h264": _avc,
    "hevc": _hevc,
    "av1": _av1,
    "vp9": _vp9,
}
"""By codec: reads its configuration record. Raises ProtocolError."""

IN_BAND: Final[Mapping[str, Callable[[VideoHeader, bytes, int], VideoHeader]]] = {
    "h264": _avc_in_band,
    "hevc": _hevc_in_band,
    "av1": _av1_in_band,
}
"""By codec: the header that holds from a picture on, of the one before, the sequence's parameter
set (or AV1's sequence header) and the extra bits of the picture's. Raises ProtocolError."""

_BARE_AVC: Final = VideoHeader(read_picture=read_avc_picture)
_BARE_HEVC: Final = VideoHeader(read_picture=read_hevc_picture)

NO_VIDEO_HEADERS: Final[Mapping[str, VideoHeader]] = {
    "h264": _BARE_AVC,
    "hevc": _BARE_HEVC,
    "av1": VideoHeader(sar=(1, 1), interlaced=False, read_picture=read_av1_picture),
    "vp9": VideoHeader(sar=(1, 1), interlaced=False, read_picture=read_vp9_picture),
    "vp8": VideoHeader(sar=(1, 1), interlaced=False, read_picture=read_vp8_picture),
}
"""By codec: what is known where no header came."""
