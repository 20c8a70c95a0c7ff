"""What publishers and players of tests have in common: a beginning, an end, and stalling. Floor 7.

Their processes go on when the stream has ended, so that the test can ask how.
"""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

import trio

from trio_srs.errors import PeerError, RefusedError
from trio_srs.testing.child.orders import STARTED, Verbs, refusal, take_orders

__all__ = ["ChildClient", "run_client"]


class ChildClient(ABC):
    """One connection to a server, from the test's orders to its end.

    Attributes:
        ended: why it ended; empty while it goes on.
        failure: what went wrong, if anything did.
    """

    def __init__(self) -> None:
        self.ended = ""
        self.failure: PeerError | RefusedError | None = None
        self._accepted, self._over = trio.Event(), trio.Event()
        self._flowing, self._changed = trio.Event(), trio.Event()
        self._flowing.set()
        self._scope = trio.CancelScope()

    @abstractmethod
    async def connected(self) -> str:
        """Connect, call :meth:`accept`, do what is to be done, and say why that ended.

        Raises:
            PeerError: the server's fault.
            RefusedError: what was asked for cannot be.
        """

    @abstractmethod
    def state(self) -> dict[str, object]:
        """What came of it so far, as JSON can have it."""

    def accept(self) -> None:
        """The server said yes."""
        self._accepted.set()

    def change(self) -> None:
        """The state has changed: look again."""
        self._changed.set()
        self._changed = trio.Event()

    async def flowing(self) -> None:
        """Wait until the test lets it go on: at once, unless it is stalled."""
        await self._flowing.wait()

    async def whole(self, run: Callable[[], Awaitable[None]]) -> bool:
        """Run something to its end, or until told to stop; whether it came to its end."""
        with self._scope:
            await run()
        return not self._scope.cancelled_caught

    async def run(self) -> None:
        """From connecting to the end."""
        try:
            self.ended = await self.connected()
        except (PeerError, RefusedError) as error:
            self.failure, self.ended = error, error.code
        self._over.set()
        self._accepted.set()
        self.change()

    async def begun(self) -> None:
        """Wait until the server said yes, or it ended without that."""
        await self._accepted.wait()

    @property
    def verbs(self) -> Verbs:
        """What it can be told."""
        return {
            "state": self._state,
            "wait_end": self._wait_end,
            "wait_frames": self._wait_frames,
            "stop": self._stop,
            "stall": self._stall,
            "resume": self._resume,
        }

    async def _state(self) -> dict[str, object]:
        said = None if self.failure is None else str(self.failure)
        return {"ended": self.ended, "error": said, **self.state()}

    async def _wait_end(self, timeout_s: float) -> dict[str, object]:
        with trio.move_on_after(timeout_s):
            await self._over.wait()
        return await self._state()

    async def _wait_frames(self, count: int, timeout_s: float) -> dict[str, object]:
        with trio.move_on_after(timeout_s):
            while self.frames < count and not self._over.is_set():
                await self._changed.wait()
        return await self._state()

    @property
    @abstractmethod
    def frames(self) -> int:
        """How many frames there were: of video, or of audio where there is no video."""

    async def _stop(self, timeout_s: float) -> dict[str, object]:
        self._scope.cancel()
        return await self._wait_end(timeout_s)

    async def _stall(self) -> None:
        self._flowing = trio.Event()

    async def _resume(self) -> None:
        self._flowing.set()


async def run_client(sock: socket.socket, client: ChildClient) -> None:
    """Run it, and tell the test when it is under way, or why it is not."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.run)
        await client.begun()
        if client.failure is not None:
            sock.sendall(refusal(STARTED, client.failure))
        else:
            await take_orders(sock, client.verbs, await client.verbs["state"]())
        nursery.cancel_scope.cancel()
