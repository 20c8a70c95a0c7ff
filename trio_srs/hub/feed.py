"""A feed: one log, its readers, where they may begin, and what is kept for them. Floor 2.

What a publisher brings is a feed, and so is every form derived from it. Whoever writes appends
records and says which of them may be begun at; it never learns who reads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.entry_point import NOTHING_FIRST, EntryPoint, Prologue
from trio_srs.hub.form_group import FormGroup
from trio_srs.hub.forms import Form
from trio_srs.hub.headers import Header
from trio_srs.hub.log import LogBounds, StreamLog
from trio_srs.hub.policy import Block, Drop, Lossless, Skip, policy_of
from trio_srs.hub.position import LogPosition
from trio_srs.hub.reader import Outlet, Reader
from trio_srs.hub.record import Record, weight
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.rtmp.message import MessageType

if TYPE_CHECKING:
    from trio_srs.hub.broadcast import Broadcaster

__all__ = ["HEADERS_PART", "Feed", "Headers", "Times"]

HEADERS_PART: Final = 8
"""One in so many bytes of what a feed may hold may be headers; and it is looked twice as often for
what is no longer wanted."""
_KEYFRAME: Final = int(FrameKind.KEYFRAME)
_AUDIO: Final = MessageType.AUDIO.value
_TRIM_EVERY: Final = 2**18
"""Bytes between two looks at what is no longer wanted; less, if what may be kept is little."""
_TRIM_RECORD: Final = _TRIM_EVERY // 64
"""What a record counts for there, besides its body."""


class Headers(Protocol):
    """What a reader that joins later must be given first."""

    @property
    def peak(self) -> int:
        """The most bytes that were ever held of them."""
        ...

    def snapshot(self) -> tuple[Header, ...]:
        """All that hold now."""
        ...


class Queued(Protocol):
    """Where feeds with news wait to be due."""

    @property
    def feeds(self) -> MutableMapping[Feed, float]:
        """Those that wait, and when each is due."""
        ...

    def remove(self, feed: Feed) -> None:
        """Let one wait there no longer."""
        ...


class Times(Protocol):
    """The timestamps of what is written."""

    @property
    def last_ms(self) -> int:
        """The newest timestamp that was written."""
        ...


class _NoTimes:
    """Before anybody has written."""

    last_ms: Final = 0


class _NoHeaders:
    """Of a feed whose records say all that a reader needs."""

    peak: Final = 0

    def snapshot(self) -> tuple[Header, ...]:
        """No headers: nothing is missing without them."""
        return ()


_NO_HEADERS: Final = _NoHeaders()
_NO_TIMES: Final = _NoTimes()


class Feed:
    """Records, readers, and what is between them.

    Everything here is synchronous. Readers outlive writers: between two of them they wait.

    Attributes:
        is_open: whether somebody writes.
        policy: what becomes of readers that do not keep up and say nothing themselves.
        groups: the readers, by the bytes that they get.
        slow: readers that are not served by the broadcaster and stand somewhere in the log.
        cursors: the readers of records.
        waiting: those of them that are to be woken when the broadcaster comes round with news.
        dirty: whether there is news for readers that the broadcaster has not begun to send.
        urgent: how many records of it do not wait for a picture to go along with.
        has_waited: whether the broadcaster let the news wait.
        queue: where the broadcaster has it, while it waits to be due.
        sent_at: when the broadcaster had last sent something to all, on Trio's clock; and ...
        rests_from: ... when that was the last time something urgent.
        has_listeners: whether there is anybody for whom a record is news.
        times: knows the newest timestamp that was written.
        has_pictures: whether readers may begin at some records only, and the others hang on them.
        supervisor: is told of bugs in what is made of it.
        kept_from: told the end of the log, from where on nothing is to be let go, whoever reads.
    """

    def __init__(
        self,
        name: str,
        settings: StreamSettings,
        broadcaster: Broadcaster,
        *,
        headers: Headers = _NO_HEADERS,
        shares: StreamLog | None = None,
    ) -> None:
        """
        Args:
            headers: what readers are given first.
            shares: the log with which the bound in bytes is shared; see :class:`.StreamLog`.
        """
        self.name = name
        self.settings = settings
        self.policy = policy_of(settings)
        self.is_open = False
        self.groups: dict[Form, FormGroup] = {}
        self.slow: set[LogPosition] = set()
        self.cursors: dict[Cursor, None] = {}
        self.waiting: set[Cursor] = set()
        self.dirty = False
        self.urgent = 0
        self.has_waited = False
        self.queue: Queued | None = None
        self.sent_at = self.rests_from = -math.inf
        self.has_listeners = False
        self.times: Times = _NO_TIMES
        self.has_pictures = False
        self.kept_from: Callable[[int], int] = _nothing_more
        self._headers = headers
        self._broadcaster = broadcaster
        self._own_policies: dict[float, int] = {}  # how far behind, and how many readers
        self.supervisor = broadcaster.supervisor
        self.log = StreamLog(self._bounds(), shares=shares)
        self._readers = 0
        self._awaiting: set[LogPosition] = set()
        self._lossless: tuple[Cursor, ...] = ()
        self._entry: EntryPoint | None = None
        self._newest_entry = 0  # its position, also when it is no longer cached
        self._opened_at = self._closed_at = 0
        self._untrimmed = 0
        self._trim_every = _trim_every(settings)

    @property
    def reader_count(self) -> int:
        """How many readers of bytes there are; cursors are none."""
        return self._readers

    # ---------------------------------------------------------------- writing

    def open(self, settings: StreamSettings, notice: Record | None = None) -> None:
        """Somebody begins to write, and these settings hold from now on.

        Args:
            notice: what readers of bytes are told before. It is none of what is written.
        """
        self.settings = settings
        self.policy = policy_of(settings)
        self.is_open = True
        self.has_pictures = False
        self.log.bounds = self._bounds()
        self._trim_every = _trim_every(settings)
        if notice is not None:
            self.append_now(notice)
        self._opened_at = self.log.end
        for cursor in self.cursors:
            cursor.writer_came(self._opened_at, self.log.appended)

    def close(self, notice: Record | None = None) -> None:
        """Nobody writes any more, and nobody may begin in what is left.

        Args:
            notice: what readers of bytes are told behind all that was written.
        """
        self.is_open = False
        self._entry = None
        self.kept_from = _nothing_more
        self._newest_entry = self._closed_at = self.log.end
        for cursor in tuple(self.cursors):
            cursor.writer_left(self._closed_at)
        if notice is not None:
            self.append_now(notice)
        for reader in self._awaiting:  # let them see how it was closed
            reader.place(self._closed_at)
            reader.wake()
        self._awaiting.clear()
        if self.dirty:
            self._broadcaster.news(self)
        self._trim()

    def append(self, record: Record) -> None:
        """Add the newest record. The broadcaster must then hear of it, in the same moment."""
        self._untrimmed += len(record.body) + _TRIM_RECORD
        if (
            self.log.append(record)
            or self._untrimmed >= self._trim_every
            or record.flags & _KEYFRAME
        ):
            self._trim()
        if record.type_id != _AUDIO or not self.has_pictures:
            self.urgent += 1
        self.dirty = self.has_listeners

    def append_now(self, record: Record) -> None:
        """Add a record, and let readers have it in their next turn."""
        self.append(record)
        self._broadcaster.news(self)

    def push(self) -> None:
        """Let readers have what was appended: at once, or when they are next due."""
        self._broadcaster.push(self)

    def reserve_headers(self) -> None:
        """There may be more headers than ever before: the log may hold less then."""
        if self._headers.peak > self._reserved:
            self.log.bounds = self._bounds()

    # ---------------------------------------------------- where readers begin

    @property
    def has_entry(self) -> bool:
        """Whether there is a place where readers may begin."""
        return self._entry is not None

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
            self._place_at(reader, self._entry, timestamp_ms)
            reader.wake()
        self._awaiting.clear()

    def _place_at(self, reader: LogPosition, entry: EntryPoint, timestamp_ms: int) -> None:
        """Let a reader begin at an entry, after the headers that it does not know."""
        reader.place(entry.position, entry.prologue(reader.knows_until, timestamp_ms))

    def _timestamp_at(self, position: int) -> int:
        """Of the first record that a reader gets there."""
        log = self.log
        kept = log.base <= position < log.end
        return log.at(position).timestamp_ms if kept else self.times.last_ms

    def _place(self, reader: LogPosition, *, after: int = -1) -> None:
        """Put a reader where one may begin now, or let it wait for the next such place.

        Args:
            after: it does not go back: it is put behind this position or waits.
        """
        if not self.is_open:
            # Who was here before is told that the writer has left; the log may have lost it.
            at = max(reader.position, self._closed_at, self.log.base)
            reader.place(self.log.end if reader.is_fresh else at)
            return
        self._bound_cache()
        entry = self._entry
        if entry is None or entry.position <= after:
            reader.await_keyframe()
            self._awaiting.add(reader)
        else:
            self._place_at(reader, entry, self._timestamp_at(entry.position))

    def skip(self, reader: LogPosition) -> None:
        """Put a reader that is too slow further on: at the newest keyframe, or at the next."""
        self._place(reader, after=reader.position)

    def go_on(self, reader: Reader) -> None:
        """Put a reader that has paused where it goes on."""
        here = reader.position
        if (
            reader.is_fresh
            or reader.awaits_keyframe
            or reader.owes_headers
            or here < max(self._newest_entry, self.log.base)
        ):
            self._place(reader, after=here - 1)
        else:
            reader.place(here)

    def is_too_slow(self, position: int, after_s: float) -> bool:
        """Whether who stands at a position is further behind than so many seconds, or than the
        log goes back."""
        log = self.log
        if position >= log.end:
            return False
        if position < log.base:
            return True
        lag = log.at(log.end - 1).arrived_at - log.at(position).arrived_at
        return lag > after_s

    # ---------------------------------------------------------------- readers

    def attach(self, form: Form, outlet: Outlet, policy: Skip | Drop | None = None) -> Reader:
        """Begin to read; the outlet is woken when there is something to send.

        Args:
            policy: what becomes of it if it does not keep up; by default what the settings say of
                whoever writes then.
        """
        reader = self._add_reader(form, outlet, policy)
        self._place(reader)
        outlet.wake()
        return reader

    def _add_reader(self, form: Form, outlet: Outlet, policy: Skip | Drop | None) -> Reader:
        group = self.groups.get(form)
        if group is None:
            group = self.groups[form] = FormGroup(form, self.log.end)
        self.has_listeners = True
        reader = Reader(self, group, outlet, policy)
        self._readers += 1
        if policy is not None:
            self._keep_for(policy, 1)
        group.add(reader)
        return reader

    def reform(self, reader: Reader, form: Form, *, keep_position: bool) -> Reader:
        """The same reader with another form (receiveAudio, receiveVideo).

        Args:
            keep_position: whether it goes on where it stands, after the headers that the form
                before had no use for; otherwise at the next keyframe, after all headers.
        """
        at, old = reader.position, reader.group.form
        changed = self._add_reader(form, reader.outlet, reader.own_policy)
        changed.succeed(reader)
        reader.detach()
        if keep_position and not (reader.is_fresh or reader.awaits_keyframe or reader.owes_headers):
            wanted = self._newly_wanted(at, old, form)
            changed.place(at, reader.prologue.before(wanted, self._timestamp_at(at)))
        if reader.paused:
            changed.pause()
        elif changed.is_fresh:
            self._place(changed, after=at - 1)
        reader.outlet.wake()
        return changed

    def _newly_wanted(self, at: int, old: Form, new: Form) -> list[Header]:
        """Headers that hold at a position and are only in the new form."""
        return [
            header
            for header in self._headers.snapshot()
            if header.position < at
            and new.wants(header.record.type_id)
            and not old.wants(header.record.type_id)
        ]

    def let_rest(self, reader: LogPosition) -> None:
        """A reader wants nothing for a while: it keeps nothing alive and waits for nothing."""
        self.slow.discard(reader)
        self._awaiting.discard(reader)

    def caught_up(self, reader: Reader) -> None:
        """A reader is served by the broadcaster from here on."""
        self.slow.discard(reader)
        self._let_go()

    def was_sent(self) -> None:
        """The broadcaster has sent a span to everybody."""
        self._let_go()

    def detach(self, reader: Reader) -> None:
        """A reader leaves; called by :meth:`Reader.detach` only."""
        self._readers -= 1
        self.let_rest(reader)
        if reader.own_policy is not None:
            self._keep_for(reader.own_policy, -1)
        reader.group.remove(reader)
        if not reader.group.readers:
            del self.groups[reader.group.form]
            self.log.forget_form(reader.group.form)
            self.has_listeners = bool(self.groups or self.waiting)
        self._let_go()

    # ---------------------------------------------------------------- cursors

    def cursor(
        self,
        policy: Skip | Drop | Lossless | Block | None = None,
        begin: Begin = Begin.ENTRY,
        *,
        follow: bool = True,
    ) -> Cursor:
        """Begin to read the records themselves; the cursor is to be closed.

        Args:
            policy: what becomes of it if it does not keep up; by default what the settings say of
                whoever writes then.
            begin: where, in what is being written now.
            follow: whether it goes on with the next writer, or ends with the one that is here, or
                else comes next.
        """
        cursor = Cursor(self, policy, follow=follow)
        self.cursors[cursor] = None
        if isinstance(policy, Lossless | Block):
            self._lossless += (cursor,)
        elif policy is not None:
            self._keep_for(policy, 1)
        if not self.is_open:
            cursor.place(self.log.end)
            return cursor
        cursor.writer_came(self._opened_at, 0)
        if begin is Begin.ENTRY:
            self._place(cursor)
        else:
            is_now = begin is Begin.NOW
            at = self.log.end if is_now else max(self.log.base, self._opened_at)
            cursor.place(at, self._prologue_at(at))
        return cursor

    def _prologue_at(self, position: int) -> Prologue:
        """The headers that hold there, as far as they still do."""
        headers = tuple(it for it in self._headers.snapshot() if it.position < position)
        return Prologue(headers, self._timestamp_at(position)) if headers else NOTHING_FIRST

    def await_news(self, cursor: Cursor) -> None:
        """A cursor is to be woken when the broadcaster comes round with something new."""
        self.waiting.add(cursor)
        self.has_listeners = True

    def await_no_news(self, cursor: Cursor) -> None:
        """A cursor has been woken, or waits no longer."""
        self.waiting.discard(cursor)
        self.has_listeners = bool(self.groups or self.waiting)

    def wake_cursors(self) -> None:
        """The broadcaster comes round: those that wait have something to take."""
        for cursor in self.waiting:
            cursor.wake()
        self.waiting.clear()
        self.has_listeners = bool(self.groups)

    def drop_cursor(self, cursor: Cursor) -> None:
        """A cursor leaves; called by :meth:`.Cursor.close` only."""
        del self.cursors[cursor]
        self._lossless = tuple(each for each in self._lossless if each is not cursor)
        self.let_rest(cursor)
        self.await_no_news(cursor)
        policy = cursor.own_policy
        if isinstance(policy, Skip | Drop):
            self._keep_for(policy, -1)
        self._let_go()

    # -------------------------------------------------------------- retention

    def discard(self) -> None:
        """Nobody writes it any more, nor begins to read it: hold nothing. Cursors are closed."""
        for cursor in tuple(self.cursors):
            cursor.close()
        self.log.clear()

    def _keep_for(self, policy: Skip | Drop, count: int) -> None:
        """So many readers more, or less, have a policy of their own."""
        held = self._own_policies.pop(policy.after_s, 0) + count
        if held:
            self._own_policies[policy.after_s] = held
        self.log.bounds = self._bounds()

    def _patience(self) -> float:
        """How far behind the most patient reader may fall, in seconds."""
        return max((self.policy.after_s, *self._own_policies))

    def _bounds(self) -> LogBounds:
        """What the log may hold: what all may, without headers. Whoever stands in the log may
        hold those that there were when its oldest record came, and those are not in it."""
        settings = self.settings
        self._reserved = self._headers.peak
        return LogBounds(
            seconds=max(self._patience(), settings.gop_cache or 0.0),
            size=settings.log_bytes - min(self._reserved, settings.log_bytes // HEADERS_PART),
        )

    def _let_go(self) -> None:
        """With nobody publishing there is no next record to trim the log at."""
        if not self.is_open and len(self.log):
            self._trim()

    def _trim(self) -> None:
        """Let go of what no reader needs, nor any that may come."""
        self._untrimmed = 0
        self._bound_cache()
        log = self.log
        entry = self._entry
        wanted = min(self.kept_from(log.end), self._behind())
        if entry is not None:
            wanted = min(wanted, entry.position)
        if self._lossless:
            wanted = min(wanted, self._untaken())
        base = log.base
        dropped = log.trim(wanted) if self.is_open else log.trim(wanted, grain=1)
        if dropped:
            for cursor in self._lossless:
                cursor.hold(base, dropped)
        if self._entry is not None and self._entry.position < log.base:
            self._entry = None
        for reader in self.slow:
            if reader.prologue and reader.position < log.base:
                reader.forget_prologue()

    def _behind(self) -> int:
        """The position of the reader that is furthest behind, each not further than it may be."""
        log = self.log
        behind = min((group.sent for group in self.groups.values()), default=log.end)
        if behind < log.end:
            behind = max(behind, self._since(self._patience()))
        kept: dict[float, int] = {}
        for reader in self.slow:
            position = reader.wants_from
            if position < behind:
                after_s = reader.after_s
                if after_s not in kept:
                    kept[after_s] = self._since(after_s)
                behind = min(behind, max(position, kept[after_s]))
        return behind

    def _since(self, seconds: float) -> int:
        """The position of the first record that arrived so long before the newest, or later."""
        log = self.log
        return log.since(log.at(log.end - 1).arrived_at - seconds) if len(log) else log.end

    def _untaken(self) -> int:
        """Up to where all cursors that lose nothing have taken everything."""
        is_over = self.log.is_over()
        for cursor in self._lossless:
            cursor.press(log_is_over=is_over)
        return min((cursor.wants_from for cursor in self._lossless), default=self.log.end)

    def _bound_cache(self) -> None:
        """Drop the GOP cache when the GOP has outgrown it: who joins waits for a keyframe."""
        entry, log, settings = self._entry, self.log, self.settings
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


def _trim_every(settings: StreamSettings) -> int:
    least = min(settings.gop_cache_bytes, settings.log_bytes)
    return min(least // (2 * HEADERS_PART), _TRIM_EVERY)


def _nothing_more(end: int) -> int:
    """Of a feed that keeps nothing but what readers want."""
    return end
