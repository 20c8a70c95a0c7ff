"""Expectations in Python: the same rules, judged at once or together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import pytest

from tests.media.expect.publishing import defective, published
from trio_srs.errors import TrioSrsError
from trio_srs.media.expect.conditions import approx, at_least, at_most, between, matches, present
from trio_srs.media.expect.fluent import Expectation, ExpectationError, expect
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.rule_lines import parse_rules
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


def test_a_healthy_stream_is_asked_for_in_one_word() -> None:
    assert [str(verdict.rule) for verdict in expect(GOOD).healthy().verdicts] == [
        str(rule) for rule in parse_rules(["healthy"])
    ]
    assert len(expect(BAD).healthy(timestamps=False).verdicts) == len(parse_rules(["healthy"])) - 1
    with pytest.raises(ExpectationError, match=r"^healthy.timestamps: .* at video frame 30"):
        expect(BAD).healthy()
    expect(GOOD, beside=[GOOD]).apart(frames=0)
    with pytest.raises(ExpectationError, match="neither HLS nor DASH"):
        expect(GOOD).packaging(form="HLS")
    with pytest.raises(RuleError, match='healthy has no rule "gap"; did you mean gaps'):
        expect(BAD).healthy(gap=at_most(5))  # type: ignore[call-arg]  # it knows


def test_the_rules_are_those_of_the_text() -> None:
    made = expect(GOOD).video(gop_seconds=at_most(2.1), fps="25±0.5", pictures_intra=at_least(1))
    assert [verdict.rule for verdict in made.verdicts] == list(
        parse_rules(["video.gop.seconds <= 2.1", "video.fps ~ 25±0.5", "video.pictures.intra >= 1"])
    )


def test_one_call_tells_everything_that_is_wrong_in_it() -> None:
    with pytest.raises(ExpectationError) as caught:
        expect(BAD).video(codec="h264", gop_seconds=at_most(2.1), timestamps_monotonic=True)
    assert str(caught.value).splitlines() == [
        "video.gop.seconds: expected at most 2.1 s, seen: 2.96 s, unfinished; "
        "first at video frame 53 (2120 ms)",
        "  video.timestamps.monotonic: expected true, seen: false; "
        "first at video frame 30 (1060 ms)",
        "  (2 of 3 expectations are not met)",
    ]
    assert [verdict.index for verdict in caught.value.verdicts] == [53, 30]


def test_one_expectation_has_a_short_error() -> None:
    with pytest.raises(AssertionError, match=r"^timestamps.monotonic: expected true") as caught:
        expect(BAD).timestamps(monotonic=True)
    assert "\n" not in str(caught.value)
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
    with pytest.raises(ExpectationError, match="3 of 3 expectations are not met"):
        judge_together()
    with expect(GOOD) as stream:
        stream.video(codec="h264")
    assert [verdict.met for verdict in stream.verdicts] == [True]


def test_an_error_in_a_block_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        fail_otherwise()


def test_names_that_are_none_are_told_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        expect(GOOD).video(codek="h264", fps="5 kg")  # type: ignore[call-arg]  # it knows
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "video(codek)",
        "video(fps)",
    ]


def ask_nothing_in_a_block(*, at_last: bool = False) -> None:
    with expect(GOOD) as stream:
        if at_last:
            stream.about("gaps")


NOTHING: Final[dict[str, Callable[[], object]]] = {
    r"video\(\) .* such as size=present": lambda: expect(GOOD).video(),
    r"timestamps\(\) .* such as monotonic=present": lambda: expect(GOOD).timestamps(),
    r"source\(\) .* such as video_codec=present": lambda: expect(GOOD, source=GOOD).source(),
    r"odd\(\) .* a fact": lambda: expect(GOOD).about("odd"),
    r"metadata\(\) .* width": lambda: expect(GOOD).metadata(),
    r"rules\(\) .*: expected .video\.fps": lambda: expect(GOOD).rules(),
    r"table\(\) .*: expected .*codec": lambda: expect(GOOD).table({"video": {}}),
    r"gaps\(\) .* count": lambda: ask_nothing_in_a_block(at_last=True),
    r"the block .* \.video": ask_nothing_in_a_block,
    r"expect\(report\) .* \.video": lambda: expect(GOOD).check_asked(),
}


@pytest.mark.parametrize("words", NOTHING)
def test_what_asks_nothing_is_refused(words: str) -> None:
    with pytest.raises(RuleError, match=f"^{words}") as caught:
        NOTHING[words]()
    assert "asks nothing, so any stream would do" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_has_asked_is_not_refused() -> None:
    expect(GOOD).video(codec="h264").check_asked()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("vidio", 'did you mean "video"?'),
        ("timestamp", 'did you mean "timestamps"?'),
        ("first_keyframes", 'did you mean "first_keyframe"?'),
        ("qwertz", "to expect anything about"),
    ],
)
def test_a_method_that_there_is_not_is_told_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(hint) + "$"):
        getattr(expect(GOOD), name)


def test_approx_of_pytest_is_as_good_as_ours() -> None:
    made = expect(GOOD).video(fps=pytest.approx(25, abs=0.5), gop_seconds=pytest.approx(2, 0.1))
    made.metadata(width=pytest.approx(640, abs=1)).about("duration", seconds=pytest.approx(3, 0.1))
    made.table({"video": {"fps": pytest.approx(25, abs=0.5), "gop": {"seconds": approx(2, 0.2)}}})
    assert [str(verdict.rule) for verdict in made.verdicts][:2] == [
        "video.fps ~ 25 ± 0.5 fps",
        "video.gop.seconds ~ 2 ± 0.2 s",
    ]
    with pytest.raises(ExpectationError, match=r"^video\.fps: expected 30 ± 0\.5 fps, seen: 25"):
        expect(GOOD).video(fps=pytest.approx(30, abs=0.5))


def test_a_publish_may_be_compared_with_others() -> None:
    made = expect(GOOD, earlier=[BAD], source=GOOD, golden={"golden.flv": GOOD})
    made.reconnect(count=1).delay(missing=0).source(video_codec="h264")
    made.digest(exact="golden.flv", payload="golden.flv")
    assert [verdict.rule.subject.name for verdict in made.verdicts][2] == "source.video.codec"
    with pytest.raises(RuleError, match='there is no "odd"'):
        made.source(odd=5)  # type: ignore[call-arg]  # it knows


def test_names_in_python_are_those_of_one_subject_each() -> None:
    assert len({name.replace(".", "_") for name in SUBJECTS}) == len(SUBJECTS)
