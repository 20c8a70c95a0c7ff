"""Tracks that end long before the others, as steps of a time line. Floor 1."""

from __future__ import annotations

from collections.abc import Iterator

from trio_srs.media.clock import DEFAULT_GAP_MS
from trio_srs.media.conduct import Step, StepKind
from trio_srs.media.facts import StreamFacts

__all__ = ["early_ends"]


def early_ends(facts: StreamFacts, published_s: float) -> Iterator[Step]:
    """A step for each track that has ended early, and of which it is known when.

    Args:
        published_s: when the publish was accepted, in the time of the steps.
    """
    for track in facts.tracks:
        if track.ends_early_ms > DEFAULT_GAP_MS and track.last_frame_s is not None:
            name = f"{track.kind} track {track.track_id}" if track.track_id else track.kind
            yield Step(
                at_s=published_s + track.last_frame_s,
                what=StepKind.TRACK_END,
                detail=f"{name}, {track.ends_early_ms / 1000:.3g} s before the others",
            )
