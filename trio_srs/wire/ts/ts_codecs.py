"""How a program map names codecs: stream types, and descriptors that tell them apart. Floor 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from trio_srs.wire.ts.pes import AUDIO_ID, PRIVATE_ID, VIDEO_ID
from trio_srs.wire.ts.psi import ElementaryStream

__all__ = [
    "TS_CODECS",
    "TsCodec",
    "iter_descriptors",
    "opus_channels",
    "opus_descriptors",
    "registration",
    "stream_codec",
]

_REGISTRATION, _EXTENSION = 0x05, 0x7F
_DVB_AC3, _DVB_EAC3 = 0x6A, 0x7A
_OPUS_EXTENSION: Final = 0x80
_PRIVATE: Final = 0x06
_MOST_OPUS_CHANNELS: Final = 8


@attrs.frozen
class TsCodec:
    """How a codec is named and carried."""

    stream_type: int
    stream_id: int
    registration: bytes = b""
    """Four bytes of a registration descriptor; empty if there is none."""

    @property
    def descriptors(self) -> bytes:
        """What stands behind the stream's entry, as far as it is the same for every stream."""
        return registration(self.registration) if self.registration else b""


TS_CODECS: Final[Mapping[str, TsCodec]] = {
    "h264": TsCodec(0x1B, VIDEO_ID),
    "hevc": TsCodec(0x24, VIDEO_ID, b"HEVC"),
    "aac": TsCodec(0x0F, AUDIO_ID),
    "mp3": TsCodec(0x03, AUDIO_ID),
    "ac3": TsCodec(0x81, PRIVATE_ID, b"AC-3"),
    "eac3": TsCodec(0x87, PRIVATE_ID, b"EAC3"),
    "opus": TsCodec(_PRIVATE, PRIVATE_ID, b"Opus"),
}
"""By our names, what is written. AC-3 as ATSC A/53-3 has it; Opus as ffmpeg, VLC and mpegts.js read
it; there is no standard way for AV1 that players know, and none at all for VP9."""

_BY_TYPE: Final = {
    **{codec.stream_type: name for name, codec in TS_CODECS.items()},
    0x04: "mp3",  # MPEG-2's lower rates
}
_BY_REGISTRATION: Final = {b"Opus": "opus", b"AC-3": "ac3", b"EAC3": "eac3", b"AV01": "av1"}
_BY_TAG: Final = {_DVB_AC3: "ac3", _DVB_EAC3: "eac3"}


def registration(name: bytes) -> bytes:
    """A registration descriptor (2.6.8): four bytes that SMPTE keeps a list of."""
    return bytes((_REGISTRATION, len(name))) + name


def opus_descriptors(channels: int) -> bytes:
    """What says that a private stream is Opus, of 1 to 8 channels in Vorbis order.

    Source:
        "Opus in MPEG-TS" (draft 0.1.3 of an ETSI TS): channel_config_code. As ffmpeg writes it.
    """
    extension = bytes((_EXTENSION, 2, _OPUS_EXTENSION, channels))
    return TS_CODECS["opus"].descriptors + extension


def iter_descriptors(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and body of each; one that is cut short is left out. Never raises."""
    pos = 0
    while pos + 2 <= len(data):
        start = pos + 2
        end = start + data[pos + 1]
        if end > len(data):
            return
        yield data[pos], data[start:end]
        pos = end


def stream_codec(stream: ElementaryStream) -> str | None:
    """Our name of the codec on a PID; None if it is another. Never raises."""
    if stream.stream_type != _PRIVATE:
        return _BY_TYPE.get(stream.stream_type)
    for tag, body in iter_descriptors(stream.descriptors):
        if tag == _REGISTRATION and body[:4] in _BY_REGISTRATION:
            return _BY_REGISTRATION[body[:4]]
        if tag in _BY_TAG:
            return _BY_TAG[tag]
    return None


def opus_channels(stream: ElementaryStream) -> int:
    """How many channels the descriptor of an Opus stream says; 2 (dual mono included) if it does
    not say. Never raises."""
    for tag, body in iter_descriptors(stream.descriptors):
        if tag == _EXTENSION and len(body) >= 2 and body[0] == _OPUS_EXTENSION:
            return body[1] if 0 < body[1] <= _MOST_OPUS_CHANNELS else 2
    return 2
