"""The frontier: costs are compared where both are as late, and one picture has all servers."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

# They are no part of the package. Last, so that the package tested is the installed one.
sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.macro.curve import cost_at
from benchmarks.macro.frontier import join, picture, table_of, verdicts_of
from benchmarks.macro.measure import Measured
from benchmarks.macro.outcome import Results, judge
from benchmarks.macro.setups import CURVE
from benchmarks.macro.targets import AS_LATE, Target

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measured on Linux only")

POINTS = [(100.0, 0.1), (1.0, 0.5), (10.0, 0.3)]
AT_EQUAL = Target("cost", ("frontier 300",), AS_LATE, "ours", "nginx", 1.15, 1.0)


def point(late: float, cost: float) -> Measured:
    late_ms = {"p50_ms": late, "p99_ms": 2 * late, "picture_p50_ms": late}
    return Measured({**late_ms, "cpu": cost, "core": 30 * cost})


def results(theirs: tuple[float, float]) -> Results:
    measured = Results({"began": "2026-01-01T00:00"})
    ours = ((1.0, 0.5), (10.0, 0.3), (20.0, 0.2), (50.0, 0.1), (200.0, 0.05))
    for setup, (late, cost) in zip(CURVE, ours, strict=True):
        measured.add("frontier 300", setup, point(late, cost))
    measured.add("frontier 300", "nginx", point(*theirs))
    return measured


@pytest.mark.parametrize(
    ("late", "cost"), [(1, 0.5), (math.sqrt(10), 0.4), (10, 0.3), (100, 0.1), (1000, 0.1)]
)
def test_a_curve_is_read_between_its_points(late: float, cost: float) -> None:
    assert cost_at(POINTS, late) == pytest.approx(cost)


def test_nobody_is_as_early_as_that() -> None:
    assert math.isnan(cost_at(POINTS, 0.5))


def test_a_setting_that_is_later_and_costs_more_is_passed_over() -> None:
    assert cost_at([*POINTS, (20.0, 0.9)], 20) == pytest.approx(0.3)


def test_costs_are_compared_where_both_are_as_late() -> None:
    [judged] = judge(results((10.0, 0.4)), [AT_EQUAL])
    assert (judged.ours, judged.other, judged.verdict) == (0.3, 0.4, "goal")
    assert judged.value == pytest.approx(0.75)


def test_nothing_is_as_early_as_who_is_earlier_than_all_of_ours() -> None:
    [judged] = judge(results((0.5, 0.4)), [AT_EQUAL])
    assert judged.verdict == "not met"
    assert judged.remark == "no setting of ours is as early: p50 1 ms at least against 0.5"
    assert "| 300 | nginx-rtmp | - | 0.400 | - | ≤ 1.15 | **no**: no setting" in verdicts_of(
        results((0.5, 0.4))
    )


def test_who_is_earlier_by_as_much_as_the_same_may_be_is_not_earlier() -> None:
    [judged] = judge(results((0.95, 0.4)), [AT_EQUAL])
    assert (judged.ours, judged.verdict) == (0.5, "not met")


def test_a_row_set_takes_the_place_of_the_one_before_if_all_servers_are_in_it() -> None:
    kept, measured, servers = results((10.0, 0.4)), results((10.0, 0.5)), {"trio-srs": "1"}
    kept.rounds["frontier 1000"] = kept.rounds["frontier 300"]
    measured.about |= {"began": "2026-02-02T00:00", "servers": servers | {"nginx-rtmp": "1"}}
    both = join(kept, measured)
    assert list(both.rounds) == ["frontier 300", "frontier 1000"]
    assert both.median("frontier 300", "nginx", "cpu") == 0.5
    assert both.median("frontier 1000", "nginx", "cpu") == 0.4
    assert "Measured 2026-01-01, 2026-02-02, one round" in table_of(both)
    measured.rounds["frontier 300"].pop("nginx")  # it was interrupted
    assert join(kept, measured).median("frontier 300", "nginx", "cpu") == 0.4


def test_the_table_says_of_others_what_we_cost_when_we_are_as_late() -> None:
    rows = [
        line for line in table_of(results((10.0, 0.4))).splitlines() if line.startswith("| 300")
    ]
    assert len(rows) == len(CURVE) + 1
    assert rows[-1] == "| 300 | nginx-rtmp | 0.400 | 10.00 | 20.00 | 10.00 | 0.300 | 0.750 |"


def test_all_servers_are_in_one_picture() -> None:
    pytest.importorskip("pygal")
    drawn = picture(results((10.0, 0.4)), "frontier 300")
    for name in ("trio-srs, p50", "trio-srs, p99", "nginx-rtmp, p50", "nginx-rtmp, p99"):
        assert name in drawn
