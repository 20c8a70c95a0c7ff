"""The first line of a test that failed is what is wrong, and not the path of a class or a count."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.testing.project import Outcome, Project

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(120)]

TESTS: Final = Path(__file__).parent / "project_files" / "told.py"
FIRST_LINES: Final = {
    "one_fact": "video.codec: expected hevc, seen: h264; from video frame 0 (0 ms) on",
    "several_facts": "video.size: expected 640x360, seen: 320x180; from video frame 0 (0 ms) on",
    "asks_nothing": "RuleError: test_it.py:N: expect(report) asks nothing, so any stream would do: "
    'expected a call such as .video(codec="h264")',
    "asks_nothing_in_a_call": "RuleError: video() asks nothing, so any stream would do: "
    "expected a fact, such as size=present",
    "asks_nothing_in_a_block": "RuleError: the block asks nothing, so any stream would do: "
    'expected a call such as .video(codec="h264")',
    "asks_nothing_in_a_helper": "RuleError: test_it.py:N: expect(report) asks nothing, so any "
    'stream would do: expected a call such as .video(codec="h264")',
    "fails_otherwise": "ZeroDivisionError: of its own",
    "never_came": "no publisher on live/cam2 within 0.05 s; ",
    "no_report": "nobody has published live/cam3; nothing happened",
    "no_application": "StreamNameError: 'cam1' has no application: expected APP/NAME, such as "
    "live/cam1, or a whole rtmp:// URL; did you mean 'live/cam1'?",
    "no_application_to_publish_to": "StreamNameError: 'cam1' has no application: expected "
    "APP/NAME, such as live/cam1, or a whole rtmp:// URL; did you mean 'live/cam1'?",
    "http_to_wait": "no publisher on live/cam1 within 0.5 s; 127.0.0.1: an HTTP client connected "
    "to the RTMP port: GET /live/cam1",
    "http_to_report": "nobody has published live/cam1; 127.0.0.1: an HTTP client connected to the "
    "RTMP port: GET /live/cam1",
    "tls_to_wait": "no end of live/cam1 within 0.5 s; 127.0.0.1: a TLS client connected to the "
    "RTMP port",
    "misspelt": "TypeError: a publisher of a made-up stream has no argument 'second'; "
    'did you mean "seconds"?',
    "misspelt_fact": 'RuleError: video(codek): there is no "video.codek" to have a rule about; '
    "did you mean video.codec",
    "misspelt_setting": "ProcessRefusedError: stream.publish_busi: unknown key; "
    'did you mean "publish_busy"?',
    "no_such_pattern": "ProcessRefusedError: video 'h266': expected one of h264, hevc, av1",
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    project = Project(tmp_path_factory.mktemp("told"))
    project.write(TESTS.read_text(encoding="utf-8"))
    return project.run()


def test_only_what_is_right_passes(outcome: Outcome) -> None:
    assert outcome.counts == (1, len(FIRST_LINES), 0), outcome.output


@pytest.mark.parametrize("name", FIRST_LINES)
def test_the_first_line_says_what_is_wrong(outcome: Outcome, name: str) -> None:
    [told] = re.findall(rf"(?ms)^_+ test_{name} _+$(.*?)^(?:__|==)", outcome.output)
    first = re.findall(r"(?m)^E +(.*)$", told)[0]
    assert re.sub(r":\d+: ", ":N: ", first).startswith(FIRST_LINES[name]), told


@pytest.mark.parametrize("name", FIRST_LINES)
def test_the_summary_says_the_same(outcome: Outcome, name: str) -> None:
    """As much of it as it has room for."""
    [said] = re.findall(rf"(?m)^FAILED \S+::test_{name}(?: - (.*))?$", outcome.output)
    beginning = re.sub(r":\d+: ", ":N: ", said).removesuffix("...")
    assert beginning.startswith(FIRST_LINES[name][: len(beginning)]), said
    assert "trio_srs" not in said


def test_all_that_is_wrong_stands_below(outcome: Outcome) -> None:
    lines = "audio.sample_rate: expected 48000 Hz, seen: 44100 Hz", "(2 of 3 expectations are not"
    assert [line for line in lines if line not in outcome.output] == []
