"""Track formats and sample entries: what one says, the other has to say. Floor 1."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.remux.byte_stream import BYTE_STREAMS
from trio_srs.media.remux.track_format import TrackFormat, format_of_record
from trio_srs.wire.codec.av1 import SEQUENCE_HEADER, iter_obus, parse_sequence_header
from trio_srs.wire.codec.nalu import join_annexb, read_prefixed
from trio_srs.wire.codec.vp9_frame import parse_vp9_frame, split_superframe
from trio_srs.wire.mp4.sample_entry import SampleEntry

__all__ = ["entry_of", "with_own_sets"]

_FROM_FRAMES: Final = ("ac3", "eac3")
_LENGTH_SIZE: Final = 4


def entry_of(track_format: TrackFormat, frame: bytes) -> SampleEntry:
    """The sample entry of a format.

    Args:
        frame: the first: it says what the record does not, such as the size of VP9.
    """
    size = track_format.width, track_format.height
    if track_format.kind == "video" and not size[0]:
        size = _size_of(track_format.codec, frame)
    record = frame if track_format.codec in _FROM_FRAMES else track_format.record
    return SampleEntry(
        track_format.codec, record, *size, track_format.sample_rate, track_format.channels,
        track_format.sar,
    )  # fmt: skip


def _size_of(codec: str, frame: bytes) -> tuple[int, int]:
    """Width and height in pixels, as a frame says them; 0 if it does not."""
    try:
        if codec == "vp9":
            return parse_vp9_frame(split_superframe(frame)[0]).size or (0, 0)
        for obu in iter_obus(frame) if codec == "av1" else ():
            if obu.kind == SEQUENCE_HEADER:
                sequence = parse_sequence_header(obu.payload)
                return sequence.width, sequence.height
    except ProtocolError:
        pass  # whoever decodes it will say so
    return 0, 0


def with_own_sets(track_format: TrackFormat, data: bytes) -> TrackFormat:
    """The format of a keyframe that brings parameter sets of its own, if those are others than
    the format's: an MP4 has them in front of all pictures (``avc1``, ``hvc1``). Of AV1 and VP9
    likewise, if it has another size. Else the same."""
    stream = BYTE_STREAMS.get(track_format.codec)
    if stream is None:
        width, height = _size_of(track_format.codec, data)
        if not width or (width, height) == (track_format.width, track_format.height):
            return track_format
        return attrs.evolve(track_format, width=width, height=height)
    if track_format.length_size != _LENGTH_SIZE:
        return track_format
    nalus, _ = read_prefixed(data, _LENGTH_SIZE)
    own = [nalu for nalu in nalus if stream.type_of(nalu) in stream.sets]
    if all(nalu in track_format.sets for nalu in own):
        return track_format
    types = {stream.type_of(nalu) for nalu in own}
    kept = [nalu for nalu in track_format.sets if stream.type_of(nalu) not in types]
    try:
        return format_of_record(track_format.codec, join_annexb([*kept, *own]))
    except ProtocolError:
        return track_format
