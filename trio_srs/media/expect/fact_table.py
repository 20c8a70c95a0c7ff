"""What rules have to know of every fact: a table by the fact's path. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

import attrs

from trio_srs.media.expect import walks
from trio_srs.media.expect.walks import Walk
from trio_srs.media.facts import Finding, Moment, TrackFacts
from trio_srs.media.picture import AGAIN
from trio_srs.media.trace import Frame

__all__ = ["FACTS", "Fact", "First"]

First: TypeAlias = Callable[[TrackFacts], tuple[int, Moment | None]]
"""How many of something a track had, and the first of them."""


@attrs.frozen(kw_only=True)
class Fact:
    """What rules have to know of a fact besides its type."""

    unit: str = attrs.field(default="", kw_only=False)
    """Of its number."""
    needs_full: bool = False
    """Whether nothing is known of it unless everything is looked at, although counters say 0."""
    may_not_happen: bool = False
    """Whether it is None because nothing of the kind happened, and not because it is unknown."""
    walk: Callable[[str], Walk] | None = None
    """Finds its frames, of the first track of a kind or of all (``""``)."""
    first: First | None = None
    """How many there were, and the first, where the facts of a track say that themselves."""


def _finding(path: str, fact: Callable[..., Fact] = Fact, **of_count: object) -> dict[str, Fact]:
    """The facts of a :class:`~trio_srs.media.facts.Finding`."""
    return {
        f"{path}.count": fact(**of_count),
        f"{path}.first.index": fact(may_not_happen=True),
        f"{path}.first.timestamp_ms": fact("ms", may_not_happen=True),
        f"{path}.largest_ms": fact("ms"),
    }


def _odd_steps(what: str) -> dict[str, Fact]:
    """A finding of a clock: each of its steps, and how long it was, can be found."""
    path = f"clock.{what}"
    return {
        **_finding(path, _full, walk=lambda kind: walks.steps(kind, what)),
        f"{path}.largest_ms": _full("ms", walk=lambda kind: walks.steps(kind, what, size=True)),
    }


def _found(finding: Finding) -> tuple[int, Moment | None]:
    return finding.count, finding.first


def _marks(which: str) -> First:
    return lambda track: _found(getattr(track.video, which)) if track.video else (0, None)


def _of_picture(picture: str) -> Callable[[Frame], bool]:
    return lambda frame: frame.picture == picture


def _counted(picture: str) -> Callable[[str], Walk]:
    return lambda kind: walks.counts(kind, _of_picture(picture))


_full: Final = partial(Fact, needs_full=True)
_gop_frames: Final = _full("frames", walk=lambda kind: walks.gops("frames"))
_gop_seconds: Final = _full("s", walk=lambda kind: walks.gops("seconds"))
_bit_rate: Final = _full("bit/s", walk=walks.bit_rates)
_skew: Final = _full("ms", walk=lambda kind: walks.skews)
_lag: Final = _full("ms", walk=lambda kind: walks.lags)
_composition: Final = _full("ms", walk=lambda kind: walks.compositions)

FACTS: Final[Mapping[str, Fact]] = {
    "level": Fact(),
    "messages": Fact(),
    "bytes": Fact("B"),
    "metadata_changes": Fact(),
    # a clock's: of the stream, and of each track
    "clock.first_ms": _full("ms"),
    "clock.last_ms": _full("ms"),
    "clock.duration_ms": _full("ms", walk=walks.durations),
    **_odd_steps("regressions"),
    **_odd_steps("duplicates"),
    **_odd_steps("gaps"),
    **_odd_steps("jumps"),
    "clock.wraps": _full(),
    "bitrate.now_bps": _bit_rate,
    "bitrate.mean_bps": _bit_rate,
    "bitrate.peak_bps": _bit_rate,
    "skew.first_ms": _skew,
    "skew.now_ms": _skew,
    "skew.least_ms": _skew,
    "skew.most_ms": _skew,
    "skew.drift_ms_per_minute": _full("ms/min"),
    "arrival.resolution_s": _full("s"),
    "arrival.first_frame_s": _full("s", walk=lambda kind: walks.first_arrival()),
    "arrival.first_keyframe_s": _full(
        "s", walk=lambda kind: walks.first_arrival(lambda frame: frame.is_key)
    ),
    "arrival.last_frame_s": _full("s"),
    "arrival.lag_ms": _lag,
    "arrival.lag_least_ms": _lag,
    "arrival.lag_most_ms": _lag,
    "arrival.longest_silence_s": _full("s", walk=lambda kind: walks.silences),
    "digests.exact": _full(),
    "digests.payload": _full(),
    "digests.without_user_data": _full(),
    # a track's
    "kind": Fact(),
    "track_id": Fact(),
    "codec": Fact(),
    "codec_string": Fact(),
    "profile": Fact(),
    "trouble": Fact(may_not_happen=True),
    "troubles": Fact(),
    "first_trouble": Fact(may_not_happen=True),
    "frames": Fact("frames", walk=walks.counts),
    "headers.count": Fact(),
    "headers.changes": Fact(
        first=lambda track: (track.headers.changes, track.headers.first_change)
    ),
    "headers.first_change.index": Fact(may_not_happen=True),
    "headers.first_change.timestamp_ms": Fact("ms", may_not_happen=True),
    "headers.missing": Fact(),
    "intervals.fps": _full("fps", walk=walks.paces),
    "intervals.jitter_ms": _full("ms"),
    "intervals.shortest_ms": _full("ms", walk=walks.intervals),
    "intervals.longest_ms": _full("ms", walk=walks.intervals),
    "last_frame_s": Fact("s"),
    "ends_early_ms": _full("ms"),
    "longest_still_ms": _full("ms", walk=walks.stills),
    # video's
    "width": Fact("px"),
    "height": Fact("px"),
    "sar": Fact(),
    "display_width": Fact("px"),
    "display_height": Fact("px"),
    "bit_depth": Fact(),
    "chroma": Fact(),
    "interlaced": Fact(),
    "first_field": _full(),
    "nominal_fps": Fact("fps"),
    "keyframes": Fact("frames", walk=lambda kind: walks.counts(kind, lambda frame: frame.is_key)),
    **_finding("false_keyframes", first=_marks("false_keyframes")),
    **_finding("unmarked_keyframes", first=_marks("unmarked_keyframes")),
    "gop.count": _full(),
    "gop.frames_min": _gop_frames,
    "gop.frames_mean": _gop_frames,
    "gop.frames_max": _gop_frames,
    "gop.seconds_min": _gop_seconds,
    "gop.seconds_mean": _gop_seconds,
    "gop.seconds_max": _gop_seconds,
    "gop.closed": _full(),
    "gop.open": _full(walk=lambda kind: walks.counts(kind, lambda frame: frame.is_open)),
    "gop.before_first": _full(),
    "gop.current_frames": _gop_frames,
    "gop.current_seconds": _gop_seconds,
    "pictures.intra": _full(walk=_counted("I")),
    "pictures.predicted": _full(walk=_counted("P")),
    "pictures.bidirectional": _full(walk=_counted("B")),
    "pictures.shown_again": _full(walk=_counted(AGAIN)),
    "pictures.hidden": _full(),
    "pictures.longest_b_run": _full(walk=lambda kind: walks.runs(kind, _of_picture("B"))),
    "pictures.skipped": _full(),
    "pictures.composition_min_ms": _composition,
    "pictures.composition_max_ms": _composition,
    # audio's
    "sample_rate": Fact("Hz"),
    "channels": Fact(),
    "samples": _full(),
    "sample_drift_ms": _full("ms"),
}
"""Every fact that rules can be about, by its path from the facts of a stream or of a track on,
where ``video`` and ``audio`` are left out. One that is not here cannot be: it is found when this
is imported."""
