"""A publish record: one publish as testers see it, while it goes on and after. Floor 2."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import attrs
import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import (
    Bus,
    Event,
    FirstKeyframe,
    FirstMedia,
    HeaderChanged,
    PublishResumed,
    PublishStalled,
)
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.record import Record
from trio_srs.hub.session_requests import RequestCounters
from trio_srs.hub.settings import InspectLevel
from trio_srs.hub.stall_detector import StallDetector, StallWatch
from trio_srs.hub.stream import Stream
from trio_srs.media.conduct import Conduct, Step, StepKind
from trio_srs.wire.rtmp.message import MessageType

if TYPE_CHECKING:
    from trio_srs.hub.inspector import Inspector
    from trio_srs.media.probe import Level
    from trio_srs.media.report import StreamReport

__all__ = ["MOST_STEPS", "PublishRecord", "Timeline"]

MOST_STEPS: Final = 256
"""Of one report: half of them the first ones, and half of them the newest."""

_LEVELS: Final[Mapping[InspectLevel, Level]] = {
    InspectLevel.HEADERS: "headers",
    InspectLevel.FULL: "full",
}
_KINDS: Final = {int(MessageType.AUDIO): "audio", int(MessageType.VIDEO): "video"}


@attrs.define
class _Goal:
    """Somebody waits for so many frames, or keyframes."""

    count: int
    reached: Callable[[], object]
    of_keyframes: bool = False


class Timeline:
    """The steps of one publish while they grow in number; of very many those in the middle go."""

    def __init__(self, began: Iterable[Step] = ()) -> None:
        self._first: list[Step] = list(began)
        self._newest: list[Step] = []

    def add(self, what: StepKind, at_s: float, detail: str = "") -> None:
        """Something happened, so many seconds after the session was accepted."""
        most = MOST_STEPS // 2
        kept = self._first if len(self._first) < most else self._newest
        kept.append(Step(at_s=at_s, what=what, detail=detail))
        del self._newest[:-most]

    def all(self) -> tuple[Step, ...]:
        """All that is kept, in order."""
        return (*self._first, *self._newest)


class PublishRecord:
    """What is known of one publish. Made by :meth:`~trio_srs.hub.reports.Reports.begin`.

    Attributes:
        after: by what is asked for: the number of the newest event in the journal before that
            happened.
        captured: the path of a file with all of it, if there is one; see :meth:`capture`.
        last_report: the whole report, once it has ended.
    """

    def __init__(
        self,
        lease: PublishLease,
        publisher: PublisherInfo,
        *,
        bus: Bus,
        stalls: StallDetector,
        began_at: float,
        newest_event: Callable[[], int],
    ) -> None:
        """
        Args:
            began_at: when the session was accepted: seconds since 1970.
        """
        stream = lease.stream
        self.stream = stream.name
        self.publisher = publisher
        self.after: dict[StepKind, int] = {}
        self.captured: str | None = None
        self.last_report: StreamReport | None = None
        self._began_at = began_at
        self._published_at = lease.began_at
        self._bus, self._stalls, self._newest_event = bus, stalls, newest_event
        self._timeline = Timeline(publisher.before)
        self._published: Stream | None = stream
        self._counters_before = attrs.evolve(stream.counters)
        self._counted = (0, 0)
        self._counters = RequestCounters()
        self._goals: list[_Goal] = []
        self._silent_since: float | None = None
        self._is_keyframe = self._is_header_change = False  # whether the record to come is one
        self.inspector = _inspector(stream, lease.began_at)
        after_s = stream.settings.stall_after + stream.settings.merge_read
        self._stall_watch = StallWatch(lease, after_s, self._on_silent)
        if after_s < math.inf:
            stalls.watch(self._stall_watch)
        stream.observer = self
        stream.on_record = self._on_record
        self._note(StepKind.PUBLISH, lease.began_at, publisher.flow)

    # ---------------------------------------------------------------- asking

    @property
    def ended(self) -> bool:
        """Whether it is over, and all of it is known."""
        return self.last_report is not None

    @property
    def going_on(self) -> bool:
        """Whether it has the name."""
        return self._published is not None

    @property
    def frames(self) -> int:
        """Coded pictures so far; messages with coded audio, if there was no video."""
        return self._count()[0]

    @property
    def keyframes(self) -> int:
        """How many keyframes have come so far."""
        return self._count()[1]

    @property
    def counters(self) -> RequestCounters:
        """What has come so far."""
        if self._published is None:
            return self._counters
        now, before = self._published.counters, self._counters_before
        return RequestCounters(
            messages=now.messages - before.messages, bytes=now.bytes - before.bytes
        )

    def _count(self) -> tuple[int, int]:
        if self._published is None:
            return self._counted
        now, before = self._published.counters, self._counters_before
        pictures = now.pictures - before.pictures
        frames = pictures or now.sounds - before.sounds
        return frames, now.keyframes - before.keyframes

    def report(self) -> StreamReport:
        """All about it, as of now."""
        return self.last_report or self._report(None, "")

    def _report(self, end: EndReason | None, detail: str) -> StreamReport:
        from trio_srs.media.early_end import early_ends  # see _inspector
        from trio_srs.media.facts import StreamFacts
        from trio_srs.media.report import StreamReport
        from trio_srs.media.trace import Trace

        inspector, publisher = self.inspector, self.publisher
        facts = StreamFacts(level="off") if inspector is None else inspector.facts()
        encoder = facts.metadata.get("encoder") if facts.metadata else None
        conduct = publisher.conduct()
        if isinstance(encoder, str):
            conduct = attrs.evolve(conduct, encoder=encoder)
        timeline = self._timeline.all()
        if end is None and self._silent_since is not None:
            timeline += (self._stall(trio.current_time()),)
        published_s = self._published_at - publisher.accepted_at
        if early := tuple(early_ends(facts, published_s)):
            timeline = tuple(sorted((*timeline, *early), key=lambda step: step.at_s))
        return StreamReport(
            stream=self.stream,
            session=publisher.session,
            peer=publisher.peer,
            began_at=self._began_at,
            facts=facts,
            timeline=timeline,
            conduct=conduct,
            trace=Trace() if inspector is None else inspector.trace(),
            end=end,
            end_detail=detail,
            captured=self.captured,
        )

    def capture(self, path: str | None) -> None:
        """There is a file (FLV) with all of it, or after all there is none."""
        self.captured = path
        if self.last_report is not None:
            self.last_report = attrs.evolve(self.last_report, captured=path)

    def when_frames(
        self, count: int, reached: Callable[[], object], *, of_keyframes: bool = False
    ) -> Callable[[], None]:
        """Call ``reached`` once there are so many frames, or keyframes.

        Returns:
            what takes that back.
        """
        goal = _Goal(count, reached, of_keyframes)
        self._goals.append(goal)
        self._check_goals()
        self._listen()

        def forget() -> None:
            if goal in self._goals:
                self._goals.remove(goal)

        return forget

    def _check_goals(self) -> None:
        there = self._count()
        for goal in [each for each in self._goals if each.count <= there[each.of_keyframes]]:
            self._goals.remove(goal)
            goal.reached()

    # --------------------------------------------------------------- seeing

    def _listen(self) -> None:
        """Be told of every record for as long as there is a reason, and not longer."""
        stream = self._published
        if stream is not None:
            wanted = (
                StepKind.FIRST_MEDIA not in self.after
                or self._silent_since is not None
                or bool(self._goals)
                or self._is_keyframe
                or self._is_header_change
            )
            stream.on_record = self._on_record if wanted else None

    def _on_record(self, record: Record) -> None:
        for what, event in list(self._events_of(record)):
            self.after.setdefault(what, self._newest_event())
            if self._published is not None:  # nobody who heard of one of them ended the publish
                self._bus.tell(event)
        if self._goals:
            self._check_goals()
        self._listen()

    def _events_of(self, record: Record) -> Iterator[tuple[StepKind, Event]]:
        """What is new with a record: each is a step now, and to be told."""
        at, sent_ms, kind = record.arrived_at, record.sent_ms, _KINDS.get(record.type_id)
        seconds = at - self._published_at
        if self._silent_since is not None:
            yield StepKind.STALL, self._resume(at)
        if kind is not None and StepKind.FIRST_MEDIA not in self.after:
            self._add(StepKind.FIRST_MEDIA, at, kind)
            yield StepKind.FIRST_MEDIA, FirstMedia(**self._who(), kind=kind, seconds=seconds)
        if self._is_keyframe:
            self._is_keyframe = False
            self._add(StepKind.FIRST_KEYFRAME, at, f"at {sent_ms} ms")
            yield (
                StepKind.FIRST_KEYFRAME,
                FirstKeyframe(**self._who(), timestamp_ms=sent_ms, seconds=seconds),
            )
        if kind is not None and self._is_header_change:
            self._is_header_change = False
            self._add(StepKind.HEADER_CHANGE, at, f"{kind}, at {sent_ms} ms")
            yield (
                StepKind.HEADER_CHANGE,
                HeaderChanged(**self._who(), kind=kind, timestamp_ms=sent_ms),
            )

    # What is seen is told when it is in the log: whoever hears of it may end the publish.

    def see_keyframe(self) -> None:
        """A keyframe came; see :class:`~trio_srs.hub.stream.PublishObserver`."""
        if StepKind.FIRST_KEYFRAME not in self.after:
            self._is_keyframe = True
            self._listen()

    def see_header_change(self) -> None:
        """Another sequence header came; see :class:`~trio_srs.hub.stream.PublishObserver`."""
        self._is_header_change = True
        self._listen()

    def see_fault(self, what: str) -> None:
        """A fault that was asked for was done to its session."""
        self._add(StepKind.FAULT, trio.current_time(), what)

    def _on_silent(self, since: float) -> None:
        self._silent_since = since
        self._listen()
        silent_s = trio.current_time() - since
        self._bus.tell(PublishStalled(**self._who(), seconds=silent_s))

    def _resume(self, now: float) -> PublishResumed:
        since = self._end_stall(now)
        self._stalls.watch(self._stall_watch)
        return PublishResumed(**self._who(), seconds=now - since)

    def _end_stall(self, now: float) -> float:
        since = self._silent_since
        assert since is not None  # it is stalled
        stall = self._stall(now)
        self._silent_since = None
        self._timeline.add(stall.what, stall.at_s, stall.detail)
        return since

    def _stall(self, now: float) -> Step:
        """The silence up to now."""
        since = self._silent_since
        assert since is not None  # it is stalled
        at_s = since - self.publisher.accepted_at
        return Step(at_s=at_s, what=StepKind.STALL, detail=f"nothing came for {now - since:.3g} s")

    # --------------------------------------------------------------- ending

    def left(self) -> None:
        """The name is free again; see :class:`~trio_srs.hub.stream.PublishObserver`."""
        self._counted, self._counters = self._count(), self.counters
        if self._silent_since is not None:
            self._end_stall(trio.current_time())
        self._stall_watch.end()
        self._published = None

    def finish(self, end: EndReason, detail: str) -> None:
        """It is over: everything is known, and nothing is held but the report."""
        now = trio.current_time()
        self._note(StepKind.END, now, f"{end}: {detail}" if detail else str(end))
        self.last_report = self._report(end, detail)
        self.publisher = attrs.evolve(self.publisher, conduct=Conduct)
        self.inspector = None
        self._goals.clear()

    def _note(self, what: StepKind, at: float, detail: str) -> None:
        self.after.setdefault(what, self._newest_event())
        self._add(what, at, detail)

    def _add(self, what: StepKind, at: float, detail: str) -> None:
        self._timeline.add(what, at - self.publisher.accepted_at, detail)

    def _who(self) -> dict[str, str]:
        return {
            "session": self.publisher.session,
            "peer": self.publisher.peer,
            "stream": self.stream,
        }


def _inspector(stream: Stream, published_at: float) -> Inspector | None:
    """Who looks at a publish, if anybody does.

    All that facts and reports are made of is imported here and not above: a server is ready a
    tenth of its start sooner, and a process that serves has it before anybody publishes.
    """
    level = _LEVELS.get(stream.settings.inspect)
    if level is None:
        return None
    from trio_srs.hub.inspector import Inspector

    return Inspector(stream.feed, level, published_at=published_at)
