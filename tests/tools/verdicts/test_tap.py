"""TAP has a test point for each expectation, and what is known of a failure under it."""

from __future__ import annotations

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, NASTY, absent, judged
from trio_srs.tools.verdicts.tap import tap_lines


def test_every_expectation_is_a_test_point() -> None:
    outcome = judged(
        "video.codec == h264", "timestamps.monotonic", defects=("regression@30:100",),
        program=FAILED_PROGRAM, remarks=("the second of 2 publishes",),
    )  # fmt: skip
    lines = list(tap_lines(outcome))
    assert lines[:5] == [
        "TAP version 14",
        "1..4",
        "ok 1 - live/a comes",
        "ok 2 - video.codec == h264",
        "not ok 3 - timestamps.monotonic == true",
    ]
    assert lines[5] == "  ---"
    assert '  seen: "false"' in lines
    assert lines[9:13] == ['  track: "video"', "  index: 30", "  timestamp_ms: 1060", "  ..."]
    assert '    - "first"' in lines
    assert lines[-1] == "# the second of 2 publishes"


def test_what_was_not_judged_is_skipped() -> None:
    lines = list(tap_lines(absent("video.codec == h264")))
    assert lines[-1] == "ok 2 - video.codec == h264 # SKIP nothing came to judge it by"


def test_names_cannot_be_taken_for_directives() -> None:
    lines = list(tap_lines(absent(target=NASTY, happened=(NASTY,))))
    assert lines[2] == "not ok 1 - live/<a&b>\\\\x1b[1m\\\\ufffe|\"'\\\\n\\#%,: comes"
    assert lines[-2] == '    - "live/<a&b>\\u001b[1m\\ufffe|\\"\'\\n#%,:"'
