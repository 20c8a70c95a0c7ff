"""Rules of manifests of DASH, over time and against what they list. Floor 1."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from trio_srs.media.codec_names import codec_string
from trio_srs.media.packaging.manifest_copy import ManifestCopy, ManifestTrack
from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.wire.dash.manifest import Manifest

__all__ = ["DASH_RULES"]

_CLOCKS: Final = (
    "urn:mpeg:dash:utc:http-xsdate:2014", "urn:mpeg:dash:utc:http-iso:2014",
    "urn:mpeg:dash:utc:http-head:2014", "urn:mpeg:dash:utc:direct:2014",
)  # fmt: skip
"""That browsers can use: NTP they cannot."""
_CALENDAR: Final = re.compile(r'="-?P[0-9.]+[YM]')
_OK, _ANSWERS = 200, (200, 206, 304, 416)
_MS: Final = 1000
_LATE_SEGMENTS: Final = 2
_SLACK_S: Final = 1.0
"""Clocks of servers and of who looks are no nearer, and dates are of whole seconds."""
_ROUNDING: Final = 2
"""Units of a timescale."""


def _said(viewing: Viewing) -> Iterator[tuple[ManifestCopy, Manifest]]:
    for copy in viewing.manifests:
        if copy.said is not None:
            yield copy, copy.said


def _reloads(viewing: Viewing) -> Iterator[tuple[ManifestCopy, Manifest, Manifest]]:
    """A copy, what it says, and what the one before it of the same URL said."""
    before: dict[str, Manifest] = {}
    for copy, said in _said(viewing):
        known = before.get(copy.fetched.base)
        if known is not None:
            yield copy, said, known
        before[copy.fetched.base] = said


def _tracks(viewing: Viewing) -> Iterator[ManifestTrack]:
    for copy in viewing.manifests:
        yield from copy.tracks


def _contents(viewing: Viewing) -> Iterator[tuple[ManifestTrack, int, int, SegmentContent]]:
    """Segments that were got: their track, time and duration as listed last, for one that is still
    made may be listed by what it is to be; and what is in them."""
    seen: set[str] = set()
    for track in reversed(list(_tracks(viewing))):
        init = viewing.got.get(track.init_url)
        for segment, url in track.segments:
            got = viewing.got.get(url)
            if got is not None and init is not None and url not in seen:
                seen.add(url)
                content = SegmentContent(got.body, init.body)
                if content.samples:
                    yield track, segment.time, segment.duration, content


@packaging_rule("23009-1 5.3; DTM")
def manifests_can_be_read(viewing: Viewing) -> Iterator[Departure]:
    """A manifest is as its schema says, and one that is live says when its timeline begins, when it
    was made and when to ask again."""
    for copy in viewing.manifests:
        if copy.said is None and not _CALENDAR.search(copy.text):
            yield Departure(copy.trouble, "a manifest", copy.fetched.base)


@packaging_rule("DTM; sergey-dryabzhinsky PR#48")
def timelines_begin_when_they_began(viewing: Viewing) -> Iterator[Departure]:
    """availabilityStartTime is the same for as long as there is the manifest."""
    for copy, said, before in _reloads(viewing):
        if said.available_from_ms != before.available_from_ms:
            seen = f"{said.available_from_ms}"
            yield Departure(seen, f"{before.available_from_ms} as before", copy.fetched.base)


@packaging_rule("DTM; shaka#733")
def manifests_name_a_clock(viewing: Viewing) -> Iterator[Departure]:
    """A dynamic manifest has a UTCTiming that browsers can use."""
    for copy, said in _said(viewing):
        if said.is_dynamic and not any(each.scheme in _CLOCKS for each in said.timings):
            seen = ", ".join(each.scheme for each in said.timings) or "none"
            yield Departure(f"UTCTiming {seen}", "one by HTTP", copy.fetched.base)


@packaging_rule("23009-1 5.3.9.6; DTM")
def timelines_have_no_holes(viewing: Viewing) -> Iterator[Departure]:
    """A segment of a timeline begins where the one before ended."""
    for track in _tracks(viewing):
        for (before, _), (after, _) in pairwise(track.segments):
            if after.time != before.time + before.duration:
                seen = f"segment at {after.time}"
                yield Departure(seen, f"{before.time + before.duration}", track.where)


@packaging_rule("DTM; DIC")
def timelines_are_those_of_the_media(viewing: Viewing) -> Iterator[Departure]:
    """S@t is when the first sample of a segment is shown, and S@d how long all of them last; what
    an edit list leaves out at the beginning is not shown."""
    for track, time, duration, content in _contents(viewing):
        if not track.said.template.timeline:
            continue
        samples, begin = content.samples, _shown_from(content)
        length = samples[-1].time + samples[-1].duration - samples[0].time
        if begin < 0:
            begin, length = 0, length + begin
        if abs(begin - time) > _ROUNDING or abs(length - duration) > _ROUNDING:
            seen = f"{time} for {duration}"
            yield Departure(seen, f"{begin} for {length}", f"{track.where} segment {time}")


def _shown_from(content: SegmentContent) -> int:
    """When the first sample is shown, in the timescale of the segment."""
    left_out = content.samples[0].track.media_start
    return min(sample.time + sample.composition for sample in content.samples) - left_out


@packaging_rule("DTM")
def numbered_segments_begin_where_their_numbers_say(viewing: Viewing) -> Iterator[Departure]:
    """Of a template without a timeline, the first sample of a segment is shown within half of
    @duration of where its number puts it."""
    for track, time, _, content in _contents(viewing):
        template = track.said.template
        if template.timeline or not template.duration:
            continue
        length_s, said_s = (each / template.timescale for each in (template.duration, time))
        begin_s = max(0, _shown_from(content)) / content.timescale
        if abs(begin_s - said_s) > length_s / 2:
            expected = f"{said_s:.3f} s within {length_s / 2:.3f}"
            yield Departure(f"{begin_s:.3f} s", expected, f"{track.where} segment {time}")


@packaging_rule("DTM; shaka#1466")
def newest_segments_are_of_now(viewing: Viewing) -> Iterator[Departure]:
    """The newest segment ended before now, and no more than two segments ago."""
    newest: dict[tuple[int, str], tuple[ManifestTrack, float]] = {}
    for track in _tracks(viewing):
        listed, template = [segment for segment, _ in track.segments], track.said.template
        said, now_s = track.copy.said, track.copy.server_now_s
        if said is None or said.available_from_ms is None or now_s is None or not listed:
            continue
        end_s = (listed[-1].time + listed[-1].duration - template.presentation_time_offset) / (
            template.timescale
        )
        behind_s = now_s - said.available_from_ms / _MS - track.period.start_s - end_s
        newest[id(track.copy), track.set.content_type] = track, behind_s
    for track, behind_s in newest.values():
        template = track.said.template
        longest_s = max(s.duration for s, _ in track.segments) / template.timescale
        early_s = (template.availability_time_offset_s or 0) + _SLACK_S
        is_over = track.copy.said is not None and track.copy.said.update_s is None
        if behind_s < -early_s or (
            behind_s > _LATE_SEGMENTS * longest_s + _SLACK_S and not is_over
        ):
            expected = f"{-early_s:.1f} to {_LATE_SEGMENTS * longest_s + _SLACK_S:.1f} s"
            yield Departure(f"it ended {behind_s:.1f} s ago", expected, track.where)


@packaging_rule("DTM; dash.js")
def what_a_manifest_lists_is_there(viewing: Viewing) -> Iterator[Departure]:
    """Every segment and init segment can be got for as long as it is listed."""
    for copy in viewing.manifests:
        urls = {track.init_url: track.where for track in copy.tracks}
        urls |= {
            url: f"{track.where} segment {segment.time}"
            for track in copy.tracks
            for segment, url in track.segments
        }
        until_s = min(
            (
                each.fetched.at_s
                for each in viewing.manifests
                if each.fetched.base == copy.fetched.base and each.fetched.at_s > copy.fetched.at_s
            ),
            default=float("inf"),
        )
        for fetched in viewing.fetched:
            is_then = copy.fetched.at_s <= fetched.asked_at_s < until_s
            if is_then and fetched.url in urls and fetched.status not in _ANSWERS:
                yield Departure(f"status {fetched.status}", f"{_OK}", urls[fetched.url])


@packaging_rule("DTM; 23009-1 5.3.3")
def ids_never_change(viewing: Viewing) -> Iterator[Departure]:
    """The sets and representations of a period have the same ids, in the same order."""
    for copy, said, before in _reloads(viewing):
        known = {period.id: period for period in before.periods}
        for period in said.periods:
            was = known.get(period.id, period)
            ids = [
                [(each.id, *[one.id for one in each.representations]) for each in which.sets]
                for which in (period, was)
            ]
            if ids[0] != ids[1]:
                where = f"{copy.fetched.base} period {period.id}"
                yield Departure(f"{ids[0]}", f"{ids[1]} as before", where)


@packaging_rule("DTM; dash.js#661")
def delays_are_within_the_window(viewing: Viewing) -> Iterator[Departure]:
    """suggestedPresentationDelay is shorter than timeShiftBufferDepth."""
    for copy, said in _said(viewing):
        delay_s, window_s = said.delay_s, said.window_s
        if delay_s is not None and window_s is not None and delay_s >= window_s:
            seen = f"a delay of {delay_s:g} s"
            yield Departure(seen, f"less than {window_s:g} s", copy.fetched.base)


@packaging_rule("23009-1 5.3.7; DIC")
def manifests_say_what_the_media_is(viewing: Viewing) -> Iterator[Departure]:
    """@codecs, and the @timescale of a timeline, are those of the init segment."""
    for track, time, _, content in _contents(viewing):
        where = f"{track.where} segment {time}"
        said, named = track.said.template.timescale, track.said.codecs
        if track.said.template.timeline and said != content.timescale:
            yield Departure(f"timescale {said}", f"{content.timescale}", where)
        for track_format in content.formats.values():
            if named.lower() != codec_string(track_format).lower():
                yield Departure(f"codecs {named}", codec_string(track_format), where)


@packaging_rule("DTM; 23009-1 5.3.2")
def periods_follow_each_other(viewing: Viewing) -> Iterator[Departure]:
    """A period begins where the one before it ended."""
    for copy, said in _said(viewing):
        for before, after in pairwise(said.periods):
            end_s = None if before.duration_s is None else before.start_s + before.duration_s
            if end_s is not None and abs(after.start_s - end_s) > 1 / _MS:
                where = f"{copy.fetched.base} period {after.id}"
                yield Departure(f"it begins at {after.start_s:g} s", f"{end_s:g} s", where)


@packaging_rule("DIC; livesim2 PR#182")
def low_latency_is_said_in_full(viewing: Viewing) -> Iterator[Departure]:
    """Who may ask for segments before they are whole is told so, with a target, a reference of
    time and a clock."""
    for track in _tracks(viewing):
        template, said = track.said.template, track.copy.said
        assert said is not None  # it has tracks
        if template.is_complete and not template.availability_time_offset_s:
            continue
        needed = {
            "availabilityTimeOffset": template.availability_time_offset_s,
            "availabilityTimeComplete=false": not template.is_complete,
            "ServiceDescription": said.latency,
            "ProducerReferenceTime": track.set.references,
        }
        missing = [name for name, value in needed.items() if not value]
        if missing:
            yield Departure(f"no {', '.join(missing)}", "all of them", track.where)


@packaging_rule("23009-1 5.3.9.6", Severity.WARNING)
def equal_segments_are_said_at_once(viewing: Viewing) -> Iterator[Departure]:
    """Neighbours of equal length are one run of a timeline."""
    for track in _tracks(viewing):
        for before, after in pairwise(track.said.template.timeline):
            goes_on = after.time == before.time + before.duration * (before.repeat + 1)
            if goes_on and before.duration == after.duration:
                yield Departure(f"another S at {after.time}", "one with @r", track.where)


@packaging_rule("DIC", Severity.WARNING)
def durations_are_no_calendar(viewing: Viewing) -> Iterator[Departure]:
    """Durations have no years and months, which are of no one length."""
    for copy in viewing.manifests:
        found = _CALENDAR.search(copy.text)
        if found:
            yield Departure(found[0][2:], "days, hours and less", copy.fetched.base)


DASH_RULES: Final[tuple[PackagingRule, ...]] = (
    manifests_can_be_read,
    timelines_begin_when_they_began,
    manifests_name_a_clock,
    timelines_have_no_holes,
    timelines_are_those_of_the_media,
    numbered_segments_begin_where_their_numbers_say,
    newest_segments_are_of_now,
    what_a_manifest_lists_is_there,
    ids_never_change,
    delays_are_within_the_window,
    manifests_say_what_the_media_is,
    periods_follow_each_other,
    low_latency_is_said_in_full,
    equal_segments_are_said_at_once,
    durations_are_no_calendar,
)
"""Those of DASH."""
