"""Layers of a configuration: the last one that says something has its way."""

from __future__ import annotations

import pytest

from trio_srs.config.layers import layered
from trio_srs.config.load import ConfigError
from trio_srs.config.schema import Config
from trio_srs.hub.settings import BusyPolicy


def test_no_layers_are_the_defaults() -> None:
    assert layered() == layered("", {}) == Config()


def test_a_later_layer_wins_key_by_key() -> None:
    config = layered(
        {"stream": {"publish_busy": "wait", "gop_cache": "1s"}},
        '[stream]\npublish_busy = "reject"\n[log]\nlevel = "error"\n',
        {"stream": {"publish_busy": "replace"}},
    )
    assert config.stream.publish_busy is BusyPolicy.REPLACE
    assert config.stream.gop_cache == 1.0
    assert config.log.level.value == "error"


def test_scopes_are_laid_over_each_other_too() -> None:
    config = layered(
        '[app.live]\ngop_cache = "1s"\n[app.live.stream.a]\npublish_busy = "wait"\n',
        {"app": {"live": {"stream": {"b": {"publish_busy": "replace"}}}}},
    )
    settings = [config.settings_for("", "live", name) for name in ("a", "b", "c")]
    assert [each.publish_busy.value for each in settings] == ["wait", "replace", "reject"]
    assert {each.gop_cache for each in settings} == {1.0}


def test_a_table_takes_the_place_of_a_value() -> None:
    with pytest.raises(ConfigError, match=r"stream\.gop_cache: "):
        layered({"stream": {"gop_cache": "1s"}}, {"stream": {"gop_cache": {"a": 1}}})


def test_layers_are_left_as_they_were() -> None:
    below = {"stream": {"gop_cache": "1s"}}
    layered(below, {"stream": {"gop_cache": "2s"}})
    assert below == {"stream": {"gop_cache": "1s"}}


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("[stream", "configuration, line 1, column 8: not TOML: "),
        ({"stream": {"publish_busi": 1}}, r'stream\.publish_busi: unknown key; did you mean "pu'),
        ({"stream": 1}, r"stream: "),
    ],
)
def test_a_layer_that_cannot_be_used_is_refused(layer: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        layered("", layer)
