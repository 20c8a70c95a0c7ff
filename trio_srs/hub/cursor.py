"""Cursors: whoever reads the records of a feed, and not their bytes on some wire. Floor 2.

A recorder, a derived form, an inspector: each stands at a position of the log, and takes from there
in a task or a turn of its own. Nothing is done for it when a record comes; who waits is woken when
the broadcaster comes round.

One iteration is what one writer wrote: of a stream, one publish. Another iteration goes on with the
next writer::

    with stream.feed.cursor(Lossless(most_bytes=2**26, most_s=30.0)) as cursor:
        while True:
            async for records in cursor:
                ...  # of one publish
"""

from __future__ import annotations

import enum
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import attrs
import trio

from trio_srs.hub.entry_point import NOTHING_FIRST, Prologue
from trio_srs.hub.policy import Block, Drop, Lossless, ReaderTooSlowError, Skip
from trio_srs.hub.position import LogPosition
from trio_srs.hub.record import Record, weight

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed

__all__ = ["Begin", "Cursor"]

_BATCH_BYTES: Final = 2**20
"""Of one batch, and one record more."""
_UNTAKEN_MOST: Final = 1024
"""Records that a cursor that blocks may leave for later. Who sends more than it has time for waits
for it in its own turn; otherwise all of it would be to do at once in the end."""
_ALL: Final = sys.maxsize


class Begin(enum.Enum):
    """Where a cursor begins in what is being written. Headers that hold there come first, as
    records of their own. If nobody writes, it begins with the first record of the next writer."""

    NOW = enum.auto()
    """At the next record that comes."""
    ENTRY = enum.auto()
    """At the newest place where readers may begin (a keyframe), or else at the next one."""
    OLDEST = enum.auto()
    """At the first record of this writer that is still kept; of the headers before it come those
    that no newer one has replaced by now."""


@attrs.define
class _Written:
    """What one writer writes."""

    begin: int
    appended: int
    """Bytes that the feed had before."""
    end: int | None = None
    """None while it writes."""
    appended_until: int = 0
    """Bytes that the feed had then."""


class Cursor(LogPosition, AsyncIterator[list[Record]]):
    """One reader of the records of one feed. Made by :meth:`.Feed.cursor`.

    It is a context manager that closes it. Iterated over, it gives batches of records, in order,
    none of them empty; a batch is of one writer, and of an unbroken run: behind a skip another one
    begins, with the headers that the cursor does not know. An iteration ends when a writer has
    ended and all of it was given, and is over for good when the cursor is closed.

    Attributes:
        closed: whether nothing more will be given.
    """

    __slots__ = (
        "_failure",
        "_first",
        "_first_bytes",
        "_follow",
        "_given_bytes",
        "_held",
        "_policy",
        "_seen_bytes",
        "_waiting",
        "_wants_writer",
        "_written",
        "closed",
    )

    def __init__(
        self, feed: Feed, policy: Skip | Drop | Lossless | Block | None, *, follow: bool
    ) -> None:
        super().__init__(feed)
        self.closed = False
        self._policy = policy
        self._follow = follow and not isinstance(policy, Block)
        self._wants_writer = True
        self._written: list[_Written] = []  # the one it reads, and those behind
        self._held: list[Record] = []  # from its position on: the log has let go of them
        self._first: list[Record] = []  # the prologue, when the log has let go of what follows it
        self._first_bytes = 0
        self._seen_bytes = 0  # that the feed had before its position
        self._given_bytes = 0
        self._failure: Callable[[], Exception] | None = None
        self._waiting: trio.Event | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # ---------------------------------------------------------------- reading

    async def __anext__(self) -> list[Record]:
        """The next batch: what there is, or what comes next.

        Raises:
            ReaderTooSlowError: it is further behind than its policy allows.
            trio.BusyResourceError: another task waits here.
        """
        self._given_bytes = 0
        if self._has_news():
            await trio.lowlevel.checkpoint()
        else:
            await self._news()
        while True:
            if records := self.take(size=_BATCH_BYTES):
                if isinstance(self._policy, Lossless):
                    self._given_bytes = sum(map(weight, records))
                return records
            if self.ended:
                self.advance()
                raise StopAsyncIteration
            await self._news()

    async def _news(self) -> None:
        if self._waiting is not None:
            raise trio.BusyResourceError(f"another task reads this cursor of {self.feed.name}")
        self._waiting = trio.Event()
        self.feed.await_news(self)
        try:
            await self._waiting.wait()
        finally:
            self._waiting = None
            self.feed.await_no_news(self)

    def wake(self) -> None:
        """There is something to take, or nothing more will come."""
        if self._waiting is not None:
            self._waiting.set()

    def take(self, most: int | None = None, *, size: int = _ALL) -> list[Record]:
        """What comes next, for who has turns of its own; nothing if there is nothing now.

        Args:
            most: so many records at most, besides headers that come first; None for all.
            size: of about so many bytes.

        Raises:
            ReaderTooSlowError: it is further behind than its policy allows.
        """
        if self._failure is not None:
            raise self._failure()
        end = self._end()
        if self._position >= end:
            return []
        if not isinstance(self._policy, Block):
            self._keep_up()
            end = self._end()
            if self._position >= end:
                return []
        first = self._take_first()
        most = end - self._position if most is None else min(most, end - self._position)
        if self._held:
            records = self._take_held(most, size)
        else:
            log, end = self.feed.log, self._position + most
            if size == _ALL:
                records = log.between(self._position, end)
            else:
                records = log.up_to(self._position, end, size)
        self._position += len(records)
        if isinstance(self._policy, Lossless):
            is_all = self._position == self.feed.log.end
            self._seen_bytes = (
                self.feed.log.appended if is_all else self._seen_bytes + sum(map(weight, records))
            )
        self._close_if_over()
        return first + records if first else records

    def _take_first(self) -> list[Record]:
        first = self._first or self.prologue.first(_ALL)
        self._first, self._first_bytes, self.prologue = [], 0, NOTHING_FIRST
        return first

    def _take_held(self, most: int, size: int) -> list[Record]:
        held, count, left = self._held, 0, size
        most = min(most, len(held))
        while count < most and left > 0:
            left -= len(held[count].body)
            count += 1
        records = held[:count]
        del held[:count]
        return records

    @property
    def behind(self) -> int:
        """Records that it could take now, if it does not skip; headers are not counted."""
        return max(self._end() - self._position, 0)

    @property
    def ended(self) -> bool:
        """Whether the writer that it reads has ended, and all of it was taken; or it is closed."""
        if not self._written:
            return self.closed
        end = self._written[0].end
        return end is not None and (self.awaits_keyframe or self._position >= end)

    def advance(self) -> None:
        """After the end of what one writer wrote, go on with the next one."""
        if self._written and self.ended:
            del self._written[0]
            if self._written and not self.awaits_keyframe:
                self._go_to(self._written[0])
            self._close_if_over()

    # --------------------------------------------------------------- position

    def _end(self) -> int:
        """Behind the last record that there is for it now."""
        if not self._written or self.awaits_keyframe:
            return self._position
        end = self._written[0].end
        return self.feed.log.end if end is None else end

    def _until(self) -> int:
        """Up to where records wait for it or will: of all writers it reads, and, if it goes on with
        another, what lies between them."""
        end = self._written[-1].end
        return self.feed.log.end if end is None or self._wants_writer else end

    def _has_news(self) -> bool:
        return self._failure is not None or self.ended or self._position < self._end()

    @property
    def wants_from(self) -> int:
        end = self.feed.log.end
        is_done = self.awaits_keyframe or not self._written or self.ended
        if is_done and len(self._written) < 2:
            return end
        at = self._position + len(self._held)
        return at if at < self._until() else end

    @property
    def after_s(self) -> float:
        policy = self._policy or self.feed.policy
        assert isinstance(policy, Skip | Drop)  # it is asked of no other
        return policy.after_s

    @property
    def own_policy(self) -> Skip | Drop | Lossless | Block | None:
        """Its own, if it has one."""
        return self._policy

    @property
    def held_bytes(self) -> int:
        """Bytes that the log has let go of and that are kept for it: bodies, and 512 a record."""
        return sum(map(weight, self._held)) + self._first_bytes

    def place(self, position: int, prologue: Prologue = NOTHING_FIRST) -> None:
        """Stand at a position, to be given some headers first."""
        super().place(position, prologue)
        feed = self.feed
        if isinstance(self._policy, Lossless):
            self._seen_bytes = feed.log.appended - sum(
                map(weight, feed.log.between(position, feed.log.end))
            )
        elif not isinstance(self._policy, Block):
            feed.slow[self] = None

    def _go_to(self, written: _Written) -> None:
        """Stand where a writer begins; or further on, where the feed has put it."""
        if self._position <= written.begin:  # what headers it was owed are not of this writer
            del self._held[: written.begin - self._position]
            self._position, self._seen_bytes = written.begin, written.appended
            self._take_first()
        self.is_fresh = self.owes_headers = False

    # ------------------------------------------------------- told by the feed

    def writer_came(self, begin: int, appended: int) -> None:
        """Somebody begins to write there; so many bytes came before."""
        if self._wants_writer:
            self._wants_writer = self._follow
            has_all = len(self._written) < 2 and (not self._written or self.ended)
            self._written.append(_Written(begin, appended))
            if has_all:  # and the log may have let go of what lies between the two
                self._go_to(self._written[-1])

    def writer_left(self, end: int) -> None:
        """It writes no more, and wrote up to there."""
        if self._written and self._written[-1].end is None:
            self._close_writer(end)
            if len(self._written) > 1 and self._written[-1].begin == end:
                self._written.pop()  # of who left nothing behind nothing waits for others
        self._close_if_over()
        self.wake()

    def _close_writer(self, end: int) -> None:
        last = self._written[-1]
        last.end, last.appended_until = end, self.feed.log.appended

    def press(self, *, log_is_over: bool) -> None:
        """The writer's turn: the log is about to let go of something, as much as it must or may."""
        policy = self._policy
        if isinstance(policy, Block):
            most = None if log_is_over else _UNTAKEN_MOST // 8
            if self.behind > (0 if log_is_over else _UNTAKEN_MOST):
                try:
                    policy.catch_up(most)
                    if log_is_over and self.behind:
                        raise RuntimeError(f"{self.behind} records were not taken in time")
                except Exception as bug:
                    self.feed.supervisor.report(f"a cursor of {self.feed.name}", bug)
                    self.close()
        elif failure := self._beyond_bounds():
            self.fail(partial(ReaderTooSlowError, failure))

    def hold(self, base: int, dropped: list[Record]) -> None:
        """The log has let go of these, from a position on: what was not taken waits here."""
        at = self.wants_from - base
        if at < len(dropped):
            self._held += dropped[at : self._until() - base]
            if self.prologue:
                self._first = self.prologue.first(_ALL)
                self._first_bytes = sum(map(weight, self._first))
                self.prologue = NOTHING_FIRST

    # ---------------------------------------------------------------- too slow

    def _keep_up(self) -> None:
        """If it is too slow: skip or end."""
        policy = self._policy or self.feed.policy
        if isinstance(policy, Skip | Drop):
            if not self.feed.is_too_slow(self._position, policy.after_s):
                return
            if isinstance(policy, Skip):
                self.skip()
                return
            failure = f"{self._lag()}, and may be {policy.after_s:g} s"
        else:
            failure = self._beyond_bounds()
        if failure:
            self.fail(partial(ReaderTooSlowError, failure))
            raise ReaderTooSlowError(failure)

    def _beyond_bounds(self) -> str:
        """Of one that loses nothing: what to say if too much waits for it."""
        policy = self._policy
        if not isinstance(policy, Lossless) or not self._waits():
            return ""
        last = self._written[-1]
        goes_on = last.end is None or self._wants_writer
        appended = self.feed.log.appended if goes_on else last.appended_until
        waits = appended - self._seen_bytes + self._first_bytes + self._given_bytes
        seconds = self._newest().arrived_at - self._next().arrived_at
        from_there = self._written[1].begin if self.ended else self._position
        is_newest_only = self._until() - from_there == 1 and not self._given_bytes
        if seconds <= policy.most_s and (waits <= policy.most_bytes or is_newest_only):
            return ""
        return (
            f"{self._lag()} and {waits} bytes, "
            f"and may be {policy.most_s:g} s and {policy.most_bytes} bytes"
        )

    def _waits(self) -> bool:
        """Whether anything of any writer waits for it."""
        if not self._written or self.awaits_keyframe or (self.ended and len(self._written) < 2):
            return False
        return bool(self._held) or self._position < self._until()

    def _newest(self) -> Record:
        """The last of what waits."""
        log, at = self.feed.log, self._until() - 1
        if self._held and at < log.base:
            return self._held[-1]
        return log.at(max(at, log.base))

    def _next(self) -> Record:
        log = self.feed.log
        return self._held[0] if self._held else log.at(max(self._position, log.base))

    def _lag(self) -> str:
        behind = self._until() - self._position
        seconds = self._newest().arrived_at - self._next().arrived_at
        return f"a cursor of {self.feed.name} is behind by {behind} messages, {seconds:.3g} s"

    # ----------------------------------------------------------------- ending

    def finish(self) -> None:
        """Nothing that comes from now on is for it: it ends behind what there is."""
        self._follow = self._wants_writer = False
        if self._written and self._written[-1].end is None:
            self._close_writer(self.feed.log.end)
        self._close_if_over()
        self.wake()

    def _close_if_over(self) -> None:
        if not self._wants_writer and len(self._written) < 2 and (not self._written or self.ended):
            self.close()

    def fail(self, failure: Callable[[], Exception]) -> None:
        """Whoever takes from it from now on meets this error, and nothing is held for it."""
        if not self.closed:
            self._failure = failure
            self.close()

    def close(self) -> None:
        """Read no more, and hold nothing. Idempotent."""
        if not self.closed:
            self.closed = True
            self._written.clear()
            self._held.clear()
            self._first, self._first_bytes, self._given_bytes = [], 0, 0
            self.prologue = NOTHING_FIRST
            self.feed.drop_cursor(self)
            self._policy = None  # which may well refer to whom it belongs
            self.wake()
