"""SIGINT and SIGTERM to a command that ends in good order. Floor 8."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import trio

from trio_srs.tools.nursery import ungrouped

__all__ = ["until_signal"]


async def until_signal(run: Callable[[], Awaitable[None]]) -> bool:
    """Run something until it ends, or SIGINT or SIGTERM cancels it.

    Returns:
        whether it was cancelled so; what comes after is then to be done in good order.
    """
    interrupted = False

    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with ungrouped(), trio.open_nursery() as nursery:

            async def listen(signals: AsyncIterator[int]) -> None:
                nonlocal interrupted
                async for _ in signals:
                    interrupted = True
                    nursery.cancel_scope.cancel()

            nursery.start_soon(listen, signals)
            await run()
            nursery.cancel_scope.cancel()
    return interrupted
