"""FLV and RTMP audio bodies, legacy and Enhanced RTMP: what they are, read and written. Floor 0."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.wire.codec.ids import AUDIO_BY_FLV_ID, BY_FOURCC
from trio_srs.wire.flv.enhanced import (
    MOD_EX,
    FlvBodyError,
    FrameKind,
    Multitrack,
    build_enhanced,
    read_head,
    read_tracks,
)

__all__ = [
    "AUDIO_MULTITRACK",
    "SOUND_FORMAT_ENHANCED",
    "AudioBody",
    "AudioPacketType",
    "FlvBodyError",
    "FrameKind",
    "Multitrack",
    "build_audio",
    "classify_audio",
    "parse_audio",
]

SOUND_FORMAT_ENHANCED: Final = 9
"""SoundFormat 9 says the rest is Enhanced RTMP's."""
AUDIO_MULTITRACK: Final = 5
"""AudioPacketType of a body that may have several tracks."""


class AudioPacketType(enum.IntEnum):
    """AudioPacketType (Enhanced RTMP v2). 0 and 1 mean the same in a legacy AAC body."""

    SEQUENCE_START = 0
    CODED_FRAMES = 1
    SEQUENCE_END = 2
    MULTICHANNEL_CONFIG = 4


_FRAMES = AudioPacketType.CODED_FRAMES  # asking an enumeration for a member takes long
_LAST_LEGACY = int(_FRAMES)
_AAC = 10
_PACKET_TYPES = {int(packet_type): packet_type for packet_type in AudioPacketType}
_RATES_HZ: Final = (5512, 11025, 22050, 44100)
# SoundFormats whose rate is fixed by the format, whatever the two rate bits say (E.4.2.1).
# By custom 8000 Hz is meant by G.711 (7, 8), which FLV reserves; Speex (11) is 16000 Hz, and mono.
_FIXED_RATES_HZ: Final = {4: 16000, 5: 8000, 7: 8000, 8: 8000, 11: 16000, 14: 8000}
_FIXED_CHANNELS: Final = {4: 1, 5: 1, 11: 1}

_PACKET_FLAGS: Final = {
    0: int(FrameKind.SEQUENCE_HEADER),
    2: int(FrameKind.SEQUENCE_END),
    4: int(FrameKind.METADATA),
}
_AAC_ROW = bytes((FrameKind.SEQUENCE_HEADER,)) + bytes(255)
_PLAIN_ROW = bytes(256)


def _row(first: int) -> bytes | None:
    """Kinds by the second byte, for one first byte; None where more must be read."""
    if first >> 4 == SOUND_FORMAT_ENHANCED:
        return None
    return _AAC_ROW if first >> 4 == _AAC else _PLAIN_ROW


_ROWS: Final = tuple(_row(first) for first in range(256))


def classify_audio(body: bytes) -> int:
    """Say what an audio body is, as :class:`FrameKind` flags; called once per packet, never raises.

    0 is an ordinary frame, and also whatever is unknown, cut short or empty: it is passed on
    untouched. KEYFRAME is never set. An AAC sequence header without a record counts as nothing,
    so that it cannot take the place of a good one.
    """
    if len(body) < 3:
        return 0
    row = _ROWS[body[0]]
    return row[body[1]] if row is not None else _classify_enhanced(body)


def _classify_enhanced(body: bytes) -> int:
    packet_type, least = body[0] & 0x0F, 5
    if packet_type in (MOD_EX, AUDIO_MULTITRACK):
        try:
            head = read_head(body, AUDIO_MULTITRACK)
        except FlvBodyError:
            return 0
        packet_type, least = head.packet_type, head.pos + (4 if head.multitrack is None else 5)
    return _PACKET_FLAGS.get(packet_type, 0) if len(body) >= least else 0


@attrs.define  # not frozen: one per media packet, and frozen costs three times as much
class AudioBody:
    """One track's part of an audio body. Treat as immutable."""

    codec: str
    """FourCC-like, as in :mod:`trio_srs.wire.codec.ids`: ``"mp4a"``, ``"Opus"``, ``"alaw"``.
    An unknown FourCC as it came."""
    packet_type: AudioPacketType
    """Legacy codecs other than AAC have CODED_FRAMES."""
    data: bytes
    """What follows every header: a record, a frame, or a channel layout."""
    sound_format: int = SOUND_FORMAT_ENHANCED
    """The legacy SoundFormat; 9 for the enhanced form, which leaves the next three at 0."""
    rate_hz: int = 0
    """Of a SoundFormat that has only one rate, that; otherwise as the legacy byte says: true for
    PCM and MP3, always 44100 for AAC, whatever its rate."""
    sample_bits: int = 0
    """8 or 16, as the legacy byte says."""
    channels: int = 0
    """1 or 2, as the legacy byte says; 1 for Speex and for Nellymoser at its own rates, always 2
    for AAC."""
    track_id: int = 0
    multitrack: Multitrack | None = None
    """How the body around this track is laid out; None if it has no track ids."""
    nano_offset: int = 0
    """Nanoseconds to add to the message's time (E-RTMP v2 TimestampOffsetNano)."""


def parse_audio(body: bytes) -> list[AudioBody]:
    """Read an audio body: one :class:`AudioBody` per track, nearly always one.

    Layout of the legacy form; :mod:`trio_srs.wire.flv.enhanced` has the other::

        0      u8      0bFFFFRRSC: SoundFormat, rate, sample size, channels
        1      u8      AAC only: 0 is an AudioSpecificConfig, 1 a raw frame
        ...            data

    Raises:
        FlvBodyError: empty or cut short, SoundFormat 12, or an unknown packet type.

    Source:
        FLV 10.1, E.4.2; Enhanced RTMP v2, ExAudioTagHeader.
    """
    if not body:
        raise FlvBodyError("an empty audio body, expected a first byte")
    if body[0] >> 4 == SOUND_FORMAT_ENHANCED:
        return _parse_enhanced(body)
    return [_parse_legacy(body)]


def _parse_legacy(body: bytes) -> AudioBody:
    first = body[0]
    sound_format = first >> 4
    codec = AUDIO_BY_FLV_ID.get(sound_format)
    if codec is None:
        raise FlvBodyError(f"sound format {sound_format} (byte 0) is not known")
    packet_type, data = _FRAMES, body[1:]
    if codec.has_packet_type:
        if not data or data[0] > _LAST_LEGACY:
            seen = data[0] if data else "missing"
            raise FlvBodyError(f"{codec.name} packet type {seen} (byte 1), expected 0 or 1")
        packet_type, data = _PACKET_TYPES[data[0]], data[1:]
    rate_hz = _FIXED_RATES_HZ.get(sound_format, _RATES_HZ[first >> 2 & 3])
    bits = 16 if first & 2 else 8
    channels = _FIXED_CHANNELS.get(sound_format, 2 if first & 1 else 1)
    return AudioBody(codec.fourcc, packet_type, data, sound_format, rate_hz, bits, channels)


def _parse_enhanced(body: bytes) -> list[AudioBody]:
    head = read_head(body, AUDIO_MULTITRACK)
    packet_type = _PACKET_TYPES.get(head.packet_type)
    if packet_type is None:
        raise FlvBodyError(f"audio packet type {head.packet_type} (byte 0) is not known")
    return [
        AudioBody(
            track.fourcc, packet_type, track.data, track_id=track.track_id,
            multitrack=head.multitrack, nano_offset=head.nano_offset,
        )
        for track in read_tracks(body, head)
    ]  # fmt: skip


def build_audio(bodies: Sequence[AudioBody]) -> bytes:
    """Write an audio body: the inverse of :func:`parse_audio`.

    Packet type, form and nano offset are taken from the first; all must agree on them.

    Raises:
        ValueError: bodies that cannot share one message, or a legacy form no SoundFormat or rate
            exists for. A caller's mistake.
    """
    first = bodies[0]
    shared = {(b.packet_type, b.sound_format, b.multitrack, b.nano_offset) for b in bodies}
    if len(shared) > 1:
        raise ValueError("tracks of one body differ in packet type or form")
    if first.sound_format == SOUND_FORMAT_ENHANCED:
        return build_enhanced(
            SOUND_FORMAT_ENHANCED << 4, first.packet_type,
            [(b.codec, b.track_id, b.data) for b in bodies],
            multitrack_type=AUDIO_MULTITRACK, multitrack=first.multitrack,
            nano_offset=first.nano_offset,
        )  # fmt: skip
    if len(bodies) > 1:
        raise ValueError(f"{len(bodies)} tracks in a legacy body, which has one")
    return _build_legacy(first)


def _build_legacy(body: AudioBody) -> bytes:
    codec = BY_FOURCC.get(body.codec)
    if codec is None or body.sound_format not in codec.flv_ids or codec.kind != "audio":
        raise ValueError(f"codec {body.codec!r} has no sound format {body.sound_format}")
    fixed = _FIXED_RATES_HZ.get(body.sound_format)
    if body.rate_hz != fixed and body.rate_hz not in _RATES_HZ:
        raise ValueError(f"a rate of {body.rate_hz} Hz; the legacy form has {_RATES_HZ}")
    rate = 0 if fixed is not None else _RATES_HZ.index(body.rate_hz)
    first = body.sound_format << 4 | rate << 2
    first |= (body.sample_bits == 16) << 1 | (body.channels == 2)
    packet_type = bytes((body.packet_type,)) if codec.has_packet_type else b""
    return bytes((first,)) + packet_type + body.data
