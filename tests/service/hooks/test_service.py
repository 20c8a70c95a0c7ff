"""The hooks of a server: there while it runs, and told of the last end."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest
import trio

from tests.service.hooks.conftest import OpenSite
from tests.service.hooks.scripted import unheard
from trio_srs.config.schema import Config
from trio_srs.server.build import build
from trio_srs.service.base import StopPhase
from trio_srs.service.hooks.config import HooksConfig
from trio_srs.service.hooks.make import HooksNotInstalledError
from trio_srs.service.hooks.service import HooksService

USED = Config(hooks=HooksConfig(on_play=("http://127.0.0.1:9/",)))


async def test_a_server_that_stops_tells_how_all_ended(site_of: OpenSite) -> None:
    site = await site_of()
    await site.house.publisher("a")
    await site.house.service.stop(5.0)
    await site.service.stop(5.0)
    assert site.poster.said() == [
        *("on_connect c1 a", "on_publish c1 a"),
        *("on_unpublish c1 a", "on_close c1"),
    ]


async def test_a_server_waits_for_who_does_not_hear_no_longer_than_its_grace(
    site_of: OpenSite, caplog: pytest.LogCaptureFixture
) -> None:
    site = await site_of()
    await site.house.publisher("a")
    site.poster.script = unheard
    await site.house.service.stop(5.0)
    began = trio.current_time()
    await site.service.stop(3.0)
    assert trio.current_time() - began == 3.0
    assert site.service.deliveries.lost == 2
    assert "on_close of session c1 is lost: the server stopped; 2 lost so far" in caplog.text


async def test_a_server_that_finishes_waits_until_all_is_told(site_of: OpenSite) -> None:
    site = await site_of()
    peer = await site.house.publisher("a")
    peer.close()
    await site.house.service.finish()
    await site.service.finish()
    assert site.poster.said()[-2:] == ["on_unpublish c1 a", "on_close c1"]


async def test_another_configuration_holds_for_the_next_call(site_of: OpenSite) -> None:
    site = await site_of()
    peer = await site.house.publisher("a")

    class Sections:
        hooks = HooksConfig(on_close=("http://b/",))

    site.service.configure(Sections())
    peer.close()
    assert (await site.told())[2:] == ["on_close c1"]
    assert site.poster.heard[-1].url == "http://b/"


def test_a_server_has_hooks_only_where_somebody_is_called() -> None:
    none, some = build(Config()), build(USED)
    assert [each for each in none.services if isinstance(each, HooksService)] == []
    [hooks] = [each for each in some.services if isinstance(each, HooksService)]
    assert hooks.stop_phase is StopPhase.WITNESSES
    assert dict(hooks.urls) == {}


async def test_a_server_may_be_ready_for_its_first_call(site_of: OpenSite) -> None:
    site = await site_of()
    await site.service.prepare()
    assert site.poster.said() == []


def test_who_has_no_http_client_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_client(name: str, *args: Any) -> Any:
        if name == "httpx2":
            raise ModuleNotFoundError(name="httpx2")
        return real_import(name, *args)

    for name in ("service", "poster", "deliveries", "asking"):
        monkeypatch.delitem(sys.modules, f"trio_srs.service.hooks.{name}", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_client)
    with pytest.raises(HooksNotInstalledError, match="but httpx2 is not installed: pip install"):
        build(USED)
