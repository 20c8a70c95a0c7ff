"""An API in memory for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from tests.service.api.site import Site, open_site
from tests.service.rtmp.house import House


@pytest.fixture
async def house(nursery: trio.Nursery) -> House:
    """An RTMP service in memory."""
    house: House = await nursery.start(House().run)
    return house


@pytest.fixture
async def site(house: House) -> AsyncIterator[Site]:
    """Its API."""
    async with open_site(house) as site:
        yield site
