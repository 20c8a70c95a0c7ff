"""A report as people read it: sections of names and values, and lines of plain text. Floor 6."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from typing import TypeAlias

from trio_srs.media.facts import (
    AudioFacts,
    ClockFacts,
    Finding,
    GopFacts,
    StreamFacts,
    TrackFacts,
    VideoFacts,
)
from trio_srs.media.report import Conduct, StreamReport
from trio_srs.tools.verdicts.packaging_rows import packaging_rows
from trio_srs.tools.verdicts.printable import printable
from trio_srs.wire.amf.values import Value

__all__ = [
    "Row",
    "Section",
    "report_lines",
    "report_sections",
    "size_in_words",
    "sound_in_words",
    "summary",
]

Row: TypeAlias = tuple[str, str]
"""A name and a value, which are text for people."""
Section: TypeAlias = tuple[str, list[Row]]
"""A title, and rows."""

_LONGEST_VALUE = 100


def summary(report: StreamReport) -> str:
    """A report in one line."""
    facts = report.facts
    tracks = [_track_in_words(track) for track in facts.tracks]
    parts = [*tracks, f"{facts.clock.duration_ms / 1000:.1f} s"]
    if facts.bitrate.mean_bps is not None:
        parts.append(bits(facts.bitrate.mean_bps))
    return ", ".join(parts if tracks else ["no audio or video"])


def _track_in_words(track: TrackFacts) -> str:
    made_of = size_in_words(track.video) if track.video else sound_in_words(track.audio)
    return " ".join(filter(None, (track.codec or track.kind, made_of, f"({track.frames} frames)")))


def size_in_words(video: VideoFacts | None) -> str:
    """As far as it is known: ``1280x720``, or empty."""
    if video is None or not video.width or not video.height:
        return ""
    return f"{video.width}x{video.height}"


def sound_in_words(audio: AudioFacts | None) -> str:
    """As far as it is known: ``48000 Hz x2``, ``48000 Hz``, ``x2`` or empty."""
    if audio is None:
        return ""
    rate = f"{audio.sample_rate} Hz" if audio.sample_rate else ""
    return " ".join(filter(None, (rate, f"x{audio.channels}" if audio.channels else "")))


def report_lines(report: StreamReport) -> Iterator[str]:
    """A report as lines of plain text, safe to show."""
    for title, rows in report_sections(report):
        yield title
        for name, value in rows:
            yield printable(f"  {name:<20}{value}")


def report_sections(report: StreamReport) -> list[Section]:
    """Everything about a report that has something to say."""
    facts = report.facts
    sections = [
        ("stream", list(_stream(report))),
        *((_title(track, facts), list(_track(track))) for track in facts.tracks),
        ("timestamps", list(_clock(facts.clock))),
        ("audio against video", list(_skew(facts))),
        ("arrival", list(_arrival(facts))),
        ("packaging", list(packaging_rows(report.packaging))),
        ("time line", [(f"{step.at_s:9.3f} s", _step(step.what, step.detail))
                       for step in report.timeline]),
        ("conduct", list(_conduct(report.conduct))),
        ("metadata", [(key, _short(value)) for key, value in (facts.metadata or {}).items()]),
    ]  # fmt: skip
    return [(title, rows) for title, rows in sections if rows]


def _step(what: str, detail: str) -> str:
    return f"{what.replace('_', ' ')}: {detail}" if detail else what.replace("_", " ")


def _title(track: TrackFacts, facts: StreamFacts) -> str:
    same_kind = sum(each.kind == track.kind for each in facts.tracks)
    return f"{track.kind} track {track.track_id}" if same_kind > 1 else track.kind


def _stream(report: StreamReport) -> Iterator[Row]:
    facts = report.facts
    yield "name", report.stream
    if report.peer:
        yield "peer", report.peer
    began = datetime.fromtimestamp(report.began_at, UTC)
    yield "began", began.isoformat(sep=" ", timespec="milliseconds").replace("+00:00", " UTC")
    yield "duration", f"{facts.clock.duration_ms / 1000:.3f} s"
    yield "messages", f"{facts.messages} ({facts.bytes} bytes)"
    yield from _rate(facts.bitrate.mean_bps, facts.bitrate.peak_bps)
    if facts.digests is not None:
        yield "digest", facts.digests.exact
        yield "digest of payloads", facts.digests.payload
    yield "end", ": ".join(filter(None, (report.end, report.end_detail))) or "not yet"
    if report.captured is not None:
        yield "captured in", report.captured


def _rate(mean_bps: float | None, peak_bps: int | None) -> Iterator[Row]:
    if mean_bps is not None:
        yield "bit rate", f"{bits(mean_bps)} on average, {bits(peak_bps or 0)} at most"


def bits(per_second: float) -> str:
    """A bit rate for people."""
    for unit, size in (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)):
        if per_second >= size:
            return f"{per_second / size:.4g} {unit}"
    return f"{per_second:.4g} bit/s"


def _track(track: TrackFacts) -> Iterator[Row]:
    words = (track.codec, track.codec_string, track.profile, track.level and f"level {track.level}")
    yield "codec", ", ".join(word for word in words if word)
    if track.trouble is not None:
        yield "trouble", f"{track.trouble} ({track.troubles} messages)"
    yield from _video(track) if track.video is not None else _audio(track)
    yield "frames", f"{track.frames} ({track.bytes} bytes)"
    yield from _rate(track.bitrate.mean_bps, track.bitrate.peak_bps)
    intervals = track.intervals
    if intervals.shortest_ms is not None:
        spread = f"{intervals.shortest_ms} to {intervals.longest_ms} ms"
        yield "frame interval", f"{spread}, jitter {intervals.jitter_ms:.2f} ms"
    if track.headers.missing:
        yield "no header", f"before {track.headers.missing} frames, which need one"
    if track.headers.changes:
        yield "header changes", str(track.headers.changes)
    if track.longest_still_ms:
        yield "longest still", f"{track.longest_still_ms} ms"


def _video(track: TrackFacts) -> Iterator[Row]:
    video = track.video
    assert video is not None  # the caller has looked
    if size := size_in_words(video):
        shown = (video.display_width, video.display_height)
        is_other = None not in shown and shown != (video.width, video.height)
        yield "size", f"{size}, shown as {shown[0]}x{shown[1]}" if is_other else size
    if video.bit_depth:
        scan = {True: ", interlaced", False: ", progressive", None: ""}[video.interlaced]
        yield "samples", f"{video.bit_depth} bit {video.chroma}{scan}"
    yield "frames a second", _fps(track.intervals.fps, video.nominal_fps)
    for name, finding in (
        ("false keyframes", video.false_keyframes),
        ("unmarked keyframes", video.unmarked_keyframes),
    ):
        if finding.first is not None:
            first = f"frame {finding.first.index} ({finding.first.timestamp_ms} ms)"
            yield name, f"{finding.count}, the first {first}"
    yield from _gop(video.gop)
    pictures = video.pictures
    yield "pictures", f"{pictures.intra} I, {pictures.predicted} P, {pictures.bidirectional} B"
    if pictures.composition_max_ms:
        yield "composition", f"{pictures.composition_min_ms} to {pictures.composition_max_ms} ms"


def _fps(measured: float | None, nominal: Fraction | None) -> str:
    seen = "not known" if measured is None else f"{measured:.3f}"
    return seen if nominal is None else f"{seen}, {float(nominal):.6g} promised"


def _gop(gop: GopFacts) -> Iterator[Row]:
    if gop.count:
        seconds = f"{gop.seconds_min:.3f} to {gop.seconds_max:.3f} s"
        frames = f"{gop.frames_min} to {gop.frames_max} frames"
        yield "GOP", f"{seconds}, {gop.seconds_mean:.3f} s on average; {frames}"
    unfinished = f"{gop.current_seconds:.3f} s and {gop.current_frames} frames unfinished"
    yield "GOPs", f"{gop.count} finished; {unfinished}; {gop.closed} closed, {gop.open} open"
    if gop.before_first:
        yield "before a keyframe", f"{gop.before_first} frames that nobody can decode"


def _audio(track: TrackFacts) -> Iterator[Row]:
    audio = track.audio
    assert audio is not None  # the caller has looked
    if audio.sample_rate:
        yield "sample rate", f"{audio.sample_rate} Hz"
    if audio.channels:
        yield "channels", str(audio.channels)
    if audio.sample_drift_ms is not None:
        yield "drift", f"{audio.sample_drift_ms:+.2f} ms against its samples"


def _clock(clock: ClockFacts) -> Iterator[Row]:
    if clock.first_ms is None:
        return
    yield "range", f"{clock.first_ms} to {clock.last_ms} ms"
    findings = {"steps back": clock.regressions, "gaps": clock.gaps, "jumps": clock.jumps}
    for name, finding in findings.items():
        if finding.count:
            yield name, _finding(finding)
    if clock.wraps:
        yield "wraps", str(clock.wraps)


def _finding(finding: Finding) -> str:
    first = finding.first
    where = f", first at message {first.index} ({first.timestamp_ms} ms)" if first else ""
    return f"{finding.count}, the longest {finding.largest_ms} ms{where}"


def _skew(facts: StreamFacts) -> Iterator[Row]:
    skew = facts.skew
    if skew.first_ms is None:
        return
    yield "at first", f"{skew.first_ms} ms"
    if skew.least_ms is not None:
        yield "range", f"{skew.least_ms} to {skew.most_ms} ms"
    if skew.drift_ms_per_minute is not None:
        yield "drift", f"{skew.drift_ms_per_minute:+.2f} ms a minute"


def _arrival(facts: StreamFacts) -> Iterator[Row]:
    arrival = facts.arrival
    if arrival.first_frame_s is not None:
        yield "first frame", f"{arrival.first_frame_s:.3f} s after publish"
    if arrival.first_keyframe_s is not None:
        yield "first keyframe", f"{arrival.first_keyframe_s:.3f} s after publish"
    if arrival.lag_ms is not None:
        yield "lag", f"{arrival.lag_least_ms:.0f} to {arrival.lag_most_ms:.0f} ms"
        yield "longest silence", f"{arrival.longest_silence_s:.3f} s"


def _conduct(conduct: Conduct) -> Iterator[Row]:
    for name in ("handshake", "flow", "client", "encoder"):
        if (said := getattr(conduct, name)) is not None:
            yield name, said
    if conduct.chunk_sizes:
        yield "chunk sizes", ", ".join(map(str, conduct.chunk_sizes))
    for oddity in conduct.oddities:
        where = "" if oddity.offset is None else f", first at byte {oddity.offset}"
        yield "odd", f"{oddity.code}: {oddity.detail} ({oddity.count} times{where})"


def _short(value: Value) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."
