"""Init segments: what tracks there are, and nothing of what is in them. Floor 0."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.wire.mp4.box import box, full_box
from trio_srs.wire.mp4.sample_entry import MP4_CODECS, SampleEntry, build_entry

__all__ = ["Mp4Track", "build_init"]

_MATRIX: Final = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MVHD: Final = struct.Struct(">IIIIIH10x")
_TKHD: Final = struct.Struct(">IIIII8xHHHH")
_MDHD: Final = struct.Struct(">IIIIHH")
_MOVIE_TIMESCALE: Final = 1000
_UND: Final = 0x55C4  # "und", undetermined, five bits a letter
_ENABLED: Final = 3  # and in the movie
_SELF_CONTAINED: Final = 1


@attrs.frozen
class Mp4Track:
    """One track of a movie."""

    track_id: int
    """From 1 on."""
    timescale: int
    """Units of its times in a second."""
    entry: SampleEntry
    is_video: bool
    media_start: int = 0
    """What is taken from all times of the track to show it: an edit list of one entry, which makes
    up for that no picture is shown before it is decoded."""
    default_duration: int = 0
    """Of samples whose fragment says nothing else; likewise the other two."""
    default_size: int = 0
    default_flags: int = 0


def build_init(tracks: Sequence[Mp4Track]) -> bytes:
    """Write an init segment for fragments: ``ftyp`` and ``moov``, durations 0, tables empty.

    With one track it says that it is CMAF, which has no files of several (7.3.1).

    Args:
        tracks: at least one.

    Raises:
        ProtocolError: a record that cannot be read.

    Source:
        ISO/IEC 14496-12:2022, 8.2 to 8.8; RFC 8216, 3.3; ISO/IEC 23000-19 (CMAF), 7.3.1.
    """
    brands = (b"iso6", b"cmfc", b"mp41") if len(tracks) == 1 else (b"iso6", b"mp41")
    movie = full_box(
        b"mvhd", 0, 0, _MVHD.pack(0, 0, _MOVIE_TIMESCALE, 0, 0x10000, 0x0100), _MATRIX,
        bytes(24), (max(track.track_id for track in tracks) + 1).to_bytes(4, "big"),
    )  # fmt: skip
    extends = [
        full_box(b"trex", 0, 0, struct.pack(">IIIII", track.track_id, 1, 0, 0, 0))
        for track in tracks
    ]
    file_type = box(b"ftyp", b"iso6", bytes(4), *brands)
    return file_type + box(b"moov", movie, *map(_track, tracks), box(b"mvex", *extends))


def _track(track: Mp4Track) -> bytes:
    entry, is_video = track.entry, MP4_CODECS[track.entry.codec].is_video
    volume = 0 if is_video else 0x100
    shown = min(entry.width * entry.sar[0] // entry.sar[1], 0xFFFF)
    size = struct.pack(">HHHH", shown, 0, entry.height & 0xFFFF, 0)
    said = _TKHD.pack(0, 0, track.track_id, 0, 0, 0, 0, volume, 0)
    head = full_box(b"tkhd", 0, _ENABLED, said, _MATRIX, size)
    media = full_box(b"mdhd", 0, 0, _MDHD.pack(0, 0, track.timescale, 0, _UND, 0))
    kind, name = (b"vide", b"video\x00") if is_video else (b"soun", b"sound\x00")
    handler = full_box(b"hdlr", 0, 0, bytes(4), kind, bytes(12), name)
    if is_video:
        media_head = full_box(b"vmhd", 0, 1, bytes(8))
    else:
        media_head = full_box(b"smhd", 0, 0, bytes(4))
    here = full_box(b"url ", 0, _SELF_CONTAINED)
    references = box(b"dinf", full_box(b"dref", 0, 0, b"\x00\x00\x00\x01", here))
    tables = box(
        b"stbl", full_box(b"stsd", 0, 0, b"\x00\x00\x00\x01", build_entry(entry)),
        full_box(b"stts", 0, 0, bytes(4)), full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)), full_box(b"stco", 0, 0, bytes(4)),
    )  # fmt: skip
    edits = b""
    if track.media_start:
        edit = struct.pack(">IIiHH", 1, 0, track.media_start, 1, 0)
        edits = box(b"edts", full_box(b"elst", 0, 0, edit))
    information = box(b"minf", media_head, references, tables)
    return box(b"trak", head, edits, box(b"mdia", media, handler, information))
