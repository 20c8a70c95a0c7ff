"""A feed: one log, its readers, where they may begin, and what is kept for them. Floor 2.

What a publisher brings is a feed, and so is every form derived from it. Whoever writes appends
records and says which of them may be begun at; it never learns who reads.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.form_group import FormGroup
from trio_srs.hub.forms import Form
from trio_srs.hub.headers import NO_HEADERS, Headers
from trio_srs.hub.log import StreamLog
from trio_srs.hub.placement import Placement
from trio_srs.hub.policy import Block, Drop, Lossless, Skip
from trio_srs.hub.position import LogPosition
from trio_srs.hub.reader import Outlet, Reader
from trio_srs.hub.record import Record
from trio_srs.hub.retention import Retention, nothing_more
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.rtmp.message import MessageType

if TYPE_CHECKING:
    from trio_srs.hub.broadcast import Broadcaster

__all__ = ["Feed"]

_KEYFRAME: Final = int(FrameKind.KEYFRAME)
_AUDIO: Final = MessageType.AUDIO.value
_TRIM_RECORD: Final = 4096
"""What a record counts for, besides its body, of the bytes between two looks at what to keep."""


class Queued(Protocol):
    """Where feeds with news wait to be due."""

    @property
    def feeds(self) -> MutableMapping[Feed, float]:
        """Those that wait, and when each is due."""
        ...

    def remove(self, feed: Feed) -> None:
        """Let one wait there no longer."""
        ...


class Feed:
    """Records, readers, and what is between them.

    Everything here is synchronous. Readers outlive writers: between two of them they wait.

    Attributes:
        is_open: whether somebody writes.
        log: what was written, as far as it is kept.
        retention: how far that is.
        placement: where readers begin in it.
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
        audience: how many take what comes as it comes: readers, and all cursors but those of who
            only looks on, and catches up when asked.
        supervisor: is told of bugs in what is made of it.
    """

    __slots__ = (
        "_broadcaster",
        "_opened_at",
        "_readers",
        "_untrimmed",
        "audience",
        "cursors",
        "dirty",
        "groups",
        "has_listeners",
        "has_waited",
        "is_open",
        "log",
        "name",
        "placement",
        "queue",
        "rests_from",
        "retention",
        "sent_at",
        "settings",
        "slow",
        "supervisor",
        "urgent",
        "waiting",
    )

    def __init__(
        self,
        name: str,
        settings: StreamSettings,
        broadcaster: Broadcaster,
        *,
        headers: Headers = NO_HEADERS,
        shares: StreamLog | None = None,
    ) -> None:
        """
        Args:
            headers: what readers are given first.
            shares: the log with which the bound in bytes is shared; see :class:`.StreamLog`.
        """
        self.name = name
        self.settings = settings
        self.is_open = False
        self.groups: dict[Form, FormGroup] = {}
        self.slow: dict[LogPosition, None] = {}
        self.cursors: dict[Cursor, None] = {}
        self.waiting: dict[Cursor, None] = {}
        self.dirty = False
        self.urgent = 0
        self.has_waited = False
        self.queue: Queued | None = None
        self.sent_at = self.rests_from = -math.inf
        self.has_listeners = False
        self.audience = 0
        self.supervisor = broadcaster.supervisor
        self.retention = Retention(settings, headers, shares)
        self.log = self.retention.log
        self.placement = Placement(self.log, headers, settings)
        self._broadcaster = broadcaster
        self._readers = 0
        self._opened_at = 0
        self._untrimmed = 0

    @property
    def policy(self) -> Skip | Drop:
        """What becomes of readers that do not keep up and say nothing themselves."""
        return self.retention.policy

    @property
    def has_entry(self) -> bool:
        """Whether there is a place where readers may begin."""
        return self.placement.has_entry

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
        self.is_open = True
        self.placement.open(settings)
        self.retention.configure(settings)
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
        self.retention.kept_from = nothing_more
        closed_at = self.placement.close()
        for cursor in tuple(self.cursors):
            cursor.writer_left(closed_at)
        if notice is not None:
            self.append_now(notice)
        self.placement.release()
        if self.dirty:
            self._broadcaster.news(self)
        self._trim()

    def append(self, record: Record) -> None:
        """Add the newest record. The broadcaster must then hear of it, in the same moment."""
        self._untrimmed += len(record.body) + _TRIM_RECORD
        if (
            self.log.append(record)
            or self._untrimmed >= self.retention.trim_every
            or record.flags & _KEYFRAME
        ):
            self._trim()
        if record.type_id != _AUDIO or not self.placement.has_pictures:
            self.urgent += 1
        self.dirty = self.has_listeners

    def append_now(self, record: Record) -> None:
        """Add a record, and let readers have it in their next turn."""
        self.append(record)
        self._broadcaster.news(self)

    def push(self) -> None:
        """Let readers have what was appended: at once, or when they are next due."""
        self._broadcaster.push(self)

    # ---------------------------------------------------- where readers begin

    def skip(self, reader: LogPosition) -> None:
        """Put a reader that is too slow further on: at the newest keyframe, or at the next."""
        self.placement.place(reader, after=reader.position)

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
        self.placement.place(reader)
        outlet.wake()
        return reader

    def _add_reader(self, form: Form, outlet: Outlet, policy: Skip | Drop | None) -> Reader:
        group = self.groups.get(form)
        if group is None:
            group = self.groups[form] = FormGroup(form, self.log.end)
        self.has_listeners = True
        reader = Reader(self, group, outlet, policy)
        self._readers += 1
        self.audience += 1
        if policy is not None:
            self.retention.keep_for(policy, 1)
        group.add(reader)
        return reader

    def reform(self, reader: Reader, form: Form, *, keep_position: bool) -> Reader:
        """The same reader with another form (receiveAudio, receiveVideo).

        Args:
            keep_position: whether it goes on where it stands, after the headers that the form
                before had no use for; otherwise at the next keyframe, after all headers.
        """
        at = reader.position
        changed = self._add_reader(form, reader.outlet, reader.own_policy)
        changed.succeed(reader)
        reader.detach()
        if keep_position and not (reader.is_fresh or reader.awaits_keyframe or reader.owes_headers):
            changed.place(at, self.placement.more_first(reader, at, form))
        if reader.paused:
            changed.pause()
        elif changed.is_fresh:
            self.placement.place(changed, after=at - 1)
        reader.outlet.wake()
        return changed

    def let_rest(self, reader: LogPosition) -> None:
        """A reader wants nothing for a while: it keeps nothing alive and waits for nothing."""
        self.slow.pop(reader, None)
        self.placement.forget(reader)

    def caught_up(self, reader: Reader) -> None:
        """A reader is served by the broadcaster from here on."""
        self.slow.pop(reader, None)
        self._let_go()

    def was_sent(self) -> None:
        """The broadcaster has sent a span to everybody."""
        self._let_go()

    def was_seen(self) -> None:
        """Who looks at what is written has caught up: what was kept for that alone is not kept
        until the next look at the log."""
        entry, log = self.placement.entry, self.log
        if len(log) and (entry is None or entry > log.base):
            self._trim()

    def detach(self, reader: Reader) -> None:
        """A reader leaves; called by :meth:`Reader.detach` only."""
        self._readers -= 1
        self.audience -= 1
        self.let_rest(reader)
        if reader.own_policy is not None:
            self.retention.keep_for(reader.own_policy, -1)
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
        self.audience += not isinstance(policy, Block)
        if isinstance(policy, Lossless | Block):
            self.retention.lossless += (cursor,)
        elif policy is not None:
            self.retention.keep_for(policy, 1)
        if not self.is_open:
            cursor.place(self.log.end)
            return cursor
        cursor.writer_came(self._opened_at, 0)
        if begin is Begin.ENTRY:
            self.placement.place(cursor)
        else:
            is_now = begin is Begin.NOW
            at = self.log.end if is_now else max(self.log.base, self._opened_at)
            cursor.place(at, self.placement.prologue_at(at))
        return cursor

    def await_news(self, cursor: Cursor) -> None:
        """A cursor is to be woken when the broadcaster comes round with something new."""
        self.waiting[cursor] = None
        self.has_listeners = True

    def await_no_news(self, cursor: Cursor) -> None:
        """A cursor has been woken, or waits no longer."""
        self.waiting.pop(cursor, None)
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
        self.audience -= not isinstance(cursor.own_policy, Block)
        kept = self.retention
        kept.lossless = tuple(each for each in kept.lossless if each is not cursor)
        self.let_rest(cursor)
        self.await_no_news(cursor)
        policy = cursor.own_policy
        if isinstance(policy, Skip | Drop):
            self.retention.keep_for(policy, -1)
        self._let_go()

    # -------------------------------------------------------------- retention

    def discard(self) -> None:
        """Nobody writes it any more, nor begins to read it: hold nothing. Cursors are closed."""
        for cursor in tuple(self.cursors):
            cursor.close()
        self.log.clear()

    def _let_go(self) -> None:
        """With nobody publishing there is no next record to trim the log at."""
        if not self.is_open and len(self.log):
            self._trim()

    def _trim(self) -> None:
        """Let go of what no reader needs, nor any that may come."""
        self._untrimmed = 0
        placement = self.placement
        placement.bound_cache()
        self.retention.trim(placement.entry, self.groups.values(), self.slow, is_open=self.is_open)
        placement.drop_lost()
