"""Bodies of requests: how large they may be, and how long they may take. Floor 3."""

from __future__ import annotations

from typing import Any, Final

import trio

from trio_srs.service.api.names import Asgi

__all__ = ["BODY_MOST", "BODY_WITHIN_S", "hurrying"]

BODY_MOST: Final = 1_048_576
"""Bytes of the largest body that is read."""
BODY_WITHIN_S: Final = 10.0
"""Seconds in which all of it has to come: until then the request takes a connection."""


def hurrying(app: Asgi) -> Asgi:
    """Let an application take a client whose body does not come for one that has gone."""

    async def front(scope: Any, receive: Any, send: Any) -> None:
        deadline = trio.current_time() + BODY_WITHIN_S
        is_whole = scope["type"] != "http"

        async def hurried() -> Any:
            nonlocal is_whole
            if is_whole:
                return await receive()
            with trio.move_on_at(deadline):
                message = await receive()
                is_whole = not message.get("more_body", False)
                return message
            return {"type": "http.disconnect"}

        await app(scope, hurried, send)

    return front
