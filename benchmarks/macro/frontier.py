"""What a player costs against how late it gets its frames: the table and the pictures of it.

``python -m benchmarks.macro.frontier`` measures it beside every server that is there, and keeps
what it found: as JSON, as SVG drawn by pygal, and as tables, all of it beside them and some of it
in the README. ``--players 300`` measures one row set: the others stay as they were. So does one
that was interrupted. ``--keep RESULTS.json`` measures nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.macro import __main__ as bench
from benchmarks.macro import readme
from benchmarks.macro.curve import cost_at
from benchmarks.macro.outcome import Results, judge
from benchmarks.macro.page import plot
from benchmarks.macro.scenarios import SCENARIOS
from benchmarks.macro.setups import CURVE, SETUPS
from benchmarks.macro.table import cell, ratio_text

__all__ = ["join", "main", "picture", "table_of", "verdicts_of"]

_ROOT: Final = Path(__file__).parents[2]
_KEPT: Final = _ROOT / "benchmarks" / "results"
_OURS: Final = "trio-srs"
_MEASURED: Final = _ROOT / "build" / "bench" / "frontier"
_DRAWN: Final = {"frontier 300": "frontier.svg", "frontier 1000": "frontier-1000.svg"}
"""Scenarios and their pictures, which are in the README with their tables."""


def _scenarios(results: Results) -> list[str]:
    return [name for name in results.rounds if name.startswith("frontier ")]


def table_of(results: Results, only: Sequence[str] = ()) -> str:
    """Every point as a row of Markdown; of other servers also what we cost when we are as late.

    Args:
        only: of these scenarios.
    """
    lines = [
        "| players | server | CPU ms/player-s | p50 ms | p99 | pictures | ours, as late | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(row for scenario in only or _scenarios(results) for row in _rows(results, scenario)),
        "",
        f"Measured {_when(results)}, {_rounds(results)}; of 25 pictures a second, "
        "1 Mbit/s, with sound where nothing else is said; players read at once. -: no setting of "
        "ours is as early, or it is ours.",
    ]
    return "\n".join(lines) + "\n"


def _rows(results: Results, scenario: str) -> Iterator[str]:
    setups = results.rounds[scenario]
    ours = [
        (results.median(scenario, key, "p50_ms"), results.median(scenario, key, "cpu"))
        for key in CURVE
        if key in setups
    ]
    for setup in setups:
        cost, p50, p99 = (
            results.median(scenario, setup, each) for each in ("cpu", "p50_ms", "p99_ms")
        )
        pictures = results.median(scenario, setup, "picture_p50_ms")
        equal = math.nan if setup in CURVE else cost_at(ours, p50)
        figures = (cost, p50, p99, pictures, equal, equal / cost)
        label = SETUPS[setup].label
        where = scenario.removeprefix("frontier ")
        yield f"| {where} | {label} | {' | '.join(map(cell, figures))} |"


def verdicts_of(results: Results) -> str:
    """What must hold where both are equally late, as rows of Markdown."""
    lines = [
        "| players | against | ours, as late | theirs | ratio | must | holds |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in judge(results):
        if each.scenario not in _scenarios(results) or each.target.other is None:
            continue
        holds = {"not met": "**no**", "not measured": "not measured"}.get(each.verdict, "yes")
        words = "" if holds == "yes" or not each.remark else f": {each.remark}"
        where = each.scenario.removeprefix("frontier ")
        figures = " | ".join(map(cell, (each.ours, each.other, each.value)))
        must = ratio_text(each.target.must, each.target.at_least)
        lines.append(
            f"| {where} | {SETUPS[each.target.other].label} | {figures} | {must} | {holds}{words} |"
        )
    return "\n".join(lines) + "\n"


def _when(results: Results) -> str:
    days = {began[:10] for began in _began(results).values()}
    return ", ".join(sorted(days))


def _began(results: Results) -> dict[str, str]:
    """When each scenario was measured."""
    known = results.about.get("scenarios_began", {})
    return {name: known.get(name, results.about["began"]) for name in _scenarios(results)}


def _rounds(results: Results) -> str:
    counts = {len(it) for setups in results.rounds.values() for it in setups.values()}
    if counts == {1}:
        return "one round"
    least = f"{min(counts)} to " if len(counts) > 1 else ""
    return f"medians of {least}{max(counts)} rounds"


def join(kept: Results, measured: Results) -> Results:
    """What is kept, and in place of its scenarios those that were measured now, if all servers are
    in them."""
    whole = {
        name: setups
        for name, setups in measured.rounds.items()
        if name.startswith("frontier ") and set(_present(measured, name)) <= set(setups)
    }
    rounds = kept.rounds | whole
    began = _began(kept) | dict.fromkeys(whole, measured.about["began"])
    ordered = {name: rounds[name] for name in SCENARIOS if name in rounds}
    return Results({**measured.about, "scenarios_began": began}, ordered, measured.errors)


def _present(results: Results, scenario: str) -> list[str]:
    """Who was there to be measured."""
    servers = results.about["servers"]
    return [
        key
        for key in SCENARIOS[scenario].setups
        if servers.get(SETUPS[key].server, "not measured") != "not measured"
    ]


def picture(results: Results, scenario: str) -> str:
    """All servers in one picture: a curve of ours, a point of each other, for p50 and for p99."""
    series: dict[str, list[tuple[float, float]]] = {}
    for setup in results.rounds[scenario]:
        name = _OURS if setup in CURVE else SETUPS[setup].label
        cost = results.median(scenario, setup, "cpu")
        for figure in ("p50", "p99"):
            late = results.median(scenario, setup, f"{figure}_ms")
            series.setdefault(f"{name}, {figure}", []).append((math.log10(late), cost))
    return plot(
        f"{scenario.removeprefix('frontier ')} players: cost against latency",
        "ms from publisher to player", "CPU ms per player-second",
        {name: sorted(points) for name, points in series.items()},
        x_value_formatter=lambda x: f"{10**x:.3g}", include_x_axis=True,
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, keep what was found, and write the README's part of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.macro.frontier")
    parser.add_argument("--players", type=int, action="append", help="only of so many; repeatable")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--list", action="store_true", help="say what would be measured")
    parser.add_argument("--keep", type=Path, metavar="RESULTS", help="of a run that there was")
    args = parser.parse_args(argv)
    found, code = args.keep, 0
    if found is None:
        words = [f"--rounds={args.rounds}", f"--out={_MEASURED}", *["--list"] * args.list]
        for players in args.players or [""]:
            words += ["--only", f"frontier {players}".strip()]
        code = bench.main(words)
        found = _MEASURED / "full.json"
        if args.list:
            return code
    _keep(Results.parse(json.loads(found.read_text())))
    return code


def _keep(measured: Results) -> None:
    for rounds in (each for setups in measured.rounds.values() for each in setups.values()):
        for each in rounds:
            each.detail.clear()  # the figures are enough
    kept = _KEPT / "frontier.json"
    results = join(Results.parse(json.loads(kept.read_text())), measured)
    kept.write_text(json.dumps(results.dump(), indent=1) + "\n")
    for scenario, name in _DRAWN.items():
        if scenario in results.rounds:
            (_KEPT / name).write_text(picture(results, scenario) + "\n")
    shown = [name for name in _DRAWN if name in results.rounds]
    for page, table in (
        (_ROOT / "README.md", table_of(results, shown)),
        (_KEPT / "README.md", f"{verdicts_of(results)}\n{table_of(results)}"),
    ):
        page.write_text(readme.rewrite(page.read_text(), table, "frontier"))
    readme.main([])


if __name__ == "__main__":
    sys.exit(main())
