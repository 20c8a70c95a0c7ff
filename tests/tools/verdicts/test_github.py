"""GitHub gets an annotation for what is wrong, and a table of everything."""

from __future__ import annotations

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, NASTY, absent, judged
from trio_srs.tools.verdicts.github import annotation_lines, step_summary


def test_what_is_wrong_is_annotated() -> None:
    outcome = judged("video.codec == h264", "audio.codec == opus", program=FAILED_PROGRAM)
    rule, command = annotation_lines(outcome)
    assert rule.startswith(
        "::error title=live/a%3A audio.codec == opus::audio.codec: expected opus"
    )
    assert command.startswith("::error title=live/a%3A ffmpeg succeeds::the command exited with 1")
    assert "%0Afirst%0A" in command
    assert list(annotation_lines(judged())) == []


def test_an_annotation_is_one_line_whatever_peers_say() -> None:
    [line] = annotation_lines(absent(target=NASTY, absence=NASTY, happened=()))
    title, text = (
        "live/<a&b>\\x1b[1m\\ufffe|\"'%0A#%25%2C%3A",
        "live/<a&b>\\x1b[1m\\ufffe|\"'%0A#%25,:",
    )
    assert line == f"::error title={title}%3A {title} comes::{text}"


def test_the_summary_has_a_row_for_everything() -> None:
    outcome = judged(
        "video.codec == h264", "audio.codec == opus", program=FAILED_PROGRAM, remarks=("told",)
    )
    lines = step_summary(outcome).splitlines()
    assert lines[0] == "### live/a: 2 of 4 not met"
    assert lines[2].startswith("h264 320x240 (75 frames), aac 44100 Hz x2 (")
    assert lines[6] == "| ✅ | live/a comes | it came |"
    assert lines[8].startswith("| ❌ | audio.codec == opus | aac")
    assert lines[-4:-1] == ["```text", "first", lines[-2]]
    assert "told" in lines
    assert step_summary(judged()).startswith("### live/a: all 1 met\n")


def test_the_summary_takes_nothing_for_markup() -> None:
    text = step_summary(absent("video.codec == h264", target=NASTY))
    assert "\\<a\\&b\\>" in text
    assert "<a" not in text.replace("\\<", "")
    assert "| ⏭️ | video.codec == h264 | nothing came to judge it by |" in text
