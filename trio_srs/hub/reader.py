"""Readers: a position in a stream's log, and what to do when it falls too far behind. Floor 2.

A reader is served in one of two ways. *Fast*: it stands where the broadcaster's next span
begins and gets the bytes that everybody gets. *By itself*: its own task takes spans from
:meth:`Reader.next_span` until it has caught up. All of it is synchronous, so that between a
test and the switch that follows from it nothing can happen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from trio_srs.hub.entry_point import NOTHING_FIRST, Prologue
from trio_srs.hub.forms import Span
from trio_srs.hub.policy import Drop, ReaderTooSlowError, Skip
from trio_srs.hub.position import LogPosition

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed
    from trio_srs.hub.form_group import FormGroup

__all__ = ["Outlet", "Reader"]

_NOT_FAST: Final = -1
_LEAST_SPAN: Final = 1024
"""Bytes that are joined for an outlet that has no room at all."""


class Outlet(Protocol):
    """Where a reader's bytes go: one connection, however many readers it has."""

    @property
    def busy(self) -> bool:
        """Whether something is still owed; nothing may be offered then."""
        ...

    def offer(self, data: bytes, /) -> int:
        """Hand over as many bytes as there is room for, without waiting.

        Raises:
            BlockingIOError: none.
            OSError: the connection is broken.
        """
        ...

    def owe(self, pieces: Sequence[memoryview]) -> None:
        """The rest of a message that was taken in part; it goes out before anything else."""
        ...

    def wake(self) -> None:
        """A reader of this outlet has something to do that is not done for it."""
        ...

    def broke(self, error: OSError) -> None:
        """An offer failed: the connection is gone."""
        ...


class Reader(LogPosition):
    """One reader of the bytes of one feed. Made by :meth:`Feed.attach`.

    Attributes:
        fast_at: the position, while the broadcaster serves this reader; negative otherwise.
        stalls: how often its outlet took less than it was offered.
    """

    __slots__ = (
        "_bytes",
        "_group_mark",
        "_own_policy",
        "_span_bytes",
        "attached",
        "fast_at",
        "group",
        "offer",
        "outlet",
        "paused",
        "stalls",
    )

    def __init__(
        self, feed: Feed, group: FormGroup, outlet: Outlet, policy: Skip | Drop | None = None
    ) -> None:
        """
        Args:
            policy: its own; without one that of the feed holds, whatever it is then.
        """
        super().__init__(feed)
        self.group, self.outlet = group, outlet
        self._own_policy = policy
        self.offer = outlet.offer  # looked up once: this is called for every span
        self.fast_at = _NOT_FAST
        self.attached = True
        self.paused = False
        self.stalls = 0
        self._span_bytes = sys.maxsize
        self._bytes = 0
        self._group_mark = 0

    @property
    def position(self) -> int:
        """The next record this reader gets."""
        return self._position if self.fast_at < 0 else self.fast_at

    @property
    def own_policy(self) -> Skip | Drop | None:
        """Its own, if it has one."""
        return self._own_policy

    @property
    def after_s(self) -> float:
        """How far behind it may fall, in seconds between arrivals."""
        return (self._own_policy or self.feed.policy).after_s

    @property
    def bytes_sent(self) -> int:
        """Bytes handed to the outlet for this reader."""
        if self.fast_at < 0:
            return self._bytes
        shared = self.group.bytes_sent - self._group_mark - self.group.unserved(self)
        return self._bytes + shared

    def wake(self) -> None:
        """It has something to do that is not done for it."""
        self.outlet.wake()

    def place(self, position: int, prologue: Prologue = NOTHING_FIRST) -> None:
        """Stand at a position, to be given some headers first."""
        self._leave_fast()
        super().place(position, prologue)

    def succeed(self, other: Reader) -> None:
        """Be what a reader of another form was: as far on, as paused, missing as much."""
        self._position, self.paused = other.position, other.paused
        self._missed_from, other._missed_from = other._missed_from, None

    def await_keyframe(self) -> None:
        """Stand nowhere until the feed places this reader at the next keyframe."""
        self._leave_fast()
        super().await_keyframe()

    # ------------------------------------------------------------- by itself

    def next_span(self, limit: int) -> Span | None:
        """What to send next; None when the broadcaster does it, or nobody.

        It is about ``limit`` bytes, or as many as the outlet had room for the last time and as
        many again: what is joined and not taken must be joined anew.

        Deliver it with :meth:`took`, whatever part of it was taken.

        Raises:
            ReaderTooSlowError: it fell too far behind, and the policy is to drop it.
            FormFailedError: its form has a bug, which was reported.
        """
        if self.group.failed:
            raise self.group.failure()
        if self.paused or self.awaits_keyframe or self.fast_at >= 0:
            return None
        if self.feed.is_too_slow(self._position, self.after_s):
            self._skip()
            if self.awaits_keyframe:
                return None
        sent = self.group.sent
        if self._position >= sent and not self.prologue:
            if self._position == sent:
                self._become_fast()
            else:  # the broadcaster has not come so far: it wakes us when it has
                self.group.ahead.add(self)
            return None
        limit = min(limit, self._span_bytes)
        records = self.prologue.first(limit)
        limit -= sum(len(record.body) for record in records)
        if self._position < sent and (limit > 0 or not records):
            records += self.feed.log.up_to(self._position, sent, limit)
        try:
            return Span(records, self.group.form)
        except Exception as bug:
            self.group.fail(self.feed, bug)
        raise self.group.failure()

    def took(self, span: Span, taken: int) -> None:
        """Go on behind what the outlet took of a span; it owes the rest of a begun message."""
        self._bytes += taken
        if taken == len(span.blob):
            count = len(span.records)
            self._span_bytes = min(2 * self._span_bytes, sys.maxsize)
        else:
            self.stalls += 1
            self._span_bytes = max(2 * taken, _LEAST_SPAN)
            count, rest = span.locate(taken)
            if rest:
                self._bytes += sum(map(len, rest))
                self.outlet.owe(rest)
        before = len(self.prologue)
        self.prologue = self.prologue.after(count)
        self._position += max(count - before, 0)

    # ------------------------------------------------------------------ fast

    def _become_fast(self) -> None:
        self.fast_at = self._position
        self._group_mark = self.group.bytes_sent
        self.feed.caught_up(self)

    def _leave_fast(self) -> None:
        if self.fast_at >= 0:
            self._bytes = self.bytes_sent
            self._position = self.fast_at
            self.fast_at = _NOT_FAST
        self.feed.slow[self] = None

    def fall_back(self) -> None:
        """From now on this reader is served by its own task."""
        self._leave_fast()
        self.outlet.wake()

    def took_part(self, span: Span, taken: int) -> None:
        """The broadcaster's offer was taken in part: go on by itself from there."""
        self._leave_fast()
        self.took(span, taken)
        self.outlet.wake()

    # ---------------------------------------------------------------- others

    def pause(self) -> None:
        """Get nothing until :meth:`resume`."""
        self._leave_fast()
        self.paused = True
        self.forget_prologue()
        self.feed.let_rest(self)

    def resume(self) -> None:
        """Go on: from here if nothing newer may be begun at, else from the newest such place.

        So a short pause loses nothing and repeats nothing, and a long one does not make the
        reader late.
        """
        if self.paused and self.attached:
            self.paused = False
            self.feed.placement.go_on(self)
            self.outlet.wake()

    def deliver_to(self, outlet: Outlet) -> None:
        """Have its bytes go elsewhere from here on; the outlet is woken.

        A reader that began with an outlet that is busy until then has missed nothing.
        """
        self._leave_fast()
        self.outlet, self.offer = outlet, outlet.offer
        outlet.wake()

    def _skip(self) -> None:
        feed = self.feed
        if isinstance(self._own_policy or feed.policy, Drop):
            behind = feed.log.end - self._position
            raise ReaderTooSlowError(f"a reader of {feed.name} is {behind} messages behind")
        self.skip()

    def detach(self) -> None:
        """Leave the stream. Idempotent; the outlet is never used again."""
        if self.attached:
            self._leave_fast()
            if self._missed_from is not None:  # it leaves before it got any further
                self.skipped += self.feed.log.end - self._missed_from
                self._missed_from = None
            self.attached = False
            self.feed.detach(self)
