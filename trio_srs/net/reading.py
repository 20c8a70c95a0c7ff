"""Reading a transport: by the shared reader, or by whoever waits for it. Floor 2."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio

from trio_srs.net.read_source import After, Read
from trio_srs.net.shared_reader import SharedReader
from trio_srs.net.transport import Transport

__all__ = ["read_from", "watching"]


def read_from(
    transport: Transport,
    reader: SharedReader | None,
    read: Read,
    *,
    every_s: float = 0.0,
    at_once: bool = False,
    is_live: bool = False,
) -> Awaitable[None]:
    """Have ``read`` called when a transport has something, until it is over.

    A plain socket is read by the shared reader. What is none, and everything where there is no
    shared reader, is waited for by the caller, in turns that are as fair as Trio's tasks.

    Args:
        every_s: if not 0, rest so long after each time that it has nothing more.
        at_once: whether it is called for the first time whatever the transport has.
        is_live: whether it goes before others: see :meth:`SharedReader.set_live`.

    Raises:
        trio.ClosedResourceError: this end was closed.
        whatever ``read`` raised.
    """
    fileno = transport.fileno
    if reader is not None and fileno is not None:
        return reader.reading(fileno, read, every_s=every_s, at_once=at_once, is_live=is_live)
    return _read_here(transport, read, every_s, at_once=at_once)


async def _read_here(transport: Transport, read: Read, every_s: float, *, at_once: bool) -> None:
    after = After.AGAIN if at_once else After.WAIT
    while after is not After.OVER:
        if after is After.AGAIN:
            await trio.lowlevel.checkpoint()
        elif after is After.DRAIN:
            await transport.writable()
        else:
            if every_s:
                await trio.sleep(every_s)
            await transport.readable()
        after = read(trio.current_time())


@asynccontextmanager
async def watching(
    transport: Transport,
    reader: SharedReader | None,
    read: Read,
    fail: Callable[[Exception], None],
) -> AsyncIterator[None]:
    """Have ``read`` called beside a block, until that ends; see :func:`read_from`.

    With a shared reader this takes no task, and so none has to be woken when the block ends.

    Args:
        fail: called, instead of any further ``read``, with what it raised.
    """
    fileno = transport.fileno
    if reader is not None and fileno is not None:
        reader.watch(fileno, read, fail)
        try:
            yield
        finally:
            reader.unwatch(fileno)
        return

    async def watch() -> None:
        try:
            await _read_here(transport, read, 0.0, at_once=False)
        except Exception as error:
            fail(error)

    error: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        try:
            yield
        except Exception as raised:  # not in a group
            error = raised
        nursery.cancel_scope.cancel()
    if error is not None:
        try:
            raise error
        finally:
            error = None  # it refers to this frame
