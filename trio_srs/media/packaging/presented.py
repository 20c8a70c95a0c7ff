"""HLS and DASH alike: renditions of segments on one line of time, with their frames. Floor 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, pairwise
from typing import Final

import attrs

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.manifest_copy import ManifestTrack
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.media.packaging.viewing import SeenSegment, Viewing
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.wire.ts.packet import CLOCK_HZ, WRAP_TICKS

__all__ = ["PresentedRendition", "PresentedSegment", "judged", "presented"]

_AUDIO: Final = "AUDIO"
_MS: Final = 1000


@attrs.define(eq=False, kw_only=True)
class PresentedSegment:
    """A segment at its place."""

    number: int
    url: str
    seconds: float
    """How long it is said to be."""
    content: SegmentContent | None
    """None: it was not got, or is encrypted."""
    is_discontinuity: bool = False
    is_gap: bool = False
    breaks: int | None = 0
    """How many discontinuities there were up to it; of DASH, which period. None: not known."""
    date_ms: int | None = None
    offset: int | None = None
    """Ticks from its own times to those of the presentation; None: not known."""

    @property
    def begins(self) -> int | None:
        """Ticks on the line of the presentation: its first decode time."""
        if self.content is None or not self.content.leading or self.offset is None:
            return None
        return self.content.leading[0].dts + self.offset

    @property
    def ends(self) -> int | None:
        """Likewise, where another may go on."""
        content = self.content
        if content is None or not content.leading or self.offset is None:
            return None
        return content.end(next(iter(content.by_kind))) + self.offset


@attrs.define(eq=False)
class PresentedRendition:
    """Segments one behind the other."""

    name: str
    segments: list[PresentedSegment]

    @property
    def kinds(self) -> set[str]:
        """What is in it: ``video`` and ``audio``."""
        contents = (segment.content for segment in self.segments)
        return set(chain.from_iterable(each.by_kind for each in contents if each is not None))

    @property
    def neighbours(self) -> Iterator[tuple[PresentedSegment, PresentedSegment]]:
        """Segments that follow each other without a discontinuity."""
        for before, after in pairwise(self.segments):
            if after.number == before.number + 1 and not after.is_discontinuity:
                yield before, after

    def units(self) -> Iterator[AccessUnit]:
        """Its frames, at the times of the presentation."""
        for segment in self.segments:
            if segment.content is not None and segment.offset is not None:
                for unit in segment.content.units:
                    yield unit.later(segment.offset)


def presented(viewing: Viewing) -> tuple[PresentedRendition, ...]:
    """Everything that was listed, whether it was got or not."""
    if viewing.renditions:
        return _of_playlists(viewing)
    return tuple(_of_manifests(viewing))


def judged(viewing: Viewing, renditions: Iterable[PresentedRendition]) -> list[PresentedRendition]:
    """Those that make the stream that is judged: what a player begins with. Of HLS the first
    variant, and the sound that goes with it; of DASH the first representation of each kind."""
    by_name = {each.name: each for each in renditions}
    for copy in viewing.multivariants:
        names = _first_variant(copy)
        return [by_name[name] for name in names if name in by_name]
    found: dict[str, PresentedRendition] = {}
    for each in by_name.values():
        for kind in each.kinds:
            found.setdefault(kind, each)
    return list(dict.fromkeys(found.values()))


def _first_variant(copy: PlaylistCopy) -> list[str]:
    said = copy.multivariant
    assert said is not None
    if not said.variants:
        return []
    first = said.variants[0]
    group = [
        each for each in said.renditions
        if each.kind == _AUDIO and each.group_id == first.audio and each.uri
    ]  # fmt: skip
    sound = next((each for each in group if each.is_default), group[0] if group else None)
    uris = [first.uri, *([] if sound is None else [sound.uri])]
    return list(dict.fromkeys(_base(copy.fetched, uri) for uri in uris))


def _base(fetched: Fetched, uri: str) -> str:
    return Fetched(url=fetched.resolve(uri), asked_at_s=0.0, at_s=0.0).base


def _of_playlists(viewing: Viewing) -> tuple[PresentedRendition, ...]:
    made = tuple(
        PresentedRendition(url, [_of_playlist(each) for each in seen.segments.values()])
        for url, seen in viewing.renditions.items()
    )
    first = judged(viewing, made)[:1] or list(made[:1])
    offsets: dict[int | None, int] = {}
    for rendition in (*first, *(each for each in made if each not in first)):
        _place(rendition, offsets)
    return made


def _of_playlist(seen: SeenSegment) -> PresentedSegment:
    listed = seen.listed
    return PresentedSegment(
        number=seen.number, url=seen.url, seconds=listed.duration_s, content=seen.content,
        is_discontinuity=listed.is_discontinuity, is_gap=listed.is_gap,
        breaks=seen.discontinuity, date_ms=listed.date_ms,
    )  # fmt: skip


def _place(rendition: PresentedRendition, offsets: dict[int | None, int]) -> None:
    """Put segments behind each other: their own times go on up to a discontinuity, also where 33
    bits go round, and behind it they go on with what is there.

    Args:
        offsets: by the number of discontinuities, of the rendition that was placed first: all have
            the same clock.
    """
    end, raw_end, offset, breaks = 0, 0, 0, None
    is_first = True
    for segment in rendition.segments:
        content = segment.content
        if content is None or not content.leading:
            end, raw_end = (
                end + round(segment.seconds * CLOCK_HZ),
                raw_end + round(segment.seconds * CLOCK_HZ),
            )
            continue
        first = content.leading[0].dts
        if is_first or segment.breaks != breaks:
            known = offsets.get(segment.breaks)
            offset = known if known is not None else (0 if is_first else end - first)
            offsets.setdefault(segment.breaks, offset)
        else:  # the offset grows where the times go round
            step = (first - raw_end + WRAP_TICKS // 2) % WRAP_TICKS - WRAP_TICKS // 2
            offset += raw_end + step - first
        is_first, breaks, segment.offset = False, segment.breaks, offset
        raw_end = content.end(next(iter(content.by_kind)))
        end = raw_end + offset


def _of_manifests(viewing: Viewing) -> Iterator[PresentedRendition]:
    found: dict[str, dict[tuple[str, int], PresentedSegment]] = {}
    for copy in viewing.manifests:
        for track in copy.tracks:
            name = f"{copy.fetched.base} {track.said.id}"
            known = found.setdefault(name, {})
            for segment, url in track.segments:
                key = track.period.id, segment.time
                made = _of_track(track, segment.number, url, segment.duration, viewing.got)
                if key not in known:
                    made.is_discontinuity = bool(known) and not any(
                        period == track.period.id for period, _ in known
                    )
                    known[key] = made
                else:
                    known[key].seconds = made.seconds
    for name, segments in found.items():
        yield PresentedRendition(name, list(segments.values()))


def _of_track(
    track: ManifestTrack, number: int, url: str, duration: int, got: Mapping[str, Fetched]
) -> PresentedSegment:
    template = track.said.template
    answer, init = got.get(url), got.get(track.init_url)
    content = None if answer is None or init is None else SegmentContent(answer.body, init.body)
    origin = template.presentation_time_offset * CLOCK_HZ // template.timescale
    return PresentedSegment(
        number=number, url=url, seconds=duration / template.timescale, content=content,
        offset=round(track.period.start_s * CLOCK_HZ) - origin,
    )  # fmt: skip
