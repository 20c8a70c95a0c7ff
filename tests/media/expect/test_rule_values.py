"""One value makes rules about one subject, as the text of them would."""

from __future__ import annotations

import pytest

from trio_srs.media.expect.conditions import approx, at_most
from trio_srs.media.expect.rule_lines import parse_rules
from trio_srs.media.expect.rule_values import rules_about


@pytest.mark.parametrize(
    ("name", "value", "texts"),
    [
        ("video.fps", 25, ["video.fps == 25"]),
        ("video.fps", at_most(25), ["video.fps <= 25"]),
        ("video.fps", approx(25), ["video.fps ~ 25±0.5"]),
        ("video.size", [1280, 720], ["video.size == 1280x720"]),
        ("video.size", ["4x3", "8x6"], ["video.size in 4x3, 8x6"]),
        ("metadata", ["width", "height"], ["metadata has width, height"]),
        ("metadata", "width", ["metadata has width"]),
        ("bitrate.mean", [">= 1", "<= 2"], ["bitrate.mean >= 1", "bitrate.mean <= 2"]),
        ("healthy.gaps", "<= 2 s", ["healthy.gaps <= 2 s"]),
    ],
)
def test_a_value_makes_rules(name: str, value: object, texts: list[str]) -> None:
    assert rules_about(name, value) == parse_rules(texts)
