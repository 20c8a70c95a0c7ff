"""A private virtual host of a server that several tests share, as a test sees it. Floor 7."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from trio_srs.testing.channel import ProcessRefusedError
from trio_srs.testing.server import ServerHandle
from trio_srs.testing.server_process import LeakError, ServerProcess
from trio_srs.wire.stream_name import parse_stream

if TYPE_CHECKING:
    from trio_srs.hub.namespace import NamespaceEnd

__all__ = ["ServerNamespace"]

__tracebackhide__ = True  # pytest: see channel

_ANSWER_S: Final = 10.0
_END_S: Final = 20.0
_STREAMED: Final = frozenset({"rtmp", "rtmps", "http", "https"})
"""Protocols whose URLs begin with an application."""
_OF_ALL: Final = frozenset({"streams", "sessions", "events", "publishes", "write_failure_report"})
"""What is asked of all that a server knows, and here of the namespace alone."""


class ServerNamespace(ServerHandle):
    """A virtual host of a server, as if it was a server of the test's own: names, waits, reports,
    sessions, events and faults are of it alone.

    Reports call a stream by its whole name, ``NAME/live/cam1``; here it may be written so, too. It
    ends with :meth:`close`, with the block it is used as, or when it is not used for a while.

    Attributes:
        name: what it is called.
    """

    def __init__(self, server: ServerProcess, words: Mapping[str, object]) -> None:
        """Made by :meth:`.ServerProcess.namespace`.

        Args:
            words: what the server is asked for.
        """
        self._server = server
        self.name = str(server._ask("make_namespace", _ANSWER_S, **words))
        self._ended: NamespaceEnd | None = None
        self.addresses = {
            protocol: [f"{url}/{self.name}" for url in urls] if protocol in _STREAMED else urls
            for protocol, urls in server.addresses.items()
        }

    @property
    def is_over(self) -> bool:
        """Whether :meth:`end` or :meth:`close` was called."""
        return self._ended is not None

    def _ask(self, verb: str, within_s: float, /, **words: Any) -> Any:
        if "stream" in words:
            path = parse_stream(words["stream"]).path
            words["stream"] = f"{self.name}/{path.removeprefix(f'{self.name}/')}"
        if verb in _OF_ALL:
            words["namespace"] = self.name
        elif verb == "add_fault":
            words["words"] = {**words["words"], "vhost": self.name}
        return self._server._ask(verb, within_s, **words)

    def stop_for(self, duration: float | str) -> None:
        """Others use the server as well: it cannot be stopped.

        Raises:
            ProcessRefusedError: always.
        """
        raise ProcessRefusedError(
            f"a server that is shared cannot be stopped for {duration}: the test wants one of its "
            "own",
            "shared_server",
        )

    def write_failure_report(self, folder: str | os.PathLike[str]) -> str:
        """Write all that is known of it into a folder: reports, sessions, events.

        Returns:
            the main things in words: the time line of each publish and each session.
        """
        folder = Path(folder).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        return str(self._ask("write_failure_report", _ANSWER_S, folder=str(folder)))

    def end(self, detail: str = "the test is over") -> NamespaceEnd:
        """End every session in it and all that is made of its streams, and wait until they are
        gone: what was ended, and what is left. Idempotent."""
        if self._ended is None:
            from trio_srs.hub.namespace import NamespaceEnd
            from trio_srs.testing.readback import read_back

            plain = self._server._ask("end_namespace", _END_S, name=self.name, detail=detail)
            self._ended = read_back(plain, NamespaceEnd)
        return self._ended

    def close(self) -> None:
        """End it. Idempotent.

        Raises:
            FaultNotTakenError: a fault that was asked for so many times was never done.
            LeakError: something that was in it is still there. Each is named.
        """
        if self.is_over:
            return
        try:
            self.check_faults()
        finally:
            left = self.end().left
        if not left.is_nothing:
            raise LeakError(f"the server still holds of the namespace {self.name}: {left}")

    def __enter__(self) -> Self:
        """Use it for as long as the block lasts."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.end()
