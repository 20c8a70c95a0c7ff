"""The configuration by the API: looked at, changed, saved, and what cannot be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import House
from trio_srs.config.load import load
from trio_srs.server.server_steering import ServerSteering

PATH = "/api/v2/config"


@pytest.fixture
async def steered(house: House, tmp_path: Path) -> AsyncIterator[Site]:
    path = tmp_path / "config.toml"
    path.write_text('[stream]\ngop_cache = "3s"\n')
    steering = ServerSteering(load(path), lambda _: None)
    steering.load, steering.path = lambda: load(path), path
    async with open_site(house) as site:
        site.context.steering = steering
        yield site


async def test_it_is_shown_changed_and_saved(steered: Site, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    _, said = await steered.get(PATH)
    assert (said["config"]["stream"]["gop_cache"], said["unsaved"]) == ("3s", {})
    status, said = await steered.ask("PATCH", PATH, json={"stream": {"gop_cache": "5s"}})
    assert (status, said["changes"]) == (
        200,
        [{"path": "stream.gop_cache", "old": '"3s"', "new": '"5s"', "live": True}],
    )
    _, said = await steered.get(PATH)
    assert said["unsaved"] == {"stream": {"gop_cache": "5s"}}
    status, said = await steered.ask("POST", f"{PATH}/save")
    assert (status, said) == (200, {"file": str(path)})
    assert 'gop_cache = "5s"' in path.read_text()
    body = {"stream": {"gop_cache": None}}
    status, _ = await steered.ask("PATCH", PATH, json=body, params={"save": True})
    assert status == 200
    assert "gop_cache" not in path.read_text()
    assert (await steered.ask("POST", f"{PATH}/reload"))[1] == {"changes": []}


@pytest.mark.parametrize(
    ("body", "status", "code", "where"),
    [
        ({"stream": {"gop_cache": "x"}}, 400, "config_invalid", "body.stream.gop_cache"),
        ({"steam": {}}, 400, "config_invalid", "body.steam"),
        ({"rtmp": {"listen": []}}, 409, "needs_restart", ""),
        ([], 400, "bad_request", "body"),
        ({"stream": 1}, 400, "bad_request", "body"),
    ],
)
async def test_what_cannot_be_changed_is_said(
    steered: Site, body: Any, status: int, code: str, where: str
) -> None:
    answer, said = await steered.ask("PATCH", PATH, json=body)
    assert (answer, said["code"], said["where"]) == (status, code, where)


async def test_the_settings_of_a_stream_are_shown(steered: Site) -> None:
    status, said = await steered.get("/api/v2/streams/live/room/a/settings")
    assert (status, said["stream"], said["settings"]["send_interval"]) == (200, "live/room/a", "0s")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATH), ("PATCH", PATH), ("POST", f"{PATH}/save"), ("POST", f"{PATH}/reload")],
)
async def test_a_server_that_nobody_steers_says_so(site: Site, method: str, path: str) -> None:
    status, said = await site.ask(method, path, json={} if method == "PATCH" else None)
    assert (status, said["code"]) == (409, "no_config_file")


async def test_srs_way_to_reload(steered: Site, tmp_path: Path) -> None:
    async def raw(rpc: str) -> Any:
        return (await steered.get("/api/v1/raw", params={"rpc": rpc}))[1]

    path = tmp_path / "config.toml"
    about = await raw("raw")
    assert list(about) == ["code", "http_api"]
    assert about["http_api"]["listen"] == "127.0.0.1:1985"
    assert about["http_api"]["raw_api"] == {
        "enabled": True, "allow_reload": True, "allow_query": False, "allow_update": False,
    }  # fmt: skip
    before = await raw("reload-fetch")
    assert {**before["data"], "rid": ""} == {"err": 0, "msg": "Success", "state": 0, "rid": ""}
    path.write_text('[stream]\ngop_cache = "7s"\n')
    assert await raw("reload") == {"code": 0}
    assert steered.context.steering is not None
    assert steered.context.steering.effective()["stream"]["gop_cache"] == "7s"
    assert (await raw("reload-fetch"))["data"]["state"] == 90
    path.write_text("[nothing]\n")
    assert await raw("reload") == {"code": 1023}
    after = (await raw("reload-fetch"))["data"]
    assert (after["err"], "nothing" in after["msg"]) == (1023, True)
    assert after["rid"] != before["data"]["rid"]
    for rpc in ("", "raw-update"):
        assert await raw(rpc) == {"code": 1060}
    steered.context.steering = None
    assert await raw("reload") == {"code": 1061}
