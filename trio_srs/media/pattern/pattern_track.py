"""Where the messages of one track come from: H.264 and AAC, made here. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

import attrs

from trio_srs.media.pattern.avc_encoder import AvcEncoder, filler
from trio_srs.media.pattern.card import Card
from trio_srs.media.pattern.tone import SAMPLES, AacTone
from trio_srs.wire.amf.values import Value

__all__ = ["PatternTrack", "aac_source", "h264_source"]

_AVC_HEADER: Final = bytes.fromhex("1700000000")
_AVC_KEY: Final = bytes.fromhex("1701000000")
_AVC_INTER: Final = bytes.fromhex("2701000000")
_AAC_HEADER: Final = b"\xaf\x00"
_AAC_FRAME: Final = b"\xaf\x01"
_LEAST_FILLER: Final = 6
_AVC_ID, _AAC_ID = 7.0, 10.0


@attrs.frozen
class PatternTrack:
    """One track of a synthetic stream: bodies of RTMP messages, without an end."""

    header: bytes
    """The body of the sequence header."""
    bodies: Callable[[], Iterator[bytes]]
    """The bodies of the frames from the first on, one every :attr:`interval_ms`."""
    interval_ms: Fraction
    """From a frame to the next, exactly."""
    metadata: dict[str, Value]
    """What ``onMetaData`` says of it."""


def h264_source(
    width: int, height: int, fps: Fraction, gop_frames: int, kbps: int = 0
) -> PatternTrack:
    """Moving bars with the frame's number, a keyframe every ``gop_frames``.

    Args:
        kbps: fill up with filler NALUs to this many thousand bits of body a second, counted
            from the first frame on; 0 leaves the frames as small as they are.

    Raises:
        PatternError: a size or rate that cannot be.
    """
    encoder = AvcEncoder(Card(width, height), fps, kbps)

    def bodies() -> Iterator[bytes]:
        made, number = 0, 0
        while True:
            since_key = number % gop_frames
            head = _AVC_INTER if since_key else _AVC_KEY
            body = head + encoder.picture(number, since_key)
            number += 1
            lacking = number * kbps * 125 * fps.denominator // fps.numerator - made - len(body)
            if lacking >= _LEAST_FILLER:
                body += filler(lacking)
            made += len(body)
            yield body

    return PatternTrack(
        _AVC_HEADER + encoder.config,
        bodies,
        1000 / fps,
        {
            "width": float(width),
            "height": float(height),
            "framerate": float(fps),
            "videocodecid": _AVC_ID,
        },
    )


def aac_source(sample_rate: int, channels: int, tone_hz: float) -> PatternTrack:
    """A tone in AAC-LC; silence at 0 Hz.

    Raises:
        PatternError: a rate, a number of channels or a tone that cannot be.
    """
    tone = AacTone(sample_rate, channels, tone_hz)

    def bodies() -> Iterator[bytes]:
        number = 0
        while True:
            yield _AAC_FRAME + tone.frame(number)
            number += 1

    return PatternTrack(
        _AAC_HEADER + tone.config,
        bodies,
        Fraction(1000 * SAMPLES, sample_rate),
        {
            "audiocodecid": _AAC_ID,
            "audiosamplerate": float(sample_rate),
            "stereo": channels == 2,
        },
    )
