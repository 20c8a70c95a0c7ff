"""Reports: all about every publish, of those that go on and of those that are over. Floor 2."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

import attrs
import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import Bus
from trio_srs.hub.cursor import Cursor
from trio_srs.hub.directory import EventLog
from trio_srs.hub.history import HistoryConfig
from trio_srs.hub.journal import Journal
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.publish_record import PublishRecord
from trio_srs.hub.stall_detector import StallDetector

if TYPE_CHECKING:
    from trio_srs.media.report import StreamReport  # with the inspector: see hub.publish_record

__all__ = ["CatchUpRounds", "CatchesUp", "Reports"]

_OFTEN_S: Final = 0.25
_SELDOM_S: Final = 0.5
"""How often those catch up that look at headers only: what they have to do costs next to nothing,
and asking thousands of them would cost more. But what they have not seen is held for them, and of
a stream that keeps nothing for new players that is most of what it takes."""
_SHARES: Final = 16
"""Turns of an interval: if all caught up at once, all of them would hold an interval's worth in the
moment before, which is when memory is at its peak."""
_REPORT_BYTES: Final = 16 * 1024
"""What a report takes besides its trace and metadata: facts, time line."""
_VALUE_BYTES: Final = 64
_BUDGET_S: Final = 0.001
"""All inspecting together may take this long in one scheduler pass."""
_SLICE: Final = 32
"""Records seen between two looks at the clock: at 15 us each, half of the budget."""


class CatchesUp(Protocol):
    """Whoever looks at a publish: see :class:`~trio_srs.hub.inspector.Inspector`."""

    @property
    def cursor(self) -> Cursor:
        """How far it has come."""
        ...

    def catch_up(self, most: int | None = None) -> None:
        """Look at so many records at most."""
        ...


class CatchUpRounds:
    """Lets inspectors catch up at intervals, in turn, off the receive path and within a budget."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._looking: deque[CatchesUp] = deque()  # whose turn is next, first
        self._begun = trio.Event()

    def add(self, inspector: CatchesUp) -> None:
        """From now on, until its cursor is closed."""
        self._looking.append(inspector)
        self._begun.set()

    async def run(self) -> None:
        """Let them catch up until cancelled."""
        while True:
            if not self._looking:
                self._begun = trio.Event()
                await self._begun.wait()
            count = len(self._looking)
            share = math.ceil(count / _SHARES)
            await trio.sleep(self._every_s * share / count)
            await self._turn(share)

    async def _turn(self, share: int) -> None:
        """The next so many, each as far as there was something when its turn came."""
        looking = self._looking
        turns: deque[tuple[CatchesUp, int]] = deque()
        for _ in range(min(share, len(looking))):
            each = looking.popleft()
            if not each.cursor.closed:
                looking.append(each)
                turns.append((each, each.cursor.position + each.cursor.behind))
        until = trio.current_time() + _BUDGET_S
        while turns:
            inspector, end = turns.popleft()
            inspector.catch_up(_SLICE)
            cursor = inspector.cursor
            if cursor.behind and cursor.position < end:
                turns.append((inspector, end))
            else:
                cursor.feed.was_seen()
            if turns and trio.current_time() >= until:
                await trio.lowlevel.checkpoint()
                until = trio.current_time() + _BUDGET_S


@attrs.define(eq=False)
class _Name:
    """What is known of one name."""

    publish_records: list[PublishRecord] = attrs.field(factory=list)
    """In the order in which they began."""
    publishes: int = 0


class Reports:
    """Everything that was ever published, within bounds.

    Of publishes that have ended only reports are kept, and the oldest are forgotten first. What
    goes on is never forgotten.
    """

    def __init__(
        self,
        bus: Bus,
        journal: EventLog | None = None,
        config: HistoryConfig | None = None,
        *,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._bus = bus
        self._journal: EventLog = journal or Journal(1)
        self._config = config or HistoryConfig()
        self._unix_time = unix_time
        self._names: dict[str, _Name] = {}
        self._ended: dict[PublishRecord, None] = {}  # in the order in which they did
        self._size = 0
        self._often, self._seldom = CatchUpRounds(_OFTEN_S), CatchUpRounds(_SELDOM_S)
        self._stalls = StallDetector()

    async def run(self) -> None:
        """Look at what is published, and for silent publishers, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._often.run)
            nursery.start_soon(self._seldom.run)
            nursery.start_soon(self._stalls.run)

    # --------------------------------------------------------------- asking

    def find(self, stream: str) -> StreamReport | None:
        """Of the present publish of a name, as of now, or else of the newest one."""
        publish_record = self.newest(stream)
        return None if publish_record is None else publish_record.report()

    def history(self, stream: str) -> tuple[StreamReport, ...]:
        """Of every publish of a name that is kept, the present one included, oldest first."""
        return tuple(each.report() for each in self.publish_records(stream))

    def names(self) -> tuple[str, ...]:
        """The names of which there is a report, those published first first."""
        return tuple(name for name, known in self._names.items() if known.publish_records)

    def newest(self, stream: str) -> PublishRecord | None:
        """The present publish of a name, or else the newest one."""
        return next(reversed(self.publish_records(stream)), None)

    def publish_records(self, stream: str) -> tuple[PublishRecord, ...]:
        """Every publish of a name that is kept, oldest first."""
        known = self._names.get(stream)
        return () if known is None else tuple(known.publish_records)

    def publishes(self, stream: str) -> int:
        """How often a name has been published, as far back as anything of it is kept."""
        known = self._names.get(stream)
        return 0 if known is None else known.publishes

    # ------------------------------------------------------------- publishing

    def note_fault(self, session: str, what: str) -> None:
        """A fault that was asked for was done to a session: it stands in what goes on of it."""
        for name in self._names.values():
            for publish_record in name.publish_records:
                if publish_record.going_on and publish_record.publisher.session == session:
                    publish_record.see_fault(what)

    def begin(self, lease: PublishLease, publisher: PublisherInfo) -> PublishRecord:
        """A publish begins, and nothing of it was appended yet."""
        known = self._names.setdefault(lease.stream.name, _Name())
        known.publishes += 1
        publish_record = PublishRecord(
            lease,
            publisher,
            bus=self._bus,
            stalls=self._stalls,
            began_at=self._unix_time() - (trio.current_time() - publisher.accepted_at),
            newest_event=lambda: self._journal.last,
        )
        known.publish_records.append(publish_record)
        if publish_record.inspector is not None:
            is_costly = publish_record.inspector.level == "full"
            (self._often if is_costly else self._seldom).add(publish_record.inspector)
        return publish_record

    def end(self, publish_record: PublishRecord, reason: EndReason, detail: str) -> StreamReport:
        """A publish is over, and has given its name back."""
        publish_record.finish(reason, detail)
        report = publish_record.report()
        self._ended[publish_record] = None
        self._size += _size(report)
        self._bound(publish_record.stream)
        return report

    def forget(self, streams: Iterable[str]) -> None:
        """Keep nothing any more of publishes of these streams that are over."""
        for stream in streams:
            for publish_record in self.publish_records(stream):
                if publish_record in self._ended:
                    del self._ended[publish_record]
                    self._forget(publish_record)

    def _bound(self, stream: str) -> None:
        config = self._config
        ended = [each for each in self._names[stream].publish_records if each.ended]
        for each in ended[: max(len(ended) - config.reports_per_stream, 0)]:
            del self._ended[each]
            self._forget(each)
        while self._ended and (
            len(self._ended) > config.reports or self._size > config.report_bytes
        ):
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            self._forget(oldest)

    def _forget(self, publish_record: PublishRecord) -> None:
        known = self._names[publish_record.stream]
        known.publish_records.remove(publish_record)
        self._size -= _size(publish_record.report())
        if not known.publish_records:
            del self._names[publish_record.stream]


def _size(report: StreamReport) -> int:
    return _REPORT_BYTES + len(report.trace.rows) + _weight(report.facts.metadata)


def _weight(value: object) -> int:
    """About how many bytes an AMF value takes; one that contains itself is not made by reading."""
    match value:
        case str() | bytes():
            return _VALUE_BYTES + len(value)
        case Mapping():
            return sum(map(_weight, value), sum(map(_weight, value.values())))
        case list() | tuple():
            return sum(map(_weight, value))
    return _VALUE_BYTES
