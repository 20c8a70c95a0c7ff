"""What is said of sound before it comes, and by its frames, in the words of facts. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.ac3 import ac3_samples, parse_ac3_header
from trio_srs.wire.codec.adts import AdtsHeader, find_adts
from trio_srs.wire.codec.flac import parse_flac_frame, parse_flac_info
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.codec.mp3 import parse_mp3_header
from trio_srs.wire.codec.opus import OpusHead, parse_opus_head
from trio_srs.wire.codec.opus_packet import opus_packet_samples

__all__ = ["AUDIO_HEADERS", "FRAME_HEADERS", "AudioHeader", "legacy_header"]

_NELLYMOSER_BYTES, _NELLYMOSER_SAMPLES = 64, 256  # of a block; a frame has one, two or four
_AAC_PROFILES: Final = {1: "Main", 2: "LC", 5: "HE", 29: "HEv2", 23: "LD", 39: "ELD", 42: "xHE"}


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
    trouble: str | None = None
    """What of it cannot be read; the rest is known all the same."""


def _aac(record: bytes) -> AudioHeader:
    if (adts := find_adts(record)) is not None:
        return attrs.evolve(_adts(adts), trouble="an ADTS header, expected an AudioSpecificConfig")
    config = parse_audio_specific_config(record)
    kind = 29 if config.ps else 5 if config.sbr and config.object_type != 39 else config.object_type
    samples = config.frame_length * config.sample_rate // config.core_sample_rate
    return AudioHeader(
        codec_string=config.codec_string,
        profile=_AAC_PROFILES.get(kind, str(kind)),
        sample_rate=config.sample_rate,
        channels=config.channels,
        samples_of=lambda _: samples,
        trouble=config.trouble,
    )


def _adts(header: AdtsHeader) -> AudioHeader:
    return AudioHeader(
        codec_string=f"mp4a.40.{header.object_type}",
        profile=_AAC_PROFILES.get(header.object_type, str(header.object_type)),
        sample_rate=header.sample_rate,
        channels=header.channels,
        samples_of=lambda _: header.samples,
    )


def _opus(record: bytes) -> AudioHeader:
    head = parse_opus_head(record)
    return _opus_of(head.channels, head.trouble)


def _opus_of(channels: int, trouble: str | None = None) -> AudioHeader:
    return AudioHeader(
        codec_string=OpusHead.codec_string,
        sample_rate=OpusHead.sample_rate,
        channels=channels,
        samples_of=opus_packet_samples,
        trouble=trouble,
    )


def _flac(record: bytes) -> AudioHeader:
    info = parse_flac_info(record)
    return AudioHeader(
        codec_string=BY_NAME["flac"].rfc6381,
        sample_rate=info.sample_rate,
        channels=info.channels,
        samples_of=lambda frame: parse_flac_frame(frame).samples,
    )


def _aac_frame(frame: bytes) -> AudioHeader | None:
    """A raw frame says nothing; one in ADTS says what a sequence header should have said."""
    adts = find_adts(frame)
    return None if adts is None else _adts(adts)


def _opus_frame(frame: bytes) -> AudioHeader | None:
    """A packet is mono or stereo (RFC 6716, 3.1), and always of the same rate."""
    return _opus_of(2 if frame[0] & 4 else 1) if frame else None


def _flac_frame(frame: bytes) -> AudioHeader | None:
    header = parse_flac_frame(frame)
    return AudioHeader(
        codec_string=BY_NAME["flac"].rfc6381,
        sample_rate=header.sample_rate,
        channels=header.channels,
        samples_of=lambda data: parse_flac_frame(data).samples,
    )


def _ac3_frame(frame: bytes) -> AudioHeader:
    header = parse_ac3_header(frame)
    return AudioHeader(
        codec_string=BY_NAME["eac3" if header.is_enhanced else "ac3"].rfc6381,
        sample_rate=header.sample_rate,
        channels=header.channels,
        samples_of=ac3_samples,
    )


def _mp3_frame(frame: bytes) -> AudioHeader:
    header = parse_mp3_header(frame)
    return AudioHeader(
        codec_string=BY_NAME["mp3"].rfc6381,
        profile=f"MPEG-{header.version} layer {'I' * header.layer}",
        sample_rate=header.sample_rate,
        channels=header.channels,
        samples_of=lambda _: header.samples,
    )


AUDIO_HEADERS: Final[Mapping[str, Callable[[bytes], AudioHeader]]] = {
    "aac": _aac,
    "opus": _opus,
    "flac": _flac,
}
"""By codec: reads its configuration record. Raises ProtocolError."""

FRAME_HEADERS: Final[Mapping[str, Callable[[bytes], AudioHeader | None]]] = {
    "mp3": _mp3_frame,
    "ac3": _ac3_frame,
    "eac3": _ac3_frame,
    "aac": _aac_frame,
    "opus": _opus_frame,
    "flac": _flac_frame,
}
"""By codec: what a frame says where no record came; None if it says nothing. Raises
ProtocolError."""


def legacy_header(codec: str, rate_hz: int, channels: int, sample_bits: int) -> AudioHeader:
    """What the byte before a legacy FLV frame says, where nothing else says it."""
    per_sample = channels * (sample_bits // 8 if codec == "pcm" else 1)
    counts: dict[str, Callable[[bytes], int]] = {
        **dict.fromkeys(("pcm", "pcm_alaw", "pcm_mulaw"), lambda data: len(data) // per_sample),
        "nellymoser": lambda data: len(data) // _NELLYMOSER_BYTES * _NELLYMOSER_SAMPLES,
    }
    return AudioHeader(sample_rate=rate_hz, channels=channels, samples_of=counts.get(codec))
