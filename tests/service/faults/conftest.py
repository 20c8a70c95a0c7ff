"""Every test here runs under a mock clock, and opens an RTMP service in memory."""

from __future__ import annotations

from tests.service.rtmp.conftest import house, open_house, pytest_itemcollected

__all__ = ["house", "open_house", "pytest_itemcollected"]
