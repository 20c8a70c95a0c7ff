"""A time line that does not grow for ever: the first steps stay, and the newest."""

from __future__ import annotations

from trio_srs.hub.publish_record import MOST_STEPS, Timeline
from trio_srs.media.report import Step, StepKind


def test_steps_are_kept_in_order_behind_those_it_began_with() -> None:
    accepted = Step(at_s=0.0, what=StepKind.ACCEPTED)
    timeline = Timeline([accepted])
    timeline.add(StepKind.PUBLISH, 0.5)
    timeline.add(StepKind.END, 1.0, "kicked")
    assert timeline.all() == (
        accepted,
        Step(at_s=0.5, what=StepKind.PUBLISH),
        Step(at_s=1.0, what=StepKind.END, detail="kicked"),
    )


def test_of_very_many_the_middle_is_left_out() -> None:
    timeline = Timeline()
    for number in range(1000):
        timeline.add(StepKind.STALL, float(number))
    half = MOST_STEPS // 2
    times = [step.at_s for step in timeline.all()]
    assert times == [float(number) for number in (*range(half), *range(1000 - half, 1000))]
