"""What Enhanced RTMP's video and audio bodies share: ModEx, multitrack, FourCCs. Floor 0."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.errors import ProtocolError

__all__ = [
    "MOD_EX",
    "ExHead",
    "ExTrack",
    "FlvBodyError",
    "FrameKind",
    "Multitrack",
    "build_enhanced",
    "read_head",
    "read_tracks",
]

MOD_EX: Final = 7
"""PacketType of a modifier that stands before the real packet type, in video and audio alike."""

_MOD_EX_NANO = 0  # TimestampOffsetNano, the only modifier there is so far
_MAX_U24 = 0xFFFFFF
_MOST_TRACKS = 256  # as many as there are ids: more of a few bytes each would only take memory


class FlvBodyError(ProtocolError):
    """A video or audio body that cannot be read. The text names the byte and the field."""

    code = "flv_body_error"


class FrameKind(enum.IntFlag):
    """What a reader's place or a cache must know about a body; 0 is an ordinary packet.

    Hot loops test with ``int(FrameKind.KEYFRAME)`` taken once: flags are slow to combine.
    """

    KEYFRAME = 1
    """A reader may begin here. Never set together with SEQUENCE_HEADER."""
    SEQUENCE_HEADER = 2
    """A decoder configuration record."""
    SEQUENCE_END = 4
    """The codec's stream is over; another header begins the next."""
    METADATA = 8
    """Colour information (video) or a multichannel layout (audio)."""
    COMMAND = 16
    """Video frame type 5: for a player's seek display, carries no picture."""


class Multitrack(enum.IntEnum):
    """AvMultitrackType (Enhanced RTMP v2)."""

    ONE_TRACK = 0
    """One track, but with an id of its own."""
    MANY_TRACKS = 1
    """Several tracks of one codec."""
    MANY_TRACKS_MANY_CODECS = 2
    """Several tracks, each with its own FourCC."""


@attrs.frozen
class ExHead:
    """The enhanced header up to the (first) FourCC."""

    packet_type: int
    """The real one: ModEx and Multitrack are resolved."""
    nano_offset: int
    """Nanoseconds to add to the message's time, 0 if not given."""
    multitrack: Multitrack | None
    pos: int
    """Where the FourCC, or the command byte, is expected."""


@attrs.frozen
class ExTrack:
    """One track of an enhanced body."""

    fourcc: str
    track_id: int
    pos: int
    """Where :attr:`data` begins in the body."""
    data: bytes


def read_head(body: bytes, multitrack_type: int) -> ExHead:
    """Read the packet type through any ModEx, and the multitrack byte.

    Layout::

        0      u8      high nibble: the escape and frame type; low nibble: packet type
        while packet type is 7 (ModEx):
               u8      size - 1; if that is 255, u16 size - 1 follows instead
               ...     data: for type 0, u24 nanoseconds
               u8      high nibble: ModEx type; low nibble: the next packet type
        if packet type is ``multitrack_type``:
               u8      high nibble: multitrack type; low nibble: the real packet type

    Raises:
        FlvBodyError: cut short, a multitrack type above 2, or Multitrack inside Multitrack.

    Source:
        Enhanced RTMP v2, ExVideoTagHeader and ExAudioTagHeader.
    """
    packet_type, pos, nano = _byte(body, 0, "first byte") & 0x0F, 1, 0
    while packet_type == MOD_EX:
        size = _byte(body, pos, "ModEx size") + 1
        pos += 1
        if size == 256:
            size = (_byte(body, pos, "ModEx size") << 8 | _byte(body, pos + 1, "ModEx size")) + 1
            pos += 2
        end = pos + size
        nibbles = _byte(body, end, "ModEx type")
        if nibbles >> 4 == _MOD_EX_NANO and size >= 3:
            nano = int.from_bytes(body[pos : pos + 3], "big")
        packet_type, pos = nibbles & 0x0F, end + 1
    if packet_type != multitrack_type:
        return ExHead(packet_type, nano, None, pos)
    nibbles = _byte(body, pos, "multitrack type")
    if nibbles >> 4 > Multitrack.MANY_TRACKS_MANY_CODECS:
        raise FlvBodyError(f"multitrack type {nibbles >> 4} (byte {pos}), expected 0 to 2")
    if nibbles & 0x0F in (multitrack_type, MOD_EX):
        raise FlvBodyError(f"packet type {nibbles & 0x0F} inside a multitrack body (byte {pos})")
    return ExHead(nibbles & 0x0F, nano, Multitrack(nibbles >> 4), pos + 1)


def read_tracks(body: bytes, head: ExHead) -> list[ExTrack]:
    """Read FourCCs, track ids and the data of each track; a body without multitrack has track 0.

    Layout of a multitrack body from ``head.pos``, the FourCC standing once before the tracks, or
    before each track for many codecs::

        u32    FourCC
        u8     track id
        u24    size of the data, absent for one track
        ...    data

    Raises:
        FlvBodyError: cut short, a size past the end, or more tracks than there are ids.
    """
    pos = head.pos
    if head.multitrack is None:
        fourcc = _fourcc(body, pos)
        return [ExTrack(fourcc, 0, pos + 4, body[pos + 4 :])]
    each = head.multitrack is Multitrack.MANY_TRACKS_MANY_CODECS
    fourcc = "" if each else _fourcc(body, pos)
    pos += 0 if each else 4
    if head.multitrack is Multitrack.ONE_TRACK:
        track_id = _byte(body, pos, "track id")
        return [ExTrack(fourcc, track_id, pos + 1, body[pos + 1 :])]
    tracks: list[ExTrack] = []
    while pos < len(body) or not tracks:
        if len(tracks) == _MOST_TRACKS:
            raise FlvBodyError(f"more than {_MOST_TRACKS} tracks (byte {pos})")
        if each:
            fourcc = _fourcc(body, pos)
            pos += 4
        track_id = _byte(body, pos, "track id")
        start = pos + 4
        if start > len(body):
            raise FlvBodyError(f"the body ends in a track's size (byte {pos + 1})")
        end = start + int.from_bytes(body[pos + 1 : start], "big")
        if end > len(body):
            raise FlvBodyError(
                f"track {track_id} at byte {start} ends at byte {end} of {len(body)}"
            )
        tracks.append(ExTrack(fourcc, track_id, start, body[start:end]))
        pos = end
    return tracks


def build_enhanced(
    first: int,
    packet_type: int,
    tracks: Sequence[tuple[str, int, bytes]],
    *,
    multitrack_type: int,
    multitrack: Multitrack | None = None,
    nano_offset: int = 0,
) -> bytes:
    """Write an enhanced body: the inverse of :func:`read_head` and :func:`read_tracks`.

    Args:
        first: the high nibble of byte 0, in place (``0x90`` for audio).
        packet_type: the real one.
        tracks: (FourCC, track id, data) of each; exactly one unless ``multitrack`` is of many.
        multitrack_type: the packet type that says Multitrack (6 for video, 5 for audio).
        multitrack: how the tracks are told apart; None writes no track id.
        nano_offset: nanoseconds; 0 writes no ModEx.

    Raises:
        ValueError: no tracks, more than the form can hold, or codecs that differ where one is
            named. A caller's mistake.
    """
    each = multitrack is Multitrack.MANY_TRACKS_MANY_CODECS
    many = each or multitrack is Multitrack.MANY_TRACKS
    if not tracks or (len(tracks) > 1 and not many):
        raise ValueError(f"{len(tracks)} tracks in a body for {'many' if many else 'one'}")
    if not each and len({fourcc for fourcc, _, _ in tracks}) > 1:
        raise ValueError("tracks of several codecs need MANY_TRACKS_MANY_CODECS")
    outer = packet_type if multitrack is None else multitrack_type
    out = bytearray()
    if nano_offset:
        out += bytes((first | MOD_EX, 2)) + nano_offset.to_bytes(3, "big")
        out.append(_MOD_EX_NANO << 4 | outer)
    else:
        out.append(first | outer)
    if multitrack is not None:
        out.append(multitrack << 4 | packet_type)
    if not each:
        out += tracks[0][0].encode("latin-1")
    for fourcc, track_id, data in tracks:
        if each:
            out += fourcc.encode("latin-1")
        if multitrack is not None:
            out.append(track_id)
        if many:
            if len(data) > _MAX_U24:
                raise ValueError(f"a track of {len(data)} bytes; its size has 24 bits")
            out += len(data).to_bytes(3, "big")
        out += data
    return bytes(out)


def _byte(body: bytes, pos: int, field: str) -> int:
    if pos >= len(body):
        raise FlvBodyError(f"the body ends at byte {len(body)}, before its {field} (byte {pos})")
    return body[pos]


def _fourcc(body: bytes, pos: int) -> str:
    if pos + 4 > len(body):
        raise FlvBodyError(f"the body ends at byte {len(body)}, inside a FourCC (byte {pos})")
    return body[pos : pos + 4].decode("latin-1")
