"""What was found is judged, and what was not is explained."""

from __future__ import annotations

import attrs
import pytest

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, seen
from trio_srs.media.expect import parse_rules
from trio_srs.tools.expect.run_plan import RunPlan
from trio_srs.tools.expect.run_result import RunResult, outcome_of
from trio_srs.tools.expect.source import make_source

RULES = parse_rules(["video.codec == h264"])
COMMAND = RunPlan(rules=RULES, words=("ffmpeg", "{url}"))
NOBODY = RunPlan(rules=RULES, stream=None)


def found(**others: object) -> RunResult:
    return RunResult(**{"began_at": 5.0, "stream": "live/stream", "seconds": 2.5, **others})  # type: ignore[arg-type]  # what a test says


def test_the_last_publish_is_judged() -> None:
    first, second = seen(), seen(audio="none")
    outcome = outcome_of(COMMAND, found(reports=(first, second), kicked=True))
    assert (outcome.report, outcome.earlier) == (second, (first,))
    assert (outcome.met, outcome.target) == (True, "live/stream")
    assert (outcome.began_at, outcome.seconds) == (5.0, 2.5)
    assert outcome.remarks == (
        "the first publish was ended by us, as --kick-after says",
        "the last of 2 publishes was judged",
    )


def test_one_publish_needs_no_remark() -> None:
    outcome = outcome_of(COMMAND, found(reports=(seen(),), happened=("something else",)))
    assert (outcome.earlier, outcome.remarks, outcome.happened) == ((), (), ())


@pytest.mark.parametrize(
    ("plan", "what", "interrupted", "absence"),
    [
        (
            COMMAND, {"program": FAILED_PROGRAM}, False,
            "the command exited with 1 after 2.5 s and had published nothing",
        ),
        (
            COMMAND, {"gave_up": "sent no audio or video within 10 s"}, False,
            "the command sent no audio or video within 10 s",
        ),
        (
            NOBODY, {"gave_up": "did not", "stream": None}, False,
            "whoever was to come did not",
        ),
        (COMMAND, {}, True, "interrupted before any audio or video came"),
        (
            COMMAND, {"program": FAILED_PROGRAM, "only_headers": True}, False,
            "it was announced by headers, and no frame came",
        ),
        (NOBODY, {"only_headers": True}, False, "it was announced by headers, and no frame came"),
    ],
)  # fmt: skip
def test_what_did_not_come_is_explained(
    plan: RunPlan, what: dict[str, object], interrupted: bool, absence: str
) -> None:
    outcome = outcome_of(plan, found(happened=("live/b",), **what), interrupted=interrupted)
    assert (outcome.came, outcome.absence, outcome.happened) == (False, absence, ("live/b",))
    assert outcome.target == (what.get("stream", "live/stream") or "a stream")


@pytest.mark.parametrize(
    ("words", "is_told"),
    [
        (("a", "b"), True),
        (("a", "{url}"), False),
        (("a", "-o={url}"), False),
        (("a", "{port}"), False),
    ],
)
def test_a_command_that_is_given_no_url_is_told_how(words: tuple[str, ...], is_told: bool) -> None:
    outcome = outcome_of(RunPlan(words=words), found(program=FAILED_PROGRAM))
    assert any("put '{url}' there" in each for each in outcome.happened) == is_told


def test_what_has_to_be_known_is_remarked() -> None:
    plan = RunPlan(words=("x",), source=make_source("h264", 1.0))
    outcome = outcome_of(plan, found(reports=(seen(),), remarks=("odd",)), interrupted=True)
    assert outcome.remarks == (
        "odd",
        "interrupted: what had come by then was judged",
        "nobody came to pull the source",
    )
    given_up = found(reports=(seen(),), gave_up="did not end within 5 s in all")
    assert outcome_of(NOBODY, given_up).remarks == (
        "the publisher did not end within 5 s in all: what had come by then was judged",
    )
    assert outcome_of(COMMAND, given_up).remarks == ()


def test_a_publish_that_outlives_the_command_is_remarked() -> None:
    ended = attrs.evolve(FAILED_PROGRAM, returncode=0)
    outcome = outcome_of(COMMAND, found(reports=(seen(),), program=ended))
    assert outcome.remarks == (
        "the publish went on when the command had ended: judged up to there",
    )
    stopped = attrs.evolve(ended, stopped="there were enough frames")
    assert outcome_of(COMMAND, found(reports=(seen(),), program=stopped)).remarks == ()


def test_both_sides_are_judged() -> None:
    plan = RunPlan(
        rules=parse_rules(["source.audio.codec == aac", "audio.codec absent"]),
        words=("x",), source=make_source("h264", 1.0),
    )  # fmt: skip
    outcome = outcome_of(plan, found(reports=(seen(audio="none"),), source=seen()))
    assert outcome.met
    assert outcome.remarks == ()
