"""OPTIONS: what can be done at a path. Floor 3."""

from __future__ import annotations

from typing import Any, Final

from trio_srs.service.api.names import Asgi

__all__ = ["answering_options_requests"]

_UNKNOWN: Final = "TRACE"
"""A method that nothing does: its refusal names those that are done (RFC 9110 15.5.6)."""
_NOT_ALLOWED: Final = 405
_NO_CONTENT: Final = 204


def answering_options_requests(app: Asgi) -> Asgi:
    """Let an application say all methods of a path. Litestar names those of the first function
    that it was given for it.

    What a web page asks before it asks something else (CORS) is not touched.
    """

    async def front(scope: Any, receive: Any, send: Any) -> None:
        headers = scope.get("headers", ())
        is_plain = scope.get("method") == "OPTIONS" and all(
            name != b"origin" for name, _ in headers
        )
        if not is_plain:
            await app(scope, receive, send)
            return
        is_refused = False

        async def send_options(message: Any) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start":
                is_refused = message["status"] == _NOT_ALLOWED
                if is_refused:
                    allow = [each for each in message["headers"] if each[0].lower() == b"allow"]
                    message = {**message, "status": _NO_CONTENT, "headers": allow}
            elif is_refused:
                message = {**message, "body": b""}
            await send(message)

        await app({**scope, "method": _UNKNOWN}, receive, send_options)

    return front
