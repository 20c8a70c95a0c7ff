"""What a container has to know of a track. Floor 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from trio_srs.media.audio_headers import AUDIO_HEADERS, FRAME_HEADERS
from trio_srs.media.video_headers import VIDEO_HEADERS
from trio_srs.wire.codec.aac import build_audio_specific_config
from trio_srs.wire.codec.adts import find_adts
from trio_srs.wire.codec.avc import build_avc_config
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc import build_hevc_config, parse_hevc_config
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.codec.nalu import is_annexb, join_annexb, read_prefixed, split_annexb

__all__ = ["TrackFormat", "format_of_frame", "format_of_record"]

_LENGTH_SIZE: Final = 4
_HEVC_SETS: Final = (32, 33, 34)  # VPS, SPS, PPS
_AVC_SPS, _AVC_PPS = 7, 8
_SPS_OF: Final = {"h264": (0, 0x1F, _AVC_SPS), "hevc": (1, 0x3F, 33)}
"""By codec: shift, mask and value of the type of a NALU that is a sequence parameter set."""


@attrs.frozen
class TrackFormat:
    """What does not change from one access unit to the next. Formats are equal if codec, record,
    rate and channels are."""

    codec: str
    """Our name: ``"h264"``, ``"aac"``."""
    record: bytes = b""
    """The configuration record as RTMP and MP4 have it; of codecs without one empty."""
    length_size: int = attrs.field(default=4, eq=False)
    """Bytes before each NALU."""
    sets: tuple[bytes, ...] = attrs.field(default=(), eq=False)
    """Parameter sets of the record (raw NALUs), in the order in which they are to be sent."""
    width: int = attrs.field(default=0, eq=False)
    """Pixels; 0 if the record does not say."""
    height: int = attrs.field(default=0, eq=False)
    sar: tuple[int, int] = attrs.field(default=(1, 1), eq=False)
    """Width to height of a pixel as it is to be shown."""
    sample_rate: int = 0
    """Hz, as played; of video 0."""
    channels: int = 0
    samples_of: Callable[[bytes], int] | None = attrs.field(default=None, eq=False, repr=False)
    """How many samples at that rate a frame has. Raises ProtocolError. None for video."""

    @property
    def kind(self) -> str:
        """What kind of codec it is: ``"video"`` or ``"audio"``."""
        return BY_NAME[self.codec].kind


def format_of_record(codec: str, record: bytes) -> TrackFormat:
    """The format that a sequence header says.

    A record that is none but parameter sets between start codes, as some encoders send, is written
    anew.

    Raises:
        ProtocolError: it cannot be read, or is of a codec that has none.
    """
    if codec in VIDEO_HEADERS:
        return _video(codec, record)
    read = AUDIO_HEADERS.get(codec)
    if read is None:
        raise CodecConfigError(f"{codec} has no configuration record, and {len(record)} bytes came")
    if codec == "aac" and find_adts(record) is not None:
        return _adts(record)
    header = read(record)
    assert header.sample_rate
    return TrackFormat(
        codec, record, sample_rate=header.sample_rate, channels=header.channels or 0,
        samples_of=header.samples_of,
    )  # fmt: skip


def _video(codec: str, record: bytes) -> TrackFormat:
    sets: tuple[bytes, ...] = ()
    if codec == "h264":
        if is_annexb(record):
            nalus = split_annexb(record)
            sps, pps = _of_type(nalus, 0, 0x1F, _AVC_SPS), _of_type(nalus, 0, 0x1F, _AVC_PPS)
            record = build_avc_config(_some(sps), pps)
    elif codec == "hevc":
        if is_annexb(record):
            vps, sps, pps = (_of_type(split_annexb(record), 1, 0x3F, kind) for kind in _HEVC_SETS)
            record = build_hevc_config(vps, _some(sps), pps)
        sets = tuple(nalu for kind, nalu in parse_hevc_config(record).nalus if kind in _HEVC_SETS)
    header = VIDEO_HEADERS[codec](record)
    return TrackFormat(
        codec, record, header.length_size, sets or header.sets, header.width or 0,
        header.height or 0, header.sar or (1, 1),
    )  # fmt: skip


def _of_type(nalus: list[bytes], shift: int, mask: int, kind: int) -> tuple[bytes, ...]:
    return tuple(nalu for nalu in nalus if nalu[0] >> shift & mask == kind)


def _some(sps: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if not sps:
        raise CodecConfigError("no sequence parameter set between its start codes")
    return sps


def _adts(data: bytes) -> TrackFormat:
    """What an ADTS header says, as a record that says the same."""
    header = find_adts(data)
    assert header is not None
    if header.channels is None:
        raise CodecConfigError("an ADTS header without a channel configuration")
    record = build_audio_specific_config(header.object_type, header.sample_rate, header.channels)
    return format_of_record("aac", record)


def format_of_frame(codec: str, frame: bytes) -> TrackFormat:
    """The format that a frame says itself, where no sequence header came: a frame of sound, or a
    picture that brings its parameter sets.

    Raises:
        ProtocolError: it cannot be read, or does not say.
    """
    if codec == "aac" and find_adts(frame) is not None:
        return _adts(frame)
    if codec in _SPS_OF:
        nalus, _ = read_prefixed(frame, _LENGTH_SIZE)
        if _of_type(nalus, *_SPS_OF[codec]):
            return _video(codec, join_annexb(nalus))
    read = FRAME_HEADERS.get(codec)
    header = read(frame) if read is not None and not BY_NAME[codec].has_header else None
    if header is None or not header.sample_rate:
        raise CodecConfigError(f"no sequence header of {codec}")
    return TrackFormat(
        codec, sample_rate=header.sample_rate, channels=header.channels or 0,
        samples_of=header.samples_of,
    )  # fmt: skip
