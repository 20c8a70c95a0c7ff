"""Waiting for something to happen to a stream, and saying what did happen if it does not. Floor 2.

Nothing is polled, and with nobody waiting no message costs anything.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, Self

import attrs
import trio

from trio_srs.errors import PeerError, RefusedError
from trio_srs.hub.bus import (
    Bus,
    Event,
    FirstKeyframe,
    FirstMedia,
    PlayBegan,
    PublishBegan,
    PublishEnded,
)
from trio_srs.hub.directory import EventLog, SessionView
from trio_srs.hub.publish_record import PublishRecord
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.reports import Reports
from trio_srs.hub.sessions import in_order, session_facts
from trio_srs.hub.turns import Turns
from trio_srs.hub.wait_diagnosis import WaitDiagnosis
from trio_srs.media.conduct import StepKind

__all__ = [
    "CannotBeReadyError",
    "Reached",
    "Ready",
    "Until",
    "UntilError",
    "UntilKind",
    "WaitTimeoutError",
    "Waiting",
]


class UntilError(ValueError):
    """A text that says nothing that can be waited for."""


class CannotBeReadyError(RefusedError):
    """What is waited for is made by a service that this server is without."""

    code = "cannot_be_ready"
    http_status = 400


class UntilKind(enum.StrEnum):
    """What can be waited for."""

    PUBLISHED = "published"
    """Somebody publishes the stream."""
    FIRST_MEDIA = "first_media"
    """Its first audio or video came, be it only a header."""
    FIRST_KEYFRAME = "first_keyframe"
    """Its first keyframe came."""
    FRAMES = "frames"
    """So many frames of video came; of audio, if there was no video so far."""
    UNPUBLISHED = "unpublished"
    """Its publish ended."""
    HLS_READY = "hls_ready"
    """Players can take it as HLS."""
    DASH_READY = "dash_ready"
    """Players can take it as MPEG-DASH."""
    PLAYED = "played"
    """Somebody plays it, or waits for it to be published."""


_STEPS: Final = {
    UntilKind.PUBLISHED: StepKind.PUBLISH,
    UntilKind.FIRST_MEDIA: StepKind.FIRST_MEDIA,
    UntilKind.FIRST_KEYFRAME: StepKind.FIRST_KEYFRAME,
    UntilKind.UNPUBLISHED: StepKind.END,
}
_EVENTS: Final[dict[UntilKind, type[Event]]] = {
    UntilKind.PUBLISHED: PublishBegan,
    UntilKind.FIRST_MEDIA: FirstMedia,
    UntilKind.FIRST_KEYFRAME: FirstKeyframe,
    UntilKind.UNPUBLISHED: PublishEnded,
    UntilKind.PLAYED: PlayBegan,
}
_LACKING: Final = {
    UntilKind.PUBLISHED: "no publisher on {}",
    UntilKind.FIRST_MEDIA: "no media on {}",
    UntilKind.FIRST_KEYFRAME: "no keyframe on {}",
    UntilKind.FRAMES: "not {} frames on {}",
    UntilKind.UNPUBLISHED: "no end of {}",
    UntilKind.HLS_READY: "no HLS of {}",
    UntilKind.DASH_READY: "no DASH of {}",
    UntilKind.PLAYED: "nobody plays {}",
}
_MADE: Final = frozenset({UntilKind.HLS_READY, UntilKind.DASH_READY})
"""What services make of a stream."""

Ready = Callable[[str], Awaitable[None]]
"""Waits until something is made of the newest publish of a stream, which there has been, or of one
that comes; it is begun if need be. If it is there, this does not wait at all."""


@attrs.frozen
class Until:
    """What to wait for."""

    kind: UntilKind
    frames: int = 0
    """How many, of ``frames``."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """``published``, ``first_media``, ``first_keyframe``, ``frames:100``, ``unpublished``,
        ``hls_ready``, ``dash_ready`` or ``played``.

        Raises:
            UntilError: it is none of these.
        """
        word, colon, number = text.partition(":")
        try:
            kind = UntilKind(word)
            frames = int(number) if colon else 0
        except ValueError:
            kind, frames = UntilKind.PUBLISHED, -1
        if frames < 0 or (kind is UntilKind.FRAMES) is not bool(frames):
            known = ", ".join(
                f"{it}:100" if it is UntilKind.FRAMES else it.value for it in UntilKind
            )
            raise UntilError(f"cannot wait until {text!r}; it is one of {known}")
        return cls(kind, frames)

    def __str__(self) -> str:
        return f"{self.kind}:{self.frames}" if self.frames else self.kind.value


_PUBLISHED: Final = Until(UntilKind.PUBLISHED)


@attrs.frozen(kw_only=True)
class Reached:
    """How far a stream has come."""

    stream: str
    """Its name, as ``live/cam1``."""
    until: Until
    """What was waited for."""
    met: bool
    """Whether it has happened."""
    publishing: bool = False
    """Whether somebody publishes the stream now."""
    publishes: int = 0
    """How often it has been published, as far back as anything of it is kept."""
    frames: int = 0
    """Frames of video in the present publish or else the newest one; of audio, if there was no
    video."""
    keyframes: int = 0
    """Keyframes, likewise."""
    waited_s: float = 0.0
    """Seconds that the wait took."""
    happened: tuple[str, ...] = ()
    """Of a wait that was in vain: what did happen, in sentences, the newest first."""


class WaitTimeoutError(PeerError):
    """What was waited for did not happen in time. The text says what did."""

    code = "wait_timeout"

    def __init__(self, reached: Reached, timeout_s: float) -> None:
        until, stream = reached.until, reached.stream
        asked = (until.frames, stream) if until.frames else (stream,)
        what = _LACKING[until.kind].format(*asked)
        told = "".join(f"; {sentence}" for sentence in reached.happened) or "; nothing happened"
        super().__init__(f"{what} within {timeout_s:g} s{told}")
        self.reached = reached


class Waiting:
    """Lets tasks wait for what happens to streams.

    What happened before the wait began counts. Without ``since`` the question is about the
    newest publish of the name, the present one or else the last that ended: was it published,
    has it had a keyframe, is it over? If not, about that one or whichever comes next. With
    ``since``, the number of an event in the journal, the question is whether it happened after
    that event, in whatever publish; frames are those of a publish that began after it, and so is
    what is made of a stream. A play is of the name, and not of a publish.
    """

    def __init__(
        self,
        bus: Bus,
        reports: Reports,
        registry: SessionView,
        turns: Turns | None = None,
        *,
        journal: EventLog | None = None,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._bus, self._reports, self._registry = bus, reports, registry
        self._turns = turns or Turns()
        self._journal = journal
        self._unix_time = unix_time
        self._ready: dict[UntilKind, Ready] = {}

    def offer(self, kind: UntilKind, ready: Ready) -> None:
        """Let what a service makes of streams be waited for."""
        self._ready[kind] = ready

    def offers(self, kind: UntilKind) -> bool:
        """Whether a service makes that."""
        return kind in self._ready

    async def until(
        self, stream: str, until: Until, *, timeout_s: float, since: int | None = None
    ) -> Reached:
        """Wait until something has happened to a stream.

        Args:
            stream: its name, as ``live/cam1``.
            since: only what happened after the event of this number in the journal counts.

        Raises:
            WaitTimeoutError: it did not happen in time.
            CannotBeReadyError: the service that makes it is not there.
        """
        began, is_met = trio.current_time(), False
        if until.kind in _MADE:
            ready = self._ready.get(until.kind)
            if ready is None:
                raise CannotBeReadyError(
                    f"cannot wait until {until}: this server does not serve that"
                )
            with trio.move_on_after(timeout_s), self._listening(stream, _PUBLISHED, since) as came:
                if not came.is_set():
                    await came.wait()
                await ready(stream)
                is_met = True
        else:
            with trio.move_on_after(timeout_s), self._listening(stream, until, since) as met:
                await met.wait()
            is_met = met.is_set()
        reached = self._reached(stream, until, is_met, trio.current_time() - began)
        if not reached.met:
            happened = await self._diagnose(stream)
            raise WaitTimeoutError(attrs.evolve(reached, happened=happened), timeout_s)
        return reached

    @contextmanager
    def _listening(self, stream: str, until: Until, since: int | None) -> Iterator[trio.Event]:
        """What is set when it has happened."""
        met = trio.Event()
        with ExitStack() as stack:

            def look(publish_record: PublishRecord) -> None:
                if _has(publish_record, until, since):
                    met.set()
                elif until.frames and publish_record.going_on and _counts(publish_record, since):
                    stack.callback(publish_record.when_frames(until.frames, met.set))

            def hear(event: Event) -> None:
                if type(event) is _EVENTS.get(until.kind):
                    met.set()
                elif until.frames and type(event) is PublishBegan:
                    look(self._reports.publish_records(stream)[-1])

            if until.kind is UntilKind.PLAYED:
                if self._journal is not None and self._journal.has_told(
                    PlayBegan, stream, since or 0
                ):
                    met.set()
            else:
                before = self._reports.publish_records(stream)
                for publish_record in before if since is not None else before[-1:]:
                    look(publish_record)
            if not met.is_set():
                stack.enter_context(self._bus.listening(hear, stream))
            yield met

    def _reached(self, stream: str, until: Until, met: bool, waited_s: float) -> Reached:
        newest = self._reports.newest(stream)
        return Reached(
            stream=stream,
            until=until,
            met=met,
            publishing=newest is not None and newest.going_on,
            publishes=self._reports.publishes(stream),
            frames=0 if newest is None else newest.frames,
            keyframes=0 if newest is None else newest.keyframes,
            waited_s=waited_s,
        )

    async def _diagnose(self, stream: str) -> tuple[str, ...]:
        """What did happen, of all sessions; but facts are made only of those that are told of."""
        diagnosis = WaitDiagnosis(stream)
        now, unix_now = trio.current_time(), self._unix_time()

        def visit(entry: SessionEntry) -> bool:
            requests = entry.requests.newest if entry.requests else ()
            if diagnosis.wants(request.stream for request in requests):
                diagnosis.add(session_facts(entry, now, unix_now))
            return not diagnosis.full

        newest_first = await in_order(self._registry, self._turns, newest_first=True)
        await self._turns.walk(visit, newest_first)
        return diagnosis.sentences()


def _counts(publish_record: PublishRecord, since: int | None) -> bool:
    """Whether a publish began late enough for its frames to count."""
    return since is None or publish_record.after[StepKind.PUBLISH] >= since


def _has(publish_record: PublishRecord, until: Until, since: int | None) -> bool:
    """Whether it has happened in this publish, and late enough."""
    if until.kind is UntilKind.FRAMES:
        return publish_record.frames >= until.frames and _counts(publish_record, since)
    after = publish_record.after.get(_STEPS[until.kind])
    return after is not None and (since is None or after >= since)
