"""Requests begin one after the other, however many come at once. Floor 3."""

from __future__ import annotations

from typing import Any, Final

from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.names import Asgi

__all__ = ["begin", "in_turns"]

_BEGINNING_S: Final = 0.0004
"""What an application takes before it waits for anything, or has answered."""


def in_turns(app: Asgi, context: ApiContext) -> Asgi:
    """Let each pass of the scheduler begin few requests to an application."""

    async def front(scope: Any, receive: Any, send: Any) -> None:
        await begin(context, _BEGINNING_S)
        await app(scope, receive, send)

    return front


async def begin(context: ApiContext, seconds: float) -> None:
    """Wait until there is time for a request.

    Args:
        seconds: how much of it that takes, as a rule.
    """
    await context.turns.step(_nothing, more_s=seconds)


def _nothing() -> None:
    """Whose turn it is goes on by itself."""
