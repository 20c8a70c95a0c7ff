"""Which messages with coded video are one picture, and where it begins. Floor 2, and pure.

A picture is one message, or several with one timestamp: slices, parameter sets, SEI and delimiters
in messages of their own. So another timestamp is another picture, and nothing more is looked at.
"""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.hub.log import StreamLog
from trio_srs.hub.record import Record
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.flv.slices import begins_picture
from trio_srs.wire.flv.slot import track_codecs

__all__ = ["PictureBoundaries", "PicturePart"]

_KEYFRAME: Final = int(FrameKind.KEYFRAME)
_LONGEST: Final = 256
"""Messages of everything from the first of a picture to its last: with more between, the picture
may be joined at its last message only."""


@attrs.define(eq=False)
class PicturePart:
    """What a message is of a picture."""

    position: int
    """Of the first message of that picture."""
    begins: bool
    """Whether this is it."""
    begins_key: bool
    """Whether it is the first that says that the picture is a keyframe."""


@attrs.define(eq=False)
class _Picture:
    position: int
    is_key: bool
    has_slice: bool


class PictureBoundaries:
    """What is known of the newest picture of each track.

    Attributes:
        timestamp_ms: of the newest one, as it was sent; None before the first.
        position: of the first message with that timestamp, whatever track it is of. Whoever sees
            a message with another timestamp sets both, and there is nothing else to do.
    """

    __slots__ = ("_at", "_by_track", "position", "timestamp_ms")

    def __init__(self) -> None:
        self.timestamp_ms: int | None = None
        self.position = self._at = -1
        self._by_track: dict[int, _Picture] = {}

    def go_on(self, record: Record, log: StreamLog) -> PicturePart:
        """A message with the same timestamp comes, and is about to be in the log."""
        if self._at != self.position:
            self._at, self._by_track = self.position, {}
            self._see_first(log)
        position, track = log.end, _track(record)
        is_key = bool(record.flags & _KEYFRAME)
        picture = self._by_track.get(track)
        has_slice = begins_picture(record.body)
        if picture is None or (has_slice and picture.has_slice):
            self._by_track[track] = _Picture(position, is_key, has_slice)
            return PicturePart(position, begins=True, begins_key=is_key)
        begins_key = is_key and not picture.is_key
        picture.is_key |= is_key
        picture.has_slice |= has_slice
        if picture.position < max(log.base, position - _LONGEST):
            picture.position = position  # its beginning is not kept
        return PicturePart(picture.position, begins=False, begins_key=begins_key)

    def _see_first(self, log: StreamLog) -> None:
        """Look at the message that was the first of this timestamp, now that it matters."""
        if self.position >= log.base:
            record = log.at(self.position)
            is_key = bool(record.flags & _KEYFRAME)
            picture = _Picture(self.position, is_key, begins_picture(record.body))
            self._by_track[_track(record)] = picture

    def wanted_from(self, end: int) -> int:
        """Where the picture under way begins, if somebody may still begin there."""
        is_near = self.timestamp_ms is not None and end - self.position <= _LONGEST
        return self.position if is_near else end


def _track(record: Record) -> int:
    """The id of the first track of a body; of one that cannot be read, the default track's."""
    tracks = track_codecs(True, record.body)
    return tracks[0][0] if tracks else 0
