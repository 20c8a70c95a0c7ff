"""The report on a terminal."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from benchmarks.macro.outcome import Results, judge
from benchmarks.macro.setups import EARLIER, FILES, SETUPS

__all__ = ["COLUMNS", "cell", "print_report", "problem_text", "ratio_text"]

COLUMNS = {
    "play": {
        "cpu@20": "CPU ms/player-s, 20 ms rounds",
        "cpu@0": "... read at once",
        "core@20": "core %",
        "core@0": "core %, at once",
        "ttfb_ms": "first byte ms",
        "rss_mb@20": "RSS MB",
        "own@20": "load's core %",
        "own@0": "load's, at once",
    },
    "views": {
        "cpu_rtmp": "CPU ms/player-s",
        "cpu_flv": "... HTTP-FLV",
        "cpu_ws-flv": "... WS-FLV",
        "cpu_ts": "... TS",
        "cpu_mp4": "... MP4",
        "per_rtmp_flv": "FLV / RTMP",
        "per_rtmp_ws-flv": "WS-FLV / RTMP",
        "per_rtmp_ts": "TS / RTMP",
        "per_rtmp_mp4": "MP4 / RTMP",
        "core_rtmp": "core %",
        "own_flv": "load's core %, FLV",
    },
    "files": {
        "mb_segment": "MB per s of CPU, segments of 500 kB",
        "per_s_segment": "segments/s",
        "us_segment": "CPU us each",
        "us_part": "CPU us, part of 50 kB",
        "per_s_part": "parts/s",
        "us_playlist": "CPU us, playlist",
        "per_s_playlist": "playlists/s",
    },
    "hls_delay": {
        "first_segments": "first playlist, segments behind the first keyframe",
        "first_s": "... s",
        "p50_ms": "until a frame can be had, p50 ms",
        "p99_ms": "p99",
        "max_ms": "max",
        "played_ms": "... and played, p99 with the hold-back",
        "core": "core %",
    },
    "held": {
        "waiting_core": "core % that waiting takes",
        "woken_us": "CPU us of each answer",
        "spread_ms": "from first to last ms",
    },
    "publish": {
        "cpu": "CPU ms/publisher-s",
        "core": "core %",
        "rss_mb": "RSS MB",
        "lag_p99_ms": "lag p99 ms",
        "own": "load's core %",
    },
    "latency": {
        "p50_ms": "p50 ms",
        "p95_ms": "p95",
        "p99_ms": "p99",
        "max_ms": "max",
        "core": "core %",
    },
    "frontier": {
        "cpu": "CPU ms/player-s",
        "p50_ms": "latency p50 ms",
        "p99_ms": "p99",
        "picture_p50_ms": "of pictures, p50",
        "picture_p99_ms": "p99",
        "sound_p50_ms": "of sound, p50",
        "sound_p99_ms": "p99",
        "core": "core %",
        "own": "load's core %",
    },
    "operators": {
        "added_ms": "added to p99 ms",
        "quiet_p99_ms": "p99 ms, alone",
        "p99_ms": "p99, beside",
        "quiet_core": "core %, alone",
        "core": "core %, beside",
        "requests_per_s": "requests/s",
        "request_p99_ms": "... p99 ms",
        "connects_per_s": "connects/s",
        "connect_p99_ms": "... p99 ms",
        "calls_per_s": "callbacks/s",
    },
    "floods": {
        "lost": "frames lost",
        "newcomer_ms": "a newcomer waits ms",
        "p50_ms": "delay p50 ms",
        "p95_ms": "p95",
        "max_ms": "max",
        "core": "core %",
    },
    "join": {
        "p50_ms": "first byte p50 ms",
        "p99_ms": "p99",
        "max_ms": "max",
        "keyframe_p50_ms": "first keyframe p50 ms",
        "own": "load's core %",
    },
    "join_views": {
        "p50_ms_flv": "first picture p50 ms, HTTP-FLV",
        "max_ms_flv": "max",
        "p50_ms_ws-flv": "WS-FLV",
        "max_ms_ws-flv": "max",
        "p50_ms_ts": "TS",
        "max_ms_ts": "max",
        "p50_ms_mp4": "MP4",
        "max_ms_mp4": "max",
    },
    "storm": {
        "per_s": "handshakes/s",
        "per_cpu_s": "per second of CPU",
        "cpu_ms": "CPU ms each",
        "p99_ms": "p99 ms",
        "own": "load's core %",
    },
    "stalled": {"cpu": "CPU ms/player-s", "behind_ms": "behind p99 ms", "rss_mb": "RSS MB"},
    "clock": {"hours": "hours of timestamps", "core": "core %"},
    "memory_player": {"kb": "kB each", "rss_mb": "RSS MB"},
    "start": {"ready_s": "ready after s", "import_s": "import trio s", "per_import": "ratio"},
    "search": {
        "players": "players",
        "broke_at": "too many",
        "core": "core %",
        "rss_mb": "RSS MB",
        "own": "load's core %",
    },
}
"""By kind of measurement: the figures of its table, and what they are called."""
COLUMNS["delayed"] = COLUMNS["catching_up"] = COLUMNS["stalled"]
COLUMNS["memory_idle"] = COLUMNS["memory_publisher"] = COLUMNS["memory_player"]
COLUMNS["memory_connection"] = COLUMNS["memory_player"]

_MORE_IS_BETTER = frozenset(
    {"per_s", "per_cpu_s", "players", "mb_segment", *(f"per_s_{each}" for each in FILES)}
)
_OF_THE_LOAD = frozenset({"own", "own@20", "own@0", "import_s", "ready_s", "broke_at", "hours"})
"""What says nothing of the server, or nothing that another figure does not say better."""
_NOISE = 0.03
_ABOUT_ZERO = {"behind_ms": 100.0}
"""What is about 0 where all is well, so that a ratio says nothing, and by how much two of the same
server differ: how much less of the stream a player got in a window than time went by is counted in
whole frames, and in rounds of reading."""
_FILE_WIDTH = 180
_STYLES = {"goal": "bold green", "met": "green", "not met": "bold red", "not measured": "dim"}


def cell(value: float) -> str:
    """A figure with as many digits as mean something."""
    if math.isnan(value):
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


def problem_text(problems: dict[str, int]) -> str:
    """What went wrong, or that nothing did."""
    return ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in problems.items()) or "none"


def ratio_text(must: float, at_least: bool) -> str:
    """A limit with its sense."""
    return f"{'≥' if at_least else '≤'} {must:g}"


def print_report(results: Results, kinds: dict[str, str], console: Console | None = None) -> None:
    """Print every scenario, then every target.

    Args:
        kinds: the kind of measurement of each scenario.
    """
    console = console or Console()
    if not console.is_terminal:  # a file has room
        console.width = _FILE_WIDTH
    for scenario, setups in results.rounds.items():
        console.print(_scenario(results, scenario, list(setups), kinds[scenario]))
    console.print(_targets(results))
    if any(key in setups for setups in results.rounds.values() for key in EARLIER.values()):
        console.print(_against_before(results, kinds))
    for error in results.errors:
        console.print(f"[red]not measured:[/red] {error}", highlight=False)


def _scenario(results: Results, scenario: str, setups: list[str], kind: str) -> Table:
    table = Table(title=scenario, title_justify="left")
    table.add_column("server")
    for title in COLUMNS[kind].values():
        table.add_column(title, justify="right")
    table.add_column("rounds", justify="right")
    table.add_column("failed, lost, skipped")
    for setup in setups:
        figures = [cell(results.median(scenario, setup, figure)) for figure in COLUMNS[kind]]
        count = str(len(results.rounds[scenario][setup]))
        problems = results.problems(scenario, setup)
        style = "red" if problems else ""
        label = SETUPS[setup].label
        table.add_row(label, *figures, count, problem_text(problems), style=style)
    return table


def _targets(results: Results) -> Table:
    table = Table(title="what must be reached", title_justify="left")
    for title in (
        "what",
        "scenario",
        "ours",
        "other",
        "value",
        "must",
        "goal",
        "verdict",
        "remark",
    ):
        right = title in ("ours", "other", "value", "must", "goal")
        table.add_column(title, justify="right" if right else "left")
    judged = judge(results)
    for each in judged:
        if each.scenario not in results.rounds:
            continue
        target = each.target
        what = f"{target.text} / {target.other}" if target.other else target.text
        table.add_row(
            what, each.scenario, cell(each.ours), cell(each.other), cell(each.value),
            ratio_text(target.must, target.at_least), ratio_text(target.goal, target.at_least),
            f"[{_STYLES[each.verdict]}]{each.verdict}[/]",
            "; ".join(filter(None, (each.unequal, each.remark))),
        )  # fmt: skip
    elsewhere = sum(each.scenario not in results.rounds for each in judged)
    if elsewhere:
        table.caption = f"{elsewhere} more are of scenarios that this run did not have"
    return table


def _against_before(results: Results, kinds: dict[str, str]) -> Table:
    """Every figure of ours over that of another checkout, worse ones marked."""
    table = Table(title="against the other checkout", title_justify="left")
    for title in ("scenario", "setup", "figure", "ours", "before", "ratio"):
        table.add_column(title, justify="right" if title in ("ours", "before", "ratio") else "left")
    for scenario, setups in results.rounds.items():
        for key, earlier in EARLIER.items():
            if key not in setups or earlier not in setups:
                continue
            for figure, title in COLUMNS[kinds[scenario]].items():
                if figure in _OF_THE_LOAD:
                    continue
                ours = results.median(scenario, key, figure)
                before = results.median(scenario, earlier, figure)
                if figure in _ABOUT_ZERO:
                    ratio, worse = math.nan, 1 + _NOISE * (ours - before) / _ABOUT_ZERO[figure]
                else:
                    ratio = ours / before if before else math.nan
                    worse = 1 / ratio if ratio and figure in _MORE_IS_BETTER else ratio
                style = "red" if worse > 1 + _NOISE else "green" if worse < 1 - _NOISE else ""
                cells = (cell(ours), cell(before), cell(ratio))
                table.add_row(scenario, SETUPS[key].label, title, *cells, style=style)
    return table
