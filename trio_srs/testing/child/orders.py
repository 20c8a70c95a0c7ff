"""Orders from the test's process, and their answers: lines of JSON on a socket. Floor 7.

An order is ``{"id": 7, "do": "kick", "with": {"stream": "live/a"}}``. Its answer is
``{"id": 7, "is": true}`` or ``{"id": 7, "no": {"code": "...", "message": "..."}}``. Orders are
carried out side by side and answered as they are done. Number 0 is the answer to having been
started.
"""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

import trio

from trio_srs.errors import InternalError, TrioSrsError

__all__ = ["STARTED", "Verbs", "answer", "is_order", "obey", "refusal", "take_orders"]

STARTED: Final = 0
"""The number that the answer to having been started has."""

Verbs: TypeAlias = Mapping[str, Callable[..., Awaitable[object]]]
"""What can be done, by its word; an order's ``with`` are its keyword arguments."""

_CHUNK: Final = 65536
_NAMED: Final = "order: "
_log = logging.getLogger(__name__)


def answer(number: int, value: object) -> bytes:
    """The line that says that an order was carried out, and what came of it."""
    return json.dumps({"id": number, "is": value}).encode() + b"\n"


def refusal(number: int, error: TrioSrsError) -> bytes:
    """The line that says why it was not."""
    said = {"code": error.code, "message": str(error)}
    return json.dumps({"id": number, "no": said}).encode() + b"\n"


async def obey(verbs: Verbs, order: Mapping[str, Any]) -> bytes:
    """Carry out one order; whatever goes wrong is in the answer."""
    number: int = order["id"]
    try:
        return answer(number, await verbs[order["do"]](**order["with"]))
    except TrioSrsError as error:
        return refusal(number, error)
    except Exception as error:  # a bug, of which both processes shall know
        _log.exception("order %s failed", order["do"])
        return refusal(number, InternalError(f"{type(error).__name__}: {error}"))


def is_order(task: trio.lowlevel.Task) -> bool:
    """Whether a task carries out an order, rather than being part of what is ordered about."""
    return task.name.startswith(_NAMED)


async def take_orders(sock: socket.socket, verbs: Verbs, greeting: object) -> None:
    """Obey until the other end is closed; what is under way then is cancelled.

    Args:
        greeting: the answer to having been started.
    """
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
    one_at_a_time = trio.Lock()

    async def say(line: bytes) -> None:
        async with one_at_a_time:
            await stream.send_all(line)

    async def carry_out(order: Mapping[str, Any]) -> None:
        try:
            await say(await obey(verbs, order))
        except trio.BrokenResourceError:
            nursery.cancel_scope.cancel()  # nobody is left who would listen

    async with stream, trio.open_nursery() as nursery:
        await say(answer(STARTED, greeting))
        async for line in _lines(stream):
            order = json.loads(line)
            nursery.start_soon(carry_out, order, name=f"{_NAMED}{order['do']}")
        nursery.cancel_scope.cancel()


async def _lines(stream: trio.SocketStream) -> AsyncIterator[bytes]:
    """The lines that come, up to the end; a broken connection is an end."""
    heard = bytearray()
    while True:
        try:
            some = await stream.receive_some(_CHUNK)
        except trio.BrokenResourceError:
            return
        if not some:
            return
        heard += some
        *lines, rest = heard.split(b"\n")
        heard = rest
        for line in lines:
            yield bytes(line)
