"""SIGINT and SIGTERM to a command that ends in good order. Floor 8."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable

import trio

from trio_srs.net.nursery import ungrouped

__all__ = ["until_signal"]


async def until_signal(run: Callable[[], Awaitable[None]]) -> signal.Signals | None:
    """Run something until it ends, or SIGINT or SIGTERM cancels it.

    Returns:
        the signal, if it was cancelled so; what comes after is then to be done in good order.
    """
    first: signal.Signals | None = None

    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with ungrouped(), trio.open_nursery() as nursery:

            async def listen(signals: AsyncIterator[int]) -> None:
                nonlocal first
                async for number in signals:
                    first = first or signal.Signals(number)
                    nursery.cancel_scope.cancel()

            nursery.start_soon(listen, signals)
            await run()
            nursery.cancel_scope.cancel()
    return first
