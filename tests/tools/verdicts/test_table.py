"""The table says what was expected and what was seen, in plain text."""

from __future__ import annotations

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, NASTY, absent, judged, seen
from trio_srs.tools.verdicts.table import verdict_lines


def test_a_line_says_what_became_of_each() -> None:
    outcome = judged(
        "video.codec == h264", "timestamps.monotonic", defects=("regression@30:100",),
        program=FAILED_PROGRAM, source=seen(stream="source/a"), remarks=("told",),
    )  # fmt: skip
    lines = list(verdict_lines(outcome))
    assert lines[0].startswith("live/a: h264 320x240 (75 frames), aac 44100 Hz x2 (")
    assert lines[1].startswith("its source source/a: h264 320x240")
    assert lines[2:6] == [
        "  ok  live/a comes                  it came",
        "  ok  video.codec == h264           h264",
        "  NOT timestamps.monotonic == true  false; first at video frame 30 (1060 ms)",
        "  NOT ffmpeg succeeds               the command exited with 1 after 2.5 s",
    ]
    assert lines[6] == "        first"
    assert lines[-1] == "  told"


def test_only_what_is_wrong_can_be_said() -> None:
    assert list(verdict_lines(judged("video.codec == h264"), only_failed=True)) == []
    [line] = verdict_lines(judged("video.codec == av1"), only_failed=True)
    assert line.startswith("  NOT video.codec == av1  h264")


def test_what_peers_say_is_safe_to_show() -> None:
    outcome = absent("video.codec == h264", target=NASTY, absence=NASTY, happened=(NASTY,))
    lines = list(verdict_lines(outcome))
    assert all(line.isprintable() for line in lines)
    assert lines[0].endswith(": nothing came")
    assert lines[1].count("\\x1b[1m") == 2
