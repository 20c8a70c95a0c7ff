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

from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.entry import NOTHING_FIRST, Prologue
from trio_srs.hub.forms import Span
from trio_srs.hub.settings import SlowPolicy

if TYPE_CHECKING:
    from trio_srs.hub.feed import Feed
    from trio_srs.hub.group import Group

__all__ = ["Outlet", "Reader", "ReaderTooSlowError"]

_NOT_FAST: Final = -1
_LEAST_SPAN: Final = 1024
"""Bytes that are joined for an outlet that has no room at all."""


class ReaderTooSlowError(PeerError):
    """A reader fell further behind than its stream allows, and is to be dropped."""

    code = "reader_too_slow"
    end = EndReason.READER_TOO_SLOW


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


class Reader:
    """One reader of one live stream. Made by :meth:`Feed.attach`.

    Attributes:
        prologue: headers to be given before the position.
        owes_headers: whether there were some, and what they were is forgotten.
        fast_at: the position, while the broadcaster serves this reader; negative otherwise.
        is_fresh: whether it was never placed: it knows no headers.
        skipped: records this reader missed because it was too slow.
        skips: how often that happened.
        stalls: how often its outlet took less than it was offered.
    """

    __slots__ = (
        "_bytes",
        "_group_mark",
        "_missed_from",
        "_position",
        "_span_bytes",
        "attached",
        "awaits_keyframe",
        "fast_at",
        "feed",
        "group",
        "is_fresh",
        "offer",
        "outlet",
        "owes_headers",
        "paused",
        "prologue",
        "skipped",
        "skips",
        "stalls",
    )

    def __init__(self, feed: Feed, group: Group, outlet: Outlet) -> None:
        self.feed, self.group, self.outlet = feed, group, outlet
        self.offer = outlet.offer  # looked up once: this is called for every span
        self.fast_at = _NOT_FAST
        self.attached = True
        self.is_fresh = True
        self.paused = False
        self.awaits_keyframe = False
        self.skipped = 0
        self.skips = 0
        self.stalls = 0
        self._position = 0
        self._span_bytes = sys.maxsize
        self.prologue: Prologue = NOTHING_FIRST
        self.owes_headers = False
        self._missed_from: int | None = None
        self._bytes = 0
        self._group_mark = 0

    @property
    def position(self) -> int:
        """The next record this reader gets."""
        return self._position if self.fast_at < 0 else self.fast_at

    @property
    def bytes_sent(self) -> int:
        """Bytes handed to the outlet for this reader."""
        if self.fast_at < 0:
            return self._bytes
        shared = self.group.bytes_sent - self._group_mark - self.group.unserved(self)
        return self._bytes + shared

    @property
    def knows_until(self) -> int:
        """Headers that stand before this position were given to this reader."""
        return 0 if self.is_fresh or self.prologue or self.owes_headers else self.position

    def place(self, position: int, prologue: Prologue = NOTHING_FIRST) -> None:
        """Stand at a position, to be given some headers first."""
        self._leave_fast()
        if self._missed_from is not None:
            self.skipped += position - self._missed_from
            self._missed_from = None
        self._position, self.prologue = position, prologue
        self.is_fresh = self.awaits_keyframe = self.owes_headers = False

    def succeed(self, other: Reader) -> None:
        """Be what a reader of another form was: as far on, as paused, missing as much."""
        self._position, self.paused = other.position, other.paused
        self._missed_from, other._missed_from = other._missed_from, None

    def await_keyframe(self) -> None:
        """Stand nowhere until the feed places this reader at the next keyframe."""
        self._leave_fast()
        self.awaits_keyframe = True
        self.forget_prologue()
        self.feed.slow.discard(self)  # it keeps nothing alive

    def forget_prologue(self) -> None:
        """Keep no header alive: wherever it is placed next, it is given all of them."""
        if self.prologue:
            self.prologue, self.owes_headers = NOTHING_FIRST, True

    # ------------------------------------------------------------- by itself

    def next_span(self, limit: int) -> Span | None:
        """What to send next; None when the broadcaster does it, or nobody.

        It is about ``limit`` bytes, or as many as the outlet had room for the last time and as
        many again: what is joined and not taken must be joined anew.

        Deliver it with :meth:`took`, whatever part of it was taken.

        Raises:
            ReaderTooSlowError: it fell too far behind, and the policy is to drop it.
        """
        if self.paused or self.awaits_keyframe or self.fast_at >= 0:
            return None
        if self.feed.is_too_slow(self._position):
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
        return Span(records, self.group.form)

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
        self.feed.slow.add(self)

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
            self.feed.go_on(self)
            self.outlet.wake()

    def _skip(self) -> None:
        feed, at = self.feed, self._position
        if feed.settings.slow_reader is SlowPolicy.DROP:
            raise ReaderTooSlowError(
                f"a reader of {feed.name} is {feed.log.end - at} messages behind"
            )
        self.skips += 1
        self._missed_from = at
        feed.skip(self)

    def detach(self) -> None:
        """Leave the stream. Idempotent; the outlet is never used again."""
        if self.attached:
            self._leave_fast()
            if self._missed_from is not None:  # it leaves before it got any further
                self.skipped += self.feed.log.end - self._missed_from
                self._missed_from = None
            self.attached = False
            self.feed.detach(self)
