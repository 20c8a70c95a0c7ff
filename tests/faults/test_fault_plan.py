"""Which fault is due for whom."""

from __future__ import annotations

import pytest

from trio_srs.faults.fault import FaultError, FaultTarget, Occasion
from trio_srs.faults.fault_kind import FaultMoment
from trio_srs.faults.fault_plan import FaultPlan, TakenFault
from trio_srs.faults.fault_text import parse_fault


def publish(stream: str = "live/a", peer: str = "127.0.0.1:5000", session: str = "c1") -> Occasion:
    app = stream.partition("/")[0]
    return Occasion(
        FaultMoment.PUBLISH,
        FaultTarget(session=session, peer=peer, vhost="v", app=app, stream=stream),
    )


def taken_of(plan: FaultPlan, count: int, occasion: Occasion) -> list[int]:
    """Which of so many meetings had a fault; each is done."""
    found = []
    for number in range(1, count + 1):
        for claim in plan.meet(occasion):
            claim.take()
            found.append(number)
    return found


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("reset publish", [1, 2, 3, 4]),
        ("reset publish times=2", [1, 2]),
        ("reset publish nth=2", [2]),
        ("reset publish nth=2- times=2", [2, 3]),
        ("reset play", []),
        ("reset publish app=vod", []),
        ("reset publish stream=live/*", [1, 2, 3, 4]),
        ("reset publish address=10.0.0.0/8", []),
        ("reset publish address=127.0.0.1", [1, 2, 3, 4]),
        ("reset publish address=unix", []),
        ("reset publish vhost=w", []),
        ("reset publish protocol=http*", []),
    ],
)
def test_a_fault_is_for_those_whom_it_names(text: str, numbers: list[int]) -> None:
    plan = FaultPlan()
    plan.add(parse_fault(text))
    assert taken_of(plan, 4, publish()) == numbers


def test_a_share_is_drawn_from_the_seed_and_always_the_same() -> None:
    def drawn(seed: int) -> list[int]:
        plan = FaultPlan(seed)
        plan.add(parse_fault("reset publish share=0.3"))
        return taken_of(plan, 200, publish())

    assert drawn(1) == drawn(1) != drawn(2)
    assert 40 < len(drawn(1)) < 80


def test_what_is_reserved_for_one_is_not_for_another_until_it_is_let_go() -> None:
    plan = FaultPlan()
    fault = plan.add(parse_fault("reset publish after=2s times=1"))
    [claim] = plan.meet(publish())
    assert plan.meet(publish()) == []
    claim.let_go()
    claim.let_go()
    assert not claim.take()
    [again] = plan.meet(publish())
    assert again.take()
    assert not again.take()
    assert fault.is_over
    assert (fault.taken, fault.reserved, fault.met) == (1, 0, 3)


def test_what_is_taken_is_told() -> None:
    told: list[TakenFault] = []
    plan = FaultPlan(on_taken=told.append)
    plan.add(parse_fault("reset publish"))
    [claim] = plan.meet(publish())
    claim.take("at last")
    assert told == [
        TakenFault(fault="fault-1", what="reset publish", peer=publish().peer, detail="at last")
    ]
    assert claim.label == "fault-1: reset publish"


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("refuse publish", "redirect publish to=x", False),
        ("refuse publish", "refuse publish", False),
        ("refuse publish stream=live/a", "refuse publish stream=live/*", False),
        ("reset publish after=2s", "close publish after=2s", False),
        ("slow publish rate=1kB", "stall publish", False),
        ("refuse publish address=10.0.0.0/8", "refuse publish address=10.1.0.0/16", False),
        ("refuse publish address=unix", "refuse publish", False),
        ("refuse publish stream=live/a", "refuse publish stream=live/b", True),
        ("refuse publish nth=1", "silent publish nth=2-", True),
        ("refuse publish", "refuse play", True),
        ("refuse publish", "late publish by=2s", True),
        ("reset publish after=2s", "close publish after=9s", True),
        ("slow publish rate=1kB direction=out", "stall publish", True),
        ("refuse publish address=10.0.0.0/8", "refuse publish address=11.0.0.0/8", True),
        ("refuse publish address=10.0.0.0/8", "refuse publish address=::1", True),
        ("refuse publish address=10.0.0.0/8", "refuse publish address=unix", True),
        ("noise publish", "noise publish", True),
    ],
)
def test_faults_that_contradict_each_other_are_refused(one: str, other: str, both: bool) -> None:
    plan = FaultPlan()
    plan.add(parse_fault(one))
    if both:
        plan.add(parse_fault(other))
        assert [each.name for each in plan] == ["fault-1", "fault-2"]
    else:
        with pytest.raises(FaultError, match="contradicts fault-1"):
            plan.add(parse_fault(other))
        assert len(plan) == 1


def test_what_is_over_contradicts_nothing() -> None:
    plan = FaultPlan()
    plan.add(parse_fault("refuse publish times=1"))
    assert taken_of(plan, 1, publish()) == [1]
    plan.add(parse_fault("redirect publish to=x"))


def test_a_removed_fault_is_for_nobody_and_has_no_name() -> None:
    plan = FaultPlan()
    plan.add(parse_fault("refuse publish"))
    assert plan.has(FaultMoment.PUBLISH)
    plan.remove("fault-1")
    assert not plan.has(FaultMoment.PUBLISH)
    assert plan.meet(publish()) == []
    with pytest.raises(FaultError, match="there is no fault 'fault-1'"):
        plan.remove("fault-1")
