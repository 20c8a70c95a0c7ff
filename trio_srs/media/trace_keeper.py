"""Keeps the trace of a stream while its frames come. Floor 1."""

from __future__ import annotations

import math
from typing import Final
from zlib import crc32

import attrs

from trio_srs.media.frame_number import sei_frame_number
from trio_srs.media.picture import Picture
from trio_srs.media.trace import KEY, OPEN, PICTURE_AT, PICTURES, ROW, STILL, Trace
from trio_srs.media.track import Track
from trio_srs.media.video_track import VideoTrack
from trio_srs.wire.flv.audio import AudioBody
from trio_srs.wire.flv.video import VideoBody

__all__ = ["MOST_FRAMES", "TraceKeeper"]

MOST_FRAMES: Final = 200_000
"""Of all tracks together: 48 minutes of 25 pictures and 44 sounds a second, in 8 MB."""

_pack = ROW.pack
_NUMBER_WITHIN: Final = 256
"""Bytes: the counter stands in front of the picture; parameter sets may stand before it."""
_PICTURE_BITS: Final = {name: number << PICTURE_AT for number, name in enumerate(PICTURES)}


@attrs.define(eq=False)
class _Ahead:
    """What is kept of messages that go ahead of a picture, joined."""

    fingerprint: int = 0
    clean: int = 0
    number: int = -1


_NOTHING: Final = _Ahead()


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
    _ahead: dict[int, _Ahead] = attrs.field(factory=dict)
    """By video track."""
    _row_at: dict[int, int] = attrs.field(factory=dict)
    """By video track: where the row of its newest frame begins."""

    def add_picture(
        self, track: VideoTrack, body: VideoBody, picture: Picture | None, timestamp_ms: int
    ) -> None:
        """Take the frame that a message began on a video track, which has just seen it.

        Args:
            picture: what is in the message, None if nobody knows.
            timestamp_ms: its message's.
        """
        place = self._place(("video", track.track_id))
        if place is None:
            self._row_at.pop(track.track_id, None)
            return
        fingerprint, clean, number = self._marks(track.track_id, body.data, picture)
        self._row_at[track.track_id] = len(self._rows)
        self._rows += _pack(
            place, timestamp_ms, track.frame_size, _flags(track, picture, track.is_key),
            body.composition_ms, self._arrived_s, fingerprint, clean, number,
        )  # fmt: skip

    def extend_picture(self, track: VideoTrack, body: VideoBody, picture: Picture | None) -> None:
        """Take more of the newest frame of a video track, which has just seen it, likewise."""
        at = self._row_at.get(track.track_id)
        if at is None:
            return
        place, ms, size, flags, offset, arrived, *marks = ROW.unpack_from(self._rows, at)
        fingerprint, clean, number = _add_marks(_Ahead(*marks), body.data, picture)
        flags = _flags(track, track.picture, bool(flags & KEY)) | flags & OPEN
        ROW.pack_into(
            self._rows, at, place, ms, size + track.frame_size, flags, offset, arrived,
            fingerprint, clean, number,
        )  # fmt: skip

    def keep_ahead(self, track: VideoTrack, body: VideoBody, picture: Picture | None) -> None:
        """Take what goes ahead of a frame, likewise."""
        before = self._ahead.get(track.track_id, _Ahead())
        self._ahead[track.track_id] = _Ahead(*_add_marks(before, body.data, picture))

    def _marks(self, track_id: int, data: bytes, picture: Picture | None) -> tuple[int, int, int]:
        ahead = self._ahead.pop(track_id, None) if self._ahead else None
        return _add_marks(_NOTHING if ahead is None else ahead, data, picture)

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


def _flags(track: VideoTrack, picture: Picture | None, is_key: bool) -> int:
    flags = (KEY if is_key else 0) | (STILL if track.still.is_still else 0)
    if picture is None:
        return flags
    if picture.leads or (is_key and picture.opens):
        flags |= OPEN
    return flags | _PICTURE_BITS[picture.kind]


def _add_marks(before: _Ahead, data: bytes, picture: Picture | None) -> tuple[int, int, int]:
    """The checksums of what came before and this, and the frame's number."""
    fingerprint = clean = crc32(data, before.fingerprint)
    number = before.number
    if picture is None or picture.clean is None:
        if before.clean != before.fingerprint:
            clean = crc32(data, before.clean)
        return fingerprint, clean, number
    if number < 0:  # it is user data
        found = sei_frame_number(data[:_NUMBER_WITHIN])
        number = -1 if found is None else found
    return fingerprint, crc32(picture.clean, before.clean), number
