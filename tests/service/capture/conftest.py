"""Every test of services here runs under a mock clock."""

from __future__ import annotations

import inspect

import pytest

from tests.service.rtmp.conftest import run_virtually


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give asynchronous tests the clock."""
    if item.get_closest_marker("interop") or not isinstance(item, pytest.Function):
        return
    if inspect.iscoroutinefunction(inspect.unwrap(item.obj)):
        item.add_marker(pytest.mark.trio(run=run_virtually))
