"""A verdict is a value that can be written as JSON."""

from __future__ import annotations

import json

from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.verdict import Verdict
from trio_srs.media.plain import plain


def test_a_verdict_becomes_plain() -> None:
    verdict = Verdict(
        rule=Rule.parse("video.frames >= 5"), met=False, expected="at least 5 frames",
        seen="3 frames", message="too few",
    )  # fmt: skip
    found = json.loads(json.dumps(plain(verdict)))
    assert found["rule"] == {"subject": "video.frames", "operator": ">=", "operands": [5]}
    assert (found["met"], found["index"]) == (False, None)
