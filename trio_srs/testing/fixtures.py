"""What the plugin's fixtures hold for one test, and what they do when it is over. Floor 7."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from trio_srs.testing.clients import ClientProcess
from trio_srs.testing.server_process import ServerProcess

__all__ = ["Clients", "Servers"]

__tracebackhide__ = True  # pytest: see channel

C = TypeVar("C", bound=ClientProcess)


class Servers:
    """The servers of one test."""

    def __init__(self) -> None:
        self._servers: list[ServerProcess] = []
        self._said: list[tuple[str, str]] | None = None

    def start(self, config: str = "", **sections: Any) -> ServerProcess:
        """Start one."""
        server = ServerProcess(config, **sections)
        self._servers.append(server)
        return server

    def testimony(self) -> list[tuple[str, str]]:
        """What they have seen, as sections of a report."""
        if self._said is None:
            self._said = [(f"log of {server.url()}", server.log) for server in self._servers]
        return self._said

    def close(self) -> None:
        """End them.

        Raises:
            LeakError: one of them had not given back what it held.
            ProcessEndedError: one of them was gone already, and the test had not killed it.
        """
        with ExitStack() as stack:
            for server in self._servers:
                stack.callback(server.close)
            for server in self._servers:
                if not server.is_over:
                    self._check(server)

    def _check(self, server: ServerProcess) -> None:
        try:
            server.check_leaks()
        except BaseException:
            self.testimony()
            raise


class Clients(Generic[C]):
    """The publishers, or the players, of one test."""

    def __init__(self, kind: type[C], server: ServerProcess) -> None:
        self._kind, self._server = kind, server
        self._stack = ExitStack()

    def start(self, stream: str, *args: Any, **words: Any) -> C:
        """Start one, of a stream of the test's server, or of any URL."""
        url = stream if "://" in stream else self._server.url(stream)
        client = self._kind(url, *args, **words)
        self._stack.callback(client.close)
        return client

    def __enter__(self) -> Self:
        """Keep them for as long as the block lasts."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
