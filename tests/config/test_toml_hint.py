"""A line that is not TOML is met with what it should have been."""

from __future__ import annotations

import pytest
import tomli

from trio_srs.config.layers import layered
from trio_srs.config.load import ConfigError
from trio_srs.config.toml_hint import toml_problem

QUOTE = '; a quote is missing: text has " before and behind it, on one line'
HINTS = {
    'a = "b\nc = 1': QUOTE,
    'a = ["x:1935]\n': QUOTE,
    "a = replace": '; text and times stand in quotes: a = "..."',
    "a = 500ms # b": '; text and times stand in quotes: a = "..."',
    "a = [127.0.0.1:0]": '; text and times stand in quotes: a = ["..."]',
    "a = [x, y]": '; text and times stand in quotes: a = ["..."]',
    "a = 'b": "",
    "a = 1 2": '; text and times stand in quotes: a = "..."',
    "a = [1, 2": "",
    "[a": "",
    "a =": "",
}


@pytest.mark.parametrize(("text", "hint"), HINTS.items())
def test_it_is_met_with_what_it_should_have_been(text: str, hint: str) -> None:
    with pytest.raises(tomli.TOMLDecodeError) as caught:
        tomli.loads(text)
    said = toml_problem(caught.value)
    assert said == f"not TOML: {caught.value.msg}{hint}"


def test_a_value_that_may_be_secret_is_not_told() -> None:
    with pytest.raises(ConfigError) as caught:
        layered("[access]\ntoken = hunter2")
    assert "hunter2" not in str(caught.value)
    assert str(caught.value).startswith("configuration, line 2, column 9: not TOML: ")
