"""Answers as JSON; what may be large is made in a thread. Floor 3."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
import trio
from litestar import Response

from trio_srs.media.plain import plain

__all__ = ["PlainResponse", "aside", "encode"]

T = TypeVar("T")


def encode(value: object) -> bytes:
    """A value in the form of :func:`plain`, as JSON."""
    return msgspec.json.encode(plain(value))


class PlainResponse(Response[T]):
    """An answer that is a value of ours, or one that was encoded before."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:
        """The body."""
        return content if isinstance(content, bytes) else encode(content)


async def aside(value: T, status: int = 200) -> Response[T]:
    """An answer that is made in a thread: the event loop does not wait for it."""
    body: Any = await trio.to_thread.run_sync(encode, value)
    return PlainResponse(body, status_code=status, media_type="application/json")
