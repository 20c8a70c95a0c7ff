"""A rule is the same value from text and from Python, and is written as it is read."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.expect.evidence import Value
from trio_srs.media.expect.operators import NO_OPERANDS, Operator
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import OPERATORS, Kind
from trio_srs.media.expect.subjects import SUBJECTS, find_subject

NUMBERS = st.one_of(
    st.integers(-(10**9), 10**9),
    st.integers(-(10**6), 10**6).map(lambda n: n / 1000),
    st.fractions(-100, 100, max_denominator=1001),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
NAMES = st.sampled_from([*SUBJECTS, "metadata.width", "metadata.major brand", "source.video.fps"])


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule that there can be."""
    name = draw(NAMES)
    subject = find_subject(name)
    operator = draw(st.sampled_from(OPERATORS[subject.kind]))
    if operator in NO_OPERANDS:
        return Rule.make(name, operator)
    if operator is Operator.NEAR:
        return Rule.make(name, operator, (draw(NUMBERS), abs(draw(NUMBERS))))
    if operator is Operator.WITHIN:
        return Rule.make(name, operator, sorted((draw(NUMBERS), draw(NUMBERS))))
    if operator in (Operator.HAS, Operator.MATCHES):
        values = st.lists(TEXTS, min_size=1, max_size=3 if operator is Operator.HAS else 1)
        return Rule.make(name, operator, draw(values))
    if operator in (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST):
        return Rule.make(name, operator, (draw(NUMBERS),))
    kinds: dict[Kind, st.SearchStrategy[object]] = {
        Kind.NUMBER: NUMBERS,
        Kind.TEXT: st.sampled_from(subject.words) if subject.words else TEXTS,
        Kind.TRUTH: st.booleans(),
        Kind.PAIR: st.tuples(st.integers(0, 9999), st.integers(0, 9999)),
        Kind.DIGEST: TEXTS,
        Kind.ANY: st.one_of(st.booleans(), st.integers(), TEXTS),
    }
    most = 3 if operator is Operator.IN else 1
    return Rule.make(name, operator, draw(st.lists(kinds[subject.kind], min_size=1, max_size=most)))


@given(rules())
def test_what_is_written_is_read_as_the_same_rule(rule: Rule) -> None:
    assert Rule.parse(str(rule)) == rule
    assert rule.expected


@given(TEXTS)
def test_any_text_is_read_or_refused(text: str) -> None:
    for whole in (text, f"video.fps {text}", f"video.codec == {text}", f"metadata.x {text}"):
        try:
            rule = Rule.parse(whole)
        except RuleError as error:
            assert str(error).startswith('"')  # noqa: PT017 - either way is right
        else:
            assert Rule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("video.fps~25+-0.5", "video.fps ~ 25 ± 0.5 fps", "25 ± 0.5 fps"),
        ("bitrate.mean in 1.8..2.2 Mbit/s", "bitrate.mean in 1800..2200 kbit/s",
         "1800 to 2200 kbit/s"),
        ("bitrate.mean in 0.5..2 Mbit/s", "bitrate.mean in 500 kbit/s..2 Mbit/s",
         "500 kbit/s to 2 Mbit/s"),
        ("video.codec in avc, h265", "video.codec in h264, hevc", "one of h264, hevc"),
        ("timestamps.monotonic", "timestamps.monotonic == true", "true"),
        ("video.size != 1280x720", "video.size != 1280x720", "anything but 1280x720"),
        ("metadata has width,height", "metadata has width, height",
         "something with width and height"),
        ("video.gop.seconds <= 2100 ms", "video.gop.seconds <= 2.1 s", "at most 2.1 s"),
        ("video.nominal_fps = 30000/1001", "video.nominal_fps == 30000/1001 fps",
         "30000/1001 fps"),
        ("audio.codec absent", "audio.codec absent", "none"),
        ("audio.codec present", "audio.codec present", "any"),
        ("metadata.encoder matches Lavf*", "metadata.encoder matches Lavf*",
         "something like Lavf*"),
        ("video.frames > 5", "video.frames > 5 frames", "more than 5 frames"),
        ("video.frames < 5", "video.frames < 5 frames", "less than 5 frames"),
        ('metadata."a b" == 1', '"metadata.a b" == 1', "1"),
    ],
)  # fmt: skip
def test_a_rule_is_written_in_one_way(text: str, written: str, expected: str) -> None:
    rule = Rule.parse(text)
    assert (str(rule), rule.expected) == (written, expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video.fsp == 3", 'there is no "video.fsp" to have a rule about; did you mean video.fps'),
        ("video.fps == 3 ms", '"ms" is no unit of this: expected fps'),
        ("video.codec < 3", "video.codec is text, which has no <: expected one of ==, !="),
        ("video.fps", "what about it? Expected one of =="),
        ("", "expected a rule such as"),
    ],
)
def test_a_rule_that_cannot_be_read_is_explained(text: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        Rule.parse(text)
    assert str(caught.value).startswith(f'"{text}": {message}')


@pytest.mark.parametrize(
    ("text", "value", "held"),
    [
        ("video.fps == 25", 25.0, True),
        ("video.fps == 25", Fraction(25), True),
        ("video.fps != 25", 25, False),
        ("video.gop.seconds ~ 2±0.1", 2.1, True),
        ("video.fps in 24, 25", 25.0, True),
        ("video.profile == high", "High", True),
        ("metadata has WIDTH", ("width", "height"), True),
        ("video.size == 4x3", (4, 3), True),
        ("timestamps.monotonic", False, False),
        ("metadata.x <= 5", "five", False),
        ("metadata.x <= 5", True, False),
        ("metadata.x == 1", "one", False),
        ("metadata.x has y", 5, False),
        ("metadata.x matches y*", 5.5, False),
    ],
)
def test_a_rule_holds_for_some_values(text: str, value: Value, held: bool) -> None:
    assert Rule.parse(text).holds(value) is held


@pytest.mark.parametrize(
    ("rule", "low", "high", "may"),
    [
        ("video.frames <= 10", 11, math.inf, False),
        ("video.frames <= 10", 10, math.inf, True),
        ("video.frames in 10, 20", 15, math.inf, True),
        ("video.frames in 10, 20", 11, 19, False),
        ("video.frames in 10, 20", 21, math.inf, False),
        ("video.frames != 5", 5, 5, False),
        ("video.frames != 5", 5, 6, True),
        ("video.codec in h264, hevc", 1, 1, False),
        ("timestamps.monotonic", False, False, False),
    ],
)
def test_a_rule_may_hold_of_what_is_known_only_in_part(
    rule: str, low: float, high: float, may: bool
) -> None:
    assert Rule.parse(rule).may_hold(low, high) is may


def test_rules_about_the_same_are_equal_by_the_name_of_their_subject() -> None:
    first, second = Rule.parse("metadata.encoder == x"), Rule.parse("metadata.encoder == x")
    assert first.subject is not second.subject
    assert (first, hash(first)) == (second, hash(second))
    assert repr(first).startswith("Rule(subject='metadata.encoder', ")
    assert first != Rule.parse("metadata.software == x")


def test_a_rule_is_made_about_a_subject_or_the_one_of_a_name() -> None:
    by_name = Rule.make("video.frames", Operator.EQUAL, (5,))
    assert Rule.make(find_subject("video.frames"), Operator.EQUAL, (5,)) == by_name
