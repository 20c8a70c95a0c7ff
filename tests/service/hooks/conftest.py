"""Every test here runs under a mock clock, with servers of hooks that are scripted."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import attrs
import pytest
import trio

from tests.service.hooks.scripted import YES, Script, ScriptedPoster
from tests.service.rtmp.conftest import run_virtually
from tests.service.rtmp.house import House
from trio_srs.hub.bus import Bus
from trio_srs.hub.ids import SrsIds
from trio_srs.hub.made_files import MadeFiles
from trio_srs.hub.registry import Registry
from trio_srs.service.hooks.config import Action, HookPlatforms, HooksConfig, HookTargets
from trio_srs.service.hooks.service import HooksService

URL = "http://hooks.test/"
SINGLE = {Action.ON_DONE, Action.ON_UPDATE, Action.ON_HLS, Action.ON_DVR}
"""Those that are tested by themselves."""
EVERYTHING = {action.value: (f"{URL}{action}",) for action in Action if action not in SINGLE}


@attrs.define
class Site:
    """An RTMP service whose platform is a script."""

    house: House
    poster: ScriptedPoster
    service: HooksService
    files: MadeFiles

    async def told(self) -> list[str]:
        """All that was called, when there is nothing more to tell."""
        await trio.testing.wait_all_tasks_blocked()
        await self.service.deliveries.over()
        return self.poster.said()


OpenSite = Callable[..., Awaitable[Site]]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give every asynchronous test of this folder the clock, unless it says otherwise."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(inspect.unwrap(item.obj)):
        item.add_marker(pytest.mark.trio(run=run_virtually))


async def open_site(
    nursery: trio.Nursery,
    script: Script = YES,
    *,
    house: dict[str, Any] | None = None,
    vhosts: dict[str, HookTargets] | None = None,
    **keys: Any,
) -> Site:
    """A site that runs in a nursery; ``keys`` are those of the section."""
    poster, bus, files, registry = ScriptedPoster(script), Bus(), MadeFiles(), Registry()
    platforms = HookPlatforms(HooksConfig(**{**EVERYTHING, **keys}), vhosts or {})
    service = HooksService(platforms, SrsIds(), bus, poster, files, find_session=registry.find)
    await service.listen()
    await nursery.start(service.run)
    opened = await nursery.start(House(bus=bus, registry=registry, **(house or {})).run)
    opened.access.add(service.gate, at_connect=service.gate.minds_connects)
    return Site(opened, poster, service, files)


@pytest.fixture
async def site_of(nursery: trio.Nursery) -> AsyncIterator[OpenSite]:
    """``await site_of(script, on_stop=(), …)``."""
    async with AsyncExitStack() as stack:

        async def open_one(script: Script = YES, **more: Any) -> Site:
            site = await open_site(nursery, script, **more)
            stack.callback(site.service.close)
            return site

        yield open_one
