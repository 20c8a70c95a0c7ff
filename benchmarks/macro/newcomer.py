"""Somebody who comes to publish while a server has other things to do: how long that takes."""

from __future__ import annotations

import math
import time
from typing import Final

import trio

from trio_srs.errors import TrioSrsError
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.net.rtmp_publisher import open_publisher

__all__ = ["newcomers_ms"]

_PATIENCE_S: Final = 10.0
_APART_S: Final = 0.3


def newcomers_ms(url: str, count: int) -> list[float]:
    """From connecting to being let publish, one after the other; infinite for who was not let.

    Args:
        url: with ``%d`` for the number of each.
    """
    return trio.run(_all, url, count)


async def _all(url: str, count: int) -> list[float]:
    waits_ms = []
    for number in range(count):
        began = time.monotonic()
        try:
            async with open_publisher(
                url.replace("%d", str(number)), ClientSettings(timeout_s=_PATIENCE_S)
            ):
                waits_ms.append((time.monotonic() - began) * 1000)
        except TrioSrsError:
            waits_ms.append(math.inf)
        await trio.sleep(_APART_S)
    return waits_ms
