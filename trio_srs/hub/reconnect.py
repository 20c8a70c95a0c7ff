"""How a publisher came back, by reports and by who connected in between. Floor 2, pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from trio_srs.media.conduct import StepKind
from trio_srs.media.reconnect_facts import (
    Reconnect,
    ReconnectAttempt,
    ReconnectTimestamps,
    ended_at,
    reconnects_of,
)

if TYPE_CHECKING:
    from trio_srs.hub.sessions import RequestFacts, SessionFacts
    from trio_srs.media.report import StreamReport

__all__ = ["Reconnect", "ReconnectAttempt", "ReconnectTimestamps", "find_reconnects"]


def find_reconnects(
    reports: Sequence[StreamReport], sessions: Iterable[SessionFacts]
) -> tuple[Reconnect, ...]:
    """What came after each publish of a stream that has ended, in order.

    Args:
        reports: of every publish of one stream, oldest first.
        sessions: all there are.
    """
    ordered = sorted(sessions, key=lambda each: each.began_at)

    def when_ended(report: StreamReport) -> float:
        """If nobody saw that, when its session was last seen."""
        if report.at_s(StepKind.END) is not None:
            return ended_at(report)
        own = (it for it in ordered if (it.id, it.peer) == (report.session, report.peer))
        return report.began_at + next((it.seconds for it in own), 0.0)

    def attempts_of(
        report: StreamReport, after: float, before: float
    ) -> tuple[ReconnectAttempt, ...]:
        host = report.peer.rpartition(":")[0]
        return tuple(
            ReconnectAttempt(after_s=it.began_at - after, outcome=_outcome(it, report.stream))
            for it in ordered
            if it.peer.rpartition(":")[0] == host
            and after - 1e-3 <= it.began_at <= before + 1e-3
            and not any(request.what == "play" for request in it.requests)
        )

    return tuple(reconnects_of(reports, when_ended, attempts_of))


def _outcome(session: SessionFacts, stream: str) -> str:
    published = [each for each in session.requests if each.what != "play"]
    if any(_is_of(each, stream) for each in published):
        return "published"
    refused = next((each.outcome for each in published if each.outcome != "asked"), "")
    return refused or (str(session.end) if session.end is not None else "asked")


def _is_of(request: RequestFacts, stream: str) -> bool:
    return request.what == "publish" and request.stream == stream and request.outcome == "accepted"
