"""Where two streams differ that should have the same digest. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import Final

from trio_srs.media.trace import Frame, Trace
from trio_srs.wire.serial import SerialTime

__all__ = ["first_difference"]

_PARTS: Final[Mapping[str, Callable[[Frame], object]]] = {
    "exact": lambda frame: (frame.timestamp_ms, *_head(frame), frame.fingerprint),
    "payload": lambda frame: (*_head(frame), frame.fingerprint),
    "without_user_data": lambda frame: (frame.timestamp_ms, *_head(frame), frame.clean),
}
"""What of a frame each digest is made of."""


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
