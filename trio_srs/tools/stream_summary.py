"""What a stream is made of, in the words that commands print. Floor 6."""

from __future__ import annotations

import math

from trio_srs.media.facts import RateFacts, StreamFacts, TrackFacts
from trio_srs.wire.amf.values import Value

__all__ = ["amf_as_json", "stream_as_dict"]


def stream_as_dict(facts: StreamFacts) -> dict[str, object]:
    """The main facts, as JSON can have them: of each kind the first track."""
    video, audio = facts.video, facts.audio
    return {
        "seconds": facts.clock.duration_ms / 1000,
        "bitrate_kbps": _kbps(facts.bitrate),
        "video": _video(video) if video else None,
        "audio": _audio(audio) if audio else None,
        "metadata": None if facts.metadata is None else amf_as_json(dict(facts.metadata)),
    }


def _video(track: TrackFacts) -> dict[str, object]:
    assert track.video is not None  # a video track has them
    video, gop = track.video, track.video.gop
    return {
        "codec": track.codec,
        "codec_string": track.codec_string,
        "profile": track.profile,
        "level": track.level,
        "width": video.width,
        "height": video.height,
        "trouble": track.trouble,
        "frames": track.frames,
        "keyframes": video.keyframes,
        "fps": _round(track.intervals.fps),
        "gop_ms": None if gop.seconds_mean is None else _round(gop.seconds_mean * 1000),
        "gop_frames": _round(gop.frames_mean),
        "bitrate_kbps": _kbps(track.bitrate),
    }


def _audio(track: TrackFacts) -> dict[str, object]:
    assert track.audio is not None  # an audio track has them
    return {
        "codec": track.codec,
        "codec_string": track.codec_string,
        "profile": track.profile,
        "sample_rate": track.audio.sample_rate,
        "channels": track.audio.channels,
        "trouble": track.trouble,
        "frames": track.frames,
        "bitrate_kbps": _kbps(track.bitrate),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _kbps(rate: RateFacts) -> float | None:
    return None if rate.mean_bps is None else _round(rate.mean_bps / 1000)


def amf_as_json(value: Value, depth: int = 4) -> object:
    """An AMF value as JSON can have it: what JSON does not know becomes text, and so does what
    is nested deeper than ``depth``."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case dict() if depth:
            return {key: amf_as_json(each, depth - 1) for key, each in value.items()}
        case list() if depth:
            return [amf_as_json(each, depth - 1) for each in value]
        case _:
            return f"<{type(value).__name__}>"
