"""From what the workers counted to figures that say something. Floor 6."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

__all__ = ["Figures", "client_figures", "distribution", "joined", "window_figures"]

Figures = dict[str, Any]
"""Figures by name, ready for JSON."""

_OF_CLIENTS: Final = ("connected", "failed", "lost", "no_media", "stalled", "publisher_failed")
_CLIENT_SAMPLES: Final = ("ttfb_ms", "first_keyframe_ms")
_SAMPLES: Final = {
    "messages": "messages_per_client",
    "keyframes": "keyframes_per_client",
    **{name: name for name in ("fell_behind_ms", "lag_ms", "latency_ms", "handshake_ms")},
    **{name: name for name in ("picture_latency_ms", "sound_latency_ms")},
}
_COUNTS: Final = (
    *("bytes", "sent", "active", "skipped", "players_that_skipped", "backward", "gaps"),
    *("frames", "lost_frames", "repeated", "handshakes"),
)


def distribution(samples: Iterable[float]) -> Figures:
    """``n``, and if there are any ``min``, ``p50``, ``p95``, ``p99`` and ``max``."""
    ordered = sorted(samples)
    if not ordered:
        return {"n": 0}
    figures: Figures = {"n": len(ordered), "min": ordered[0]}
    for percent in (50, 95, 99):
        figures[f"p{percent}"] = _quantile(ordered, percent / 100)
    return figures | {"max": ordered[-1]}


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest sample that at least that share of all does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def joined(raws: Iterable[Figures]) -> Figures:
    """What several workers counted, as if they were one: numbers added, lists joined."""
    whole: Figures = {}
    for raw in raws:
        for name, value in raw.items():
            if name == "event":
                continue
            before = whole.get(name)
            if before is None:
                whole[name] = value
            elif isinstance(value, dict):
                whole[name] = dict(Counter(before) + Counter(value))
            elif name == "seconds":
                whole[name] = max(before, value)
            else:
                whole[name] = before + value
    return whole


def client_figures(raw: Figures) -> Figures:
    """How the clients fared in the whole run."""
    figures: Figures = {name: raw[name] for name in _OF_CLIENTS if name in raw}
    figures["reasons"] = raw.get("reasons", {})
    return figures | {n: distribution(raw[n]) for n in _CLIENT_SAMPLES if n in raw}


def window_figures(raw: Figures, spent: Figures, round_s: float) -> Figures:
    """One window: what the clients got or sent, and what it cost.

    Args:
        raw: what the workers counted, joined.
        spent: the window's length, and whose CPU went where.
        round_s: how the load read.
    """
    figures: Figures = {"read_round_ms": round(round_s * 1000, 3), **spent}
    figures |= {name: raw[name] for name in _COUNTS if name in raw}
    figures |= {new: distribution(raw[old]) for old, new in _SAMPLES.items() if old in raw}
    seconds = raw.get("seconds") or spent["seconds"]
    if "bytes" in raw:
        figures["mbit_per_s"] = round(raw["bytes"] * 8e-6 / seconds, 3)
    if "latency_ms" in raw:
        figures["latency_quantiles_ms"] = _curve(raw["latency_ms"])
    if "handshakes" in raw:
        figures["handshakes_per_s"] = round(raw["handshakes"] / seconds, 1)
    if "server" in figures and raw.get("active"):
        figures["server"] = figures["server"] | _per_client(figures, raw)
    return figures


def _per_client(figures: Figures, raw: Figures) -> Figures:
    cpu_s = figures["server"]["cpu_s"]
    if "handshakes" in raw:
        return {"cpu_ms_per_handshake": round(1000 * cpu_s / raw["handshakes"], 5)}
    return {
        "cpu_ms_per_client_s": round(1000 * cpu_s / raw["active"] / figures["seconds"], 5),
    }


def _curve(samples: Sequence[float]) -> list[tuple[float, float]]:
    """(percent, value) pairs, dense at the upper end: enough to draw the distribution."""
    ordered = sorted(samples)
    percents = (*range(1, 99), 99, 99.5, 99.9, 100)
    return [(p, _quantile(ordered, p / 100)) for p in percents] if ordered else []
