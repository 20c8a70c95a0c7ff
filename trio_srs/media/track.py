"""What video and audio tracks have in common. Floor 1."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.clock import Clock
from trio_srs.media.digest import Digests
from trio_srs.media.facts import HeaderFacts, Moment
from trio_srs.media.rates import BitRate, Intervals
from trio_srs.media.still import Stillness
from trio_srs.wire.codec.ids import codec_by_fourcc

__all__ = ["Track", "only_if_full"]


T = TypeVar("T")


def only_if_full(make: Callable[[], T]) -> T:
    """The default of what only a ``full`` track adds to: all others share one, which stays as it
    was made."""
    shared = make()

    def made(track: Track) -> T:
        return make() if track.is_full else shared

    default: Any = attrs.Factory(made, takes_self=True)
    return default  # type: ignore[no-any-return]  # as attrs types it


@attrs.define(eq=False)
class Track(abc.ABC):
    """Follows one track; only what a ``full`` probe looks at costs more than counting."""

    track_id: int
    is_full: bool
    clock: Clock
    codec: str = ""
    messages: int = 0
    frames: int = 0
    keyframes: int = 0
    """Of audio, none."""
    byte_count: int = 0
    """Bytes of all messages."""
    trouble: str | None = None
    troubles: int = 0
    is_frame: bool = False
    """Whether the newest message has, or begins, a frame."""
    _first_trouble: int | None = None
    bitrate: BitRate = attrs.field(default=only_if_full(BitRate))
    intervals: Intervals = attrs.field(default=only_if_full(Intervals))
    still: Stillness = attrs.field(default=only_if_full(Stillness))
    digests: Digests = attrs.field(default=only_if_full(Digests))
    _fourcc: str = ""
    _record: bytes | None = None
    _bare_from: int | None = None
    """How many frames there were when a codec began that needs a header, until one comes."""
    _bare: int = 0
    _is_known: bool = False
    """Whether what the record says is what holds."""
    _headers: int = 0
    _changes: int = 0
    _first_change: Moment | None = None

    def count(self, size: int) -> None:
        """A message of so many bytes came."""
        self.messages += 1
        self.byte_count += size

    def count_frames(self, count: int, size: int, keyframes: int) -> None:
        """So many messages came, all frames, of so many bytes together; nothing else is known."""
        self.messages += count
        self.byte_count += size
        self.frames += count
        self.keyframes += keyframes

    def fail(self, trouble: ProtocolError | str) -> None:
        """A message, or a part of one, could not be read."""
        if self._first_trouble is None:
            self._first_trouble = self.frames - self.is_in_frame
        self.trouble = str(trouble)
        self.troubles += 1

    @property
    def is_in_frame(self) -> bool:
        """Whether the newest message is of the newest frame."""
        return self.is_frame

    def name(self, fourcc: str, *, bare: bool = False) -> None:
        """The codec is this one; another than before makes what its header said void.

        Args:
            bare: in this form it has no header, whatever others have.
        """
        if fourcc != self._fourcc:
            self._fourcc = fourcc
            codec = codec_by_fourcc(fourcc)
            self.codec = codec.name if codec else fourcc
            self._is_known = False
            self._end_bare()
            if codec is not None and codec.has_header and not bare:
                self._bare_from = self.frames
            self.forget_header()

    def _end_bare(self) -> None:
        self._bare, self._bare_from = self._bare_frames, None

    @property
    def _bare_frames(self) -> int:
        return self._bare + (0 if self._bare_from is None else self.frames - self._bare_from)

    def see_record(self, record: bytes, timestamp_ms: int) -> None:
        """A sequence header came; an empty one, which ffmpeg sends before AV1's, says nothing."""
        if not record:
            return
        self._headers += 1
        self._end_bare()
        if self._record is not None and record != self._record:
            self.note_change(timestamp_ms)
        elif self._is_known:
            self.repeat_header()  # for those who join late
            return
        self._record, self._is_known = record, False
        self.forget_header()
        self.read_header(record)
        self._is_known = True

    def note_change(self, timestamp_ms: int) -> None:
        """What the frames to come are like is another from here on."""
        self._changes += 1
        if self._first_change is None:
            self._first_change = Moment(self.frames, timestamp_ms)

    def repeat_header(self) -> None:  # noqa: B027  # most tracks need not know
        """The header came once more."""

    @abc.abstractmethod
    def forget_header(self) -> None:
        """Nothing is known of the frames to come."""

    @abc.abstractmethod
    def read_header(self, record: bytes) -> None:
        """Learn of the frames to come. Raises ProtocolError."""

    def see_time(self, timestamp_ms: int, size: int) -> int:
        """A frame came, of so many bytes; return its time at the track's pace."""
        clock = self.clock
        clock.add(timestamp_ms)
        if clock.amended_ms is not None:
            self.intervals.amend(clock.amended_ms)
        if clock.interval_ms is not None:
            self.intervals.add(clock.interval_ms)
        if clock.is_behind_stray:
            self.bitrate.come_back(clock.time_ms)
        self.bitrate.add(clock.time_ms, size)
        return clock.pace_ms

    def shared_facts(self) -> dict[str, Any]:
        """What is known so far, by the names of :class:`~trio_srs.media.facts.TrackFacts`."""
        clock = self.clock
        return {
            "track_id": self.track_id,
            "codec": self.codec,
            "trouble": self.trouble,
            "troubles": self.troubles,
            "first_trouble": self._first_trouble,
            "messages": self.messages,
            "frames": self.frames,
            "bytes": self.byte_count,
            "headers": HeaderFacts(
                self._headers, self._changes, self._first_change, self._bare_frames
            ),
            "bitrate": self.bitrate.facts(clock.duration_ms, clock.count),
            "clock": clock.facts(),
            "intervals": self.intervals.facts(),
            "longest_still_ms": self.still.longest_ms,
            "digests": self.digests.facts() if self.is_full else None,
        }
