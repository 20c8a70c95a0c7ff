"""What of FLV the players of web pages take: mpegts.js, and flv.js before it. Floor 0.

They stop for ever at a packet type or a codec that they do not know, where other players pass over
it. So what they know is left as it is or, where FLV has two ways to say it, said in theirs, and
everything else is left out. None of this raises.

Source:
    mpegts.js 1.8, src/demux/flv-demuxer.js.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.wire.flv.audio import (
    SOUND_FORMAT_ENHANCED,
    AudioBody,
    AudioPacketType,
    build_audio,
    parse_audio,
)
from trio_srs.wire.flv.enhanced import FlvBodyError
from trio_srs.wire.flv.script import without_flags
from trio_srs.wire.flv.video import (
    VIDEO_ENHANCED,
    FrameType,
    VideoPacketType,
    build_video,
    parse_video,
)

__all__ = ["browser_audio", "browser_script", "browser_video"]

_LEGACY_VIDEO: Final = frozenset({0x07, 0x0C})
"""H.264, and H.265 by custom."""
_LEGACY_AUDIO: Final = frozenset({2, 3, 10})
"""MP3, PCM, AAC."""
_LEGACY_ALIASES: Final = {"mp4a": 10, ".mp3": 2}
"""What Enhanced RTMP has a FourCC for that they do not know, and the older number that they do."""
_FOURCCS: Final = frozenset({"avc1", "hvc1", "av01"})
_VIDEO_PACKETS: Final = (
    VideoPacketType.SEQUENCE_START,
    VideoPacketType.CODED_FRAMES,
    VideoPacketType.SEQUENCE_END,
    VideoPacketType.CODED_FRAMES_X,
)
_LAST_LEGACY: Final = int(VideoPacketType.SEQUENCE_END)
_ANNOUNCED: Final = frozenset({"hasAudio", "hasVideo"})
"""What they believe more than the head of the file."""


def browser_video(body: bytes) -> bytes | None:
    """A video body as they take it, the same object if it is one; None if they take none of it."""
    if len(body) < 2:
        return None
    if not body[0] & VIDEO_ENHANCED:
        is_known = body[0] & 0x0F in _LEGACY_VIDEO and body[0] >> 4 != FrameType.COMMAND
        return body if is_known and body[1] <= _LAST_LEGACY else None
    try:
        bodies = parse_video(body)
    except FlvBodyError:
        return None
    track = next((each for each in bodies if each.track_id == 0), None)
    if (
        track is None
        or track.codec not in _FOURCCS
        or track.packet_type not in _VIDEO_PACKETS
        or (not track.data and track.packet_type is not VideoPacketType.SEQUENCE_END)
    ):
        return None
    packet_type = track.packet_type
    if packet_type is VideoPacketType.CODED_FRAMES_X and track.codec != "hvc1":
        packet_type = VideoPacketType.CODED_FRAMES  # they know the other only of H.265
    said = attrs.evolve(
        track,
        packet_type=packet_type,
        enhanced=track.codec != "avc1",  # which they know by its number only
        multitrack=None,
        nano_offset=0,
    )
    return body if said == track else build_video([said])


def browser_audio(body: bytes) -> bytes | None:
    """An audio body as they take it, the same object if it is one; None if they take none of it."""
    if len(body) < 2:
        return None
    if body[0] >> 4 != SOUND_FORMAT_ENHANCED:
        return body if body[0] >> 4 in _LEGACY_AUDIO else None
    try:
        bodies = parse_audio(body)
    except FlvBodyError:
        return None
    track = next((each for each in bodies if each.track_id == 0), None)
    if track is None or track.packet_type is AudioPacketType.MULTICHANNEL_CONFIG:
        return None
    if track.codec in _LEGACY_ALIASES:
        return _as_legacy(track)
    if track.codec not in {"Opus", "fLaC"}:
        return None
    if track.multitrack is None and not track.nano_offset:
        return body
    return build_audio([attrs.evolve(track, multitrack=None, nano_offset=0)])


def _as_legacy(track: AudioBody) -> bytes | None:
    if track.packet_type is AudioPacketType.SEQUENCE_END or not track.data:
        return None  # the older form has none
    if track.codec == ".mp3" and track.packet_type is AudioPacketType.SEQUENCE_START:
        return None
    return build_audio(
        [
            attrs.evolve(
                track,
                sound_format=_LEGACY_ALIASES[track.codec],
                rate_hz=44100,
                sample_bits=16,
                channels=2,
                multitrack=None,
                nano_offset=0,
            )
        ]
    )


def browser_script(body: bytes) -> bytes:
    """Metadata without what it says of tracks, which the head of the file knows better."""
    return without_flags(body, _ANNOUNCED)
