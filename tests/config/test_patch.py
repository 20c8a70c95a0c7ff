"""A patch changes what it names, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.config.load import loads
from trio_srs.config.patch import as_tables, patched, settings_as_table, without_secrets
from trio_srs.config.schema import Config
from trio_srs.secret import Secret

OLD = loads(
    """
    [api]
    token = "secret"
    [stream]
    gop_cache = "3s"
    [app.live]
    gop_cache = "4s"
    inspect = "off"
    [app.live.stream."cam*"]
    gop_cache = "5s"
    [vhost."example.com"]
    aliases = ["www.example.com"]
    """
)


def changed(patch: Any) -> Config:
    made = patched(OLD, patch)
    assert isinstance(made, Config), made
    return made


def test_what_is_not_named_stays() -> None:
    new = changed({"stream": {"inspect": "full"}, "api": {"max_connections": 7}})
    assert new.stream.gop_cache == 3.0
    assert (new.stream.inspect.value, new.api.max_connections) == ("full", 7)
    assert new.api.token == Secret("secret")
    assert (new.app, new.vhost) == (OLD.app, OLD.vhost)


def test_null_is_the_default_of_a_key_and_takes_an_override_away() -> None:
    new = changed({"stream": {"gop_cache": None}, "app": {"live": {"gop_cache": None}}})
    assert new.stream.gop_cache == Config().stream.gop_cache
    assert dict(new.app["live"].settings) == {"inspect": OLD.app["live"].settings["inspect"]}
    assert "cam*" in new.app["live"].stream
    new = changed({"app": {"live": {"hls": {"segment": "4s"}}}})
    assert (new.hls_for("", "live", "cam1").segment, new.hls.segment) == (4.0, 2.0)
    assert new.settings_for("", "live", "cam1").gop_cache == 5.0
    assert changed({"app": {"live": None}}).app == {}
    assert changed({"vhost": {"example.com": {"gop_cache": "1s"}}}).vhost_of("www.example.com")


@pytest.mark.parametrize(
    ("patch", "path", "why"),
    [
        ({"steam": {}}, ("steam",), 'did you mean "stream"'),
        ({"stream": {"gop_cahe": None}}, ("stream", "gop_cahe"), 'did you mean "gop_cache"'),
        ({"stream": {"gop_cache": "long"}}, ("stream", "gop_cache"), "long"),
        ({"stream": None}, ("stream",), "expected a table"),
        ({"app": {"a": {"hls": {"max_viewers": 1}}}}, ("app", "a", "hls", "max_viewers"), "all"),
        ({"app": {"live": {"nothing": 1}}}, ("app", "live", "nothing"), "unknown key"),
        ({"api": {"cors_origins": ["x"]}}, ("api",), "cors_origins"),
        ({"vhost": {"b": {"aliases": ["www.example.com"]}}}, (), "claimed by two"),
    ],
)
def test_what_cannot_be_is_said_with_its_key(patch: Any, path: Any, why: str) -> None:
    made = patched(OLD, patch)
    assert not isinstance(made, Config)
    assert made[0][0] == path
    assert why in made[0][1]


def test_a_configuration_is_told_without_its_secrets() -> None:
    told = as_tables(OLD)
    assert told["api"]["token"] == "***"
    assert told["app"]["live"]["stream"]["cam*"] == {"gop_cache": "5s"}
    assert settings_as_table(OLD.stream)["gop_cache"] == "3s"
    patch = {"api": {"token": "x", "max_connections": 1}, "access": {"users": ["x"]}, "app": {}}
    assert without_secrets(patch) == {
        "api": {"token": "***", "max_connections": 1},
        "access": {"users": "***"},
        "app": {},
    }
