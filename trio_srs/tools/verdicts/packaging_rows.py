"""How a stream is packaged and delivered, as people read it: rows of names and values. Floor 6."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trio_srs.media.packaging_facts import PackagingFacts, PieceFacts

__all__ = ["packaging_rows"]

_OK = range(200, 400)
_MOST_BREACHES = 30


def packaging_rows(packaging: PackagingFacts | None) -> Iterator[tuple[str, str]]:
    """Everything that has something to say; nothing of what is not packaged."""
    if packaging is None:
        return
    yield (
        "form",
        ", ".join(filter(None, (packaging.form, packaging.container, packaging.encrypted))),
    )
    yield "variants", _variants(packaging)
    yield from _pieces("segments", packaging.segments, packaging.target_s)
    yield from _pieces("parts", packaging.parts, packaging.part_target_s)
    yield from _if_any("longest hole", (piece.hole_ms for piece in packaging.segments), "ms")
    yield from _if_any("drift of dates", (piece.drift_ms for piece in packaging.segments), "ms")
    yield from _if_any("first segment", (packaging.first_segment_s,), "s")
    if packaging.latency_least_s is not None and packaging.latency_most_s is not None:
        behind = f"{packaging.latency_least_s:.3g} to {packaging.latency_most_s:.3g} s"
        yield "behind", f"{behind}, the newest media against the time of day"
    if packaging.is_live:
        yield "stale", f"{packaging.stale_s:.3g} s at most without anything new"
    failed = [each for each in packaging.requests if each.status not in _OK]
    first = f"; first {failed[0].url}, status {failed[0].status}" if failed else ""
    yield "requests", f"{len(packaging.requests)}, {len(failed)} failed{first}"
    for breach in packaging.breaches[:_MOST_BREACHES]:
        yield (
            breach.severity,
            (
                f"{breach.rule} at {breach.where}: {breach.seen}, expected {breach.expected} "
                f"[{breach.clause}]"
            ),
        )


def _variants(packaging: PackagingFacts) -> str:
    apart_ms = packaging.variants_apart_ms
    apart = "" if apart_ms is None else f", {apart_ms:.3g} ms apart"
    return f"{packaging.variants}{apart}"


def _pieces(
    name: str, pieces: Sequence[PieceFacts], target_s: float | None
) -> Iterator[tuple[str, str]]:
    if pieces:
        lengths = [piece.seconds for piece in pieces]
        target = "" if target_s is None else f", target {target_s:g} s"
        yield name, f"{len(pieces)} of {min(lengths):.4g} to {max(lengths):.4g} s{target}"


def _if_any(name: str, values: Iterable[float | None], unit: str) -> Iterator[tuple[str, str]]:
    known = [abs(value) for value in values if value is not None]
    if known:
        yield name, f"{max(known):.4g} {unit}"
