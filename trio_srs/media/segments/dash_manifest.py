"""A stream in segments as DASH: its manifest, as of now. Floor 1.

Source:
    ISO/IEC 23009-1, 5.3; DASH-IF, Restricted Timing Model, and Low-Latency Modes for DASH.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from trio_srs.media.codec_names import codec_string
from trio_srs.media.segments.cut_rule import HZ
from trio_srs.media.segments.media_periods import (
    MediaPeriod,
    MediaPeriods,
    PeriodTrack,
    segment_of,
)
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.sound_label import SoundLabel, labels_of
from trio_srs.wire.dash.manifest import (
    CMAF_PROFILE,
    HTTP_XSDATE,
    LIVE_PROFILE,
    LOW_LATENCY_PROFILE,
    AdaptationSet,
    LatencyTarget,
    Manifest,
    ManifestPeriod,
    ProducerReference,
    Representation,
    UtcTiming,
)
from trio_srs.wire.dash.segment_template import SegmentTemplate, runs_of

__all__ = ["DashManifest", "DashRule"]

_DELAY_TARGETS: Final = 3
_WINDOW_TARGETS: Final = 4
_MOST_DELAY: Final = 0.75
"""Of the window."""
_LEAST_LATENCY_S: Final = 2.0
_LATENCY_PARTS: Final = 4
_LEAST_UPDATE_S: Final = 0.5
_LONGER_S: Final = 0.4
"""Than the target duration a segment may be: rounded it still is not."""
_HEADROOM: Final = 1.1
_VIDEO, _AUDIO = "video", "audio"
_FIRST_SOUND: Final = 2


@attrs.frozen(kw_only=True)
class DashRule:
    """How a stream is listed. Times are in seconds."""

    segment_s: float
    """How long segments are to be."""
    window_s: float
    """How much is listed."""
    delay_s: float | None = None
    """How far behind players begin; None: three segments, or with low latency four parts, and not
    less than two seconds."""
    is_low_latency: bool = False
    """A segment is listed from its first part on."""
    labels: tuple[SoundLabel, ...] = ()
    """Of tracks of sound, by number."""


class DashManifest:
    """Lists the segments of one presentation.

    Args:
        presentation: in fragmented MP4; with low latency, in parts.
    """

    def __init__(self, presentation: Presentation, rule: DashRule) -> None:
        self._presentation, self._rule = presentation, rule
        self._periods = MediaPeriods(round(rule.segment_s * HZ))

    def at(self, now_ms: int, folder: str = "", *, location: str = "", clock: str = "") -> Manifest:
        """The manifest as of now. It has no period while there is no whole segment.

        Args:
            now_ms: milliseconds since 1970.
            folder: stands before the names of all segments.
            location: where to ask for the next one, if that is somewhere else.
            clock: where to ask for the time of day.
        """
        presentation, rule, history = self._presentation, self._rule, self._periods
        history.update(presentation.renditions, presentation.frame_rate)
        periods = tuple(self._listed(folder))
        has_ended = any(each.has_ended for each in presentation.renditions)
        target_s = float(presentation.renditions[0].target_s or rule.segment_s)
        window_s = max(rule.window_s, _WINDOW_TARGETS * target_s)
        delay_s = min(self._delay_s(target_s), _MOST_DELAY * window_s)
        profiles = (LIVE_PROFILE, CMAF_PROFILE)
        is_fast = rule.is_low_latency
        return Manifest(
            is_dynamic=not has_ended,
            profiles=(*profiles, LOW_LATENCY_PROFILE) if is_fast else profiles,
            available_from_ms=history.zero_ms,
            published_ms=now_ms,
            update_s=None if has_ended else self._update_s,
            min_buffer_s=self._part_s if is_fast else target_s,
            window_s=None if has_ended else window_s,
            delay_s=None if has_ended else delay_s,
            longest_segment_s=target_s + _LONGER_S,
            duration_s=history.periods[-1].end / HZ if has_ended and periods else None,
            location=location,
            latency=self._latency(delay_s) if is_fast else None,
            timings=(UtcTiming(HTTP_XSDATE, clock),) if clock else (),
            periods=periods,
        )

    @property
    def _part_s(self) -> float:
        target = self._presentation.renditions[0].part_target
        return (target or 0) / HZ

    def _delay_s(self, target_s: float) -> float:
        rule = self._rule
        if rule.delay_s is not None:
            return rule.delay_s
        if rule.is_low_latency:
            return max(_LEAST_LATENCY_S, _LATENCY_PARTS * self._part_s)
        return _DELAY_TARGETS * target_s

    @property
    def _update_s(self) -> float:
        """A segment is listed when it is whole, or begins: players are to see it soon."""
        rule = self._rule
        return _LEAST_UPDATE_S if rule.is_low_latency else max(rule.segment_s / 2, _LEAST_UPDATE_S)

    def _latency(self, delay_s: float) -> LatencyTarget:
        first = next(iter(self._periods.periods), None)
        name = next(iter(first.tracks)) if first is not None else _VIDEO
        return LatencyTarget(target_ms=round(delay_s * 1000), reference_id=_id(name))

    # ---------------------------------------------------------------- periods

    def _listed(self, folder: str) -> Iterator[ManifestPeriod]:
        periods = self._periods.periods
        for period in periods:
            is_last = period is periods[-1]
            ends = is_last and period.lead.rendition.has_ended
            length_s = (period.end - period.start) / HZ
            labels = labels_of(
                (name for name in period.tracks if name != _VIDEO), self._rule.labels
            )
            yield ManifestPeriod(
                id=str(period.first),
                start_s=period.start / HZ,
                duration_s=length_s if ends else None,
                sets=tuple(
                    self._set(period, name, track, folder, labels.get(name), is_last=is_last)
                    for name, track in period.tracks.items()
                ),
            )

    def _set(
        self,
        period: MediaPeriod,
        name: str,
        track: PeriodTrack,
        folder: str,
        label: SoundLabel | None,
        *,
        is_last: bool,
    ) -> AdaptationSet:
        is_fast, number, rendition = self._rule.is_low_latency, _id(name), track.rendition
        first = max(each.rendition.segments[0].number for each in period.tracks.values())
        first = max(first, period.first)
        numbers = range(first, period.last + 1)
        found = [segment_of(rendition, each) for each in numbers]
        segments = [each for each in found if each is not None]
        lines = [(each.media_start, each.media_end - each.media_start) for each in segments]
        if is_fast and is_last and lines:
            lines += _open_line(period, track, lines[-1])
        said, init = track.init.format, track.init
        template = SegmentTemplate(
            media=init.timed_name("$Time$", f"{folder}{name}-{rendition.epoch}", rendition.ending),
            initialization=folder + init.name,
            timescale=init.timescale,
            presentation_time_offset=track.offset,
            timeline=runs_of(lines),
            availability_time_offset_s=self._ahead_s(track) if is_fast else None,
            is_complete=not is_fast,
        )
        representation = Representation(
            id=name,
            bandwidth=int(track.bandwidth * _HEADROOM) or 1,
            codecs=codec_string(said),
            width=said.width,
            height=said.height,
            frame_rate=period.frame_rate if name == _VIDEO else None,
            sample_rate=said.sample_rate,
            channels=said.channels,
            template=template,
        )
        kind = said.kind
        return AdaptationSet(
            id=number,
            content_type=kind,
            mime_type=f"{kind}/mp4",
            language=label.language if label is not None else "",
            label=label.name if label is not None else "",
            is_main=label is None or label.is_first,
            representations=(representation,),
            access_type=_access_type(segments),
            references=self._references(period, track, number) if is_fast else (),
        )

    def _ahead_s(self, track: PeriodTrack) -> float:
        """How long before its end a segment may be asked for: its first part is there then."""
        return max(track.length_s, self._rule.segment_s) - self._part_s

    def _references(
        self, period: MediaPeriod, track: PeriodTrack, number: int
    ) -> tuple[ProducerReference, ...]:
        zero_ms = self._periods.zero_ms
        assert zero_ms is not None  # there is a period
        reference = ProducerReference(
            id=number,
            wall_clock_ms=zero_ms + period.start * 1000 // HZ,
            presentation_time=track.offset,
        )
        return (reference,)


def _id(name: str) -> int:
    """Of the set of a track: it never changes."""
    if name == _VIDEO:
        return 1
    return _FIRST_SOUND + int(name.removeprefix(_AUDIO) or 0)


def _access_type(segments: Sequence[Segment]) -> int:
    if not all(each.has_key for each in segments):
        return 0
    return 1 if all(each.is_closed for each in segments) else 3


def _open_line(
    period: MediaPeriod, track: PeriodTrack, newest: tuple[int, int]
) -> list[tuple[int, int]]:
    """When the segment begins that is going on, and how long it will be, as far as can be known: as
    the one before. There is none while nothing of it is there, and where another period begins."""
    number, lead = period.last + 1, period.lead.rendition
    leading = segment_of(lead, number) or lead.open
    if leading is None or not leading.size or leading.is_break or leading.number != number:
        return []
    rendition = track.rendition
    segment = segment_of(rendition, number)
    if segment is not None:
        length = segment.media_end - segment.media_start
        return [(segment.media_start, length)] if length else []
    started = rendition.open
    if started is None or not started.size or started.number != number:
        return [(sum(newest), newest[1])]
    return [(started.media_start, max(newest[1], started.media_end - started.media_start))]
