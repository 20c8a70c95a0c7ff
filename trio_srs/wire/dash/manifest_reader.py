"""Manifests as they come from anybody: read by the letter, and refused for a reason. Floor 0.

Source:
    ISO/IEC 23009-1, 5.3. What is unlawful in a manifest by itself is refused here; what is unwise,
    or unlawful only beside another one or beside the media, is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeVar
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

import attrs

from trio_srs.wire.dash.manifest import (
    CHANNELS,
    MPD_NAMESPACE,
    AdaptationSet,
    LatencyTarget,
    Manifest,
    ManifestPeriod,
    ProducerReference,
    Representation,
    UtcTiming,
)
from trio_srs.wire.dash.segment_template import SegmentTemplate, TimelineRun
from trio_srs.wire.dash.xml_values import (
    ManifestError,
    read_date,
    read_duration,
    read_frame_rate,
)

__all__ = ["read_manifest"]

_DEEPEST: Final = 50
_MAIN: Final = "main"
_SEPARATOR: Final = " "
_COUNT: Final = re.compile(r"[0-9]{1,19}")
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_WORDS: Final = {"true": True, "1": True, "false": False, "0": False}
_OFTEN: Final = re.compile(r"-1|[0-9]{1,9}")
_NOT_READ: Final = {
    "SegmentList": "ask the packager for templates (ffmpeg: -use_template 1)",
    "SegmentBase": "it is one file in all: judge that by its own URL",
    "BaseURL": "it is one file in all: judge that by its own URL",
}
"""How else a manifest says where segments are, and what to do."""
ValueT = TypeVar("ValueT")


@attrs.define
class _Element:
    """One element of the namespace of manifests."""

    name: str
    line: int
    attributes: dict[str, str]
    children: list[_Element] = attrs.field(factory=list)
    text: str = ""

    def all(self, name: str) -> Iterator[_Element]:
        return (each for each in self.children if each.name == name)

    def first(self, name: str) -> _Element | None:
        return next(self.all(name), None)

    def error(self, text: str) -> ManifestError:
        return ManifestError(f"line {self.line}: {self.name} {text}")

    def said(self, name: str, read: Callable[[str], ValueT]) -> ValueT | None:
        """An attribute, if it is there."""
        text = self.attributes.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except ManifestError as error:
            raise self.error(f"has a {name} that is wrong: {error}") from error

    def must(self, name: str, read: Callable[[str], ValueT]) -> ValueT:
        """An attribute that has to be there."""
        value = self.said(name, read)
        if value is None:
            raise self.error(f"has no {name}")
        return value


def read_manifest(text: str | bytes) -> Manifest:
    """Read a manifest. What is inherited stands where it holds; elements that are not known are
    passed over.

    Raises:
        ManifestError: it is unlawful. The text begins with the line, from 1 on.
    """
    root = _parse(text)
    is_dynamic = root.said("type", _one_of("static", "dynamic")) == "dynamic"
    need_date = root.must if is_dynamic else root.said
    updates = root.said("minimumUpdatePeriod", read_duration)
    duration = root.said("mediaPresentationDuration", read_duration)
    location = root.first("Location")
    description = root.first("ServiceDescription")
    manifest = Manifest(
        profiles=tuple(root.must("profiles", str).split(",")),
        is_dynamic=is_dynamic,
        available_from_ms=need_date("availabilityStartTime", read_date),
        published_ms=need_date("publishTime", read_date),
        update_s=updates,
        min_buffer_s=root.must("minBufferTime", read_duration),
        window_s=root.said("timeShiftBufferDepth", read_duration),
        delay_s=root.said("suggestedPresentationDelay", read_duration),
        longest_segment_s=root.said("maxSegmentDuration", read_duration),
        duration_s=duration,
        location=location.text.strip() if location is not None else "",
        latency=_latency(description),
        timings=tuple(_timings(root)),
        periods=tuple(_periods(root, _base(root, ""))),
    )
    if not manifest.periods:
        raise root.error("has no Period")
    if updates is None and duration is None and manifest.periods[-1].duration_s is None:
        raise root.error("says neither how long it is nor when it changes (5.3.1.2)")
    return manifest


# ------------------------------------------------------------------------- XML


def _parse(text: str | bytes) -> _Element:
    """The elements of the namespace, without all others."""
    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    top = _Element("", 0, {})
    opened: list[_Element | None] = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(opened) > _DEEPEST:
            raise ManifestError(f"line {parser.CurrentLineNumber}: more than {_DEEPEST} deep")
        space, _, local = name.rpartition(_SEPARATOR)
        above = opened[-1]
        if space != MPD_NAMESPACE or above is None:
            opened.append(None)
            return
        element = _Element(local, parser.CurrentLineNumber, attributes)
        above.children.append(element)
        opened.append(element)

    def end(_: str) -> None:
        opened.pop()

    def data(found: str) -> None:
        element = opened[-1]
        if element is not None:
            element.text += found

    def doctype(*_: object) -> None:
        raise ManifestError(f"line {parser.CurrentLineNumber}: a DOCTYPE, which no manifest has")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = data, doctype
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise ManifestError(f"line {error.lineno}: {expat.ErrorString(error.code)}") from error
    except UnicodeEncodeError as error:
        raise ManifestError("line 1: characters that there are not") from error
    root = top.first("MPD")
    if root is None:
        raise ManifestError(f"line 1: the root is no MPD of {MPD_NAMESPACE}")
    return root


def _count(text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise ManifestError(f"{text[:80]!r} is no unsigned integer")
    return int(text)


def _positive(text: str) -> int:
    if not (count := _count(text)):
        raise ManifestError("0, expected more")
    return count


def _number(text: str) -> float:
    if text == "INF":
        return float("inf")
    if not _NUMBER.fullmatch(text):
        raise ManifestError(f"{text[:80]!r} is no number")
    return float(text)


def _times(text: str) -> int:
    if not _OFTEN.fullmatch(text):
        raise ManifestError(f"{text[:80]!r} is no number of times")
    return int(text)


def _truth(text: str) -> bool:
    if text not in _WORDS:
        raise ManifestError(f"{text[:80]!r} is neither true nor false")
    return _WORDS[text]


def _one_of(*known: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ManifestError(f"{text[:80]!r}, expected one of {', '.join(known)}")
        return text

    return read


# -------------------------------------------------------------------- elements


def _timings(above: _Element) -> Iterator[UtcTiming]:
    for each in above.all("UTCTiming"):
        yield UtcTiming(each.must("schemeIdUri", str), each.attributes.get("value", ""))


def _latency(description: _Element | None) -> LatencyTarget | None:
    latency = description.first("Latency") if description is not None else None
    if latency is None:
        return None
    return LatencyTarget(
        target_ms=latency.must("target", _count),
        reference_id=latency.said("referenceId", _count) or 0,
    )


def _base(each: _Element, above: str) -> str:
    """What URLs in an element are relative to (5.6): of several, which have the same, the first."""
    said = each.first("BaseURL")
    if said is None:
        return above
    try:
        urlsplit(said.text.strip())  # which urljoin leaves out where there is nothing above
        return urljoin(above, said.text.strip())
    except ValueError:
        raise said.error(f"is no URL: {said.text.strip()[:80]!r}") from None


def _periods(root: _Element, base: str) -> Iterator[ManifestPeriod]:
    end: float | None = 0.0
    for number, period in enumerate(root.all("Period")):
        start = period.said("start", read_duration)
        if start is None:
            start = end
        if start is None:
            raise period.error("has no start, and the one before no end (5.3.2.1)")
        if end is not None and number and start < end:
            raise period.error(f"begins at {start:g} s, before the end of the last one")
        duration = period.said("duration", read_duration)
        end = None if duration is None else start + duration
        within = _base(period, base)
        sets = tuple(_set(each, period, within) for each in period.all("AdaptationSet"))
        _check_ids(period, sets)
        yield ManifestPeriod(
            id=period.attributes.get("id", ""), start_s=start, duration_s=duration, sets=sets
        )


def _check_ids(period: _Element, sets: tuple[AdaptationSet, ...]) -> None:
    if not sets:
        raise period.error("has no AdaptationSet")
    ids = [each.id for adaptation in sets for each in adaptation.representations]
    if len(set(ids)) < len(ids):
        raise period.error("has two representations of one id (5.3.5.2)")


def _set(each: _Element, period: _Element, base: str) -> AdaptationSet:
    within = _base(each, base)
    representations = tuple(
        _representation(one, each, period, _base(one, within)) for one in each.all("Representation")
    )
    if not representations:
        raise each.error("has no Representation")
    mime_type = _inherited("mimeType", str, each, *each.all("Representation"))
    if mime_type is None:
        raise each.error("has no mimeType")
    label = each.first("Label")
    roles = [one.attributes.get("value", "") for one in each.all("Role")]
    return AdaptationSet(
        id=each.said("id", _count) or 0,
        content_type=each.attributes.get("contentType", mime_type.partition("/")[0]),
        mime_type=mime_type,
        representations=representations,
        access_type=_inherited("startWithSAP", _count, *each.all("Representation"), each) or 0,
        references=tuple(_reference(one) for one in each.all("ProducerReferenceTime")),
        language=each.attributes.get("lang", ""),
        label=label.text.strip() if label is not None else "",
        is_main=not roles or _MAIN in roles,
    )


def _reference(each: _Element) -> ProducerReference:
    return ProducerReference(
        id=each.must("id", _count),
        wall_clock_ms=each.must("wallClockTime", read_date),
        presentation_time=each.must("presentationTime", _count),
    )


def _inherited(name: str, read: Callable[[str], ValueT], *elements: _Element) -> ValueT | None:
    """An attribute of the first that has it."""
    return next((each.said(name, read) for each in elements if name in each.attributes), None)


def _representation(each: _Element, above: _Element, period: _Element, base: str) -> Representation:
    name = each.must("id", str)
    if not name or any(letter.isspace() for letter in name):
        raise each.error(f"has the id {name[:80]!r} (5.3.5.2)")
    said = (each, above)
    channels = next(
        (
            one.said("value", _count)
            for element in said
            for one in element.all("AudioChannelConfiguration")
            if one.attributes.get("schemeIdUri") == CHANNELS
        ),
        None,
    )
    return Representation(
        id=name,
        bandwidth=each.must("bandwidth", _count),
        codecs=_inherited("codecs", str, *said) or "",
        template=_template(each, each, above, period),
        width=_inherited("width", _count, *said) or 0,
        height=_inherited("height", _count, *said) or 0,
        frame_rate=_inherited("frameRate", read_frame_rate, *said),
        sample_rate=_inherited("audioSamplingRate", _count, *said) or 0,
        channels=channels or 0,
        base_url=base,
    )


def _template(representation: _Element, *above: _Element) -> SegmentTemplate:
    """With what it inherits (5.3.9.1)."""
    found = [one for each in above if (one := each.first("SegmentTemplate")) is not None]
    if not found:
        raise representation.error(f"has no SegmentTemplate{_instead(representation, *above)}")
    lines = [one for each in found if (one := each.first("SegmentTimeline")) is not None]
    duration = _inherited("duration", _positive, *found)
    if not lines and duration is None:
        raise found[0].error("has neither duration nor SegmentTimeline (5.3.9.2.1)")
    media = _inherited("media", str, *found)
    if media is None:
        raise found[0].error("has no media")
    number = _inherited("startNumber", _count, *found)
    complete = _inherited("availabilityTimeComplete", _truth, *found)
    return SegmentTemplate(
        media=media,
        initialization=_inherited("initialization", str, *found) or "",
        timescale=_inherited("timescale", _positive, *found) or 1,
        presentation_time_offset=_inherited("presentationTimeOffset", _count, *found) or 0,
        start_number=1 if number is None else number,
        duration=duration,
        timeline=tuple(_runs(lines[0])) if lines else (),
        availability_time_offset_s=_inherited("availabilityTimeOffset", _number, *found),
        is_complete=complete is not False,
    )


def _instead(*elements: _Element) -> str:
    """What it says about its segments in place of a template, and what can be done about it."""
    for name, hint in _NOT_READ.items():
        if any(each.first(name) is not None for each in elements):
            return f" but a {name}, which is not read here; {hint}"
    return ""


def _runs(timeline: _Element) -> Iterator[TimelineRun]:
    end: int | None = 0
    for each in timeline.all("S"):
        time = each.said("t", _count)
        if time is None:
            time = end
        if time is None:
            raise each.error("has no t behind one that goes on to the next (5.3.9.6.2)")
        if end is not None and time < end:
            raise each.error(f"begins at {time}, before the end of the last one, {end}")
        run = TimelineRun(time, each.must("d", _positive), each.said("r", _times) or 0)
        end = time + (run.repeat + 1) * run.duration if run.repeat >= 0 else None
        yield run
