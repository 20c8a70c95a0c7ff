"""Pictures of H.264 and H.265 as a byte stream has them, and back (annex B of each). Floor 1.

In a transport stream every access unit begins with a delimiter, exactly one, and a decoder may
begin at any keyframe: the parameter sets stand in front of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from trio_srs.media.remux.track_format import TrackFormat
from trio_srs.wire.codec.nalu import NaluError, read_prefixed, split_annexb

__all__ = ["BYTE_STREAMS", "ByteStream", "ByteStreamWriter", "begins_closed", "split_units"]

_CODE: Final = b"\x00\x00\x01"
_START: Final = b"\x00" + _CODE
_MOST_NALUS: Final = 4096
"""H.265 allows 600 slices (A.4.2), H.264 hardly more in practice; each costs time to look at."""
_MOST_STARTS: Final = 2 * _MOST_NALUS
"""With parameter sets, and several pictures in a packet."""


def _avc_type(nalu: bytes) -> int:
    return nalu[0] & 0x1F


def _hevc_type(nalu: bytes) -> int:
    return nalu[0] >> 1 & 0x3F


@attrs.frozen
class ByteStream:
    """What a codec's NALU types are."""

    type_of: Callable[[bytes], int]
    delimiter: bytes
    """A NALU that any picture may stand behind."""
    delimiter_type: int
    dropped: frozenset[int]
    """Delimiters, and the ends of sequences and streams: written anew, or not at all."""
    sps: int
    sets: frozenset[int]
    """Types of parameter sets."""
    slices: frozenset[int]
    first_key: int
    """Slices from this type on may be begun at."""
    closed: frozenset[int]
    """Those of them behind which nothing needs what is before."""


BYTE_STREAMS: Final[Mapping[str, ByteStream]] = {
    "h264": ByteStream(
        _avc_type, b"\x09\xf0", 9, frozenset({9, 10, 11}), 7, frozenset({7, 8, 13}),
        frozenset({1, 2, 5}), 5, frozenset({5}),
    ),
    "hevc": ByteStream(
        _hevc_type, b"\x46\x01\x50", 35, frozenset({35, 36, 37}), 33, frozenset({32, 33, 34}),
        frozenset(range(22)), 16, frozenset({17, 18, 19, 20}),
    ),
}  # fmt: skip
"""By our names. The delimiters allow all slice types: ITU-T H.264, 7.4.2.4; H.265, 7.4.3.5."""


class ByteStreamWriter:
    """Writes the pictures of one format.

    Parameter sets that come with a picture hold from there on, as if a header had brought them.
    """

    def __init__(self, track_format: TrackFormat) -> None:
        self._stream = BYTE_STREAMS[track_format.codec]
        self._length_size = track_format.length_size
        self._sets = track_format.sets

    def write(self, data: bytes, *, is_key: bool, continues: bool = False) -> bytes:
        """A picture, or the rest of one; empty if nothing is in it. Of more than 4096 NALUs the
        first are written."""
        stream = self._stream
        type_of, dropped, sets = stream.type_of, stream.dropped, stream.sets
        kept, own, has_sps = [b""], [], False
        for nalu in read_prefixed(data, self._length_size)[0][:_MOST_NALUS]:
            kind = type_of(nalu)
            if kind in dropped:
                continue
            if kind in sets:
                own.append(nalu)
                has_sps = has_sps or kind == stream.sps
            kept.append(nalu)
        if len(kept) == 1:
            return b""
        if continues:
            return _START.join(kept)
        if has_sps:
            self._sets = tuple(own)
        elif is_key:
            kept[1:1] = self._sets
        kept[1:1] = (stream.delimiter,)
        return _START.join(kept)


def begins_closed(track_format: TrackFormat, data: bytes) -> bool:
    """Whether nothing behind a keyframe needs what is before it. Behind others (recovery points of
    H.264; CRA and BLA of H.265) may be pictures that are shown before them, and need both sides."""
    stream = BYTE_STREAMS.get(track_format.codec)
    if stream is None:
        return True
    nalus = read_prefixed(data, track_format.length_size)[0][:_MOST_NALUS]
    return any(stream.type_of(nalu) in stream.closed for nalu in nalus)


def split_units(codec: str, data: bytes) -> tuple[list[bytes], list[list[bytes]]]:
    """Cut a byte stream into the NALUs of its access units: one begins at each delimiter.

    Returns:
        What stands before the first delimiter, which is the rest of a unit, or a whole one of a
        stream without delimiters; and the units. Delimiters and ends are left out.

    Raises:
        NaluError: it does not begin with a start code, or has more NALUs than pictures have.
    """
    count = data.count(_CODE)
    if count > _MOST_STARTS:
        raise NaluError(f"{count} start codes at once, expected at most {_MOST_STARTS}")
    stream = BYTE_STREAMS[codec]
    units: list[list[bytes]] = [[]]
    for nalu in split_annexb(data):
        kind = stream.type_of(nalu)
        if kind == stream.delimiter_type:
            units.append([])
        elif kind not in stream.dropped:
            units[-1].append(nalu)
    return units[0], units[1:]
