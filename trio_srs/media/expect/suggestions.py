"""What people call the things that rules can be about. Floor 1."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Final

__all__ = ["CODECS", "suggested_subjects", "suggested_unit"]

CODECS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("avc", "avc1", "h.264", "x264", "libx264"), "h264"),
    **dict.fromkeys(("h265", "h.265", "hvc1", "hev1", "x265", "libx265"), "hevc"),
    "av01": "av1",
    "vp09": "vp9",
    "mp4a": "aac",
}
"""What else they call the codecs: the name that is told."""

_TRACKS: Final = ("video", "audio")
_VIDEO_CODECS: Final = ("h264", "hevc", "av1", "vp9", "vp8", "vvc")
_AUDIO_CODECS: Final = ("aac", "mp3", "opus", "flac", "ac3", "eac3", "speex", "g711")
_SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("resolution", "size", "dimensions", "framesize"), ("video.size",)),
    **dict.fromkeys(("fps", "framerate", "rate"), ("video.fps",)),
    **dict.fromkeys(
        ("gop", "gopsize", "goplength", "keyframeinterval", "keyint"),
        ("video.gop.seconds", "video.gop.frames"),
    ),
    **dict.fromkeys(("bframes", "bpictures"), ("video.pictures.bidirectional",)),
    **dict.fromkeys(("iframes", "idr"), ("video.keyframes",)),
    **dict.fromkeys(
        ("latency", "lag"), ("delay.mean (from a source)", "arrival.lag_most_ms", "stall.seconds")
    ),
    **dict.fromkeys(("bitrate", "bandwidth"), ("bitrate.mean", "bitrate.peak")),
    **dict.fromkeys(("samplerate", "frequency", "hz"), ("audio.sample_rate",)),
    **dict.fromkeys(("channels", "stereo", "mono"), ("audio.channels",)),
    **dict.fromkeys(("codec", "format"), ("video.codec", "audio.codec")),
    **dict.fromkeys(("duration", "length", "seconds"), ("duration.seconds",)),
    **dict.fromkeys(
        ("skew", "sync", "avsync", "lipsync", "desync"),
        ("skew.ms", "skew.drift", "sync.ms (of our pattern)"),
    ),
    **dict.fromkeys(("drift",), ("skew.drift", "audio.sample_drift_ms")),
    **dict.fromkeys(("gap", "gaps", "dropout"), ("gaps.count", "gaps.longest")),
    **dict.fromkeys(("stall", "stalls"), ("stall.seconds",)),
    **dict.fromkeys(
        ("frozen", "still", "freeze"), ("picture.frozen.seconds", "video.longest_still_ms")
    ),
    **dict.fromkeys(("black", "blackness", "dark"), ("picture.black.frames",)),
    **dict.fromkeys(
        ("corrupt", "corrupted", "macroblocks", "artifacts", "broken"),
        ("picture.corrupt.frames", "decode.errors"),
    ),
    **dict.fromkeys(("silence", "silent", "mute", "muted"), ("audio.silent.seconds",)),
    **dict.fromkeys(("clipping", "clip", "distortion"), ("audio.clipped",)),
    **dict.fromkeys(("loudness", "lufs", "volume", "r128", "ebur128"), ("audio.loudness",)),
    **dict.fromkeys(("ssim", "quality"), ("picture.ssim",)),
    **dict.fromkeys(("jitter",), ("video.intervals.jitter_ms",)),
    **dict.fromkeys(
        ("dts", "pts", "timestamp", "timestamps", "monotonic", "discontinuity"),
        ("timestamps.monotonic", "timestamps.jumps"),
    ),
    **dict.fromkeys(("frames", "framecount", "drops"), ("video.frames", "delay.missing")),
    **dict.fromkeys(("aspect", "aspectratio", "dar"), ("video.sar", "video.display_width")),
    **dict.fromkeys(("pixfmt", "pixelformat", "colour", "color"), ("video.chroma",)),
    **dict.fromkeys(("profile",), ("video.profile",)),
    **dict.fromkeys(("level",), ("video.level",)),
    **dict.fromkeys(("encoder", "useragent"), ("conduct.encoder", "conduct.client")),
    **dict.fromkeys(("reconnect", "reconnects", "retries"), ("reconnect.count",)),
    **dict.fromkeys(("startup", "ttff", "firstframe"), ("first_frame.seconds",)),
    **dict.fromkeys(("hash", "checksum", "md5", "sha256", "digest"), ("digest.exact",)),
    **dict.fromkeys(("reason", "end"), ("end.reason",)),
    **dict.fromkeys(
        ("sound", "sane", "valid", "clean", "ok", "good", "health", "healthy"), ("healthy",)
    ),
}
"""By the last part of what they say, in small letters without what is between them."""

_UNITS: Final[Mapping[str, Mapping[str, str]]] = {
    "bit/s": {
        **dict.fromkeys(("k", "kb", "kbs", "kbit", "kbits", "kbitps"), "kbit/s"),
        **dict.fromkeys(("m", "mb", "mbs", "mbit", "mbits", "mbitps"), "Mbit/s"),
        **dict.fromkeys(("b", "bit", "bits", "bs"), "bit/s"),
    },
    "s": dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    "ms": dict.fromkeys(("msec", "msecs", "millis", "milliseconds"), "ms"),
    "Hz": dict.fromkeys(("k", "khz"), "kHz"),
    "fps": dict.fromkeys(("hz", "framess", "f", "p"), "fps"),
    "px": dict.fromkeys(("pixel", "pixels", "p"), "px"),
    "B": dict.fromkeys(("k", "kb"), "kB") | dict.fromkeys(("m", "mb"), "MB"),
}
"""By the unit of a subject: units that are none, likewise, and the one that is meant."""


def suggested_subjects(name: str, known: Collection[str]) -> tuple[str, ...]:
    """What may be meant by a name that no subject has: subjects, or for a codec a whole rule."""
    whole = tuple(each for front in _TRACKS if (each := f"{front}.{name}") in known)
    if whole:
        return whole
    last = name.rpartition(".")[2]
    for word in (last.lower(), name.lower()):
        codec = CODECS.get(word, word)
        if codec in _VIDEO_CODECS:
            return (f'"video.codec == {codec}"',)
        if codec in _AUDIO_CODECS:
            return (f'"audio.codec == {codec}"',)
    meant = _SUBJECTS.get(_bare(last))
    if meant is None:
        return tuple(difflib.get_close_matches(name, known, 3, 0.5))
    # With audio.bitrate the audio's own is meant.
    own = (f"{name.partition('.')[0]}.{each}" for each in meant)
    return tuple(each for each in own if each in known) or meant


def suggested_unit(word: str, unit: str) -> str | None:
    """Which of the units that numbers of a subject may have is meant by another word."""
    return _UNITS.get(unit, {}).get(_bare(word))


def _bare(word: str) -> str:
    return re.sub(r"[\W_]", "", word).lower()
