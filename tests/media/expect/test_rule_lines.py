"""A line is a rule, or asks for many at once; whatever is wrong is told for each."""

from __future__ import annotations

import pytest

from trio_srs.media.expect.health_subjects import HEALTH
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.rule_lines import parse_rules, read_line


def test_all_problems_of_many_rules_are_told_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        parse_rules(["video.fsp == 3", "video.fps == 25", "audio.rate == 5 kg"])
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        '"video.fsp == 3"',
        '"audio.rate == 5 kg"',
    ]


def test_many_rules_are_read_in_order() -> None:
    texts = ["video.fps == 25 fps", "video.codec == h264"]
    assert [str(rule) for rule in parse_rules(texts)] == texts


def test_one_line_makes_the_rules_of_a_healthy_stream_among_others() -> None:
    names = [rule.subject.name for rule in parse_rules(["video.fps == 25", "healthy"])]
    assert names == ["video.fps", *(f"healthy.{name}" for name in HEALTH)]
    assert [str(rule) for rule in read_line("healthy.gaps <= 2 s")] == ["healthy.gaps <= 2000 ms"]


def test_each_problem_of_a_line_is_told_with_the_line() -> None:
    with pytest.raises(RuleError) as caught:
        read_line("healthy but odd off and gaps <= 5 kg")
    assert [problem.partition(": ")[0] for problem in caught.value.problems] == [
        '"healthy but odd off and gaps <= 5 kg"'
    ] * 2
