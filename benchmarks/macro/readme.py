"""The table in the README: made from the last full run that is kept, and the last frontier.

``python -m benchmarks.macro.readme`` writes it between its marks, ``--check`` says whether it is
what the kept run gives. A full run writes it by itself.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from benchmarks.macro.outcome import Judged, Results, judge
from benchmarks.macro.setups import SETUPS
from benchmarks.macro.table import cell, ratio_text

__all__ = ["main", "rewrite", "table_of"]

_ROOT: Final = Path(__file__).parents[2]


def table_of(results: Results) -> str:
    """Every target as a row of Markdown, and what it was measured on."""
    about = results.about
    servers = ", ".join(f"{name} {version}" for name, version in about["servers"].items())
    lines = [
        "| what, against whom | where | ours | theirs | value | must | goal | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for _, rows in groupby(judge(results), key=lambda each: each.target):
        lines += [_row(each, number == 0) for number, each in enumerate(rows)]
    lines += [
        "",
        f"Measured {about['began'][:10]} on {about['cores']} cores ({about['cpu']}), "
        f"Linux {about['kernel']}, {about['python']}, Trio {about['trio']}; {servers}.",
    ]
    return "\n".join(lines) + "\n"


def _row(each: Judged, is_first: bool) -> str:
    target = each.target
    what = ""
    if is_first:
        what = f"{target.text} / {SETUPS[target.other].label}" if target.other else target.text
    measured = not math.isnan(each.value)
    cells = (
        what,
        each.scenario,
        cell(each.ours),
        cell(each.other) if target.other else "",
        cell(each.value) if measured else "-",
        ratio_text(target.must, target.at_least),
        ratio_text(target.goal, target.at_least),
        _verdict(each),
    )
    return f"| {' | '.join(cells)} |"


def _verdict(each: Judged) -> str:
    """With what there is to know beside it: where it is not met, and where it compares two that
    are not equally late."""
    if each.verdict == "not measured":
        return each.verdict
    is_met = each.verdict != "not met"
    words = "; ".join(filter(None, (each.unequal, "" if is_met else each.remark)))
    verdict = each.verdict if is_met else "**not met**"
    return f"{verdict}: {words}" if words else verdict


def rewrite(text: str, table: str, what: str = "bench") -> str:
    """A page with the table between the marks of what it shows."""
    begin, end = f"<!-- {what}: begin -->\n", f"<!-- {what}: end -->\n"
    head, _, rest = text.partition(begin)
    _, mark, tail = rest.partition(end)
    if not mark:
        raise ValueError(f"no {begin.strip()} and {end.strip()} in the page")
    return f"{head}{begin}\n{table}\n{end}{tail}"


def _kept(name: str) -> Results:
    """A run that is kept."""
    return Results.parse(
        json.loads((_ROOT / "benchmarks" / "results" / f"{name}.json").read_text())
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Write the table, or check it."""
    words = sys.argv[1:] if argv is None else argv
    page = _ROOT / "README.md"
    text = page.read_text()
    results, frontier = _kept("full"), _kept("frontier")
    if frontier.about["began"] > results.about["began"]:  # the newer of both says how late each is
        results.rounds |= frontier.rounds
    else:
        results.rounds = frontier.rounds | results.rounds
    wanted = rewrite(text, table_of(results))
    if "--check" in words:
        return int(text != wanted)
    page.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
