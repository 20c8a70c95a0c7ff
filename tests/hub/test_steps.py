"""A time line that does not grow for ever: the first steps stay, and the newest."""

from __future__ import annotations

from trio_srs.hub.steps import MOST_STEPS, Steps
from trio_srs.media.report import Step, StepKind


def test_steps_are_kept_in_order_behind_those_it_began_with() -> None:
    accepted = Step(at_s=0.0, what=StepKind.ACCEPTED)
    steps = Steps([accepted])
    steps.add(StepKind.PUBLISH, 0.5)
    steps.add(StepKind.END, 1.0, "kicked")
    assert steps.all() == (
        accepted,
        Step(at_s=0.5, what=StepKind.PUBLISH),
        Step(at_s=1.0, what=StepKind.END, detail="kicked"),
    )


def test_of_very_many_the_middle_is_left_out() -> None:
    steps = Steps()
    for number in range(1000):
        steps.add(StepKind.STALL, float(number))
    half = MOST_STEPS // 2
    times = [step.at_s for step in steps.all()]
    assert times == [float(number) for number in (*range(half), *range(1000 - half, 1000))]
