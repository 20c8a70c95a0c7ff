"""What playlists and manifests say of a format. Floor 1."""

from __future__ import annotations

from typing import Final

from trio_srs.media.audio_headers import AUDIO_HEADERS, AudioHeader
from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.media.video_headers import VIDEO_HEADERS, VideoHeader
from trio_srs.wire.codec.ids import BY_NAME

__all__ = ["codec_string", "video_range"]

_RANGES: Final = {16: "PQ", 18: "HLG"}
"""By transfer characteristics (ITU-T H.273)."""


def codec_string(track_format: TrackFormat) -> str:
    """What a format is called (RFC 6381)."""
    header = _header(track_format)
    said = None if header is None else header.codec_string
    return said or BY_NAME[track_format.codec].rfc6381


def video_range(track_format: TrackFormat) -> str:
    """``PQ`` or ``HLG`` of pictures with a high dynamic range; empty of all else."""
    header = _header(track_format)
    return _RANGES.get(header.transfer, "") if isinstance(header, VideoHeader) else ""


def _header(track_format: TrackFormat) -> VideoHeader | AudioHeader | None:
    headers = VIDEO_HEADERS if track_format.kind == "video" else AUDIO_HEADERS
    read = headers.get(track_format.codec) if track_format.record else None
    return None if read is None else read(track_format.record)
