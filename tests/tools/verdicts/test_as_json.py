"""JSON has everything, by the names of the attributes."""

from __future__ import annotations

import json

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, absent, judged, seen
from trio_srs.tools.verdicts.as_json import outcome_as_dict


def test_all_of_an_outcome_is_there() -> None:
    outcome = judged(
        "timestamps.monotonic", "video.codec == h264", defects=("regression@30:100",),
        program=FAILED_PROGRAM, source=seen(stream="source/a"), earlier=(seen(),),
        remarks=("told",), interrupted=True,
    )  # fmt: skip
    found = json.loads(json.dumps(outcome_as_dict(outcome, 1)))
    assert (found["event"], found["target"], found["exit_code"]) == ("judged", "live/a", 1)
    assert (found["came"], found["met"], found["interrupted"]) == (True, False, True)
    assert found["failed"] == ["timestamps.monotonic == true", "ffmpeg succeeds"]
    [broken, kept] = found["verdicts"]
    assert broken["rule"] == found["rules"][0] == "timestamps.monotonic == true"
    assert (broken["met"], broken["index"], broken["timestamp_ms"]) == (False, 30, 1060)
    assert kept["met"] is True
    assert found["report"]["facts"]["tracks"][0]["frames"] == 75
    assert len(found["report"]["trace"]["size"]) == found["report"]["facts"]["messages"] - 3
    assert found["source"]["stream"] == "source/a"
    assert len(found["earlier"]) == 1
    assert (found["command"]["returncode"], found["command"]["failed"]) == (1, True)
    assert found["command"]["how"] == "exited with 1"


def test_nothing_is_null() -> None:
    found = json.loads(json.dumps(outcome_as_dict(absent("video.codec == h264"), 3)))
    assert (found["report"], found["command"], found["source"]) == (None, None, None)
    assert (found["absence"], found["happened"]) == (
        "nothing came within 10 s",
        ["live/b was published"],
    )
