"""Manifests: a live presentation in periods, as values and as XML. Floor 0.

Source:
    ISO/IEC 23009-1 (5.3 the elements, 5.8.4.11 UTCTiming, annex K ServiceDescription); DASH-IF,
    Restricted Timing Model; DASH-IF, Low-Latency Modes for DASH.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import attrs

from trio_srs.wire.dash.segment_template import SegmentTemplate, TimelineRun
from trio_srs.wire.dash.xml_values import write_date, write_duration, write_frame_rate

__all__ = [
    "CMAF_PROFILE",
    "HTTP_XSDATE",
    "LIVE_PROFILE",
    "LOW_LATENCY_PROFILE",
    "MPD_NAMESPACE",
    "AdaptationSet",
    "LatencyTarget",
    "Manifest",
    "ManifestPeriod",
    "ProducerReference",
    "Representation",
    "UtcTiming",
]

MPD_NAMESPACE: Final = "urn:mpeg:dash:schema:mpd:2011"
LIVE_PROFILE: Final = "urn:mpeg:dash:profile:isoff-live:2011"
CMAF_PROFILE: Final = "urn:mpeg:dash:profile:cmaf:2019"
LOW_LATENCY_PROFILE: Final = "http://www.dashif.org/guidelines/low-latency-live-v5"
HTTP_XSDATE: Final = "urn:mpeg:dash:utc:http-xsdate:2014"
"""A URL whose body is the time of day."""
CHANNELS: Final = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
"""How many channels there are, as a decimal number."""
_ROLE: Final = "urn:mpeg:dash:role:2011"
_INDENT: Final = "  "


@attrs.frozen
class UtcTiming:
    """``UTCTiming``: by what a player sets its clock."""

    scheme: str
    value: str


@attrs.frozen(kw_only=True)
class LatencyTarget:
    """``Latency`` of a ``ServiceDescription``: how far behind players are to be."""

    target_ms: int
    reference_id: int
    """Of the :class:`ProducerReference` that it is measured against."""


@attrs.frozen(kw_only=True)
class ProducerReference:
    """``ProducerReferenceTime``: when something was encoded."""

    id: int
    wall_clock_ms: int
    """Milliseconds since 1970."""
    presentation_time: int
    """In the timescale of the segments."""


@attrs.frozen(kw_only=True)
class Representation:
    """``Representation``: segments of one track."""

    id: str
    bandwidth: int
    """Bits per second at which it never runs dry, once ``minBufferTime`` of it is there."""
    codecs: str
    """RFC 6381."""
    template: SegmentTemplate
    width: int = 0
    """Pixels; 0 where there are none."""
    height: int = 0
    frame_rate: float | None = None
    """Pictures per second."""
    sample_rate: int = 0
    """Hz; 0 of pictures."""
    channels: int = 0
    base_url: str = ""
    """What its URLs are relative to, itself relative to that of the manifest. It is read, and not
    written."""


@attrs.frozen(kw_only=True)
class AdaptationSet:
    """``AdaptationSet``: representations of which one is chosen."""

    id: int
    content_type: str
    """``video`` or ``audio``."""
    mime_type: str
    representations: tuple[Representation, ...]
    access_type: int = 1
    """That of the access points which all segments begin with (ISO/IEC 14496-12, annex I): 1 if all
    that follows can be decoded, 3 if not those pictures that are shown before; 0: not all do."""
    references: tuple[ProducerReference, ...] = ()
    language: str = ""
    """RFC 5646; empty: it is not known."""
    label: str = ""
    """What it is called, for people."""
    is_main: bool = True
    """It is what is played where nobody chooses; False: in place of that."""


@attrs.frozen(kw_only=True)
class ManifestPeriod:
    """``Period``: from one change of the media to the next."""

    id: str
    start_s: float
    """Seconds since :attr:`Manifest.available_from_ms`."""
    duration_s: float | None = None
    """None: up to the next, or as long as it goes on."""
    sets: tuple[AdaptationSet, ...] = ()


@attrs.frozen(kw_only=True)
class Manifest:
    """``MPD``: everything that a player has to know."""

    profiles: tuple[str, ...] = (LIVE_PROFILE, CMAF_PROFILE)
    is_dynamic: bool = True
    """It is live; False: all of it is there."""
    available_from_ms: int | None = None
    """``availabilityStartTime``: the zero of its timeline, in milliseconds since 1970."""
    published_ms: int | None = None
    """``publishTime``: when it was made, likewise."""
    update_s: float | None = None
    """``minimumUpdatePeriod``: None: it will not change."""
    min_buffer_s: float
    window_s: float | None = None
    """``timeShiftBufferDepth``."""
    delay_s: float | None = None
    """``suggestedPresentationDelay``."""
    longest_segment_s: float | None = None
    duration_s: float | None = None
    """``mediaPresentationDuration``: None while it goes on."""
    location: str = ""
    """Where to ask for the next one; empty: where this one came from."""
    latency: LatencyTarget | None = None
    timings: tuple[UtcTiming, ...] = ()
    periods: tuple[ManifestPeriod, ...] = ()

    def write(self) -> str:
        """The manifest as XML.

        Raises:
            ValueError: a value that cannot be said. A caller's mistake.
        """
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield '<?xml version="1.0" encoding="UTF-8"?>'
        root = {
            "xmlns": MPD_NAMESPACE,
            "profiles": ",".join(self.profiles),
            "type": "dynamic" if self.is_dynamic else "static",
            "availabilityStartTime": _date(self.available_from_ms),
            "publishTime": _date(self.published_ms),
            "minimumUpdatePeriod": _duration(self.update_s),
            "mediaPresentationDuration": _duration(self.duration_s),
            "minBufferTime": _duration(self.min_buffer_s),
            "timeShiftBufferDepth": _duration(self.window_s),
            "suggestedPresentationDelay": _duration(self.delay_s),
            "maxSegmentDuration": _duration(self.longest_segment_s),
        }
        yield _open("MPD", root)
        if self.location:
            yield f"{_INDENT}<Location>{escape(self.location)}</Location>"
        if self.latency is not None:
            yield from _indented(_latency(self.latency))
        for period in self.periods:
            yield from _indented(_period(period, self.timings))
        for timing in self.timings:
            yield _INDENT + _timing(timing)
        yield "</MPD>"


def _open(name: str, attributes: Mapping[str, str | int | None], end: str = ">") -> str:
    said = (
        f" {key}={quoteattr(str(value))}" for key, value in attributes.items() if value is not None
    )
    return f"<{name}{''.join(said)}{end}"


def _empty(name: str, attributes: Mapping[str, str | int | None]) -> str:
    return _open(name, attributes, "/>")


def _indented(lines: Iterator[str]) -> Iterator[str]:
    return (_INDENT + line for line in lines)


def _date(unix_ms: int | None) -> str | None:
    return None if unix_ms is None else write_date(unix_ms)


def _duration(seconds: float | None) -> str | None:
    return None if seconds is None else write_duration(seconds)


def _timing(timing: UtcTiming) -> str:
    return _empty("UTCTiming", {"schemeIdUri": timing.scheme, "value": timing.value})


def _latency(latency: LatencyTarget) -> Iterator[str]:
    yield _open("ServiceDescription", {"id": 0})
    said = {"target": latency.target_ms, "referenceId": latency.reference_id}
    yield _INDENT + _empty("Latency", said)
    yield "</ServiceDescription>"


def _period(period: ManifestPeriod, timings: tuple[UtcTiming, ...]) -> Iterator[str]:
    said = {
        "id": period.id,
        "start": write_duration(period.start_s),
        "duration": _duration(period.duration_s),
    }
    yield _open("Period", said)
    for each in period.sets:
        yield from _indented(_set(each, timings))
    yield "</Period>"


def _set(each: AdaptationSet, timings: tuple[UtcTiming, ...]) -> Iterator[str]:
    said: dict[str, str | int | None] = {
        "id": each.id,
        "contentType": each.content_type,
        "mimeType": each.mime_type,
        "lang": each.language or None,
        "segmentAlignment": "true",
        "startWithSAP": each.access_type or None,
    }
    yield _open("AdaptationSet", said)
    if each.label:
        yield f"{_INDENT}<Label>{escape(each.label)}</Label>"
    for reference in each.references:
        yield from _indented(_reference(reference, timings))
    role = "main" if each.is_main else "alternate"
    yield _INDENT + _empty("Role", {"schemeIdUri": _ROLE, "value": role})
    for representation in each.representations:
        yield from _indented(_representation(representation))
    yield "</AdaptationSet>"


def _reference(reference: ProducerReference, timings: tuple[UtcTiming, ...]) -> Iterator[str]:
    said: dict[str, str | int | None] = {
        "id": reference.id,
        "type": "encoder",
        "wallClockTime": write_date(reference.wall_clock_ms),
        "presentationTime": reference.presentation_time,
    }
    yield _open("ProducerReferenceTime", said)
    for timing in timings[:1]:
        yield _INDENT + _timing(timing)
    yield "</ProducerReferenceTime>"


def _representation(each: Representation) -> Iterator[str]:
    rate = each.frame_rate
    said: dict[str, str | int | None] = {
        "id": each.id,
        "bandwidth": each.bandwidth,
        "codecs": each.codecs,
        "width": each.width or None,
        "height": each.height or None,
        "frameRate": None if rate is None else write_frame_rate(rate),
        "audioSamplingRate": each.sample_rate or None,
    }
    yield _open("Representation", said)
    if each.channels:
        said = {"schemeIdUri": CHANNELS, "value": each.channels}
        yield _INDENT + _empty("AudioChannelConfiguration", said)
    yield from _indented(_template(each.template))
    yield "</Representation>"


def _template(template: SegmentTemplate) -> Iterator[str]:
    ahead = template.availability_time_offset_s
    said: dict[str, str | int | None] = {
        "timescale": template.timescale,
        "presentationTimeOffset": template.presentation_time_offset or None,
        "startNumber": None if template.start_number == 1 else template.start_number,
        "duration": template.duration,
        "initialization": template.initialization or None,
        "media": template.media,
        "availabilityTimeOffset": None if ahead is None else f"{ahead:.3f}",
        "availabilityTimeComplete": None if template.is_complete else "false",
    }
    if not template.timeline:
        yield _empty("SegmentTemplate", said)
        return
    yield _open("SegmentTemplate", said)
    yield f"{_INDENT}<SegmentTimeline>"
    end: int | None = None
    for run in template.timeline:
        yield 2 * _INDENT + _run(run, end)
        end = run.time + (run.repeat + 1) * run.duration
    yield f"{_INDENT}</SegmentTimeline>"
    yield "</SegmentTemplate>"


def _run(run: TimelineRun, end: int | None) -> str:
    """``S``, which says when it begins only if that is not where the one before ends."""
    said = {
        "t": None if run.time == end else run.time,
        "d": run.duration,
        "r": run.repeat or None,
    }
    return _empty("S", said)
