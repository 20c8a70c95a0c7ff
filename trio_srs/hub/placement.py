"""Where those who come to a feed begin, and those who missed something go on. Floor 2."""

from __future__ import annotations

from typing import Final, Protocol

from trio_srs.hub.entry_point import NOTHING_FIRST, EntryPoint, Prologue
from trio_srs.hub.forms import Form
from trio_srs.hub.headers import Headers
from trio_srs.hub.log import StreamLog
from trio_srs.hub.position import LogPosition
from trio_srs.hub.reader import Reader
from trio_srs.hub.record import weight
from trio_srs.hub.settings import StreamSettings

__all__ = ["Placement", "Times"]


class Times(Protocol):
    """The timestamps of what is written."""

    @property
    def last_ms(self) -> int:
        """The newest timestamp that was written."""
        ...


class _NoTimes:
    """Before anybody has written."""

    last_ms: Final = 0


_NO_TIMES: Final = _NoTimes()


class Placement:
    """Puts readers at a place in one log where one may begin, or lets them wait for the next.

    Attributes:
        log: where they stand.
        times: knows the newest timestamp that was written.
        has_pictures: whether readers may begin at some records only, and the others hang on them.
    """

    __slots__ = (
        "_awaiting",
        "_closed_at",
        "_entry",
        "_headers",
        "_is_open",
        "_newest_entry",
        "_settings",
        "has_pictures",
        "log",
        "times",
    )

    def __init__(self, log: StreamLog, headers: Headers, settings: StreamSettings) -> None:
        self.times: Times = _NO_TIMES
        self.has_pictures = False
        self.log, self._headers, self._settings = log, headers, settings
        self._is_open = False
        self._awaiting: dict[LogPosition, None] = {}  # an empty set takes three times as much
        self._entry: EntryPoint | None = None
        self._newest_entry = 0  # its position, also when it is no longer cached
        self._closed_at = 0

    # ---------------------------------------------------------------- writing

    def open(self, settings: StreamSettings) -> None:
        """Somebody begins to write, and these settings hold from now on."""
        self._settings = settings
        self._is_open = True
        self.has_pictures = False

    def close(self) -> int:
        """Nobody writes any more, and nobody may begin in what is left; up to where it was."""
        self._is_open = False
        self._entry = None
        self._newest_entry = self._closed_at = self.log.end
        return self._closed_at

    def release(self) -> None:
        """Let those see how it was closed who waited for a place to begin."""
        for reader in self._awaiting:
            reader.place(self._closed_at)
            reader.wake()
        self._awaiting.clear()

    @property
    def has_entry(self) -> bool:
        """Whether there is a place where readers may begin."""
        return self._entry is not None

    @property
    def entry(self) -> int | None:
        """The position of that place."""
        return None if self._entry is None else self._entry.position

    def enter(self, position: int, timestamp_ms: int) -> None:
        """What stands there, or is about to be appended, with this timestamp, is where readers
        may begin."""
        log, headers = self.log, self._headers.snapshot()
        appended = log.appended
        if position < log.end:
            headers = tuple(header for header in headers if header.position < position)
            passed = log.between(position, log.end)
            appended -= sum(map(weight, passed))
        self._entry = EntryPoint(position, headers, appended)
        self._newest_entry = position
        for reader in self._awaiting:
            _place_at(reader, self._entry, timestamp_ms)
            reader.wake()
        self._awaiting.clear()

    def bound_cache(self) -> None:
        """Drop the GOP cache when the GOP has outgrown it: who joins waits for a keyframe."""
        entry, log, settings = self._entry, self.log, self._settings
        if entry is None or entry.position >= log.end or not self.has_pictures:
            return
        newest, oldest = log.at(log.end - 1), log.at(entry.position)
        if (
            settings.gop_cache is None
            or newest.arrived_at - oldest.arrived_at > settings.gop_cache
            or log.end - entry.position > settings.gop_cache_records
            or log.appended - entry.bytes_before > settings.gop_cache_bytes
        ):
            self._entry = None

    def drop_lost(self) -> None:
        """The log was trimmed: nobody may begin at what it has let go of."""
        if self._entry is not None and self._entry.position < self.log.base:
            self._entry = None

    # ---------------------------------------------------------------- readers

    def place(self, reader: LogPosition, *, after: int = -1) -> None:
        """Put a reader where one may begin now, or let it wait for the next such place.

        Args:
            after: it does not go back: it is put behind this position or waits.
        """
        if not self._is_open:
            # Who was here before is told that the writer has left; the log may have lost it.
            at = max(reader.position, self._closed_at, self.log.base)
            reader.place(self.log.end if reader.is_fresh else at)
            return
        self.bound_cache()
        entry = self._entry
        if entry is None or entry.position <= after:
            reader.await_keyframe()
            self._awaiting[reader] = None
        else:
            _place_at(reader, entry, self._timestamp_at(entry.position))

    def go_on(self, reader: Reader) -> None:
        """Put a reader that has paused where it goes on."""
        here = reader.position
        if (
            reader.is_fresh
            or reader.awaits_keyframe
            or reader.owes_headers
            or here < max(self._newest_entry, self.log.base)
        ):
            self.place(reader, after=here - 1)
        else:
            reader.place(here)

    def forget(self, reader: LogPosition) -> None:
        """It waits for nothing."""
        self._awaiting.pop(reader, None)

    # ---------------------------------------------------------------- headers

    def prologue_at(self, position: int) -> Prologue:
        """The headers that hold there, as far as they still do."""
        headers = tuple(it for it in self._headers.snapshot() if it.position < position)
        return Prologue(headers, self._timestamp_at(position)) if headers else NOTHING_FIRST

    def more_first(self, reader: Reader, at: int, new: Form) -> Prologue:
        """What a reader that stands there is to be given first, once it reads in another form:
        also the headers that hold there and are only in that one."""
        old = reader.group.form
        wanted = [
            header
            for header in self._headers.snapshot()
            if header.position < at
            and new.wants(header.record.type_id)
            and not old.wants(header.record.type_id)
        ]
        return reader.prologue.before(wanted, self._timestamp_at(at))

    def _timestamp_at(self, position: int) -> int:
        """Of the first record that a reader gets there."""
        log = self.log
        kept = log.base <= position < log.end
        return log.at(position).timestamp_ms if kept else self.times.last_ms


def _place_at(reader: LogPosition, entry: EntryPoint, timestamp_ms: int) -> None:
    """Let a reader begin at an entry, after the headers that it does not know."""
    reader.place(entry.position, entry.prologue(reader.knows_until, timestamp_ms))
