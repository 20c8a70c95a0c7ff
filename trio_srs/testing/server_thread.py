"""A server in a thread of the test's process, for those who know what they do. Floor 7.

It is there sooner than a process of its own, and a debugger sees it. But it needs Python's lock
to answer, and whoever holds that lock while waiting for the answer waits for ever: PyAV does,
while it connects. Log lines go where those of the test go.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Any, Final, Self, Unpack

import trio

from trio_srs.config.layers import layered
from trio_srs.errors import TrioSrsError
from trio_srs.testing.channel import ProcessEndedError, ProcessRefusedError, ProcessSilentError
from trio_srs.testing.child.serving import FOR_TESTS, ServerVerbs, serving
from trio_srs.testing.server import ServerHandle, folder_for
from trio_srs.testing.starting import Sections

__all__ = ["ServerThread"]

__tracebackhide__ = True  # pytest: see channel

_START_S: Final = 30.0


class ServerThread(ServerHandle):
    """As :class:`~trio_srs.testing.server_process.ServerProcess`, in a thread."""

    def __init__(
        self,
        config: str = "",
        *,
        captures: str | os.PathLike[str] | None = None,
        **sections: Unpack[Sections],
    ) -> None:
        """Start it on a free port; see ``ServerProcess`` for the arguments.

        Raises:
            ProcessRefusedError: the configuration cannot be used, or it cannot listen.
        """
        self._layers = FOR_TESTS, config, sections
        self._captures = folder_for(captures)
        self._ready: Future[tuple[ServerVerbs, trio.Nursery, trio.lowlevel.TrioToken]] = Future()
        self._thread = threading.Thread(target=self._run, name="trio-srs server", daemon=True)
        self._thread.start()
        try:
            self._desk, self._nursery, self._token = self._ready.result(_START_S)
        except TrioSrsError as error:
            raise ProcessRefusedError(str(error), error.code) from error
        self.addresses = self._desk.addresses

    def _run(self) -> None:
        try:
            trio.run(self._serve)
        except BaseException as error:  # there is nobody else to tell
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        config = layered(*self._layers)
        async with serving(config, self._captures) as desk, trio.open_nursery() as nursery:
            self._ready.set_result((desk, nursery, trio.lowlevel.current_trio_token()))
            await trio.sleep_forever()

    def _ask(self, verb: str, within_s: float, /, **words: object) -> Any:
        future: Future[object] = Future()
        self._soon(self._obey, verb, words, future)
        try:
            return future.result(within_s)
        except FutureTimeoutError:
            raise ProcessSilentError(
                f"the server's thread: no answer to {verb!r} within {within_s:g} s"
            ) from None

    def _soon(self, call: Any, *args: Any) -> None:
        try:
            self._token.run_sync_soon(call, *args)
        except trio.RunFinishedError:
            raise ProcessEndedError("the server's thread has ended") from None

    def _obey(self, verb: str, words: Mapping[str, Any], future: Future[object]) -> None:
        self._nursery.start_soon(self._carry_out, verb, words, future)

    async def _carry_out(self, verb: str, words: Mapping[str, Any], future: Future[object]) -> None:
        try:
            future.set_result(await self._desk.verbs[verb](**words))
        except TrioSrsError as error:
            future.set_exception(ProcessRefusedError(str(error), error.code))
        finally:
            if not future.done():
                future.set_exception(ProcessEndedError("the server's thread has ended"))

    def close(self) -> None:
        """End it, whoever is connected. Idempotent."""
        if self._thread.is_alive():
            self._soon(self._nursery.cancel_scope.cancel)
            self._thread.join()

    def __enter__(self) -> Self:
        """Use it for as long as the block lasts."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
