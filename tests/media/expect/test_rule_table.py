"""A table makes the same rules as their text."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.rule_lines import parse_rules
from trio_srs.media.expect.rule_table import rules_from_table


@pytest.mark.parametrize(
    ("table", "texts"),
    [
        ({}, []),
        ({"video": {"codec": "h264"}}, ["video.codec == h264"]),
        ({"video": {"fps": "~ 25±0.5"}}, ["video.fps ~ 25±0.5"]),
        ({"video": {"fps": "25±0.5"}}, ["video.fps ~ 25±0.5"]),
        ({"video": {"gop": {"seconds": "<= 2.1"}}}, ["video.gop.seconds <= 2.1"]),
        ({"video.gop.seconds": "<= 2.1"}, ["video.gop.seconds <= 2.1"]),
        ({"video": {"size": "1280x720"}}, ["video.size == 1280x720"]),
        ({"video": {"size": [1280, 720]}}, ["video.size == 1280x720"]),
        ({"video": {"size": ["4x3", "8x6"]}}, ["video.size in 4x3, 8x6"]),
        ({"audio": {"sample_rate": 48000}}, ["audio.sample_rate == 48000"]),
        ({"audio": {"sample_rate": [44100, 48000]}}, ["audio.sample_rate in 44100, 48000"]),
        ({"audio": {"codec": "absent"}}, ["audio.codec absent"]),
        ({"timestamps": {"monotonic": True}}, ["timestamps.monotonic"]),
        ({"bitrate": {"mean": "1..2 Mbit/s"}}, ["bitrate.mean in 1..2 Mbit/s"]),
        (
            {"bitrate": {"mean": [">= 1 Mbit/s", "<= 2 Mbit/s"]}},
            ["bitrate.mean >= 1 Mbit/s", "bitrate.mean <= 2 Mbit/s"],
        ),
        ({"metadata": ["width", "height"]}, ["metadata has width, height"]),
        ({"metadata": "width, height"}, ["metadata has width, height"]),
        ({"metadata": {"width": 640}}, ["metadata.width == 640"]),
    ],
)
def test_a_table_makes_rules(table: dict[str, Any], texts: list[str]) -> None:
    assert rules_from_table(table) == parse_rules(texts)


def test_all_problems_of_a_table_are_told_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        rules_from_table(
            {"video": {"fsp": 25, "codec": "h264", "fps": "25 kg"}, "audio": {"channels": None}}
        )
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "video.fsp",
        "video.fps",
        "audio.channels",
    ]


def test_a_healthy_stream_is_asked_for_by_one_value() -> None:
    assert rules_from_table({"healthy": True}) == parse_rules(["healthy"])
    assert rules_from_table({"source": {"healthy": True}}) == parse_rules(["source.healthy"])
    changed = rules_from_table({"healthy": "but end off"})
    assert changed == parse_rules(["healthy but end off"])
    assert rules_from_table({"healthy": {"gaps": "<= 2 s"}}) == parse_rules(["healthy.gaps <= 2 s"])
    for wrong in (False, 5, "end off"):
        with pytest.raises(RuleError, match=r"^healthy: "):
            rules_from_table({"healthy": wrong})
