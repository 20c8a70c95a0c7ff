"""One table of codecs: their names, FourCCs, legacy FLV numbers and RFC 6381 names. Floor 0."""

from __future__ import annotations

from typing import Final

import attrs

__all__ = [
    "AUDIO_BY_FLV_ID",
    "BY_FOURCC",
    "BY_NAME",
    "CODECS",
    "VIDEO_BY_FLV_ID",
    "Codec",
    "codec_by_fourcc",
]


@attrs.frozen
class Codec:
    """One codec, and every name it goes by."""

    name: str
    """Ours, lower case, for logs, facts and configuration: ``"h264"``."""
    kind: str
    """``"video"`` or ``"audio"``."""
    fourcc: str
    """Four characters. On the wire in Enhanced RTMP where :attr:`enhanced` is true; for the
    codecs only Flash ever had it is just a name of the same form."""
    enhanced: bool = False
    """Enhanced RTMP (v2, ExVideoTagHeader, ExAudioTagHeader) or a later note gives the FourCC."""
    flv_ids: tuple[int, ...] = ()
    """Legacy CodecID or SoundFormat numbers; writers use the first."""
    rfc6381: str = ""
    """What a ``codecs=`` parameter begins with; empty if no browser ever knew it."""
    has_header: bool = False
    """Decoders need a configuration record before the first frame."""
    has_packet_type: bool = False
    """The legacy tag has a packet type byte after the first (AVC and its likes, AAC)."""
    has_composition: bool = False
    """The enhanced CodedFrames packet carries a composition time (si24)."""


CODECS: Final = (
    Codec("h264", "video", "avc1", True, (7,), "avc1", True, True, True),
    # 12 and 13 are no part of FLV: ffmpeg forks, SRS and others agreed on them before E-RTMP.
    Codec("hevc", "video", "hvc1", True, (12,), "hvc1", True, True, True),
    Codec("av1", "video", "av01", True, (13,), "av01", True, True),
    Codec("vp9", "video", "vp09", True, (), "vp09", True),
    Codec("vp8", "video", "vp08", True, (), "vp08"),
    Codec("vvc", "video", "vvc1", True, (), "vvc1", True, False, True),
    Codec("h263", "video", "flv1", flv_ids=(2,)),
    Codec("screen", "video", "fsv1", flv_ids=(3,)),
    Codec("vp6", "video", "vp6f", flv_ids=(4,)),
    Codec("vp6a", "video", "vp6a", flv_ids=(5,)),
    Codec("screen2", "video", "fsv2", flv_ids=(6,)),
    Codec("aac", "audio", "mp4a", True, (10,), "mp4a.40", True, True),
    Codec("mp3", "audio", ".mp3", True, (2, 14), "mp4a.40.34"),
    # 13 was never assigned; some Chinese servers write raw Opus packets under it.
    Codec("opus", "audio", "Opus", True, (13,), "opus", True),
    Codec("flac", "audio", "fLaC", True, (), "flac", True),
    Codec("ac3", "audio", "ac-3", True, (), "ac-3"),
    Codec("eac3", "audio", "ec-3", True, (), "ec-3"),
    Codec("pcm", "audio", "sowt", flv_ids=(3, 0)),
    Codec("adpcm", "audio", "swfa", flv_ids=(1,)),
    Codec("nellymoser", "audio", "nmos", flv_ids=(6, 5, 4)),
    Codec("pcm_alaw", "audio", "alaw", flv_ids=(7,)),
    Codec("pcm_mulaw", "audio", "ulaw", flv_ids=(8,)),
    Codec("speex", "audio", "spex", flv_ids=(11,)),
    Codec("device", "audio", "devs", flv_ids=(15,)),
)
"""Every codec there is a number or a FourCC for."""

BY_NAME: Final = {codec.name: codec for codec in CODECS}
BY_FOURCC: Final = {codec.fourcc: codec for codec in CODECS}
VIDEO_BY_FLV_ID: Final = {i: c for c in CODECS if c.kind == "video" for i in c.flv_ids}
"""Legacy CodecID (FLV 10.1, E.4.3.1) to codec; an id not in here is unknown."""
AUDIO_BY_FLV_ID: Final = {i: c for c in CODECS if c.kind == "audio" for i in c.flv_ids}
"""Legacy SoundFormat (FLV 10.1, E.4.2.1) to codec; 9 is Enhanced RTMP's escape, 12 unknown."""

# What the same stream is called when parameter sets may also travel in band, or by other peers.
_ALIASES: Final = {"hev1": "hevc", "avc3": "h264", "vvi1": "vvc", "opus": "opus", "flac": "flac"}


def codec_by_fourcc(fourcc: str) -> Codec | None:
    """Find a codec by FourCC, sample entry aliases (``hev1``, ``avc3``) included; None if unknown.

    Case matters, as in Enhanced RTMP: ``"Opus"``, ``"fLaC"``.
    """
    return BY_FOURCC.get(fourcc) or BY_NAME.get(_ALIASES.get(fourcc, ""))
