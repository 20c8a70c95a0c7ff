"""HEAD, for everything that GET does. Floor 3."""

from __future__ import annotations

from typing import Any

import trio

from trio_srs.service.api.names import Asgi

__all__ = ["answering_head_requests"]


def answering_head_requests(app: Asgi) -> Asgi:
    """Let an application that does GET do HEAD as well: the same status and headers, no body.

    What would make a body without end is left when the head is said.
    """

    async def front(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await app(scope, receive, send)
            return
        with trio.CancelScope() as asking:

            async def send_head(message: Any) -> None:
                await send(message)
                await send({"type": "http.response.body", "body": b""})
                asking.cancel()
                await trio.lowlevel.checkpoint()

            await app({**scope, "method": "GET"}, receive, send_head)

    return front
