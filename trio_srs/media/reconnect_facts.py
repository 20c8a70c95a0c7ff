"""How a publisher came back: attempts, pauses, what was lost, and its timestamps. Floor 1.

Both ways to go on are lawful: with the timestamps from before, or with new ones. Which one is a
fact, and a test expects one of them.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import attrs

from trio_srs.errors import EndReason
from trio_srs.media.conduct import StepKind
from trio_srs.media.report import StreamReport

__all__ = ["Reconnect", "ReconnectAttempt", "ReconnectTimestamps", "ended_at", "reconnects_of"]

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


AttemptsOf = Callable[[StreamReport, float, float], tuple[ReconnectAttempt, ...]]
"""The connections that the publisher of a report made between two times."""


def ended_at(report: StreamReport) -> float:
    """When a publish ended: seconds since 1970 (Unix time); of one of which that is not known, when
    its session was accepted."""
    return report.began_at + (report.at_s(StepKind.END) or 0.0)


def reconnects_of(
    reports: Sequence[StreamReport],
    when_ended: Callable[[StreamReport], float] = ended_at,
    attempts_of: AttemptsOf = lambda _report, _after, _before: (),
) -> Iterator[Reconnect]:
    """What came after each publish of a stream that has ended, in order.

    Args:
        reports: of every publish of one stream, oldest first.
        when_ended: when each ended, Unix time.
        attempts_of: finds attempts, after a time and before another; by default none are known.
    """
    for report, after in zip(reports, [*reports[1:], None], strict=False):
        if report.end is None and after is None:
            continue  # it goes on
        at = when_ended(report)
        until = float("inf") if after is None else after.began_at
        gone = Reconnect(
            end=report.end,
            end_detail=report.end_detail,
            attempts=attempts_of(report, at, until),
        )
        yield gone if after is None else _came_back(gone, report, after, at)


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
