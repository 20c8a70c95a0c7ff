"""How a publisher came back: attempts, pauses, what was lost, and its timestamps. Floor 2, pure.

Both ways to go on are lawful: with the timestamps from before, or with new ones. Which one is a
fact, and a test expects one of them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.errors import EndReason
from trio_srs.media.conduct import StepKind

if TYPE_CHECKING:
    from trio_srs.hub.sessions import RequestFacts, SessionFacts
    from trio_srs.media.report import StreamReport

__all__ = ["Reconnect", "ReconnectAttempt", "ReconnectTimestamps", "find_reconnects"]

_AGAIN_MS: Final = 1000
"""How much of what it sent last a publisher may send again, and still goes on: half of it all, at
most."""


class ReconnectTimestamps(enum.StrEnum):
    """What the timestamps of a publish do after another one."""

    GO_ON = "go_on"
    """They begin where those before ended, or later."""
    BEGIN_ANEW = "begin_anew"
    """They begin anew."""


@attrs.frozen(kw_only=True)
class ReconnectAttempt:
    """One connection that a publisher made after its publish had ended."""

    after_s: float
    """Seconds after that."""
    outcome: str
    """``published``, the code of a refusal, or why the connection ended before that."""


@attrs.frozen(kw_only=True)
class Reconnect:
    """What came after the end of a publish: up to the next one, or to now."""

    end: EndReason | None
    """Why the publish ended; None if the server was killed, so that nobody saw it."""
    end_detail: str = ""
    """What else there is to say of that."""
    attempts: tuple[ReconnectAttempt, ...] = ()
    """Connections by the same address, in order; those that the system refused, because nobody
    listened, are not seen."""
    back_after_s: float | None = None
    """Seconds until it published again; None if it did not."""
    lost_ms: int | None = None
    """Milliseconds of media that are missing, by timestamps that go on; None otherwise."""
    timestamps: ReconnectTimestamps | None = None
    """What they do; None if it did not come back with media."""

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """Seconds between the end and the first attempt, and between that and the next."""
        times = (0.0, *(each.after_s for each in self.attempts))
        return tuple(after - before for before, after in pairwise(times))


def find_reconnects(
    reports: Sequence[StreamReport], sessions: Iterable[SessionFacts]
) -> tuple[Reconnect, ...]:
    """What came after each publish of a stream that has ended, in order.

    Args:
        reports: of every publish of one stream, oldest first.
        sessions: all there are.
    """
    ordered = sorted(sessions, key=lambda each: each.began_at)
    return tuple(_reconnects(reports, ordered))


def _reconnects(
    reports: Sequence[StreamReport], sessions: Sequence[SessionFacts]
) -> Iterator[Reconnect]:
    for report, after in zip(reports, [*reports[1:], None], strict=True):
        if report.end is None and after is None:
            continue  # it goes on
        ended_at = _ended_at(report, sessions)
        until = float("inf") if after is None else after.began_at
        host = report.peer.rpartition(":")[0]
        attempts = tuple(
            ReconnectAttempt(
                after_s=each.began_at - ended_at, outcome=_outcome(each, report.stream)
            )
            for each in sessions
            if each.peer.rpartition(":")[0] == host
            and ended_at - 1e-3 <= each.began_at <= until + 1e-3
            and not any(request.what == "play" for request in each.requests)
        )
        gone = Reconnect(end=report.end, end_detail=report.end_detail, attempts=attempts)
        yield gone if after is None else _came_back(gone, report, after, ended_at)


def _ended_at(report: StreamReport, sessions: Sequence[SessionFacts]) -> float:
    """When a publish ended that is over; if nobody saw that, when its session was last seen."""
    at_s = report.at_s(StepKind.END)
    if at_s is None:
        own = (it for it in sessions if (it.id, it.peer) == (report.session, report.peer))
        at_s = next((it.seconds for it in own), 0.0)
    return report.began_at + at_s


def _outcome(session: SessionFacts, stream: str) -> str:
    published = [each for each in session.requests if each.what != "play"]
    if any(_is_of(each, stream) for each in published):
        return "published"
    refused = next((each.outcome for each in published if each.outcome != "asked"), "")
    return refused or (str(session.end) if session.end is not None else "asked")


def _is_of(request: RequestFacts, stream: str) -> bool:
    return request.what == "publish" and request.stream == stream and request.outcome == "accepted"


def _came_back(gone: Reconnect, report: StreamReport, after: StreamReport, at: float) -> Reconnect:
    """The same with what is known of the next publish.

    Args:
        at: when the one before had ended.
    """
    back_at = after.began_at + (after.at_s(StepKind.PUBLISH) or 0.0)
    (began, last), (first, _) = _clock(report), _clock(after)
    if began is None or last is None or first is None:
        return attrs.evolve(gone, back_after_s=back_at - at)
    goes_on = first >= last - min(_AGAIN_MS, (last - began) // 2)
    return attrs.evolve(
        gone,
        back_after_s=back_at - at,
        lost_ms=max(0, first - last) if goes_on else None,
        timestamps=ReconnectTimestamps.GO_ON if goes_on else ReconnectTimestamps.BEGIN_ANEW,
    )


def _clock(report: StreamReport) -> tuple[int | None, int | None]:
    """The first and the last timestamp of its pictures, or else of its sound."""
    for track in (report.facts.video, report.facts.audio):
        if track is not None and track.clock.first_ms is not None:
            return track.clock.first_ms, track.clock.last_ms
    return None, None
