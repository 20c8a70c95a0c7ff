"""Every test here runs under a mock clock, and opens its own service in memory."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from tests.service.dash.house import DashHouse
from tests.service.rtmp.conftest import run_virtually

OpenDashHouse = Callable[..., Awaitable[DashHouse]]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give every asynchronous test of this folder the clock, without a word in each."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(inspect.unwrap(item.obj)):
        item.add_marker(pytest.mark.trio(run=run_virtually))


@pytest.fixture
def open_house(nursery: trio.Nursery) -> OpenDashHouse:
    """``await open_house(dash_config=..., settings=..., gate=...)``: a service that runs."""

    async def open_one(**parts: Any) -> DashHouse:
        house: DashHouse = await nursery.start(DashHouse(**parts).run)
        return house

    return open_one


@pytest.fixture
async def house(open_house: OpenDashHouse) -> DashHouse:
    """A service with the defaults, but for media that leaves at once."""
    return await open_house()
