"""What stands behind an operator is read by the kind of the subject."""

from __future__ import annotations

import pytest

from trio_srs.media.expect.evidence import Value
from trio_srs.media.expect.operand import is_golden, read_anything, read_operands, write_operand
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subjects import find_subject


@pytest.mark.parametrize(
    ("subject", "operator", "raws", "values"),
    [
        ("video.fps", Operator.EQUAL, ["25"], (25,)),
        ("video.fps", Operator.NEAR, ["25", "0.5 fps"], (25, 0.5)),
        ("video.fps", Operator.NEAR, [25, "2%"], (25, 0.5)),
        ("video.fps", Operator.NEAR, ["30"], (30, 0.6)),
        ("duration.seconds", Operator.NEAR, ["500 ms"], (0.5, 0.1)),
        ("bitrate.mean", Operator.NEAR, ["2 Mbit/s", "10 %"], (2_000_000, 200_000)),
        ("video.codec", Operator.EQUAL, ["H.265"], ("hevc",)),
        ("video.codec", Operator.IN, ["avc1", "av01"], ("h264", "av1")),
        ("video.codec", Operator.EQUAL, ["wxyz"], ("wxyz",)),
        ("video.codec", Operator.MATCHES, ["h26*"], ("h26*",)),
        ("video.profile", Operator.EQUAL, [5], ("5",)),
        ("video.interlaced", Operator.EQUAL, ["No"], (False,)),
        ("timestamps.monotonic", Operator.EQUAL, [True], (True,)),
        ("video.size", Operator.EQUAL, ["1280x720"], ((1280, 720),)),
        ("video.size", Operator.EQUAL, [(1280, 720)], ((1280, 720),)),
        ("video.sar", Operator.EQUAL, ["4:3"], ((4, 3),)),
        ("metadata.x", Operator.EQUAL, ["5"], (5,)),
        ("video.level", Operator.AT_MOST, ["4.1"], (4.1,)),
        ("end.reason", Operator.IN, ["peer_fin", "peer_rst"], ("peer_fin", "peer_rst")),
        ("video.codec", Operator.PRESENT, [], ()),
    ],
)
def test_operands_become_what_the_subject_is_compared_with(
    subject: str, operator: Operator, raws: list[object], values: tuple[Value, ...]
) -> None:
    assert read_operands(find_subject(subject), operator, raws) == values


@pytest.mark.parametrize(
    ("subject", "operator", "raws", "message"),
    [
        ("video.fps", Operator.NEAR, ["25", "-1"], "a tolerance of -1"),
        ("video.fps", Operator.WITHIN, ["2", "1"], "turn it round"),
        ("video.fps", Operator.EQUAL, [], "0 values behind =="),
        ("video.fps", Operator.EQUAL, [1, 2], "2 values behind =="),
        ("video.codec", Operator.EQUAL, [None], "expected text, not None"),
        ("video.codec", Operator.EQUAL, [True], "expected text, not True"),
        ("video.interlaced", Operator.EQUAL, ["maybe"], "expected true or false, not 'maybe'"),
        ("video.interlaced", Operator.EQUAL, [1], "expected true or false, not 1"),
        ("video.size", Operator.EQUAL, ["720p"], "expected a pair such as 1280x720, not '720p'"),
        ("video.size", Operator.EQUAL, [(1, 2, 3)], "expected a pair"),
        ("video.size", Operator.EQUAL, [(1.0, 2)], "expected a pair"),
        ("video.size", Operator.EQUAL, [5], "expected a pair"),
        (
            "end.reason", Operator.EQUAL, ["stream_close"],
            'end.reason is never "stream_close"; did you mean stream_closed?',
        ),
    ],
)  # fmt: skip
def test_other_operands_are_refused(
    subject: str, operator: Operator, raws: list[object], message: str
) -> None:
    with pytest.raises(RuleError) as caught:
        read_operands(find_subject(subject), operator, raws)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("5", 5), ("5.5", 5.5), ("true", True), ("false", False), ("a", "a"), (7, 7), (True, True)],
)
def test_what_looks_like_a_number_is_one(raw: object, value: Value) -> None:
    assert read_anything(raw) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        ("h264", "h264"),
        ("a, b", '"a, b"'),
        ("", '""'),
        (" a", '" a"'),
        ((16, 9), "16x9"),
        (2.5, "2.5 s"),
    ],
)
def test_an_operand_is_written(value: Value, text: str) -> None:
    assert write_operand(value, "s") == text


def test_a_golden_file_is_whatever_is_no_digest() -> None:
    assert is_golden("golden.flv")
    assert not is_golden("0a" * 32)
    assert not is_golden(5)
