"""A newcomer's tests: what is right passes; what is wrong is told with the fact and the frame."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.testing.project import Outcome, Project

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(120)]

TESTS: Final = Path(__file__).parent / "project_files" / "newcomer.py"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    project = Project(tmp_path_factory.mktemp("newcomer"))
    project.write(TESTS.read_text(encoding="utf-8"))
    return project.run("--basetemp", str(project.folder / "kept"))


def test_what_is_right_passes_and_what_is_wrong_does_not(outcome: Outcome) -> None:
    assert outcome.counts == (1, 7, 0), outcome.output


MESSAGES: Final = {
    "wrong_bit_rate": (
        r"video\.bitrate\.mean: expected 200 to 700 kbit/s, seen: [12]\.\d+ Mbit/s; "
        r"first at video frame \d+ \(\d+ ms\)"
    ),
    "a_gop_of_ten_seconds": (
        r"video\.gop\.seconds: expected at most 2\.1 s, seen: 10 s; "
        r"first at video frame 53 \(\d+ ms\)"
    ),
    "a_timestamp_regression": (
        r"timestamps\.monotonic: expected true, seen: false; "
        r"first at video frame 30 \(1080 ms\)"
    ),
    "wrong_audio_rate": (
        r"audio\.sample_rate: expected 48000 Hz, seen: 44100 Hz; "
        r"from audio frame 0 \(0 ms\) on"
    ),
    "no_video": (
        r"video\.codec: expected h264, seen: no video came; "
        r"the stream had audio \(aac, \d+ frames\)"
    ),
    "a_killed_encoder": (
        r"end\.reason: expected stream_closed, seen: peer_(fin|rst).*; "
        r"the last was (video|audio) frame \d+ \(\d+ ms\)"
    ),
    "a_stalled_encoder": (
        r"stall\.seconds: expected at most 0\.5 s, seen: [01]\.\d+ s; "
        r"first at (video|audio) frame \d+ \(\d+ ms\)"
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_wrong_is_told_with_the_fact_and_the_frame(outcome: Outcome, name: str) -> None:
    [told] = re.findall(rf"(?ms)^_+ test_{name} _+$(.*?)^(?:__|==)", outcome.output)
    assert re.search(rf"(?m)^E +(?:not met: +)?{MESSAGES[name]}", told), told
    assert re.search(r"(?m)^live/cam1, published by 127\.0\.0\.1:\d+ \(session c1\)", told)
    assert re.search(r"(?m)^ +\d+\.\d{3} s  publish ", told)
