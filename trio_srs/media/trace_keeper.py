"""Keeps the trace of a stream while its frames come. Floor 1."""

from __future__ import annotations

import math
from typing import Final
from zlib import crc32

import attrs

from trio_srs.media.frame_number import sei_frame_number
from trio_srs.media.pictures import Picture
from trio_srs.media.trace import KEY, OPEN, PICTURE_AT, PICTURES, ROW, STILL, Trace
from trio_srs.media.track import Track
from trio_srs.wire.flv.audio import AudioBody
from trio_srs.wire.flv.video import FrameType, VideoBody

__all__ = ["MOST_FRAMES", "TraceKeeper"]

MOST_FRAMES: Final = 200_000
"""Of all tracks together: 48 minutes of 25 pictures and 44 sounds a second, in 8 MB."""

_pack = ROW.pack
_KEY_FRAME: Final = FrameType.KEY  # asking an enumeration takes long
_NUMBER_WITHIN: Final = 256
"""Bytes: the counter stands in front of the picture; parameter sets may stand before it."""
_PICTURE_BITS: Final = {name: number << PICTURE_AT for number, name in enumerate(PICTURES)}


@attrs.define(eq=False)
class TraceKeeper:
    """Keeps a trace as the frames come."""

    since_s: float | None = None
    """When arrivals count from, on their clock; None for the first frame's."""
    most_frames: int = MOST_FRAMES
    _is_complete: bool = True
    _count: int = 0
    _arrived_s: float = math.nan
    _tracks: dict[tuple[str, int], int] = attrs.field(factory=dict)
    _rows: bytearray = attrs.field(factory=bytearray)

    def add_picture(
        self,
        track: Track,
        body: VideoBody,
        picture: Picture | None,
        timestamp_ms: int,
        size: int,
    ) -> None:
        """Take the next frame of a video track that has just seen it.

        Args:
            picture: what it is, None if it could not be read.
            timestamp_ms: its message's.
            size: as :attr:`Frame.size`.
        """
        place = self._place(("video", track.track_id))
        if place is None:
            return
        data = body.data
        is_key = body.frame_type is _KEY_FRAME
        flags = (KEY if is_key else 0) | (STILL if track.still.is_still else 0)
        fingerprint = clean = crc32(data)
        if picture is not None:
            if picture.leads or (is_key and picture.opens):
                flags |= OPEN
            flags |= _PICTURE_BITS[picture.kind]
            if picture.clean is not None:
                clean = crc32(picture.clean)
        number = -1
        if clean != fingerprint:  # it is user data
            found = sei_frame_number(data[:_NUMBER_WITHIN])
            number = -1 if found is None else found
        self._rows += _pack(
            place, timestamp_ms, size, flags, body.composition_ms, self._arrived_s, fingerprint,
            clean, number,
        )  # fmt: skip

    def add_sound(self, track: Track, body: AudioBody, timestamp_ms: int, size: int) -> None:
        """Take the next frame of an audio track that has just seen it, likewise."""
        place = self._place(("audio", track.track_id))
        if place is not None:
            flags = STILL if track.still.is_still else 0
            mark = crc32(body.data)
            self._rows += _pack(
                place, timestamp_ms, size, flags, 0, self._arrived_s, mark, mark, -1
            )

    def _place(self, track: tuple[str, int]) -> int | None:
        """Which track it is, of those there are; None if there is no room for a frame of it."""
        if self._count >= self.most_frames:
            self._is_complete = False
            return None
        self._count += 1
        place = self._tracks.get(track)
        if place is None:
            place = self._tracks[track] = len(self._tracks)
        return place

    def arrive(self, at_s: float | None) -> None:
        """The frames that are added next came at this moment; None if nobody knows when."""
        if at_s is None:
            self._arrived_s = math.nan
            return
        if self.since_s is None:
            self.since_s = at_s
        self._arrived_s = at_s - self.since_s

    def trace(self) -> Trace:
        """What was kept so far; a value of its own."""
        return Trace(complete=self._is_complete, tracks=tuple(self._tracks), rows=bytes(self._rows))
