"""Every test here runs under a mock clock, and opens its own service in memory."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.service.rtmp.house import House

OpenHouse = Callable[..., Awaitable[House]]


def run_virtually(main: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
    """``trio.run`` where nothing sleeps for real."""
    kwargs["clock"] = MockClock(autojump_threshold=0)
    return trio.run(main, *args, **kwargs)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give every asynchronous test of this folder the clock, without a word in each.

    One that says ``pytest.mark.trio(run=trio.run)`` keeps the real one.
    """
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(inspect.unwrap(item.obj)):
        item.add_marker(pytest.mark.trio(run=run_virtually))  # one's own mark comes first


@pytest.fixture
def open_house(nursery: trio.Nursery) -> OpenHouse:
    """``await open_house(settings=..., config=..., gates=...)``: a service that runs."""

    async def open_one(**parts: Any) -> House:
        house: House = await nursery.start(House(**parts).run)
        return house

    return open_one


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """A service with the defaults, but for media that leaves at once."""
    return await open_house()
