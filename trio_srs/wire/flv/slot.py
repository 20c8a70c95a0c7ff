"""Which header of a stream a body is, and so which earlier one it replaces. Floor 0."""

from __future__ import annotations

from typing import Final, Literal

from trio_srs.wire.codec.ids import AUDIO_BY_FLV_ID, VIDEO_BY_FLV_ID
from trio_srs.wire.flv.audio import AUDIO_MULTITRACK, SOUND_FORMAT_ENHANCED, classify_audio
from trio_srs.wire.flv.enhanced import FlvBodyError, FrameKind, read_head, read_tracks
from trio_srs.wire.flv.video import VIDEO_ENHANCED, VIDEO_MULTITRACK, classify_video

__all__ = ["HeaderSlot", "header_slot", "track_codecs"]

HeaderSlot = tuple[Literal["video", "audio"], Literal["header", "metadata"], tuple[int, ...]]
"""(what it describes, header or metadata, the ids of the tracks it is for)."""

_HEADER: Final = int(FrameKind.SEQUENCE_HEADER)
_METADATA: Final = int(FrameKind.METADATA)


def header_slot(is_video: bool, body: bytes) -> HeaderSlot | None:
    """Return the key under which a cache keeps this body, or None if it is no header.

    A later body for the same slot replaces the earlier one, even of another codec. A multitrack
    body has a slot of its own for its set of tracks. A header whose tracks cannot be read is
    passed on but has no slot. Never raises.
    """
    flags = classify_video(body) if is_video else classify_audio(body)
    if not flags & (_HEADER | _METADATA):
        return None
    tracks = track_codecs(is_video, body)
    if not tracks:
        return None
    ids = tuple(track_id for track_id, _ in tracks)
    return "video" if is_video else "audio", "header" if flags & _HEADER else "metadata", ids


def track_codecs(is_video: bool, body: bytes) -> tuple[tuple[int, str], ...]:
    """The tracks of a header or a frame, each with its codec's FourCC.

    Frame types do not matter: PacketTypeMetadata may have any, 0 included. Legacy codecs have
    the FourCC of :mod:`trio_srs.wire.codec.ids`, and so the same as in the enhanced form.

    Returns:
        nothing, if it cannot be read or its legacy codec is not known. Never raises.
    """
    if not body:
        return ()
    first = body[0]
    if is_video:
        is_enhanced, multitrack = bool(first & VIDEO_ENHANCED), VIDEO_MULTITRACK
        legacy = VIDEO_BY_FLV_ID.get(first & 0x0F)
    else:
        is_enhanced, multitrack = first >> 4 == SOUND_FORMAT_ENHANCED, AUDIO_MULTITRACK
        legacy = AUDIO_BY_FLV_ID.get(first >> 4)
    if not is_enhanced:
        return () if legacy is None else ((0, legacy.fourcc),)
    try:
        tracks = read_tracks(body, read_head(body, multitrack))
    except FlvBodyError:
        return ()
    return tuple((track.track_id, track.fourcc) for track in tracks)
