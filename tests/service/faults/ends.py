"""How sessions of a house ended."""

from __future__ import annotations

from tests.service.rtmp.house import House
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded

__all__ = ["ends"]


def ends(house: House) -> list[EndReason]:
    """Why each session ended that has, in order."""
    return [event.reason for event in house.told(SessionEnded)]
