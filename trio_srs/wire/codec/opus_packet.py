"""Opus: how long a packet lasts. Floor 0."""

from __future__ import annotations

from typing import Final

from trio_srs.wire.codec.config_record import CodecConfigError

__all__ = ["opus_packet_samples"]

_SILK: Final = (480, 960, 1920, 2880)
_HYBRID: Final = (480, 960)
_CELT: Final = (120, 240, 480, 960)
_FRAME_SAMPLES: Final = _SILK * 3 + _HYBRID * 2 + _CELT * 4
"""By configuration number, samples at 48 kHz (RFC 6716, table 2)."""
_MOST: Final = 5760  # 120 ms


def opus_packet_samples(packet: bytes) -> int:
    """How many samples at 48 kHz a packet decodes to, per channel.

    The first byte has the configuration (5 bits), stereo (1 bit) and the frame count code (2
    bits): one frame, two, two, or as many as the low 6 bits of the second byte say.

    Raises:
        CodecConfigError: cut short, or longer than the 120 ms that a packet may last.

    Source:
        RFC 6716, 3.1 and 3.2.
    """
    if not packet:
        raise CodecConfigError("Opus packet: 0 bytes, expected its first byte")
    code = packet[0] & 3
    if code == 3 and len(packet) < 2:
        raise CodecConfigError("Opus packet: ends at byte 1, before its frame count")
    frames = (1, 2, 2, 0)[code] or packet[1] & 0x3F
    samples = _FRAME_SAMPLES[packet[0] >> 3] * frames
    if not 0 < samples <= _MOST:
        raise CodecConfigError(f"Opus packet: {frames} frames, {samples} samples; at most {_MOST}")
    return samples
