"""What is known of how a stream is packaged and delivered, as HLS or DASH: plain values. Floor 1.

Times of answers are those of whoever looked; durations and dates are those of playlists and media.
"""

from __future__ import annotations

import attrs

__all__ = ["AnswerFacts", "PackagingFacts", "PieceFacts", "RuleBreach"]


@attrs.frozen(kw_only=True)
class PieceFacts:
    """One segment, or one part of a segment, as a playlist or manifest listed it."""

    rendition: str
    """The URL of its playlist; of DASH, that of the manifest and the representation's id."""
    number: int
    """Media sequence number; of DASH, the number of its template."""
    part: int | None = None
    """Which part of that segment, from 0 on; None: it is the segment."""
    url: str
    """Where it is."""
    seconds: float
    """How long it is said to be."""
    begins_ms: float | None = None
    """Milliseconds: the first decode time of its media on the line of the presentation. None: it
    was not got, or cannot be read."""
    hole_ms: float | None = None
    """Milliseconds from the end of the media before it to its own; negative where they overlap.
    None behind a discontinuity, and where either is not known."""
    drift_ms: float | None = None
    """Milliseconds by which its date (``EXT-X-PROGRAM-DATE-TIME``) is later than the first date of
    the rendition and the durations since. None: it has none."""


@attrs.frozen(kw_only=True)
class AnswerFacts:
    """One answer that was got."""

    url: str
    """What was asked for."""
    status: int
    """Of HTTP; 0: there was no answer."""
    seconds: float
    """From asking to the last byte."""
    max_age_s: int | None = None
    """For how long a cache may keep it; 0: it may not. None: it does not say."""
    is_list: bool = False
    """Whether it is a playlist or a manifest, and no media."""


@attrs.frozen(kw_only=True)
class RuleBreach:
    """A packaging rule that is broken in a place."""

    rule: str
    """Its name, which never changes."""
    clause: str
    """Where it is written."""
    severity: str
    """``error`` or ``warning``."""
    where: str
    """Of which playlist, and of which segment or part."""
    seen: str
    """What was seen there first."""
    expected: str
    """What the rule says."""
    count: int = 1
    """How often in that place."""


@attrs.frozen(kw_only=True)
class PackagingFacts:
    """How a stream is packaged and delivered, as one who views it sees that."""

    form: str
    """``HLS``, ``LL-HLS`` (there are parts) or ``DASH``."""
    container: str = ""
    """Of the segments: ``MPEG-TS`` or ``fMP4``; empty if none was got."""
    is_live: bool = False
    """Whether more was to come when it was looked at last."""
    variants: int = 0
    """Renditions with pictures; with none, those of sound."""
    target_s: float | None = None
    """Seconds: the target duration of the rendition that is judged. None: nothing says one."""
    part_target_s: float | None = None
    """Seconds: the part target, likewise."""
    segments: tuple[PieceFacts, ...] = ()
    """All that were listed, rendition by rendition."""
    parts: tuple[PieceFacts, ...] = ()
    """Likewise."""
    discontinuities: int = 0
    """Segments of the rendition that is judged behind a discontinuity."""
    gap_segments: int = 0
    """Segments of it that say that their media are missing."""
    encrypted: str = ""
    """By what method; empty: not."""
    variants_apart_ms: float | None = None
    """Milliseconds: the most by which segments of one number begin apart in two variants. None:
    there are no two."""
    first_segment_s: float | None = None
    """Seconds from the first request to the end of the first segment of media."""
    latency_least_s: float | None = None
    """Seconds by which the newest media listed was behind the time of day, the least. None: there
    are no dates, or it is not live."""
    latency_most_s: float | None = None
    """Likewise, the most."""
    stale_s: float = 0.0
    """Seconds: the longest time in which a playlist or manifest that goes on listed nothing new."""
    requests: tuple[AnswerFacts, ...] = ()
    """All that was asked for, in the order of the answers."""
    breaches: tuple[RuleBreach, ...] = ()
    """All rules that are broken."""
