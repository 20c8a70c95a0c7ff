"""Which header of a stream a body is, and so which earlier one it replaces. Floor 0."""

from __future__ import annotations

from typing import Final, Literal

from trio_srs.wire.flv.audio import classify_audio, parse_audio
from trio_srs.wire.flv.enhanced import FlvBodyError, FrameKind
from trio_srs.wire.flv.video import classify_video, parse_video

__all__ = ["HeaderSlot", "header_slot"]

HeaderSlot = tuple[Literal["video", "audio"], Literal["header", "metadata"], tuple[int, ...]]
"""(what it describes, header or metadata, the ids of the tracks it is for)."""

_HEADER: Final = int(FrameKind.SEQUENCE_HEADER)
_METADATA: Final = int(FrameKind.METADATA)


def header_slot(is_video: bool, body: bytes) -> HeaderSlot | None:
    """Return the key under which a cache keeps this body, or None if it is no header.

    A later body for the same slot replaces the earlier one, even of another codec. A multitrack
    body has a slot of its own for its set of tracks: it never replaces a single track's. A header
    whose tracks cannot be read is passed on but has no slot. Never raises.
    """
    flags = classify_video(body) if is_video else classify_audio(body)
    if not flags & (_HEADER | _METADATA):
        return None
    try:
        tracks = parse_video(body) if is_video else parse_audio(body)
    except FlvBodyError:
        return None
    ids = tuple(track.track_id for track in tracks)
    return "video" if is_video else "audio", "header" if flags & _HEADER else "metadata", ids
