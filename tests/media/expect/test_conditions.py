"""Conditions in Python's words are those of rules."""

from __future__ import annotations

import pytest

from trio_srs.media.expect import conditions
from trio_srs.media.expect.conditions import (
    Condition,
    absent,
    approx,
    at_least,
    at_most,
    between,
    has,
    less_than,
    matches,
    more_than,
    one_of,
    present,
    unlike,
)
from trio_srs.media.expect.rule import Rule


@pytest.mark.parametrize(
    ("condition", "subject", "text"),
    [
        (approx(25, 0.5), "video.fps", "~ 25±0.5"),
        (approx("2 Mbit/s", "10%"), "bitrate.mean", "~ 2 Mbit/s ± 10%"),
        (at_most(2.1), "video.gop.seconds", "<= 2.1"),
        (at_least("1 min"), "duration.seconds", ">= 60"),
        (less_than(5), "video.frames", "< 5"),
        (more_than(5), "video.frames", "> 5"),
        (between(1, 2), "video.frames", "in 1..2"),
        (one_of("h264", "hevc"), "video.codec", "in h264, hevc"),
        (unlike("h264"), "video.codec", "!= h264"),
        (matches("Lavf*"), "metadata.encoder", "matches Lavf*"),
        (has("width", "height"), "metadata", "has width, height"),
        (present, "audio.codec", "present"),
        (absent, "audio.codec", "absent"),
    ],
)
def test_a_condition_is_that_of_the_text(condition: Condition, subject: str, text: str) -> None:
    made = Rule.make(subject, condition.operator, condition.operands)
    assert made == Rule.parse(f"{subject} {text}")


def test_every_condition_is_documented() -> None:
    made = [getattr(conditions, name) for name in conditions.__all__]
    assert all(each.__doc__ for each in made if callable(each))
