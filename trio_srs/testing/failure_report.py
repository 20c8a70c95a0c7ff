"""What a server has seen, in words and in files, for the report of a test that failed. Floor 7."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from trio_srs.hub.sessions import RequestFacts, SessionFacts
from trio_srs.media.facts import TrackFacts
from trio_srs.media.plain import plain
from trio_srs.media.report import StreamReport
from trio_srs.tools.file_name import file_name
from trio_srs.tools.verdicts.report_table import size_in_words, sound_in_words

__all__ = ["end_in_words", "in_words", "write_down"]


def in_words(reports: Sequence[StreamReport], sessions: Sequence[SessionFacts]) -> str:
    """What happened in each publish and in each session."""
    lines = [line for report in reports for line in _publish(report)]
    lines += [line for session in sessions for line in _session(session)]
    return "\n".join(lines) or "nobody has connected"


def write_down(
    folder: Path,
    reports: Sequence[StreamReport],
    sessions: Sequence[SessionFacts],
    events: object,
) -> None:
    """Write all of it into a folder, as JSON: a file for each report, the sessions, the events."""
    folder.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    for report in reports:
        name = file_name(report.stream)
        counts[name] += 1
        _write(folder / f"report-{name}-{counts[name]}.json", plain(report))
    _write(folder / "sessions.json", plain(sessions))
    _write(folder / "events.json", events)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def _publish(report: StreamReport) -> Iterator[str]:
    end = end_in_words(report)
    yield f"{report.stream}, published by {report.peer} (session {report.session}): {end}"
    for step in report.timeline:
        yield f"  {step.at_s:9.3f} s  {step.what.value:15} {step.detail}".rstrip()
    for track in report.facts.tracks:
        yield f"  {_track(track)}"
    for odd in report.conduct.oddities:
        where = "" if odd.offset is None else f" at byte {odd.offset}"
        yield f"  odd: {odd.code}{where}, {odd.count} times: {odd.detail}"
    if report.captured is not None:
        yield f"  kept in {report.captured}"


def _session(session: SessionFacts) -> Iterator[str]:
    end = f", {_ended(session)}" if session.end is not None else ""
    yield (
        f"session {session.id}: {session.protocol} from {session.peer}, "
        f"{session.client or 'unnamed'}, {session.seconds:.3f} s, "
        f"{session.bytes_in} bytes in, {session.bytes_out} out{end}"
    )
    for request in session.requests:
        counts = ("messages", "bytes", "segments", "stalls", "skipped")
        words = [request.outcome, request.detail]
        words += [f"{getattr(request, name)} {name}" for name in counts]
        said = ", ".join(word for word in words if word and not word.startswith("0 "))
        end = f", {_ended(request)}" if request.end is not None else ""
        yield f"  {request.at_s:9.3f} s  {request.what:15} {request.stream}: {said}{end}"


def _ended(what: SessionFacts | RequestFacts | StreamReport) -> str:
    reason = what.end.value if what.end is not None else ""
    return ": ".join(filter(None, ("ended", reason, what.end_detail)))


def end_in_words(report: StreamReport) -> str:
    """How a publish ended."""
    if report.end is None:
        return "still going on"
    return _ended(report)


def _track(track: TrackFacts) -> str:
    words = [track.codec or "unknown", track.profile, track.level]
    words.append(size_in_words(track.video) if track.video else sound_in_words(track.audio))
    if track.intervals.fps is not None and track.video is not None:
        words.append(f"{track.intervals.fps:.2f} frames/s")
    made_of = " ".join(word for word in words if word)
    trouble = f"; trouble: {track.trouble}" if track.trouble else ""
    return f"{track.kind}: {made_of}, {track.frames} frames{trouble}"
