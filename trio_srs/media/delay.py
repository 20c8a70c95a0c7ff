"""How long frames took from a source to what was made of it. Floor 1.

A frame is known again by the counter of a synthetic stream, or else by its payload, if no other
frame of the source has the same. What a transcoder coded anew has neither: then the counter is read
from the decoded picture, if somebody has decoded it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import attrs

from trio_srs.media.facts import Moment
from trio_srs.media.report import StepKind, StreamReport
from trio_srs.media.trace import Frame

__all__ = ["DelayFacts", "Delayed", "delay_between", "delays"]

_By: TypeAlias = Literal["number", "payload", "drawn"]
_WAYS: Final[tuple[tuple[_By, str], ...]] = (
    ("number", "video"), ("payload", "video"), ("drawn", "video"),
    ("number", "audio"), ("payload", "audio"),
)  # fmt: skip
"""By what frames may be known, and of which kind, in the order in which that is tried."""
_NOTHING: Final[Mapping[int, int]] = {}


@attrs.frozen
class Delayed:
    """A frame that came out, and the one of the source that it is."""

    source: Frame
    output: Frame
    delay_ms: float | None
    """From the arrival of the one to that of the other; None if one of them is not known."""


@attrs.frozen(kw_only=True)
class DelayFacts:
    """How the frames of a source came out."""

    by: _By
    """What they were known by: the frame counter, their payload, or the counter in the picture."""
    kind: str
    """``"video"`` or ``"audio"``: whose frames."""
    matched: int = 0
    """Frames that came out."""
    missing: int = 0
    """Frames that did not, between the first and the last that did."""
    first_missing: Moment | None = None
    """The first of those, as the source had it."""
    min_ms: float | None = None
    """Milliseconds: the shortest delay."""
    mean_ms: float | None = None
    """Milliseconds: the delay on average."""
    max_ms: float | None = None
    """Milliseconds: the longest delay."""


def delays(
    source: StreamReport, output: StreamReport, drawn: Mapping[int, int] = _NOTHING
) -> tuple[Delayed, ...]:
    """The frames that came out, in the order they did; ``drawn`` as :func:`delay_between` has
    it."""
    return _match(source, output, drawn).pairs


def delay_between(
    source: StreamReport, output: StreamReport, drawn: Mapping[int, int] = _NOTHING
) -> DelayFacts:
    """How the frames of a source came out.

    The video is asked; the audio only if no picture is known again.

    Args:
        drawn: the numbers that were read in decoded pictures of the output, by the index of the
            video frame.
    """
    match = _match(source, output, drawn)
    known = [pair.delay_ms for pair in match.pairs if pair.delay_ms is not None]
    missing = list(match.missing())
    first = missing[0] if missing else None
    return DelayFacts(
        by=match.by,
        kind=match.kind,
        matched=len(match.pairs),
        missing=len(missing),
        first_missing=None if first is None else Moment(first.index, first.timestamp_ms),
        min_ms=min(known, default=None),
        mean_ms=sum(known) / len(known) if known else None,
        max_ms=max(known, default=None),
    )


@attrs.frozen
class _Match:
    by: _By
    kind: str
    sources: dict[int, Frame]
    """By what they are known by, in their order."""
    pairs: tuple[Delayed, ...]

    def missing(self) -> Iterator[Frame]:
        came = {pair.source.index for pair in self.pairs}
        first, last = min(came, default=0), max(came, default=-1)
        for frame in self.sources.values():
            if first <= frame.index <= last and frame.index not in came:
                yield frame


def _match(source: StreamReport, output: StreamReport, drawn: Mapping[int, int]) -> _Match:
    none = _Match("payload", "video", {}, ())
    for by, kind in _WAYS:
        match = _match_by(by, kind, source, output, drawn)
        if match.pairs:
            return match
    return none


def _match_by(
    by: _By, kind: str, source: StreamReport, output: StreamReport, drawn: Mapping[int, int]
) -> _Match:
    keyed = [(_key(frame, by), frame) for frame in source.trace.of(kind)]
    times = Counter(key for key, _ in keyed)
    sources = {key: frame for key, frame in keyed if key is not None and times[key] == 1}
    left, pairs = dict(sources), []
    late_s = _began_s(output) - _began_s(source)
    for frame in output.trace.of(kind):
        key = drawn.get(frame.index) if by == "drawn" else _key(frame, by)
        origin = left.pop(key, None) if key is not None else None
        if origin is not None:
            pairs.append(Delayed(origin, frame, _delay_ms(origin, frame, late_s)))
    return _Match(by, kind, sources, tuple(pairs))


def _key(frame: Frame, by: _By) -> int | None:
    return frame.clean if by == "payload" else frame.number


def _delay_ms(source: Frame, output: Frame, late_s: float) -> float | None:
    if source.arrived_s is None or output.arrived_s is None:
        return None
    return (output.arrived_s + late_s - source.arrived_s) * 1000


def _began_s(report: StreamReport) -> float:
    """Where a trace's arrivals count from: the publish, as Unix time."""
    return report.began_at + (report.at_s(StepKind.PUBLISH) or 0.0)
