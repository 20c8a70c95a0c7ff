"""An outcome is a list of cases, and each says what was expected and what was seen."""

from __future__ import annotations

import attrs
import pytest

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, absent, judged
from trio_srs.tools.verdicts.outcome import ProgramEnd, Status


def test_everything_expected_is_a_case() -> None:
    outcome = judged("video.codec == h264", "audio.codec == opus", program=FAILED_PROGRAM)
    assert [(case.kind, case.name, case.status) for case in outcome.cases] == [
        ("stream", "live/a comes", Status.MET),
        ("rule", "video.codec == h264", Status.MET),
        ("rule", "audio.codec == opus", Status.FAILED),
        ("command", "ffmpeg succeeds", Status.FAILED),
    ]
    assert (outcome.came, outcome.met) == (True, False)


def test_what_did_not_come_cannot_be_judged() -> None:
    outcome = absent("video.codec == h264")
    stream, rule = outcome.cases
    assert (stream.status, stream.message) == (Status.FAILED, "nothing came within 10 s")
    assert stream.details == ("live/b was published",)
    assert (rule.status, rule.message) == (Status.SKIPPED, "nothing came to judge it by")
    assert (outcome.came, outcome.met) == (False, False)


def test_what_could_be_judged_only_in_part_is_not_as_expected() -> None:
    outcome = attrs.evolve(judged("video.codec == h264"), missing="the file ends inside a tag")
    stream, rule = outcome.cases
    assert (stream.status, rule.status) == (Status.FAILED, Status.MET)
    assert stream.message == "only a part could be judged: the file ends inside a tag"
    assert (outcome.came, outcome.met) == (True, False)


def test_without_rules_a_stream_is_enough() -> None:
    assert judged().met


def test_a_case_says_where_it_was_seen() -> None:
    outcome = judged("timestamps.monotonic", defects=("regression@30:100",))
    assert outcome.cases[1].seen == "false; first at video frame 30 (1060 ms)"
    assert judged("video.codec == hevc").cases[1].seen == "h264; from video frame 0 (0 ms) on"
    few = judged("video.frames >= 100").cases[1].seen
    assert few == "75 frames; the last was video frame 74 (2960 ms)"
    assert judged("video.fps ~ 25±1").cases[1].seen == "25 fps"
    assert outcome.cases[0].seen == "it came"


@pytest.mark.parametrize(
    ("returncode", "stopped", "hung", "failed", "how"),
    [
        (0, "", "", False, "exited with 0"),
        (3, "", "", True, "exited with 3"),
        (-9, "", "", True, "was ended by signal 9"),
        (255, "there was enough", "", False, "exited with 255"),
        (-9, "it hung", "did not end within 5 s", True, "did not end within 5 s"),
        (None, "", "", True, "could not be started"),
    ],
)
def test_a_command_fails_by_itself_or_by_hanging(
    returncode: int | None, stopped: str, hung: str, failed: bool, how: str
) -> None:
    end = ProgramEnd(
        words=("ffmpeg", "a b"), returncode=returncode, seconds=1, stopped=stopped, hung=hung
    )
    assert (end.failed, end.how, str(end)) == (failed, how, "ffmpeg 'a b'")


def test_a_command_that_was_stopped_says_why() -> None:
    end = ProgramEnd(words=("x",), returncode=-15, seconds=1, stopped="there was enough")
    case = judged(program=end).cases[-1]
    assert (case.status, case.message) == (
        Status.MET,
        "the command was stopped after 1.0 s: there was enough",
    )
    assert case.details == ()


def test_a_command_that_hung_is_named_by_its_file() -> None:
    end = ProgramEnd(words=("/usr/bin/x",), returncode=-15, seconds=1, hung="did not end")
    case = judged(program=end).cases[-1]
    assert (case.name, case.message) == ("x succeeds", "the command did not end")
