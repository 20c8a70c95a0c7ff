"""Answers as JSON; what may be large is made so that others can go on. Floor 3."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec
import trio
from litestar import Response

from trio_srs.media.plain import plain

__all__ = ["PlainResponse", "aside", "encode", "gently"]

T = TypeVar("T")
U = TypeVar("U")

_TURN_S: Final = 0.001


def encode(value: object) -> bytes:
    """A value in the form of :func:`plain`, as JSON."""
    return msgspec.json.encode(plain(value))


class PlainResponse(Response[T]):
    """An answer that is a value of ours, or one that was encoded before."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        """The body."""
        return content if isinstance(content, bytes) else encode(content)


async def aside(value: T, limiter: trio.CapacityLimiter) -> Response[T]:
    """An answer that is made in a thread: the event loop does not wait for it."""
    body: Any = await trio.to_thread.run_sync(encode, value, limiter=limiter)
    return PlainResponse(body, media_type="application/json")


async def gently(make: Callable[[T], U], items: Iterable[T]) -> list[U]:
    """Make something of each item. Others have their turn after every millisecond of it."""
    made, turn_ends = [], time.perf_counter() + _TURN_S
    for item in items:
        made.append(make(item))
        if time.perf_counter() >= turn_ends:
            await trio.lowlevel.checkpoint()
            turn_ends = time.perf_counter() + _TURN_S
    return made
