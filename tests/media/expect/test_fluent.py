"""Expectations in Python: the same rules, judged at once or together."""

from __future__ import annotations

from typing import Final

import pytest

from tests.media.expect.publishing import defective, published
from trio_srs.errors import TrioSrsError
from trio_srs.media.expect.conditions import approx, at_least, at_most, between, matches, present
from trio_srs.media.expect.fluent import Expectation, ExpectationError, expect
from trio_srs.media.expect.refusal import RuleError
from trio_srs.media.expect.rule import Rule, parse_rules
from trio_srs.media.expect.subjects import SUBJECTS
from trio_srs.testing.streams import Pattern

GOOD: Final = published(Pattern.parse("h264:640x360", "aac:48000", seconds=3.0))
BAD: Final = published(defective("regression@30:100", gop_s=10.0))


def test_a_good_stream_meets_a_chain_of_expectations() -> None:
    chain = (
        expect(GOOD)
        .video(codec="h264", size=(640, 360), fps=approx(25, 0.5), gop_seconds=at_most(2.1))
        .audio(codec="aac", sample_rate=48000, channels=2)
        .timestamps(monotonic=True)
        .gaps(count=0, longest=at_most("100 ms"))
        .skew(ms=between(-100, 100))
        .bitrate(mean=["> 1 kbit/s", "< 1 Mbit/s"])
        .stall(seconds=at_most(1))
        .first_frame(seconds=at_most(1))
        .first_keyframe(seconds=at_most(1))
        .duration(seconds=approx(3, 0.1))
        .digest(exact=present)
        .end(reason="stream_closed")
        .conduct(oddities=0)
        .arrival(lag_most_ms=at_most(100))
        .metadata("width", "height", encoder=matches("trio-srs*"), width=640)
        .rules("video.frames >= 75", Rule.parse("video.level <= 4.1"))
        .table({"video": {"profile": "Constrained Baseline"}})
        .about("video", pictures_bidirectional=0)
    )
    assert isinstance(chain, Expectation)
    assert len(chain.verdicts) == 28
    assert all(verdict.met for verdict in chain.verdicts)


def test_the_rules_are_those_of_the_text() -> None:
    made = expect(GOOD).video(gop_seconds=at_most(2.1), fps="25±0.5", pictures_intra=at_least(1))
    assert [verdict.rule for verdict in made.verdicts] == list(
        parse_rules(["video.gop.seconds <= 2.1", "video.fps ~ 25±0.5", "video.pictures.intra >= 1"])
    )


def test_one_call_tells_everything_that_is_wrong_in_it() -> None:
    with pytest.raises(ExpectationError) as caught:
        expect(BAD).video(codec="h264", gop_seconds=at_most(2.1), timestamps_monotonic=True)
    assert str(caught.value).splitlines() == [
        "2 of 3 expectations not met:",
        "  video.gop.seconds: expected at most 2.1 s, seen: 2.96 s, unfinished; "
        "first at video frame 53 (2120 ms)",
        "  video.timestamps.monotonic: expected true, seen: false; "
        "first at video frame 30 (1060 ms)",
    ]
    assert [verdict.index for verdict in caught.value.verdicts] == [53, 30]


def test_one_expectation_has_a_short_error() -> None:
    with pytest.raises(AssertionError, match=r"^not met:\n  timestamps.monotonic: expected true"):
        expect(BAD).timestamps(monotonic=True)
    assert issubclass(ExpectationError, TrioSrsError)


def judge_together() -> None:
    with expect(BAD) as stream:
        stream.video(gop_seconds=at_most(2.1))
        stream.audio(sample_rate=48000)
        stream.timestamps(monotonic=True)


def fail_otherwise() -> None:
    with expect(BAD) as stream:
        stream.video(codec="hevc")
        raise ZeroDivisionError


def test_a_block_tells_everything_that_is_wrong_in_it() -> None:
    with pytest.raises(ExpectationError, match="3 of 3 expectations not met"):
        judge_together()
    with expect(GOOD) as stream:
        stream.video(codec="h264")
    assert [verdict.met for verdict in stream.verdicts] == [True]


def test_an_error_in_a_block_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        fail_otherwise()


def test_names_that_are_none_are_told_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        expect(GOOD).video(codek="h264", fps="5 kg")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "video(codek)",
        "video(fps)",
    ]


def test_nothing_expected_is_met() -> None:
    assert expect(BAD).video().rules().metadata().verdicts == ()


def test_a_publish_may_be_compared_with_others() -> None:
    made = expect(GOOD, earlier=[BAD], source=GOOD, golden={"golden.flv": GOOD})
    made.reconnect(count=1).delay(missing=0).source(video_codec="h264")
    made.digest(exact="golden.flv", payload="golden.flv")
    assert [verdict.rule.subject for verdict in made.verdicts][2] == "source.video.codec"
    with pytest.raises(RuleError, match='there is no "odd"'):
        made.source(odd=5)


def test_names_in_python_are_those_of_one_subject_each() -> None:
    assert len({name.replace(".", "_") for name in SUBJECTS}) == len(SUBJECTS)
