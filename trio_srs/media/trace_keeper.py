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
_NUMBER_WITHIN: Final = 256
"""Bytes: the counter stands in front of the picture; parameter sets may stand before it."""
_PICTURE_BITS: Final = {name: number << PICTURE_AT for number, name in enumerate(PICTURES)}


@attrs.define(eq=False)
class TraceKeeper:
    """Keeps a trace as the frames come."""

    since_s: float | None = None
    """When arrivals count from, on their clock; None for the first frame's."""
    most_frames: int = MOST_FRAMES
    arrived_at_s: float | None = None
    """When the frames that are added next came; None if nobody knows."""
    _is_complete: bool = True
    _count: int = 0
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
        is_key = body.frame_type is FrameType.KEY
        flags = (KEY if is_key else 0) | (STILL if track.still.is_still else 0)
        fingerprint = clean = crc32(body.data)
        if picture is not None:
            if picture.leads or (is_key and picture.opens):
                flags |= OPEN
            flags |= _PICTURE_BITS[picture.kind]
            if picture.clean is not None:
                clean = crc32(picture.clean)
        number = sei_frame_number(body.data[:_NUMBER_WITHIN])
        self._add(
            ("video", track.track_id), timestamp_ms, size, flags, body.composition_ms,
            fingerprint, clean, -1 if number is None else number,
        )  # fmt: skip

    def add_sound(self, track: Track, body: AudioBody, timestamp_ms: int, size: int) -> None:
        """Take the next frame of an audio track that has just seen it, likewise."""
        flags = STILL if track.still.is_still else 0
        fingerprint = crc32(body.data)
        self._add(
            ("audio", track.track_id), timestamp_ms, size, flags, 0, fingerprint, fingerprint, -1
        )

    def _add(
        self,
        track: tuple[str, int],
        timestamp_ms: int,
        size: int,
        flags: int,
        composition_ms: int,
        fingerprint: int,
        clean: int,
        number: int,
    ) -> None:
        if self._count >= self.most_frames:
            self._is_complete = False
            return
        self._count += 1
        place = self._tracks.get(track)
        if place is None:
            place = self._tracks[track] = len(self._tracks)
        self._rows += _pack(
            place, timestamp_ms, size, flags, composition_ms, self._arrival(), fingerprint, clean,
            number,
        )  # fmt: skip

    def _arrival(self) -> float:
        if self.arrived_at_s is None:
            return math.nan
        if self.since_s is None:
            self.since_s = self.arrived_at_s
        return self.arrived_at_s - self.since_s

    def trace(self) -> Trace:
        """What was kept so far; a value of its own."""
        return Trace(complete=self._is_complete, tracks=tuple(self._tracks), rows=bytes(self._rows))
