"""Nurseries whose block is the main thing: its error comes out as itself. Floor 2."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

__all__ = ["ungrouped"]


@asynccontextmanager
async def ungrouped() -> AsyncIterator[None]:
    """Raise what happened in the block of a nursery as itself, not as a group of one.

    Nor does it come in a group because the block was cancelled in the same moment: then whoever
    cancelled it hears of the error.

    ``async with ungrouped(), trio.open_nursery() as nursery:`` is for nurseries whose own
    tasks keep what is expected to go wrong to themselves: what else comes from them is a bug,
    and comes in the group it came in if it did not come alone.
    """
    single = None
    try:
        yield
    except BaseExceptionGroup as group:
        errors = [it for it in group.exceptions if not isinstance(it, trio.Cancelled)]
        single, *others = errors or group.exceptions
        if others:
            raise
    if single is not None:  # outside of the handler: its own cause and context stay
        raise single
