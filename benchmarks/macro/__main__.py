"""Measure servers side by side: ``python -m benchmarks.macro [--quick] [--only NAME]``.

Each measurement starts a server on one core and the load on another, and stops both; within a
round the servers of a scenario take turns, and every round another one is first. Results are
kept even when it is interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.macro import readme
from benchmarks.macro.machine import about, cores
from benchmarks.macro.measure import MEASURES, Bench
from benchmarks.macro.outcome import Results
from benchmarks.macro.page import render
from benchmarks.macro.scenarios import SCENARIOS, Profile, Scenario, estimate_s, selected
from benchmarks.macro.servers import absent_servers, present_setups
from benchmarks.macro.setups import EARLIER, SETUPS
from benchmarks.macro.table import print_report

_ROOT = Path(__file__).parents[2]
_KEPT = _ROOT / "benchmarks" / "results"
_PASSING = _ROOT / "build" / "bench"


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.macro", description=__doc__)
    how_much = parser.add_mutually_exclusive_group()
    for profile in (Profile.QUICK, Profile.EXHAUSTIVE):
        how_much.add_argument(
            f"--{profile}",
            dest="profile",
            action="store_const",
            const=profile,
            default=Profile.FULL,
        )
    parser.add_argument(
        "--only", metavar="NAME", action="append", default=[],
        help="only scenarios whose names begin with this; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--setup", action="append", default=[], help="only these setups; repeatable"
    )
    parser.add_argument(
        "--before", metavar="FOLDER", type=Path,
        help="compare with another checkout of trio-srs, and with nobody else",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, help="so many rounds")
    parser.add_argument(
        "--window", type=float, metavar="SECONDS",
        help="how long each measurement lasts: 1200 with --only \"hls delay\" is 20 minutes",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="say what would be measured")
    parser.add_argument("--report", metavar="FILE", type=Path, help="show results again")
    parser.add_argument("--out", metavar="FOLDER", type=Path, help="where results go")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, report, and keep the results."""
    args = _arguments(argv)
    if args.report:
        print_report(Results.parse(json.loads(args.report.read_text())), _kinds())
        return 0
    if args.before:
        os.environ["TRIO_SRS_BEFORE"] = str(args.before)
        args.setup += [*EARLIER, *EARLIER.values()]
    scenarios = selected(args.profile, tuple(args.only))
    if unknown := sorted(set(args.setup) - set(SETUPS)):
        print(f"no setup {', '.join(unknown)}: there are {', '.join(SETUPS)}", file=sys.stderr)
        return 2
    try:
        present = [key for key in present_setups() if not args.setup or key in args.setup]
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    minutes = estimate_s(scenarios, args.profile, frozenset(present), args.rounds or 0) / 60
    for each in scenarios:
        shown = [key for key in each.setups_in(args.profile) if key in present]
        print(f"{each.name}: {', '.join(shown) or 'nobody is here'}")
    for name, found_by in absent_servers().items():
        print(f"{name} is not here and not measured; it is found by {found_by}")
    print(f"about {minutes:.1f} minutes")
    if args.list or not scenarios:
        return 0 if scenarios else 2
    results = Results(about(args.profile))
    try:
        _measure(scenarios, present, args, results)
    except KeyboardInterrupt:
        results.errors.append("interrupted")
    print_report(results, _kinds())
    passing = args.profile is Profile.QUICK or args.only or args.setup or args.window
    _keep(results, args.out or (_PASSING if passing else _KEPT), args.profile)
    if args.profile is Profile.FULL and not passing and args.out is None:
        readme.main([])
    return 1 if results.errors else 0


def _kinds() -> dict[str, str]:
    return {name: scenario.measure for name, scenario in SCENARIOS.items()}


def _measure(
    scenarios: list[Scenario], present: list[str], args: argparse.Namespace, results: Results
) -> None:
    """Round by round, so that an hour's drift is in all of them."""
    server_core, load_core = cores()
    if server_core is None:
        results.errors.append("one core: server and load share it, so the figures say little")
    began = time.monotonic()
    rounds = args.rounds or max(each.rounds_in(args.profile) for each in scenarios)
    for number in range(rounds):
        for scenario in scenarios:
            if number >= (args.rounds or scenario.rounds_in(args.profile)):
                continue
            keys = [key for key in scenario.setups_in(args.profile) if key in present]
            turn = number % max(1, len(keys))
            window_s = args.window or scenario.window_s(args.profile)
            bench = Bench(server_core, load_core, window_s)
            for key in keys[turn:] + keys[:turn]:
                at = time.monotonic() - began
                print(f"[{at:5.0f} s] round {number + 1}: {scenario.name}: {key}", file=sys.stderr)
                _one(bench, scenario, key, results)
    results.about["seconds"] = round(time.monotonic() - began)


def _one(bench: Bench, scenario: Scenario, key: str, results: Results) -> None:
    try:
        measured = MEASURES[scenario.measure](bench, SETUPS[key], scenario)
    except RuntimeError as error:
        results.errors.append(f"{scenario.name}: {key}: {error}")
    else:
        results.add(scenario.name, key, measured)


def _keep(results: Results, folder: Path, profile: Profile) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"{profile}.json"
    data.write_text(json.dumps(results.dump(), indent=1) + "\n")
    page = data.with_suffix(".html")
    try:
        page.write_text(render(results, _kinds()))
    except ImportError:
        print("no page: pygal is not installed (it is in the group bench)")
        return
    print(f"{data}\n{page}")


if __name__ == "__main__":
    sys.exit(main())
