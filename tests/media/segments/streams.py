"""Streams that are cut, and what has to hold for whatever comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tests.media.remux.records import Message
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rule import Severity
from trio_srs.media.packaging.packaging_rules import PACKAGING_RULES, check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.segments.presentation import Presentation, PresentationRule
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.segment_container import SegmentContainer

__all__ = ["FMP4", "RULE", "START_MS", "TS", "bytes_of", "check", "durations", "presented"]

TS, FMP4 = SegmentContainer.TS, SegmentContainer.FMP4
START_MS: Final = 1_796_000_000_000
RULE: Final = PresentationRule(
    segment_s=2.0, longest_s=10.0, part_s=0.2, window_s=20.0, most_bytes=1 << 26
)
_HZ: Final = 90_000


def presented(
    messages: Iterable[Message],
    container: SegmentContainer = TS,
    rule: PresentationRule = RULE,
    into: Presentation | None = None,
) -> Presentation:
    """A stream, come as it was sent."""
    made = into or Presentation(container, rule, "e", 100)
    for type_id, timestamp_ms, body in messages:
        made.write(type_id, timestamp_ms, body, START_MS + timestamp_ms)
    return made


def durations(rendition: Rendition) -> list[float]:
    """Of all segments that are listed, in seconds, to the millisecond."""
    return [round(segment.duration / _HZ, 3) for segment in rendition.segments]


def bytes_of(segment: Segment) -> bytes:
    """All of a segment."""
    return b"".join(part.data for part in segment.parts)


def check(presentation: Presentation, *unjudged: str) -> None:
    """Nobody who gets all that is listed now finds a rule broken, of those that are errors.

    Args:
        unjudged: names of rules.
    """
    viewing = Viewing(_fetched(presentation))
    rules = [rule for rule in PACKAGING_RULES if rule.severity is Severity.ERROR]
    found = check_packaging(viewing, [rule for rule in rules if rule.name not in unjudged])
    assert not found, "\n".join(map(str, found))


def _fetched(presentation: Presentation) -> Iterator[Fetched]:
    def got(name: str, body: bytes) -> Fetched:
        return Fetched(url=f"http://host/{name}", asked_at_s=0.0, at_s=0.0, body=body)

    renditions = presentation.renditions
    yield got("all.m3u8", presentation.multivariant().write().encode())
    for rendition in renditions:
        reports = tuple(each.report for each in renditions if each is not rendition)
        yield got(f"{rendition.name}.m3u8", rendition.playlist(reports).write().encode())
        for segment in [*rendition.segments, *filter(None, [rendition.open])]:
            assert rendition.find(segment.name) is (segment if segment.has_ended else None)
            if segment.init is not None:
                yield got(segment.init.name, segment.init.data)
            if segment.size:
                yield got(segment.name, bytes_of(segment))
            for part in segment.parts:
                yield got(part.name, part.data)
