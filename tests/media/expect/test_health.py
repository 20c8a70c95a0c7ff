"""One line makes all rules of a healthy stream, but those that it changes or leaves out."""

from __future__ import annotations

import pytest

from trio_srs.media.expect.conditions import at_most
from trio_srs.media.expect.health import healthy_rules, read_healthy
from trio_srs.media.expect.health_subjects import HEALTH
from trio_srs.media.expect.rule_error import RuleError


def test_by_default_every_rule_is_asked_as_it_is_documented() -> None:
    rules = healthy_rules()
    assert [rule.subject.name for rule in rules] == [f"healthy.{name}" for name in HEALTH]
    assert read_healthy(" healthy ") == rules


def test_what_is_changed_is_asked_instead_and_what_is_off_is_not() -> None:
    changed = {rule.subject.name: str(rule) for rule in healthy_rules({"gaps": "<= 2 s"})}
    assert changed["healthy.gaps"] == "healthy.gaps <= 2000 ms"
    assert len(changed) == len(HEALTH)
    for rules in (
        read_healthy("healthy but keyframes <= 4 s and end off"),
        healthy_rules({"keyframes": at_most("4 s"), "end": False}),
        healthy_rules({"keyframes": "<= 4 s", "end": "off"}),
    ):
        assert rules is not None
        names = {rule.subject.name: str(rule) for rule in rules}
        assert names["healthy.keyframes"] == "healthy.keyframes <= 4 s"
        assert set(names) == {f"healthy.{name}" for name in HEALTH if name != "end"}


def test_a_source_may_be_asked_to_be_healthy() -> None:
    rules = read_healthy("source.healthy but end off")
    assert rules is not None
    assert all(rule.subject.from_source for rule in rules)


@pytest.mark.parametrize("text", ["healthy.gaps <= 2 s", "healthyness", "video.fps == 25", ""])
def test_other_lines_are_left_to_others(text: str) -> None:
    assert read_healthy(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("healthy == true", 'behind healthy there may be changes, as "healthy but keyframes'),
        ("healthy but", "behind healthy there may be changes"),
        ("healthy but gap off", 'healthy has no rule "gap"; did you mean gaps?'),
        ("healthy but xyz off", 'healthy has no rule "xyz": expected one of tracks, start'),
        ("healthy but gaps", "what about it? Expected one of =="),
        ("healthy but gaps <= 5 kg", 'gaps: "kg" is no unit of this'),
        (f"healthy but {' and '.join(f'{name} off' for name in HEALTH)}", "every rule"),
    ],
)
def test_a_line_that_goes_on_as_it_cannot_is_explained(text: str, problem: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_healthy(text)
    assert str(caught.value).startswith(problem)
