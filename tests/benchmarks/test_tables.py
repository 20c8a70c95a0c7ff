"""The tables of the benchmarks fit together, and a verdict says what the figures say."""

from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path

import pytest
from rich.console import Console

# They are no part of the package. Last, so that the package tested is the installed one.
sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.macro import servers
from benchmarks.macro.__main__ import main
from benchmarks.macro.measure import MEASURES, Measured
from benchmarks.macro.outcome import Judged, Results, judge
from benchmarks.macro.readme import main as readme
from benchmarks.macro.readme import rewrite, table_of
from benchmarks.macro.scenarios import SCENARIOS, Profile, estimate_s, selected
from benchmarks.macro.servers import SERVERS
from benchmarks.macro.setups import OURS, SETUPS
from benchmarks.macro.table import COLUMNS, print_report
from benchmarks.macro.targets import AS_LATE, TARGETS, Target

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measured on Linux only")

PRESENT = frozenset(k for k, s in SETUPS.items() if s.server in (OURS, "nginx-rtmp", "srs"))
TARGET = Target("play", ("play 500",), "cpu@20", "ours", "nginx", 1.8, 1.0)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.text}-{target.other}")
def test_a_target_has_its_scenarios_and_both_setups_in_them(target: Target) -> None:
    for name in target.scenarios:
        scenario = SCENARIOS[name]
        measured = scenario.setups_in(Profile.FULL)
        assert target.ours in measured
        assert target.other is None or target.other in measured
        known = {"cpu", "per_s", AS_LATE, *COLUMNS[scenario.measure]}
        assert target.figure in known


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"{target.text}-{target.other}")
def test_a_goal_is_no_easier_than_the_must(target: Target) -> None:
    assert target.is_met(target.goal, target.must)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_can_be_measured_and_shown(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.measure in MEASURES
    assert scenario.measure in COLUMNS
    setups = scenario.setups_in(Profile.EXHAUSTIVE)
    assert set(setups) <= set(SETUPS)
    assert len(set(setups)) == len(setups)


def test_every_setup_has_a_server() -> None:
    assert {setup.server for setup in SETUPS.values()} == set(SERVERS)


@pytest.mark.parametrize(("profile", "minutes"), [(Profile.QUICK, 3), (Profile.FULL, 45)], ids=str)
def test_a_run_beside_nginx_and_srs_has_the_length_it_promises(
    profile: Profile, minutes: float
) -> None:
    assert estimate_s(selected(profile), profile, PRESENT) < 60 * minutes


def test_a_server_that_is_not_there_is_said_to_be_absent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SRS_BIN", raising=False)
    assert main(["--list", "--only", "latency 1"]) == 0
    assert "srs is not here and not measured; it is found by SRS_BIN" in capsys.readouterr().out


def test_another_checkout_is_compared_with_this_one_and_with_nobody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIO_SRS_BEFORE", "")  # restored behind the test
    (tmp_path / "trio_srs").mkdir()
    words = ["--list", "--only", "publish 400", "--before"]
    assert main([*words, str(tmp_path)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "publish 400: ours, before, ours-merge, before-merge"
    assert main([*words, str(tmp_path / "trio_srs")]) == 2
    assert "has no folder trio_srs in it" in capsys.readouterr().err


def test_a_server_is_not_told_of_the_other_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """To it that variable would be a setting that it does not know, and the end."""
    monkeypatch.setenv("TRIO_SRS_BEFORE", "/somewhere")
    monkeypatch.setenv("TRIO_SRS_RTMP__CHUNK_SIZE", "4096")
    told = {name for name in servers._environment() if name.startswith("TRIO_SRS_")}
    assert told == {"TRIO_SRS_RTMP__CHUNK_SIZE"}


def test_what_is_worse_than_in_another_checkout_is_shown_as_a_ratio() -> None:
    results = Results()
    for key, value in (("ours", 1.5), ("before", 1.0)):
        results.add("storm 10000", key, Measured({"per_s": value, "cpu_ms": value}))
    console = Console(record=True, width=180, file=io.StringIO())
    print_report(results, {"storm 10000": "storm"}, console)
    rows = [line for line in console.export_text().splitlines() if "1.50" in line and "│" in line]
    assert [row.split("│")[-2].strip() for row in rows if "│ before" not in row][-2:] == [
        "1.50", "1.50",
    ]  # fmt: skip


def test_what_is_about_zero_has_no_ratio_to_another_checkout() -> None:
    results = Results()
    for key, value in (("ours", 29.5), ("before", -0.2)):
        results.add("play 500, one stalled", key, Measured({"behind_ms": value}))
    console = Console(record=True, width=180, file=io.StringIO())
    print_report(results, {"play 500, one stalled": "stalled"}, console)
    [row] = [
        line for line in console.export_text().splitlines() if "29.50 │" in line and "-0.2" in line
    ]
    assert row.split("│")[-2].strip() == "-"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--list"], "SRS_BIN is /nowhere/srs"), (["--list", "--setup", "srs-lo"], "no setup srs-lo")],
)
def test_a_slip_ends_the_run_before_it_begins(
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SRS_BIN", "/nowhere/srs")
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_only_takes_the_front_of_a_name() -> None:
    names = [each.name for each in selected(Profile.QUICK, ("latency", "start"))]
    assert names == ["latency 1", "latency 100", "latency 1 beside 500", "start"]
    names = [each.name for each in selected(Profile.FULL, ("frontier 100",))]
    assert names == ["frontier 100", "frontier 100 of 100 streams"]


def results(ours: list[float], nginx: list[float], core: float = 20.0, **problems: int) -> Results:
    """Rounds of one scenario."""
    run = Results()
    for setup, values in (("ours", ours), ("nginx", nginx)):
        for value in values:
            run.add("play 500", setup, Measured({"cpu@20": value, "core@20": core}, problems))
    return run


def verdict(run: Results) -> Judged:
    [judged] = judge(run, [TARGET])
    return judged


@pytest.mark.parametrize(
    ("ours", "expected"), [(0.09, "goal"), (0.1, "goal"), (0.15, "met"), (0.19, "not met")]
)
def test_a_verdict_is_the_ratios(ours: float, expected: str) -> None:
    assert verdict(results([ours] * 3, [0.1] * 3)).verdict == expected


def test_a_ratio_is_taken_pair_by_pair() -> None:
    judged = verdict(results([0.1, 0.3, 0.6], [0.1, 0.2, 0.2]))
    assert judged.value == pytest.approx(1.5)  # of 1, 1.5 and 3; of the medians it is 1.5 too
    judged = verdict(results([0.1, 0.4, 0.2], [0.05, 0.1, 0.2]))
    assert judged.value == pytest.approx(2.0)  # of the medians it is 2 by chance alone


def test_above_70_percent_of_a_core_there_is_no_ratio() -> None:
    judged = verdict(results([0.1] * 3, [0.1] * 3, core=71.0))
    assert (judged.verdict, judged.remark) == (
        "not measured", "ours is above 70 % of a core: no ratio",
    )  # fmt: skip


def test_who_was_not_there_is_not_derived() -> None:
    judged = verdict(results([0.1] * 3, []))
    assert math.isnan(judged.value)
    assert judged.remark == "nginx was not measured"


def test_losses_stand_beside_the_ratio() -> None:
    judged = verdict(results([0.1] * 3, [0.1] * 3, lost=2))
    assert judged.remark == "ours: 6 lost; nginx: 6 lost"


def test_a_ratio_with_losses_of_ours_meets_nothing() -> None:
    assert verdict(results([0.01] * 3, [0.1] * 3, skipped=1)).verdict == "not met"


@pytest.mark.parametrize(
    ("ours", "nginx", "said"),
    [
        (22.4, 0.24, "not equally late: p50 22.4 ms against 0.24"),
        (10.2, 8.67, ""),
        (0.2, 0.9, ""),  # next to nothing
        (math.nan, 0.9, "how late each is was not measured"),
    ],
)
def test_a_ratio_of_two_that_are_not_equally_late_says_so(
    ours: float, nginx: float, said: str
) -> None:
    run = results([0.5], [1.0])
    for key, late in (("ours", ours), ("nginx", nginx)):
        run.add("frontier 300", key, Measured({"p50_ms": late}))
    [judged] = judge(run, [TARGET])
    assert judged.unequal == said


def test_one_round_is_called_one_round() -> None:
    assert verdict(results([0.1], [0.1])).remark == "1 round, no median"


def test_results_are_read_back_from_json() -> None:
    run = results([0.1, 0.2], [0.1, 0.3], lost=1)
    assert Results.parse(json.loads(json.dumps(run.dump()))) == run


def test_a_table_stands_between_its_marks() -> None:
    page = "a\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nb\n"
    assert rewrite(page, "| new |\n") == (
        "a\n<!-- bench: begin -->\n\n| new |\n\n<!-- bench: end -->\nb\n"
    )
    with pytest.raises(ValueError, match="bench: end"):
        rewrite("a page without marks", "")


def test_the_table_has_a_row_for_each_target_in_each_scenario() -> None:
    about = {"servers": {}, "began": "2026-01-01T00:00", "cores": 2, "cpu": "a", "kernel": "b"}
    results = Results({**about, "python": "c", "trio": "d"})
    rows = [line for line in table_of(results).splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + sum(len(target.scenarios) for target in TARGETS)


def test_the_readme_shows_the_run_that_is_kept() -> None:
    assert readme(["--check"]) == 0
