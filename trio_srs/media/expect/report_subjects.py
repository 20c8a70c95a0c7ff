"""Subjects about a publish as a whole: arrival, metadata, digests, conduct and its end. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from trio_srs.errors import EndReason
from trio_srs.media.expect import walks
from trio_srs.media.expect.evidence import Absent, Evidence, Seen
from trio_srs.media.expect.fact_subjects import alias, not_known
from trio_srs.media.expect.subject import Blame, Kind, Subject
from trio_srs.media.expect.walks import Reading
from trio_srs.media.report import StepKind, StreamReport

__all__ = ["report_subjects", "trailing_s"]


def report_subjects() -> Iterator[Subject]:
    """The subjects about a publish as a whole."""
    yield from _arrival()
    yield from _report()


def trailing_s(report: StreamReport) -> float:
    """From the arrival of the last frame to the end."""
    end, publish = report.at_s(StepKind.END), report.at_s(StepKind.PUBLISH)
    last = report.facts.arrival.last_frame_s
    return 0.0 if end is None or publish is None or last is None else end - publish - last


def _stall(evidence: Evidence) -> Seen:
    facts = evidence.report.facts
    if facts.level != "full" or facts.arrival.lag_ms is None:
        return not_known(facts)
    return max(facts.arrival.longest_silence_s, trailing_s(evidence.report))


def _stalled(evidence: Evidence) -> Iterator[Reading]:
    last = None
    for reading in walks.silences(evidence.report.trace):
        yield reading
        last = reading.frame
    if last is not None:
        trailing = trailing_s(evidence.report)
        yield Reading(last, trailing, trailing)


def _arrival() -> Iterator[Subject]:
    for what in ("frame", "keyframe"):
        yield alias(
            f"first_{what}.seconds", f"arrival.first_{what}_s",
            f"From the moment the publish was accepted to the first {what}.",
        )  # fmt: skip
    yield Subject(
        name="stall.seconds",
        kind=Kind.NUMBER,
        unit="s",
        read=_stall,
        walk=_stalled,
        definition="The longest time in which no frame came: from publish to the first, between "
        "two, and from the last to the end.",
    )


def _metadata(evidence: Evidence) -> Seen:
    metadata = evidence.report.facts.metadata
    return Absent("no metadata came") if metadata is None else tuple(metadata)


def _end(evidence: Evidence) -> Seen:
    end = evidence.report.end
    return Absent("the publish has not ended") if end is None else end.value


def _report() -> Iterator[Subject]:
    yield Subject(
        name="metadata",
        kind=Kind.NAMES,
        blame=Blame.NOBODY,
        read=_metadata,
        definition="The keys of `onMetaData`.",
    )
    for mode, definition in (
        ("exact", "Types, timestamps and payloads of all audio and video."),
        ("payload", "Payloads alone: timestamps are ignored."),
        ("without_user_data", "As exact, but for user data in H.264 and H.265 SEI."),
    ):
        yield alias(f"digest.{mode}", f"digests.{mode}", definition)
    yield Subject(
        name="end.reason",
        kind=Kind.TEXT,
        read=_end,
        blame=Blame.LAST,
        words=tuple(EndReason),
        remark=lambda evidence: evidence.report.end_detail,
        definition="Why the publish ended, as an end reason. `stream_closed` is an orderly end.",
    )
    for name, definition in _CONDUCT.items():
        yield Subject(
            name=f"conduct.{name}", kind=Kind.TEXT, read=partial(_conduct, name),
            blame=Blame.NOBODY, definition=definition,
        )  # fmt: skip
    yield Subject(
        name="conduct.oddities",
        kind=Kind.NUMBER,
        read=_oddities,
        blame=Blame.NOBODY,
        remark=_first_oddity,
        definition="Odd or illegal things that the publisher did and that were let pass.",
    )


_CONDUCT: Final[Mapping[str, str]] = {
    "client": "The name that the publisher gives in `connect` (`flashVer`).",
    "encoder": "The name that the metadata give.",
    "handshake": "The kind of handshake.",
    "flow": "Whose way of asking to publish it follows.",
}


def _conduct(field: str, evidence: Evidence) -> Seen:
    value: str | None = getattr(evidence.report.conduct, field)
    return Absent("it did not say") if value is None else value


def _oddities(evidence: Evidence) -> Seen:
    return sum(oddity.count for oddity in evidence.report.conduct.oddities)


def _first_oddity(evidence: Evidence) -> str:
    for oddity in evidence.report.conduct.oddities:
        at = "" if oddity.offset is None else f" at byte {oddity.offset} of the input"
        return f"first {oddity.code}{at}: {oddity.detail}"
    return ""
