"""What a player costs against how late it gets its frames: the table and the picture of it.

``python -m benchmarks.macro.frontier RESULTS.json`` keeps what was measured by ``python -m
benchmarks.macro --only frontier``: as JSON, as SVG drawn by pygal, and as a table, all of it beside
them and some of it in the README.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.macro.curve import cost_at
from benchmarks.macro.outcome import Results
from benchmarks.macro.page import plot
from benchmarks.macro.readme import rewrite
from benchmarks.macro.setups import CURVE, SETUPS
from benchmarks.macro.table import cell

__all__ = ["main", "picture", "table_of"]

_ROOT: Final = Path(__file__).parents[2]
_KEPT: Final = _ROOT / "benchmarks" / "results"
_OURS: Final = "trio-srs"
_DRAWN: Final = "frontier 300"
_SHOWN: Final = (_DRAWN, "frontier 1000")
"""In the README."""


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
        f"Measured {results.about['began'][:10]}, {_rounds(results)}; of 25 pictures a second, "
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


def _rounds(results: Results) -> str:
    counts = [len(it) for setups in results.rounds.values() for it in setups.values()]
    return "one round" if max(counts) == 1 else f"medians of {max(counts)} rounds"


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
    """Keep a run, and write the README's part of it."""
    [name] = sys.argv[1:] if argv is None else argv
    results = Results.parse(json.loads(Path(name).read_text()))
    (_KEPT / "frontier.svg").write_text(picture(results, _DRAWN) + "\n")
    for measured in results.rounds.values():
        for rounds in measured.values():
            for each in rounds:
                each.detail.clear()  # the figures are enough
    (_KEPT / "frontier.json").write_text(json.dumps(results.dump(), indent=1) + "\n")
    for page, table in (
        (_ROOT / "README.md", table_of(results, _SHOWN)),
        (_KEPT / "README.md", table_of(results)),
    ):
        page.write_text(rewrite(page.read_text(), table, "frontier"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
