"""From measurements to what the report says: medians, ratios per pair, verdicts."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, Self

import attrs

from benchmarks.macro.curve import cost_at
from benchmarks.macro.measure import Measured
from benchmarks.macro.setups import CURVE
from benchmarks.macro.targets import AS_LATE, TARGETS, Target

__all__ = ["Judged", "Results", "judge"]

MOST_OF_A_CORE: Final = 70.0
"""A ratio of CPU means something only while neither server is near its limit."""
SETTLED_ROUNDS: Final = 3
BUSY_LOAD: Final = 85.0
"""From here on the load no longer reads at once, and with fewer wake-ups the server pays less."""
_AS_LATE_AS: Final = {
    "play 500": "frontier 300", "play 1000": "frontier 1000", "play 2000": "frontier 1000",
}  # fmt: skip
"""Where it is measured how late the players of a scenario get their frames."""
_UNEQUAL, _UNEQUAL_MS = 1.5, 1.0
"""Two that differ by as much, as a factor and in ms, are not equally late."""
DISTURBED: Final = 30.0
"""What other programs may take of a core; the source is one of them."""


@attrs.define
class Results:
    """Everything measured in one run."""

    about: dict[str, Any] = attrs.field(factory=dict)
    """Machine, versions, profile."""
    rounds: dict[str, dict[str, list[Measured]]] = attrs.field(factory=dict)
    """By scenario and setup: one measurement for each round."""
    errors: list[str] = attrs.field(factory=list)
    """Measurements that could not be made."""

    def add(self, scenario: str, setup: str, measured: Measured) -> None:
        """One measurement more."""
        self.rounds.setdefault(scenario, {}).setdefault(setup, []).append(measured)

    def values(self, scenario: str, setup: str, figure: str) -> list[float]:
        """A figure in every round."""
        measured = self.rounds.get(scenario, {}).get(setup, [])
        return [each.figures[figure] for each in measured if figure in each.figures]

    def median(self, scenario: str, setup: str, figure: str) -> float:
        """A figure's median; NaN if it was not measured."""
        values = [value for value in self.values(scenario, setup, figure) if value == value]
        return statistics.median(values) if values else math.nan

    def problems(self, scenario: str, setup: str) -> dict[str, int]:
        """What went wrong in all rounds together."""
        total: Counter[str] = Counter()
        for each in self.rounds.get(scenario, {}).get(setup, []):
            total.update(each.problems)
        return dict(total)

    def dump(self) -> dict[str, Any]:
        """As JSON has it."""
        return attrs.asdict(self)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:
        """Read what :meth:`dump` gave."""
        rounds = {
            scenario: {
                setup: [Measured(**each) for each in measured] for setup, measured in setups.items()
            }
            for scenario, setups in values["rounds"].items()
        }
        return cls(values["about"], rounds, values["errors"])


@attrs.frozen
class Judged:
    """A target, in one scenario."""

    target: Target
    scenario: str
    value: float
    """The median ratio, or the median figure; NaN if there is none."""
    ours: float
    other: float
    rounds: int
    remark: str
    """Why there is no value, or what to know beside it."""
    unequal: str = ""
    """Of a ratio of what players cost: how late each gets its frames, if not about equally."""
    is_later: bool = False
    """No setting of ours is as early as the other, so that nothing is as late at any cost."""
    clean: bool = True
    """None of our clients failed, was lost or missed anything."""

    @property
    def verdict(self) -> str:
        """``goal``, ``met``, ``not met`` or ``not measured``; with losses nothing is met."""
        if math.isnan(self.value):
            return "not met" if self.is_later else "not measured"
        if not self.clean:
            return "not met"
        if self.target.is_met(self.value, self.target.goal):
            return "goal"
        return "met" if self.target.is_met(self.value, self.target.must) else "not met"


def judge(results: Results, targets: Iterable[Target] = TARGETS) -> list[Judged]:
    """Every target in each of its scenarios."""
    return [
        _judge(results, target, scenario) for target in targets for scenario in target.scenarios
    ]


def _judge(results: Results, target: Target, scenario: str) -> Judged:
    figure = _figure(target)
    ours = _ours(results, target, scenario)
    other = results.values(scenario, target.other, figure) if target.other else []
    value, remark, is_later = math.nan, "", False
    if other and not ours and (late := _latencies(results, target, scenario)):
        remark, is_later = f"no setting of ours is as early: p50 {late}", True
    elif not ours or (target.other and not other):
        missing = target.ours if not ours else target.other
        remark = f"{missing} was not measured"
    elif target.other is None:
        value = statistics.median(ours)
    elif over := _over_the_limit(results, target, scenario):
        remark = f"{over} is above {MOST_OF_A_CORE:.0f} % of a core: no ratio"
    else:
        value = statistics.median(_ratios(ours, other))
    return Judged(
        target, scenario, value,
        ours=statistics.median(ours) if ours else math.nan,
        other=results.median(scenario, target.other, figure) if target.other else math.nan,
        rounds=len(ours),
        remark=remark or _remark(results, target, scenario, len(ours)),
        unequal=_unequal(results, target, scenario),
        is_later=is_later,
        clean=not results.problems(scenario, target.ours),
    )  # fmt: skip


def _latencies(results: Results, target: Target, scenario: str) -> str:
    """Of a target that compares two that are equally late: the least of ours and the other's, if
    both were measured."""
    if target.figure != AS_LATE:
        return ""
    ours = [results.median(scenario, key, "p50_ms") for key in CURVE]
    least = min((late for late in ours if not math.isnan(late)), default=math.nan)
    other = results.median(scenario, target.other or "", "p50_ms")
    return "" if math.isnan(least + other) else f"{least:.3g} ms at least against {other:.3g}"


def _figure(target: Target) -> str:
    """Of the other."""
    return "cpu" if target.figure == AS_LATE else target.figure


def _ours(results: Results, target: Target, scenario: str) -> list[float]:
    """Our figure in every round; with the latency of another, what we cost when we are as late."""
    if target.figure != AS_LATE:
        values = results.values(scenario, target.ours, target.figure)
        return [value for value in values if not math.isnan(value)]
    late = results.values(scenario, target.other or "", "p50_ms")
    curve = [
        [results.values(scenario, setup, figure) for figure in ("p50_ms", "cpu")] for setup in CURVE
    ]
    found = [
        cost_at([(p50[at], cost[at]) for p50, cost in curve if at < len(cost)], latency)
        for at, latency in enumerate(late)
    ]
    return [cost for cost in found if not math.isnan(cost)]


def _ratios(ours: Sequence[float], other: Sequence[float]) -> list[float]:
    """Pair by pair: both of a round were measured within a minute."""
    return [a / b for a, b in zip(ours, other, strict=False)]


def _over_the_limit(results: Results, target: Target, scenario: str) -> str:
    """Who was too busy for a ratio of CPU; empty if nobody was."""
    if not target.figure.startswith("cpu"):
        return ""
    core = _figure(target).replace("cpu", "core")
    for setup in (target.ours, target.other):
        if setup and results.median(scenario, setup, core) > MOST_OF_A_CORE:
            return setup
    return ""


def _unequal(results: Results, target: Target, scenario: str) -> str:
    """Whether a ratio is of two that are not equally late: who waits longer pays less."""
    where = _AS_LATE_AS.get(scenario)
    if where is None or target.other is None or not target.figure.startswith("cpu"):
        return ""
    ours, other = (results.median(where, key, "p50_ms") for key in (target.ours, target.other))
    if math.isnan(ours) or math.isnan(other):
        return "how late each is was not measured"
    most, least = max(ours, other), min(ours, other)
    if most < least * _UNEQUAL or most - least < _UNEQUAL_MS:
        return ""
    return f"not equally late: p50 {ours:.3g} ms against {other:.3g}"


def _remark(results: Results, target: Target, scenario: str, rounds: int) -> str:
    remarks = []
    for setup in (target.ours, target.other):
        for name, count in results.problems(scenario, setup or "").items():
            remarks.append(f"{setup}: {count} {name.replace('_', ' ')}")
    remarks += _disturbances(results, target, scenario)
    if rounds < SETTLED_ROUNDS and target.figure not in ("players", "kb"):
        remarks.append(f"{rounds} round{'s' * (rounds != 1)}, no median")
    return "; ".join(remarks)


def _disturbances(results: Results, target: Target, scenario: str) -> list[str]:
    """Where the load was the bottleneck, or somebody else was busy on the machine."""
    _, at, way = target.figure.partition("@")
    remarks = []
    for setup in (target.ours, target.other):
        own = results.median(scenario, setup or "", f"own{at}{way}")
        others = results.median(scenario, setup or "", f"other{at}{way}")
        if own > BUSY_LOAD:
            remarks.append(f"{setup}: the load took {own:.0f} % of its core")
        if others > DISTURBED:
            remarks.append(f"{setup}: others took {others:.0f} % of a core")
    return remarks
