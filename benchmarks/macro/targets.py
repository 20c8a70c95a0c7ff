"""What must be reached, and where we are going: a table, and the verdict on it.

A ratio is ours divided by the other's, both measured in the same round, and the median of all
rounds; where it is over several scenarios, each is judged for itself.
"""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["AS_LATE", "TARGETS", "Target"]

_PLAYS: Final = ("play 500", "play 1000", "play 2000")
_FEWER: Final = ("play 500", "play 1000")
_VIEWS: Final = ("view 1000",)
_FRONTIERS: Final = ("frontier 300", "frontier 1000")
_PICTURES: Final = ("frontier 300, pictures alone", "frontier 1000, pictures alone")
AS_LATE: Final = "cpu as late"
"""Of a frontier: the CPU of the other, and ours at the same p50 latency, wherever on our curve."""
_LATENCIES: Final = ("latency 1", "latency 100", "latency 1 beside 500")


@attrs.frozen
class Target:
    """One row of what must be reached."""

    text: str
    """What it is about, as in the report."""
    scenarios: tuple[str, ...]
    figure: str
    """Which figure of the measurement."""
    ours: str
    """Our setup."""
    other: str | None
    """Whom it is divided by; None judges the figure itself."""
    must: float
    goal: float
    at_least: bool = False
    """More is better."""

    def is_met(self, value: float, limit: float) -> bool:
        """Whether a value is as good as a limit."""
        return value >= limit if self.at_least else value <= limit


def _play(
    text: str, ours: str, other: str, figure: str, must: float, goal: float,
    scenarios: tuple[str, ...] = _PLAYS,
) -> Target:  # fmt: skip
    return Target(text, scenarios, figure, ours, other, must, goal)


TARGETS: Final = (
    _play("play, 350 ms", "ours-350", "srs", "cpu@20", 0.6, 0.35),
    _play("play, 350 ms", "ours-350", "nginx", "cpu@20", 0.4, 0.2),
    _play("play, 20 ms", "ours", "nginx", "cpu@20", 1.8, 1.0),
    _play("play, 20 ms, read at once", "ours", "nginx", "cpu@0", 0.8, 0.5),
    _play("play, record by record", "ours-0", "srs-low", "cpu@20", 0.85, 0.6, _FEWER),
    _play("play, record by record, read at once", "ours-0", "srs-low", "cpu@0", 1.0, 0.7, _FEWER),
    _play("play, record by record, Nagle", "ours-0-nagle", "nginx", "cpu@20", 1.8, 1.1, _FEWER),
    Target("HTTP-FLV viewers / players", _VIEWS, "per_rtmp_flv", "ours-http", None, 1.15, 1.0),
    Target("TS viewers / players", _VIEWS, "per_rtmp_ts", "ours-http", None, 1.3, 1.15),
    Target("cost, as late", _FRONTIERS, AS_LATE, "ours", "nginx", 1.15, 1.0),
    Target("cost, as late", _FRONTIERS, AS_LATE, "ours", "srs", 0.7, 0.5),
    Target("cost, as late", _FRONTIERS, AS_LATE, "ours", "srs-low", 0.7, 0.5),
    Target("cost of pictures alone, as late", _PICTURES, AS_LATE, "ours", "nginx", 1.15, 1.0),
    Target("cost of pictures alone, as late", _PICTURES, AS_LATE, "ours", "srs", 0.7, 0.5),
    Target("cost of pictures alone, as late", _PICTURES, AS_LATE, "ours", "srs-low", 0.7, 0.5),
    Target("latency p50 by default, ms", ("frontier 300",), "p50_ms", "ours", None, 8, 3),
    Target("publish, as it comes", ("publish 400",), "cpu", "ours", "srs", 1.2, 1.0),
    Target("publish, merged read", ("publish 400",), "cpu", "ours-merge", "srs", 0.45, 0.45),
    Target("publish, merged read", ("publish 400",), "cpu", "ours-merge", "nginx", 1.2, 0.7),
    Target("publish, merged read", ("publish 400",), "cpu", "ours-merge", "srs-merge", 1.8, 1.0),
    Target("latency p50", _LATENCIES, "p50_ms", "ours-0", "nginx", 2.0, 1.2),
    Target("latency p50", _LATENCIES, "p50_ms", "ours-0", "srs-low", 2.0, 1.2),
    Target("latency p99", _LATENCIES, "p99_ms", "ours-0", "nginx", 5.0, 2.0),
    Target("latency p99", _LATENCIES, "p99_ms", "ours-0", "srs-low", 5.0, 2.0),
    Target(
        "200 requests to the API and 100 callbacks a second, added to p99 ms",
        ("beside a platform",), "added_ms", "ours", None, 5, 2,
    ),
    Target("first media byte, late player, p50 ms", ("join late",), "p50_ms", "ours", None, 1.5, 1),
    Target(
        "first picture of HTTP-FLV, late viewer, max ms", ("view late",), "max_ms_flv", "ours-http",
        None, 50, 10,
    ),
    Target(
        "HLS segments of 500 kB per second of CPU", ("hls files",), "mb_segment", "ours-ll-hls",
        "nginx-files", 0.7, 1.0, at_least=True,
    ),
    Target(
        "low-latency HLS, played behind the publisher, p99 ms", ("hls delay",), "played_ms",
        "ours-ll-hls", None, 1500, 1000,
    ),
    Target(
        # The keyframe that ends it comes a segment later, and a picture of 25 a second is 0.02 of
        # one: nobody can be sooner, and all that is judged is what we add.
        "plain HLS, first playlist behind the first keyframe, in segments, within a picture",
        ("hls delay",), "first_segments", "ours-hls", None, 1.02, 0.5,
    ),
    Target(
        "2,000 held reloads, core % while they wait", ("hls 2000 held",), "waiting_core",
        "ours-long-parts", None, 1.0, 0.2,
    ),
    Target(
        "publish with HLS for every stream / without", ("publish 50, hls",), "cpu",
        "ours-flv-hls", "ours-flv", 2.0, 1.5,
    ),
    Target(
        "RTMP players with HLS / without", ("view 500, hls",), "cpu_rtmp", "ours-flv-hls",
        "ours-flv", 1.05, 1.0,
    ),
    Target(
        "HTTP-FLV viewers with HLS / without", ("view 500, hls",), "cpu_flv", "ours-flv-hls",
        "ours-flv", 1.05, 1.0,
    ),
    Target("500 joining in 1 s, p99 ms", ("join 500 in 1 s",), "p99_ms", "ours", None, 15, 1),
    Target(
        "players on one core, 600 kbit/s, 350 ms", ("most players",), "players", "ours-350", None,
        5_000, 10_000, at_least=True,
    ),
    Target("kB per player", ("memory of a player",), "kb", "ours", None, 20, 16),
    Target("kB per publisher", ("memory of a publisher",), "kb", "ours-no-cache", None, 64, 48),
    Target("kB per idle connection", ("memory of a connection",), "kb", "ours", None, 12, 8),
    Target(
        "handshakes per second of CPU", ("storm 10000",), "per_cpu_s", "ours", "nginx", 0.35, 0.6,
        at_least=True,
    ),
    Target("start to ready / import trio", ("start",), "per_import", "ours", None, 2.5, 2.0),
    Target(
        "start to ready, HTTP and API on", ("start",), "ready_s", "ours-all", "ours",
        1.5, 1.2,
    ),
)  # fmt: skip
