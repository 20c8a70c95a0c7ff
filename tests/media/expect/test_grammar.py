"""The text of a rule is taken apart, or it is said what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.expect.grammar import (
    MOST_TEXT,
    has_operator,
    read_condition,
    split_rule,
    split_streams,
    write_subject,
)
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import Kind


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("video.fps ~ 25±0.5", ("video.fps", "~ 25±0.5")),
        ("video.fps==25", ("video.fps", "==25")),
        ("  timestamps.monotonic ", ("timestamps.monotonic", "")),
        ('"metadata.major brand" == mp42', ("metadata.major brand", "== mp42")),
        ('metadata."a b" present', ("metadata.a b", "present")),
    ],
)
def test_a_rule_has_a_subject_and_the_rest(text: str, parts: tuple[str, str]) -> None:
    assert split_rule(text) == parts


@pytest.mark.parametrize("text", ["", "   ", "== 5", "x" * (MOST_TEXT + 1)])
def test_without_a_subject_it_is_no_rule(text: str) -> None:
    with pytest.raises(RuleError, match="expected a rule such as"):
        split_rule(text)


@given(st.text(st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1))
def test_any_subject_can_be_written(name: str) -> None:
    assert split_rule(f"{write_subject(name)} == 5") == (name, "== 5")


@pytest.mark.parametrize(
    ("kind", "text", "operator", "operands"),
    [
        (Kind.NUMBER, "<= 2.1 s", Operator.AT_MOST, ["2.1 s"]),
        (Kind.NUMBER, "≤2", Operator.AT_MOST, ["2"]),
        (Kind.NUMBER, "~ 25 ± 0.5", Operator.NEAR, ["25", "0.5"]),
        (Kind.NUMBER, "~ 25", Operator.NEAR, ["25"]),
        (Kind.NUMBER, "~25+-2%", Operator.NEAR, ["25", "2%"]),
        (Kind.NUMBER, "≈ 25 +/- 1", Operator.NEAR, ["25", "1"]),
        (Kind.NUMBER, "in -1..1 ms", Operator.WITHIN, ["-1", "1 ms"]),
        (Kind.NUMBER, "in 25, 30", Operator.IN, ["25", "30"]),
        (Kind.TEXT, "in a..b, c", Operator.IN, ["a..b", "c"]),
        (Kind.TEXT, "= x y", Operator.EQUAL, ["x y"]),
        (Kind.TEXT, '== "x, \\"y\\""', Operator.EQUAL, ['x, "y"']),
        (Kind.TEXT, 'in "a,b" , c', Operator.IN, ["a,b", "c"]),
        (Kind.TEXT, "matches Lavf*", Operator.MATCHES, ["Lavf*"]),
        (Kind.TEXT, "absent", Operator.ABSENT, []),
        (Kind.NAMES, "has width, height", Operator.HAS, ["width", "height"]),
    ],
)
def test_a_condition_is_an_operator_and_operands(
    kind: Kind, text: str, operator: Operator, operands: list[str]
) -> None:
    assert read_condition(kind, text) == (operator, operands)


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (Kind.NUMBER, "25", "what about it? Expected one of ==, !=, present, absent, <, <="),
        (Kind.NUMBER, "inside 5", "what about it?"),
        (Kind.TEXT, "present yes", 'nothing may stand behind present, not "yes"'),
        (Kind.TEXT, "==", "a value is missing behind =="),
        (Kind.TEXT, "in", "a value is missing behind in"),
        (Kind.TEXT, "in a,,b", "a value is missing behind in"),
        (Kind.TEXT, '== "a', '"a is not quoted as it should be'),
        (Kind.TEXT, 'in "a" b', '"a" b is not quoted as it should be'),
    ],
)
def test_what_cannot_be_read_is_explained(kind: Kind, text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_condition(kind, text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("kind", "text", "operator"),
    [
        (Kind.NUMBER, "25±0.5", Operator.NEAR),
        (Kind.NUMBER, "1..2", Operator.WITHIN),
        (Kind.NUMBER, "25", Operator.EQUAL),
        (Kind.TEXT, "a..b", Operator.EQUAL),
        (Kind.NUMBER, ">= 2", Operator.AT_LEAST),
    ],
)
def test_without_an_operator_a_value_may_mean_what_it_looks_like(
    kind: Kind, text: str, operator: Operator
) -> None:
    assert read_condition(kind, text, default=Operator.EQUAL)[0] is operator


def test_an_operator_at_the_front_is_noticed() -> None:
    assert has_operator(" >= 2")
    assert has_operator("absent")
    assert not has_operator("absentee")
    assert not has_operator("2")


@pytest.mark.parametrize(
    ("text", "streams", "rest"),
    [
        ("live/a: video.fps ~ 25", ("live/a",), "video.fps ~ 25"),
        (" live/a , live/b :  apart.start == 0", ("live/a", "live/b"), "apart.start == 0"),
        ("video.sar == 1:1", (), "video.sar == 1:1"),
        ("metadata.a:b == 1", (), "metadata.a:b == 1"),
        ("live: healthy", (), "live: healthy"),
    ],
)
def test_a_line_may_name_streams_in_front(text: str, streams: tuple[str, ...], rest: str) -> None:
    assert split_streams(text) == (streams, rest)
