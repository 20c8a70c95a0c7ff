"""A shared reader that runs."""

from __future__ import annotations

import pytest
import trio

from tests.net.readers import Crowd
from trio_srs.net.shared_reader import SharedReader


@pytest.fixture
async def reader(nursery: trio.Nursery) -> SharedReader:
    shared = SharedReader()
    await nursery.start(shared.run)
    return shared


@pytest.fixture
async def crowd(nursery: trio.Nursery) -> Crowd:
    crowd = Crowd()
    await nursery.start(crowd.shared.run)
    return crowd
