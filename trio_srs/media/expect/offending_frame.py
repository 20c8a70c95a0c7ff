"""The frame at which a rule was broken, or at which two streams differ. Floor 1."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, zip_longest
from typing import Final

import attrs

from trio_srs.media.expect.evidence import Absent, Evidence, Extent, Inapplicable, Seen
from trio_srs.media.expect.quantity import show_number
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.subject import Blame, Kind, SeenPlace, Subject
from trio_srs.media.expect.walks import Reading
from trio_srs.media.report import StreamReport
from trio_srs.media.trace import Frame, Trace
from trio_srs.wire.serial import SerialTime

__all__ = ["OffendingFrame", "find_offending_frame", "first_difference"]

_FIRST: Final = "first at {}"
_FROM: Final = "from {} on"
_LAST: Final = "the last was {}"
_SAME: Final = "all frames are the same, so it is headers or the order that differ"
_PARTS: Final[Mapping[str, Callable[[Frame], object]]] = {
    "exact": lambda frame: (frame.timestamp_ms, *_head(frame), frame.fingerprint),
    "payload": lambda frame: (*_head(frame), frame.fingerprint),
    "without_user_data": lambda frame: (frame.timestamp_ms, *_head(frame), frame.clean),
}
"""What of a frame each digest is made of."""


@attrs.frozen
class OffendingFrame:
    """A frame, and what it has to do with the rule."""

    frame: Frame | None
    """None if none is to blame."""
    text: str
    """What to say of it."""


def find_offending_frame(
    evidence: Evidence, rule: Rule, seen: Seen, golden: StreamReport | None
) -> OffendingFrame:
    """The first frame that is not as the rule says, if it can be told.

    What was decided at the end, or by something that did not come, is shown by the last frame; what
    holds for all frames, such as a codec, by the first.

    Args:
        golden: what a digest is compared with.
    """
    subject = rule.subject
    if golden is not None:
        frame = _of_golden(evidence, subject, golden)
        return OffendingFrame(frame, _SAME if frame is None else _FIRST.format(_name(frame)))
    if isinstance(seen, Absent | Inapplicable):
        return OffendingFrame(None, "")
    if subject.places is not None:
        return _place(evidence, rule, subject.places)
    for reading in () if subject.walk is None else subject.walk(evidence):
        if _offends(rule, reading):
            return OffendingFrame(reading.frame, _first(reading, subject, seen))
    if not evidence.report.trace.complete:
        return OffendingFrame(None, f"not among the first {len(evidence.report.trace)} frames")
    return _by_default(evidence, rule, seen)


def _place(
    evidence: Evidence, rule: Rule, places: Callable[[Evidence], Iterator[SeenPlace]]
) -> OffendingFrame:
    """The first place that is not as the rule says; frames are not to blame."""
    found = next((each for each in places(evidence) if not rule.holds(each.value)), None)
    if found is None:
        return OffendingFrame(None, "")
    seen = show_number(found.value, rule.subject.unit)
    return OffendingFrame(None, f"{_FIRST.format(found.name)}, with {seen}")


def _of_golden(evidence: Evidence, subject: Subject, golden: StreamReport) -> Frame | None:
    digest = subject.path[-1]
    return first_difference(evidence.report.trace, golden.trace, digest, subject.track)


def _offends(rule: Rule, reading: Reading) -> bool:
    """Whether nothing that the rule accepts is possible at this frame."""
    return not rule.may_hold(reading.low, reading.high)


def _first(reading: Reading, subject: Subject, seen: Seen) -> str:
    text = _FIRST.format(_name(reading.frame))
    if reading.low != reading.high or subject.kind is not Kind.NUMBER:
        return text
    is_all = seen == reading.low or seen == Extent(reading.low, reading.low)
    return text if is_all else f"{text}, with {show_number(reading.low, subject.unit)}"


def _by_default(evidence: Evidence, rule: Rule, seen: Seen) -> OffendingFrame:
    subject, trace = rule.subject, evidence.report.trace
    frames: Iterable[Frame] = trace.of(subject.track) if subject.track else trace
    if subject.blame is Blame.NOBODY:
        return OffendingFrame(None, "")
    is_last = subject.blame is Blame.LAST or (subject.walk is not None and _lacks(rule, seen))
    one = deque(frames, maxlen=1) if is_last else islice(frames, 1)
    frame = next(iter(one), None)
    if frame is None:
        return OffendingFrame(None, "")
    return OffendingFrame(frame, (_LAST if is_last else _FROM).format(_name(frame)))


def _lacks(rule: Rule, seen: Seen) -> bool:
    """Whether there was too little of it."""
    number = seen.most if isinstance(seen, Extent) else seen
    bounds = rule.bounds
    return isinstance(number, int | float) and bounds is not None and number < bounds.low


def _name(frame: Frame) -> str:
    track = f" of track {frame.track_id}" if frame.track_id else ""
    return f"{frame.kind} frame {frame.index}{track} ({frame.timestamp_ms} ms)"


def _head(frame: Frame) -> tuple[bool, int]:
    """What the FLV header says."""
    return frame.is_key, frame.composition_ms


def first_difference(trace: Trace, golden: Trace, digest: str, kind: str = "") -> Frame | None:
    """The first frame that is not as in the golden trace; the last one, if others had to follow.

    Args:
        digest: the name of a field of :class:`~trio_srs.media.facts.DigestFacts`.
        kind: whose frames; empty for all.
    """
    kinds = (kind,) if kind else ("video", "audio")
    found = [_difference(trace.of(each), golden.of(each), _PARTS[digest]) for each in kinds]
    time = SerialTime()
    times = ((time.place(frame.timestamp_ms), frame) for frame in trace)
    own = [(time_ms, frame) for time_ms, frame in times if frame in found]
    return min(own, key=lambda pair: pair[0])[1] if own else None


def _difference(
    ours: Iterable[Frame], theirs: Iterable[Frame], part: Callable[[Frame], object]
) -> Frame | None:
    last = None
    for our, their in zip_longest(ours, theirs):
        if our is None:
            return last
        if their is None or part(our) != part(their):
            return our
        last = our
    return None
