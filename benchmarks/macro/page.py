"""The report as one page of HTML with its plots in it, as SVG.

Drawn by pygal: pure Python without dependencies, and SVG is all it makes; a plot needs neither
numpy nor a browser's script. Imported only here, so that measuring works without it.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable
from typing import Any, Final

from benchmarks.macro.outcome import Results, judge
from benchmarks.macro.setups import SETUPS
from benchmarks.macro.table import COLUMNS, cell, problem_text, ratio_text
from trio_srs.tools.verdicts.drawing import load_pygal

__all__ = ["plot", "render"]

_STYLE: Final = """\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em;
  color: #222; background: #fff }
table { border-collapse: collapse; margin: 0.5em 0 1.5em; font-variant-numeric: tabular-nums }
td, th { padding: 0.15em 0.7em; border-bottom: 1px solid #ddd; text-align: right }
td:first-child, th:first-child, td.text { text-align: left }
.goal, .met { color: #17662e } .not-met { color: #b00020; font-weight: bold }
.not-measured { color: #888 } figure { margin: 1em 0; max-width: 56em }
"""
_LOADS: Final = {
    "play": ("cpu@20", "CPU ms per player-second, read in 20 ms rounds", "players"),
    "play ": ("cpu@0", "CPU ms per player-second, read at once", "players"),
    "publish": ("cpu", "CPU ms per publisher-second", "publishers"),
}
"""By the first word of their scenarios: what is plotted against load."""


def render(results: Results, kinds: dict[str, str]) -> str:
    """The whole page; needs nothing else to be shown."""
    parts = [
        "<!doctype html>\n<html lang=en><meta charset=utf-8>",
        "<title>trio-srs: benchmarks</title>",
        f"<style>{_STYLE}</style>",
        "<h1>trio-srs beside other servers</h1>",
        _about(results.about),
        "<h2>What must be reached</h2>",
        _targets(results),
        "<h2>Cost against load</h2>",
        *(_figure(_cost_plot(results, word, *what)) for word, what in _LOADS.items()),
        "<h2>Latency</h2>",
        *(_figure(_latency_plot(results, scenario)) for scenario in _of_kind(results, "latency")),
        "<h2>Everything</h2>",
        *(_scenario(results, scenario, kinds[scenario]) for scenario in results.rounds),
        "</html>",
    ]
    return "\n".join(part for part in parts if part)


def _of_kind(results: Results, word: str) -> list[str]:
    return [scenario for scenario in results.rounds if scenario.startswith(word)]


def _about(about: dict[str, Any]) -> str:
    rows = [(key, value) for key, value in about.items() if key != "servers"]
    rows += list(about.get("servers", {}).items())
    return _table(("", ""), [(str(key), str(value)) for key, value in rows])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], classes: Iterable[str] = ()) -> str:
    """Rows of text; ``classes`` gives each row one."""
    lines = ["<table><tr>" + "".join(f"<th>{html.escape(each)}" for each in head)]
    named = iter(classes)
    for row in rows:
        name = next(named, "")
        cells = "".join(f"<td>{html.escape(each)}" for each in row)
        lines.append(f'<tr class="{name}">{cells}')
    return "\n".join([*lines, "</table>"])


def _targets(results: Results) -> str:
    rows, classes = [], []
    for each in judge(results):
        target = each.target
        rows.append(
            (
                f"{target.text} / {target.other}" if target.other else target.text,
                each.scenario, cell(each.ours), cell(each.other), cell(each.value),
                ratio_text(target.must, target.at_least),
                ratio_text(target.goal, target.at_least), each.verdict, each.remark,
            )
        )  # fmt: skip
        classes.append(each.verdict.replace(" ", "-"))
    head = ("what", "scenario", "ours", "other", "value", "must", "goal", "verdict", "remark")
    return _table(head, rows, classes)


def _scenario(results: Results, scenario: str, kind: str) -> str:
    columns = COLUMNS[kind]
    rows = [
        (
            SETUPS[setup].label,
            *(cell(results.median(scenario, setup, figure)) for figure in columns),
            str(len(measured)),
            problem_text(results.problems(scenario, setup)),
        )
        for setup, measured in results.rounds[scenario].items()
    ]
    head = ("server", *columns.values(), "rounds", "failed, lost, skipped")
    return f"<h3>{html.escape(scenario)}</h3>{_table(head, rows)}"


def _figure(svg: str) -> str:
    return f"<figure>{svg}</figure>" if svg else ""


def plot(
    title: str, x: str, y: str, series: dict[str, list[tuple[float, float]]], **how: Any
) -> str:
    """An XY chart as SVG; empty without any points."""
    if not any(series.values()):
        return ""
    chart = load_pygal().XY(
        title=title, x_title=x, y_title=y, js=[], legend_at_bottom=True, width=900, height=440,
        dots_size=3, disable_xml_declaration=True, legend_at_bottom_columns=3, **how,
    )  # fmt: skip
    for name, points in series.items():
        chart.add(name, points)
    return str(chart.render())


def _cost_plot(results: Results, word: str, figure: str, title: str, x: str) -> str:
    series: dict[str, list[tuple[float, float]]] = {}
    for scenario, setups in results.rounds.items():
        found = re.fullmatch(rf"{word.strip()} (\d+)", scenario)
        if found is None:
            continue
        for setup in setups:
            value = results.median(scenario, setup, figure)
            if not math.isnan(value):
                series.setdefault(SETUPS[setup].label, []).append((int(found[1]), value))
    return plot(title, x, "CPU ms per client-second", series, include_x_axis=True, range=None)


def _latency_plot(results: Results, scenario: str) -> str:
    """The share of frames that came within a time; the time's scale is logarithmic."""
    series = {}
    for setup, measured in results.rounds[scenario].items():
        [window] = measured[-1].detail["windows"]
        curve = window.get("latency_quantiles_ms", [])
        series[SETUPS[setup].label] = [(math.log10(max(ms, 1e-3)), p) for p, ms in curve]
    return plot(
        f"{scenario}: share of frames that came within a time (last round)", "ms", "%", series,
        x_value_formatter=lambda x: f"{10**x:.3g}", show_dots=False,
    )  # fmt: skip
