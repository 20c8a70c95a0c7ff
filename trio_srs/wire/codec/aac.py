"""AAC: the AudioSpecificConfig. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.bits import BitReader, BitsError
from trio_srs.wire.codec.config_record import CodecConfigError, blame

__all__ = [
    "AAC_CHANNELS",
    "AAC_RATES",
    "AacConfig",
    "build_audio_specific_config",
    "parse_audio_specific_config",
]

AAC_RATES: Final = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip
"""Hz, by index."""
_RATE_BY_INDEX: Final = dict(enumerate(AAC_RATES))
AAC_CHANNELS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
"""By channel configuration (table 1.19)."""
_ELD, _USAC, _LD = 39, 42, 23
_USAC_RATES: Final = {
    **_RATE_BY_INDEX, 15: 57600, 16: 51200, 17: 40000, 18: 38400, 19: 34150, 20: 28800, 21: 25600,
    22: 20000, 23: 19200, 24: 17075, 25: 14400, 26: 12800, 27: 9600,
}  # fmt: skip
_USAC_EXPLICIT_RATE: Final = 31
_USAC_FRAMES: Final = (768, 1024, 2048, 2048, 4096)
"""Samples of a frame as played, by coreSbrFrameLengthIndex (ISO/IEC 23003-3, table 70)."""
_USAC_CHANNELS: Final = {**AAC_CHANNELS, 8: 2, 9: 3, 10: 4, 13: 24}
_EXPLICIT_RATE = 15
_SBR, _PS, _ER_BSAC = 5, 29, 22
# Object types whose configuration goes on with a GASpecificConfig (table 1.15).
_GENERAL_AUDIO: Final = frozenset({1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23})
_SCALABLE: Final = frozenset({6, 20})
_SYNC_SBR, _SYNC_PS = 0x2B7, 0x548


@attrs.frozen
class AacConfig:
    """What an AudioSpecificConfig says of the core and of its extensions."""

    object_type: int
    """Of the core: 2 is AAC-LC, also under SBR and PS."""
    sample_rate: int
    """Hz, as played: with SBR the extension's, twice the core's."""
    channels: int
    """As played: 2 with parametric stereo, whatever the core has."""
    core_sample_rate: int
    """Hz, of the core: what a frame's duration is counted in."""
    core_channels: int
    sbr: bool
    """HE-AAC, signalled explicitly; SBR that only the frames reveal is not seen."""
    ps: bool
    """HE-AAC v2, signalled explicitly."""
    frame_length: int
    """Samples of the core in a frame: 1024 or 960; 512 or 480 of LD and ELD; of xHE-AAC, whose core
    is not told apart, as played."""
    trouble: str | None = None
    """What is wrong behind the channel configuration: where it is cut short."""
    layout: int = attrs.field(default=0, eq=False, repr=False)
    """The channel configuration: which speakers; 0 if a program config element says."""

    @property
    def codec_string(self) -> str:
        """The RFC 6381 name: ``mp4a.40.2``, with SBR ``mp4a.40.5``, with PS ``mp4a.40.29``."""
        is_eld = self.object_type == _ELD  # which has an SBR of its own
        return (
            f"mp4a.40.{_PS if self.ps else _SBR if self.sbr and not is_eld else self.object_type}"
        )


def parse_audio_specific_config(data: bytes) -> AacConfig:
    """Parse an AudioSpecificConfig, the body of an AAC sequence header.

    Layout, in bits::

        5      object type; 31: 6 more, plus 32
        4      index of the sample rate; 15: 24 bits of Hz follow
        4      channel configuration; 0: a program config element says
        ...    object type 5 or 29 (SBR, PS): rate index, then the core's object type
        1      frame length flag: 960 in place of 1024
        1      depends on core coder: 14 more bits
        1      extension flag
        ...    at the end, 11 bits 0x2b7: SBR signalled so that old decoders miss it

    Args:
        data: the configuration alone: *without* the FLV tag's 2-byte audio header.

    Raises:
        CodecConfigError: cut short before the channel configuration, a reserved rate, or no
            channels.

    Source:
        ISO/IEC 14496-3:2019, 1.6.2.1, 4.4.1, 4.5.1.1 and 4.6.20; ISO/IEC 23003-3, 5.2.
        Checked against ffmpeg (tests/data/codec/aac_*.bin).
    """
    with blame("AudioSpecificConfig"):
        return _read_config(BitReader(data))


def _read_config(bits: BitReader) -> AacConfig:
    kind = _read_object_type(bits)
    rate = _read_rate(bits)
    layout = bits.u(4)
    said = _Said(rate, rate, AAC_CHANNELS.get(layout, 0), kind in (_SBR, _PS), kind == _PS)
    trouble = None
    try:
        if said.sbr:
            said.rate = _read_rate(bits)
            kind = _read_object_type(bits)
            if kind == _ER_BSAC:
                bits.skip(4)  # extensionChannelConfiguration
        _read_specific(bits, kind, layout, said)
    except BitsError as error:
        trouble = f"AudioSpecificConfig: {error}"
    if not said.channels:
        cause = trouble or f"AudioSpecificConfig: channel configuration {layout} has none"
        raise CodecConfigError(cause)
    return AacConfig(
        kind, said.rate, 2 if said.ps else said.channels, said.core_rate, said.channels,
        said.sbr, said.ps, said.frame_length, trouble, layout,
    )  # fmt: skip


@attrs.define
class _Said:
    """What is known so far."""

    rate: int
    core_rate: int
    channels: int
    sbr: bool
    ps: bool
    frame_length: int = 1024


def _read_specific(bits: BitReader, kind: int, layout: int, said: _Said) -> None:
    """Read what an object type has of its own."""
    if kind == _LD:
        said.frame_length = 512  # also if it is cut short
    if kind in _GENERAL_AUDIO:
        said.frame_length, counted = _read_general_audio(bits, kind, layout)
        said.channels = said.channels or counted
        if not said.sbr and bits.left >= 16 and bits.u(11) == _SYNC_SBR:
            said.sbr, said.ps, said.rate = _read_sync_extension(bits, said.rate)
    elif kind == _ELD:
        _read_low_delay(bits, said)
    elif kind == _USAC:
        _read_usac(bits, said)


def _read_low_delay(bits: BitReader, said: _Said) -> None:
    """Read how an ELDSpecificConfig begins (4.6.20.2): its SBR may double the rate."""
    said.frame_length = 512
    if bits.flag():
        said.frame_length = 480
    bits.skip(3)  # resilience flags
    if bits.flag():  # ldSbrPresentFlag
        said.sbr = True
        if bits.flag():  # ldSbrSamplingRate
            said.rate = 2 * said.core_rate


def _read_usac(bits: BitReader, said: _Said) -> None:
    """Read how a UsacConfig begins; where it is cut short, what stands before it holds."""
    index = bits.u(5)
    rate = bits.u(24) if index == _USAC_EXPLICIT_RATE else _USAC_RATES.get(index, 0)
    length, layout = bits.u(3), bits.u(5)
    said.rate = said.core_rate = rate or said.rate
    if length < len(_USAC_FRAMES):
        said.frame_length = _USAC_FRAMES[length]
    said.channels = _USAC_CHANNELS.get(layout, said.channels)


def _read_object_type(bits: BitReader) -> int:
    kind = bits.u(5)
    return 32 + bits.u(6) if kind == 31 else kind


def _read_rate(bits: BitReader) -> int:
    index = bits.u(4)
    rate = bits.u(24) if index == _EXPLICIT_RATE else _RATE_BY_INDEX.get(index, 0)
    if not rate:
        raise CodecConfigError(
            f"AudioSpecificConfig: sample rate index {index} before bit {bits.pos} gives no rate"
        )
    return rate


def _read_general_audio(bits: BitReader, kind: int, layout: int) -> tuple[int, int]:
    """Read a GASpecificConfig (4.4.1): samples in a frame, and channels if it counts them."""
    lengths = (512, 480) if kind == _LD else (1024, 960)
    frame_length = lengths[bits.flag()]
    if bits.flag():  # dependsOnCoreCoder
        bits.skip(14)
    extended = bits.flag()
    channels = _read_program_config(bits) if layout == 0 else 0
    if kind in _SCALABLE:
        bits.skip(3)  # layerNr
    if extended:
        if kind == _ER_BSAC:
            bits.skip(5 + 11)
        if kind in (17, 19, 20, 23):
            bits.skip(3)  # resilience flags
        bits.skip(1)  # extensionFlag3
    return frame_length, channels


def _read_program_config(bits: BitReader) -> int:
    """Read a program_config_element (4.5.1.1); return how many channels its elements carry."""
    bits.skip(4 + 2 + 4)  # instance tag, object type, rate index
    outputs = bits.u(4), bits.u(4), bits.u(4)  # front, side, back
    lfe, data, coupling = bits.u(2), bits.u(3), bits.u(4)
    if bits.flag():  # mono mixdown
        bits.skip(4)
    if bits.flag():  # stereo mixdown
        bits.skip(4)
    if bits.flag():  # matrix mixdown
        bits.skip(3)
    channels = lfe
    for _ in range(sum(outputs)):
        channels += 2 if bits.flag() else 1
        bits.skip(4)
    bits.skip(4 * lfe + 4 * data + 5 * coupling)
    bits.skip(-bits.pos % 8)
    bits.skip(8 * bits.u(8))  # comment
    return channels


def _read_sync_extension(bits: BitReader, rate: int) -> tuple[bool, bool, int]:
    """Read what follows 0x2b7: whether SBR and PS are there, and the rate as played."""
    if _read_object_type(bits) != _SBR or not bits.flag():
        return False, False, rate
    rate = _read_rate(bits)
    return True, bits.left >= 12 and bits.u(11) == _SYNC_PS and bits.flag(), rate


def build_audio_specific_config(object_type: int, sample_rate: int, channels: int) -> bytes:
    """Write the two-byte form every AAC-LC encoder writes.

    Raises:
        ValueError: a rate or channel count with no number of its own. A caller's mistake.
    """
    layouts = [layout for layout, count in AAC_CHANNELS.items() if count == channels]
    if sample_rate not in AAC_RATES or not layouts or not 0 < object_type < 31:
        raise ValueError(
            f"no two-byte form for type {object_type}, {sample_rate} Hz, {channels} channels"
        )
    index = AAC_RATES.index(sample_rate)
    return (object_type << 11 | index << 7 | layouts[0] << 3).to_bytes(2, "big")
