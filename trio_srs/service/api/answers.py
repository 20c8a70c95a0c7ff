"""What the API says of the server, its sessions and streams. Floor 3.

What it says of the media of a stream is the report: :mod:`trio_srs.media.report`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import attrs

from trio_srs.errors import EndReason
from trio_srs.hub.made_files import WrittenFiles
from trio_srs.hub.sessions import SessionFacts
from trio_srs.hub.supervisor import SupervisedTask, TaskKind, TaskState
from trio_srs.media.report import StreamReport
from trio_srs.service.api.counters import Counters

__all__ = [
    "JudgedAnswer",
    "LateAnswer",
    "ReachedAnswer",
    "ReportsAnswer",
    "SentEvent",
    "ServerAnswer",
    "SessionsAnswer",
    "StreamAnswer",
    "StreamsAnswer",
    "TaskAnswer",
    "VerdictAnswer",
]


@attrs.frozen(kw_only=True)
class TaskAnswer:
    """A task that runs beside the sessions, and begins again when it fails."""

    name: str
    """What it does, in a word or two."""
    kind: TaskKind
    """What it is for: the `server` itself, the `source` of a stream, an `output` of each publish,
    a form that is `derived` from a stream, or a `program` that is run for a publish or play."""
    state: TaskState
    """Whether it runs, waits to begin again (`backing_off`), or was given up (`failed`)."""
    restarts: int
    """How often it has begun again."""
    last_error: str
    """Why it failed the last time; empty if it never has."""

    @classmethod
    def of(cls, task: SupervisedTask) -> Self:
        """As it stands now."""
        return cls(
            name=task.name,
            kind=task.kind,
            state=task.state,
            restarts=task.restarts,
            last_error=task.last_error,
        )


@attrs.frozen(kw_only=True)
class ServerAnswer:
    """The server as a whole."""

    version: str
    """Of trio-srs."""
    pid: int
    """The process."""
    began_at: float
    """When it was made: seconds since 1970 (Unix time)."""
    uptime_s: float
    """Seconds since then."""
    addresses: Mapping[str, Sequence[str]]
    """The URLs it listens on, by protocol, with the real ports."""
    sessions: int
    """Connections open now, without those to the API."""
    streams: int
    """Streams that are published, played or waited for now."""
    publishers: int
    """Streams that are published now."""
    players: int
    """Plays that go on now."""
    last_event: int
    """The number of the newest event; 0 before the first."""
    totals: Counters
    """What was counted since it began."""
    tasks: tuple[TaskAnswer, ...]
    """The server's own tasks, its services among them."""


@attrs.frozen(kw_only=True)
class SentEvent:
    """One event as it is sent: what happened, and its number."""

    id: str
    """The number of the event, or of the last one before it."""
    event: str
    """What happened, as `publish_began`; or `missed`, `restarted` or `end`, which are about the
    answer itself."""
    data: str
    """A JSON object: `number`, `at` (seconds since 1970), `event`, `session`, `peer`, and what
    belongs to such an event."""


@attrs.frozen(kw_only=True)
class FilesAnswer:
    """How it goes with the files that are written of a stream."""

    trouble: str
    """Why something cannot be written, and is tried again; empty if nothing is in the way."""
    failures: int
    """How often something could not be."""
    lost: int
    """Segments that were listed no more before they could be."""

    @classmethod
    def of(cls, written: WrittenFiles) -> Self:
        """As it goes now."""
        return cls(trouble=written.trouble, failures=written.failures, lost=written.lost)


@attrs.frozen(kw_only=True)
class StreamAnswer:
    """A stream as it is now: who publishes it, and how many play."""

    name: str
    """As `live/cam1`; `vhost/app/name` where the virtual host is not the default one."""
    publishing: bool
    """Whether somebody publishes it now."""
    session: str | None
    """The id of the session that publishes it, or did so last."""
    peer: str | None
    """The address of that publisher."""
    seconds: float | None
    """Seconds since the present publish was accepted."""
    silent_s: float | None
    """Seconds since that publisher's last message; null before its first."""
    publishes: int
    """How often it has been published, as far back as anything of it is kept."""
    frames: int
    """Frames of video in the present publish or else the newest one; of audio, if there was no
    video."""
    keyframes: int
    """Keyframes, likewise."""
    end: EndReason | None
    """Why the newest publish ended; null while it goes on."""
    end_detail: str
    """What else there is to say of that end."""
    players: int
    """Plays of it now."""
    tasks: tuple[TaskAnswer, ...]
    """What is made of it beside that: recorders, forwarders, relays, derived forms."""
    files: FilesAnswer | None
    """Those that are written of it; null where none are."""


@attrs.frozen(kw_only=True)
class StreamsAnswer:
    """Streams that are published, played or waited for now, or were published."""

    streams: tuple[StreamAnswer, ...]
    """By name, or as they are sorted."""
    total: int
    """How many fit what was asked for, in this part of the list and around it."""


@attrs.frozen(kw_only=True)
class SessionsAnswer:
    """Sessions, open and ended."""

    sessions: tuple[SessionFacts, ...]
    """In the order in which they began, or as they are sorted."""
    total: int
    """How many fit what was asked for, in this part of the list and around it."""


@attrs.frozen(kw_only=True)
class ReportsAnswer:
    """Every publish of a stream."""

    reports: tuple[StreamReport, ...]
    """Oldest first."""


@attrs.frozen(kw_only=True)
class VerdictAnswer:
    """What became of one rule."""

    rule: str
    """The rule."""
    met: bool
    """Whether the stream is as it says."""
    expected: str
    """What was expected, in words."""
    seen: str
    """What was seen, in words."""
    track: str | None
    """`video` or `audio`: whose frame it is."""
    index: int | None
    """Of the first offending frame: how many its track had before it; null if the rule is met, or
    no frame is to blame."""
    timestamp_ms: int | None
    """Of that frame, milliseconds as it was sent."""
    message: str
    """All of it in a sentence."""


@attrs.frozen(kw_only=True)
class JudgedAnswer:
    """What became of all rules."""

    met: bool
    """Whether the stream is as all of them say."""
    stream: str
    """The name, as `live/cam1`."""
    session: str
    """The session that published what was judged."""
    end: EndReason | None
    """Why that publish ended; null while it goes on."""
    verdicts: tuple[VerdictAnswer, ...]
    """One for each rule, in their order; those of the table are last."""


@attrs.frozen(kw_only=True)
class ReachedAnswer:
    """How far a stream has come."""

    stream: str
    """The name, as `live/cam1`."""
    until: str
    """What was waited for."""
    met: bool
    """Whether it has happened."""
    publishing: bool
    """Whether somebody publishes the stream now."""
    publishes: int
    """How often it has been published, as far back as anything of it is kept."""
    frames: int
    """Frames of video in the present publish or else the newest one; of audio, if there was no
    video."""
    keyframes: int
    """Keyframes, likewise."""
    waited_s: float
    """Seconds that the wait took."""
    happened: tuple[str, ...]
    """Of a wait that was in vain: what did happen, in sentences, the newest first."""


@attrs.frozen(kw_only=True)
class LateAnswer:
    """What was waited for did not happen in time: an error, and how far the stream has come."""

    code: str
    """`wait_timeout`."""
    message: str
    """What did not happen, and what did."""
    where: str
    """`query.until`."""
    reached: ReachedAnswer
    """How far the stream has come."""
