"""FLV and RTMP video bodies, legacy and Enhanced RTMP: what they are, read and written. Floor 0."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.wire.codec.ids import BY_FOURCC, VIDEO_BY_FLV_ID, Codec
from trio_srs.wire.flv.enhanced import (
    MOD_EX,
    ExHead,
    FlvBodyError,
    FrameKind,
    Multitrack,
    build_enhanced,
    read_head,
    read_tracks,
)

__all__ = [
    "VIDEO_ENHANCED",
    "VIDEO_MULTITRACK",
    "FlvBodyError",
    "FrameKind",
    "FrameType",
    "Multitrack",
    "VideoBody",
    "VideoPacketType",
    "build_video",
    "classify_video",
    "parse_video",
]


class FrameType(enum.IntEnum):
    """The frame type in the first byte (FLV 10.1, E.4.3.1)."""

    NONE = 0
    """Of what has no frames, in Enhanced RTMP: headers, ends and metadata, whose frame type means
    nothing. OBS writes 0; others are read as this."""
    KEY = 1
    INTER = 2
    DISPOSABLE = 3
    GENERATED_KEY = 4
    """Reserved for servers; no place to begin, as its picture was made, not coded."""
    COMMAND = 5


class VideoPacketType(enum.IntEnum):
    """VideoPacketType (Enhanced RTMP v2). 0 to 2 mean the same in a legacy AVC body."""

    SEQUENCE_START = 0
    CODED_FRAMES = 1
    SEQUENCE_END = 2
    CODED_FRAMES_X = 3
    """Coded frames whose composition time is 0 and not written."""
    METADATA = 4
    MPEG2TS_SEQUENCE_START = 5


VIDEO_MULTITRACK: Final = 6
"""VideoPacketType of a body that may have several tracks."""
VIDEO_ENHANCED: Final = 0x80
"""The bit of the first byte that says the rest is Enhanced RTMP's."""
_NO_MULTITRACK = -1
_PACKET_TYPES = {int(packet_type): packet_type for packet_type in VideoPacketType}
_FRAME_TYPES = {int(frame_type): frame_type for frame_type in FrameType}
_NONE, _COMMAND = FrameType.NONE, FrameType.COMMAND  # asking an enumeration for a member takes long
_LAST_LEGACY = int(VideoPacketType.SEQUENCE_END)
_LEGACY_HEAD = 5  # first byte, packet type, si24 composition time

_PACKET_FLAGS: Final[dict[int, FrameKind]] = {
    VideoPacketType.SEQUENCE_START: FrameKind.SEQUENCE_HEADER,
    VideoPacketType.SEQUENCE_END: FrameKind.SEQUENCE_END,
    VideoPacketType.METADATA: FrameKind.METADATA,
    VideoPacketType.MPEG2TS_SEQUENCE_START: FrameKind.SEQUENCE_HEADER,
}
_FRAMES = (VideoPacketType.CODED_FRAMES, VideoPacketType.CODED_FRAMES_X)


def _flags(frame_type: int, packet_type: int) -> int:
    """What a body with these two is, in a codec that has packet types."""
    # Metadata may travel under frame type 5 (ffmpeg writes it so); the packet type decides.
    if frame_type == FrameType.COMMAND and packet_type != VideoPacketType.METADATA:
        return int(FrameKind.COMMAND)
    if packet_type in _FRAMES:
        return int(FrameKind.KEYFRAME) if frame_type == FrameType.KEY else 0
    return int(_PACKET_FLAGS.get(packet_type, 0))


def _row(first: int) -> bytes | None:
    """Kinds by the second byte, for one first byte; None where more must be read."""
    if first & VIDEO_ENHANCED:
        frame_type, packet_type = first >> 4 & 7, first & 0x0F
        if packet_type == MOD_EX:
            return None
        if packet_type == VIDEO_MULTITRACK and frame_type != FrameType.COMMAND:
            return None
        return bytes((_flags(frame_type, packet_type),)) * 256
    codec, frame_type = VIDEO_BY_FLV_ID.get(first & 0x0F), first >> 4
    if frame_type == FrameType.COMMAND:
        return bytes((FrameKind.COMMAND,)) * 256
    if codec is None:
        return bytes(256)
    if not codec.has_packet_type:
        return bytes((_flags(frame_type, VideoPacketType.CODED_FRAMES),)) * 256
    return bytes(_flags(frame_type, second) for second in range(3)) + bytes(253)


_ROWS: Final = tuple(_row(first) for first in range(256))
_SHORT = 6  # the shortest body whose first two bytes can be believed without a look at its size


def classify_video(body: bytes) -> int:
    """Say what a video body is, as :class:`FrameKind` flags; called once per packet, never raises.

    0 is an ordinary frame, and also whatever is unknown, cut short or empty: it is passed on
    untouched. An empty legacy sequence header counts as nothing, so that it cannot take the place
    of a good one. A single-track multitrack body is a KEYFRAME only for track 0, the default
    track: its keyframe comes first, and readers must not begin after it.
    """
    if len(body) < _SHORT:
        return _classify_short(body)
    row = _ROWS[body[0]]
    return row[body[1]] if row is not None else _classify_enhanced(body)


def _classify_short(body: bytes) -> int:
    if len(body) < 2:
        return 0
    row = _ROWS[body[0]]
    if row is None:
        return 0
    flags = row[body[1]]
    if flags == FrameKind.COMMAND:
        return flags
    if body[0] & VIDEO_ENHANCED:  # a FourCC is needed, and for a sequence end enough
        return flags if len(body) == 5 else 0
    if flags == FrameKind.SEQUENCE_HEADER:
        return 0
    codec = VIDEO_BY_FLV_ID.get(body[0] & 0x0F)
    whole = codec is not None and (not codec.has_packet_type or len(body) == _LEGACY_HEAD)
    return flags if whole or flags == FrameKind.SEQUENCE_END else 0


def _classify_enhanced(body: bytes) -> int:
    frame_type = body[0] >> 4 & 7
    try:
        head = _read_head(body, frame_type)
    except FlvBodyError:
        return 0
    flags = _flags(frame_type, head.packet_type)
    if flags == FrameKind.COMMAND:
        return flags if len(body) > head.pos else 0
    least = head.pos + (4 if head.multitrack is None else 5)
    if len(body) < least:
        return 0
    other = head.multitrack is Multitrack.ONE_TRACK and body[head.pos + 4] != 0
    return 0 if flags == FrameKind.KEYFRAME and other else flags


def _read_head(body: bytes, frame_type: int) -> ExHead:
    # A command has no tracks: its one byte stands where a multitrack type would.
    return read_head(body, _NO_MULTITRACK if frame_type == FrameType.COMMAND else VIDEO_MULTITRACK)


@attrs.define  # not frozen: one per media packet, and frozen costs three times as much
class VideoBody:
    """One track's part of a video body. Treat as immutable."""

    codec: str
    """FourCC-like, as in :mod:`trio_srs.wire.codec.ids`: ``"avc1"``, ``"hvc1"``, ``"flv1"``.
    An unknown FourCC as it came; empty for an enhanced command, which has none."""
    frame_type: FrameType
    packet_type: VideoPacketType
    """Legacy codecs without packet types have CODED_FRAMES; of a command it means nothing."""
    data: bytes
    """What follows every header: a record, a frame, or the command byte."""
    composition_ms: int = 0
    """PTS - DTS, signed 24 bits."""
    track_id: int = 0
    multitrack: Multitrack | None = None
    """How the body around this track is laid out; None if it has no track ids."""
    nano_offset: int = 0
    """Nanoseconds to add to the message's time (E-RTMP v2 TimestampOffsetNano)."""
    enhanced: bool = False
    """Written with a FourCC (E-RTMP), not a legacy codec id."""


def parse_video(body: bytes) -> list[VideoBody]:
    """Read a video body: one :class:`VideoBody` per track, nearly always one.

    Layout of the legacy form; :mod:`trio_srs.wire.flv.enhanced` has the other::

        0      u8      high nibble: frame type; low nibble: codec id
        1      u8      packet type            } only AVC and, by custom, HEVC (12), AV1 (13)
        2..4   s24     composition time, ms   }
        ...            data; for frame type 5 one command byte

    Raises:
        FlvBodyError: empty or cut short, an unknown legacy codec id or packet type, or an unknown
            frame type of frames.

    Source:
        FLV 10.1, E.4.3; Enhanced RTMP v1 and v2, ExVideoTagHeader.
    """
    if not body:
        raise FlvBodyError("an empty video body, expected a first byte")
    number = body[0] >> 4 & 7
    frame_type = _FRAME_TYPES.get(number)
    if body[0] & VIDEO_ENHANCED:
        return _parse_enhanced(body, number, frame_type or _NONE)
    if not frame_type:
        raise FlvBodyError(f"frame type {number} (byte 0), expected 1 to 5")
    return [_parse_legacy(body, frame_type)]


def _parse_legacy(body: bytes, frame_type: FrameType) -> VideoBody:
    codec = VIDEO_BY_FLV_ID.get(body[0] & 0x0F)
    if codec is None:
        raise FlvBodyError(f"codec id {body[0] & 0x0F} (byte 0) is not known")
    if frame_type is _COMMAND or not codec.has_packet_type:
        return VideoBody(codec.fourcc, frame_type, VideoPacketType.CODED_FRAMES, body[1:])
    if len(body) < 2 or body[1] > _LAST_LEGACY:
        seen = body[1] if len(body) > 1 else "missing"
        raise FlvBodyError(f"{codec.name} packet type {seen} (byte 1), expected 0 to 2")
    packet_type = _PACKET_TYPES[body[1]]
    if len(body) < _LEGACY_HEAD and body[1] != _LAST_LEGACY:
        raise FlvBodyError(f"the body ends at byte {len(body)}, inside its composition time")
    composition_ms = int.from_bytes(body[2:5], "big", signed=True)
    return VideoBody(codec.fourcc, frame_type, packet_type, body[5:], composition_ms)


def _parse_enhanced(body: bytes, number: int, frame_type: FrameType) -> list[VideoBody]:
    head = _read_head(body, number)
    if frame_type is _NONE and head.packet_type in _FRAMES:
        raise FlvBodyError(f"frame type {number} (byte 0) of frames, expected 1 to 5")
    if _flags(frame_type, head.packet_type) == FrameKind.COMMAND:
        return [_parse_command(body, head)]
    packet_type = _PACKET_TYPES.get(head.packet_type)
    if packet_type is None:
        raise FlvBodyError(f"video packet type {head.packet_type} (byte 0) is not known")
    bodies = []
    for track in read_tracks(body, head):
        data, composition_ms = track.data, 0
        codec = BY_FOURCC.get(track.fourcc)
        if packet_type is VideoPacketType.CODED_FRAMES and _has_composition(codec):
            if len(data) < 3:
                raise FlvBodyError(f"the composition time at byte {track.pos} is cut short")
            data, composition_ms = data[3:], int.from_bytes(data[:3], "big", signed=True)
        bodies.append(
            VideoBody(
                track.fourcc, frame_type, packet_type, data, composition_ms,
                track.track_id, head.multitrack, head.nano_offset, enhanced=True,
            )
        )  # fmt: skip
    return bodies


def _parse_command(body: bytes, head: ExHead) -> VideoBody:
    data = body[head.pos :]
    if not data:
        raise FlvBodyError(f"the command at byte {head.pos} is missing")
    packet_type = _PACKET_TYPES.get(head.packet_type, VideoPacketType.CODED_FRAMES)
    return VideoBody(
        "", FrameType.COMMAND, packet_type, data, nano_offset=head.nano_offset, enhanced=True
    )


def _has_composition(codec: Codec | None) -> bool:
    return codec is not None and codec.has_composition


def build_video(bodies: Sequence[VideoBody]) -> bytes:
    """Write a video body: the inverse of :func:`parse_video`.

    Frame type, packet type, form and nano offset are taken from the first; all must agree on them.

    Raises:
        ValueError: bodies that cannot share one message, a codec without a legacy id written in
            the legacy form, or a composition time past 24 bits. A caller's mistake.
    """
    first = bodies[0]
    shared = {(b.frame_type, b.packet_type, b.multitrack, b.nano_offset) for b in bodies}
    if len(shared) > 1 or {b.enhanced for b in bodies} != {first.enhanced}:
        raise ValueError("tracks of one body differ in frame type, packet type or form")
    if not first.enhanced:
        return _build_legacy(first) if len(bodies) == 1 else _no_tracks(len(bodies))
    head = VIDEO_ENHANCED | first.frame_type << 4
    tracks = [(b.codec, b.track_id, _composition(b) + b.data) for b in bodies]
    return build_enhanced(
        head, first.packet_type, tracks,
        multitrack_type=VIDEO_MULTITRACK, multitrack=first.multitrack,
        nano_offset=first.nano_offset,
    )  # fmt: skip


def _no_tracks(count: int) -> bytes:
    raise ValueError(f"{count} tracks in a legacy body, which has one")


def _composition(body: VideoBody) -> bytes:
    has = body.packet_type is VideoPacketType.CODED_FRAMES
    if not has or not _has_composition(BY_FOURCC.get(body.codec)):
        return b""
    return _s24(body.composition_ms)


def _build_legacy(body: VideoBody) -> bytes:
    codec = BY_FOURCC.get(body.codec)
    if codec is None or codec.kind != "video" or not codec.flv_ids:
        raise ValueError(f"codec {body.codec!r} has no legacy id")
    first = body.frame_type << 4 | codec.flv_ids[0]
    if body.frame_type is FrameType.COMMAND or not codec.has_packet_type:
        return bytes((first,)) + body.data
    return bytes((first, body.packet_type)) + _s24(body.composition_ms) + body.data


def _s24(value: int) -> bytes:
    if not -0x800000 <= value < 0x800000:
        raise ValueError(f"a composition time of {value} ms; it has 24 bits")
    return value.to_bytes(3, "big", signed=True)
