"""Which walk finds the frame that a fact is about: a table by the fact's path. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from trio_srs.media.expect import walks
from trio_srs.media.expect.walks import Walk
from trio_srs.media.trace import Frame

__all__ = ["walk_of"]


def _is(picture: str) -> Callable[[Frame], bool]:
    return lambda frame: frame.picture == picture


_WALKS: Final[Mapping[str, Callable[[str], Walk]]] = {
    "frames": walks.counts,
    "keyframes": lambda kind: walks.counts(kind, lambda frame: frame.is_key),
    "clock.duration_ms": walks.durations,
    **{f"bitrate.{which}_bps": walks.bit_rates for which in ("now", "mean", "peak")},
    "intervals.fps": walks.paces,
    "intervals.shortest_ms": walks.intervals,
    "intervals.longest_ms": walks.intervals,
    "longest_still_ms": walks.stills,
    **{
        f"gop.{unit}_{which}": lambda kind, unit=unit: walks.gops(unit)  # type: ignore[misc]  # a default is not inferred
        for unit in ("frames", "seconds")
        for which in ("min", "mean", "max")
    },
    "gop.open": lambda kind: walks.counts(kind, lambda frame: frame.is_open),
    "gop.current_frames": lambda kind: walks.gops("frames"),
    "gop.current_seconds": lambda kind: walks.gops("seconds"),
    "pictures.intra": lambda kind: walks.counts(kind, _is("I")),
    "pictures.predicted": lambda kind: walks.counts(kind, _is("P")),
    "pictures.bidirectional": lambda kind: walks.counts(kind, _is("B")),
    "pictures.shown_again": lambda kind: walks.counts(kind, _is("again")),
    "pictures.longest_b_run": lambda kind: walks.runs(kind, _is("B")),
    "pictures.composition_min_ms": lambda kind: walks.compositions,
    "pictures.composition_max_ms": lambda kind: walks.compositions,
    **{f"skew.{which}_ms": lambda kind: walks.skews for which in ("first", "now", "least", "most")},
    **{f"arrival.lag{which}_ms": lambda kind: walks.lags for which in ("", "_least", "_most")},
    "arrival.longest_silence_s": lambda kind: walks.silences,
    "arrival.first_frame_s": lambda kind: walks.first_arrival(),
    "arrival.first_keyframe_s": lambda kind: walks.first_arrival(lambda frame: frame.is_key),
}


def walk_of(path: str, track: str) -> Walk | None:
    """The walk for a fact of a stream, or of its first track of a kind; None if there is none."""
    parts = path.split(".")
    if parts[0] == "clock" and parts[-1] in ("count", "largest_ms"):
        return walks.steps(track, parts[1], size=parts[-1] == "largest_ms")
    made = _WALKS.get(path)
    return None if made is None else made(track)
