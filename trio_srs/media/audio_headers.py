"""What is said of sound before it comes, and by its frames, in the words of facts. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.codec.mp3 import parse_mp3_header
from trio_srs.wire.codec.opus import parse_opus_head
from trio_srs.wire.codec.opus_packet import opus_packet_samples

__all__ = ["AUDIO_HEADERS", "AudioHeader", "read_mp3_frame"]

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


AUDIO_HEADERS: Final[Mapping[str, Callable[[bytes], AudioHeader]]] = {"aac": _aac, "opus": _opus}
"""By codec: reads its configuration record. Raises ProtocolError."""
