"""Derived forms: a stream made into something else once, for all who want it so. Floor 2.

A transport stream, fragments, segments, another size: one task reads the stream and writes a feed
of its own, with readers, broadcaster and retention as any other. It begins with the first who
wants it, is shared by all, and ends when nobody has wanted it for a while.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.feed import Feed
from trio_srs.hub.headers import Header
from trio_srs.hub.record import RECORD_BYTES, Record
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import RESTART, ReportedError, RestartPolicy, TaskKind

if TYPE_CHECKING:
    from trio_srs.hub.stream_table import StreamTable

__all__ = ["DerivedFailedError", "DerivedFeed", "DerivedForm", "FeedWriter", "derived_feed"]


class DerivedFailedError(ReportedError):
    """A derived form failed too often in a row: who wants it gets no more. The log says why."""

    code = "derived_failed"


@attrs.frozen(kw_only=True)
class DerivedForm:
    """How one form is derived from a stream."""

    name: str
    """What it is called: ``ts``. A stream has one of each name."""
    write: Callable[[Stream, FeedWriter], Awaitable[None]]
    """Reads the stream, one publish after the other, and writes, until it is cancelled. It runs in
    a task of the stream; what it raises is treated by the supervisor's rule."""
    linger_s: float = 10.0
    """How long it goes on when nobody wants it any more."""
    restart: RestartPolicy = RESTART


@attrs.define(eq=False)
class _WriterState:
    """What a feed has to know of its writer: it refers to nobody."""

    last_ms: int = 0
    headers: tuple[Header, ...] = ()
    peak: int = 0
    keeps_from: int = sys.maxsize

    def snapshot(self) -> tuple[Header, ...]:
        return self.headers

    def kept_from(self, end: int) -> int:
        return min(self.keeps_from, end)


class FeedWriter:
    """Writes a derived feed: what a publisher's lease is to its stream.

    Attributes:
        feed: what is written.
    """

    def __init__(self, stream: Stream, form: str, broadcaster: Broadcaster) -> None:
        self._broadcaster = broadcaster
        self._written = _WriterState()
        self.feed = Feed(
            f"{stream.name} as {form}",
            stream.settings,
            broadcaster,
            headers=self._written,
            shares=stream.feed.log,
        )

    @contextmanager
    def writing(self, settings: StreamSettings) -> Iterator[None]:
        """Write, for as long as the block lasts: what belongs together, as of one publish.

        Args:
            settings: of the stream, as they are now.
        """
        feed = self.feed
        feed.open(settings)
        feed.retention.kept_from = self._written.kept_from
        feed.placement.times = self._written
        feed.placement.has_pictures = (
            True  # who reads begins at entries only, however long it takes
        )
        try:
            yield
        finally:
            self._written.headers = ()
            feed.close()

    def set_headers(self, records: Sequence[Record]) -> None:
        """From the next entry on readers are given these first: an initialization segment."""
        written, end = self._written, self.feed.log.end
        written.headers = tuple(Header(end, record) for record in records)
        size = sum(len(record.body) + RECORD_BYTES for record in records)
        written.peak = max(written.peak, size)
        self.feed.retention.reserve_headers()

    def append(self, record: Record, *, entry: bool) -> None:
        """Write a record, and let the readers have it.

        Args:
            entry: whether a reader may begin with it.
        """
        self._written.last_ms = record.timestamp_ms
        if entry:
            self.feed.placement.enter(self.feed.log.end, record.timestamp_ms)
        self.feed.append(record)
        self._broadcaster.push(self.feed)

    def keep_from(self, position: int) -> None:
        """Let go of nothing from there on, whoever reads, within the bounds of the stream: a
        window of segments. It holds until :meth:`writing` ends."""
        self._written.keeps_from = position


class DerivedFeed:
    """One derived form of one stream. Made by :meth:`Hub.derive <trio_srs.hub.hub.Hub.derive>`."""

    def __init__(self, form: DerivedForm, stream: Stream, streams: StreamTable) -> None:
        self._form, self._stream, self._streams = form, stream, streams
        self._users = 0
        writer = FeedWriter(stream, form.name, streams.broadcaster)
        self.feed = writer.feed
        self._task = stream.tasks.start(
            form.name,
            lambda: form.write(stream, writer),
            kind=TaskKind.DERIVED,
            restart=form.restart,
            on_end=self._end,
        )
        streams.hold(stream.name, stream.settings)

    @property
    def is_ending(self) -> bool:
        """Whether it is over, or about to be, and not because it failed."""
        return self._task.is_ending and not self._task.has_failed

    @contextmanager
    def using(self) -> Iterator[Feed]:
        """Somebody wants it.

        Raises:
            DerivedFailedError: it was given up.
        """
        if self._task.has_failed:
            raise self._failure()
        self._task.expire(None)
        self._users += 1
        try:
            yield self.feed
        finally:
            self._users -= 1
            if not self._users:
                self._leave()

    def _failure(self) -> DerivedFailedError:
        return DerivedFailedError(f"{self.feed.name} failed: {self._task.last_error}")

    def _leave(self) -> None:
        """Nobody wants it any more."""
        if self._task.has_failed:
            self._forget()
        else:
            self._task.expire(self._form.linger_s)

    def _end(self) -> None:
        """Its task is over."""
        if self._task.has_failed:
            for group in self.feed.groups.values():
                group.give_up(self._task.last_error)
            for cursor in tuple(self.feed.cursors):
                cursor.fail(self._failure)
        if not (self._task.has_failed and self._users):
            self._forget()
        self._streams.release(self._stream)

    def _forget(self) -> None:
        stream, name = self._stream, self._form.name
        self.feed.discard()
        stream.tasks.forget(self._task)
        if stream.derived.get(name) is self:
            del stream.derived[name]


def derived_feed(streams: StreamTable, stream: Stream, form: DerivedForm) -> DerivedFeed:
    """The feed of a derived form of a stream, which begins if there is none.

    Raises:
        NotRunningError: there is nobody to run it.
    """
    derived = stream.derived.get(form.name)
    if derived is None or derived.is_ending:
        derived = stream.derived[form.name] = DerivedFeed(form, stream, streams)
    return derived
