"""What fixtures hold for a test or for several, and what they do when these are over. Floor 7."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, TypeVar, Unpack

from trio_srs.testing.channel import ProcessEndedError, ProcessSilentError
from trio_srs.testing.clients import ClientProcess
from trio_srs.testing.server import ServerHandle, check_stream
from trio_srs.testing.server_process import ServerProcess
from trio_srs.testing.starting import Sections

if TYPE_CHECKING:
    from trio_srs.testing.server_namespace import ServerNamespace

__all__ = ["Clients", "OwnNamespace", "Servers"]

__tracebackhide__ = True  # pytest: see channel

C = TypeVar("C", bound=ClientProcess)
Seen: TypeAlias = dict[str, Any]
"""What tests saw, as JSON: ``publishes``, each in words, and ``folders`` of what is kept."""
_ANSWER_S = 10.0
_SESSIONS = "sessions"
"""The folder of captured sessions, in that of a server."""


class Servers:
    """The servers of one test, or of several.

    Args:
        folder: where captures go, and, if a test fails, what else is kept.
        sessions: whether sessions are captured: ``off``, ``failed`` (then they go with all else
            that is kept if the test fails) or ``all``.
        are_shared: whether they are of several tests: each that fails is told what they have seen
            by then.
    """

    def __init__(self, folder: Path, *, sessions: str = "off", are_shared: bool = False) -> None:
        self._folder = folder
        self._are_shared = are_shared
        self._sessions = sessions
        self._servers: list[ServerProcess] = []
        self._said: list[tuple[str, str]] | None = None

    def start(
        self,
        config: str = "",
        *,
        captures: str | os.PathLike[str] | None = None,
        **sections: Unpack[Sections],
    ) -> ServerProcess:
        """Start one; captures go to the test's folder, unless another is named."""
        own = self._folder_of(len(self._servers))
        folder = captures or own
        if self._sessions != "off" and "capture" not in sections:
            kept = {"when": "always", "folder": str(own / _SESSIONS), "mask": False}
            sections["capture"] = kept
        server = ServerProcess(config, captures=folder, **sections)
        self._servers.append(server)
        return server

    def seen(self, since: float) -> Seen:
        """What they saw, in few words.

        Args:
            since: of servers that are shared, only what was published since then: seconds since
                1970.
        """
        since = since if self._are_shared else 0.0
        going_on = [server for server in self._servers if not server.is_over]
        publishes = [each for server in going_on for each in publishes_of(server, since)]
        return {"publishes": publishes, "folders": [str(self._folder)]}

    def _folder_of(self, number: int) -> Path:
        return self._folder / f"server{number + 1}" if number else self._folder

    def failure_report(self) -> list[tuple[str, str]]:
        """What they have seen, as sections of a report; of one test it is written down once."""
        if self._said is None or self._are_shared:
            self._said = [self._of(*each) for each in enumerate(self._servers)]
        return self._said

    def _of(self, number: int, server: ServerProcess) -> tuple[str, str]:
        folder = self._folder_of(number)
        said = server.write_failure_report(folder)
        if self._sessions != "off":
            from trio_srs.testing.captured_sessions import tell_sessions

            tell_sessions(folder / _SESSIONS)
        return f"RTMP at {server.url()}", _showable(f"{said}\nkept in {folder}")

    def close(self) -> None:
        """End them.

        Raises:
            FaultNotTakenError: a fault that the test asked for was never done.
            LeakError: one of them had not given back what it held.
            ProcessEndedError: one of them was gone already, and the test had not killed it.
        """
        with ExitStack() as stack:
            stack.callback(self._tidy)
            for server in self._servers:
                stack.callback(server.close)
            for server in self._servers:
                if not server.is_over:
                    self._check(server)

    def _tidy(self) -> None:
        """Keep nothing of a test that passed, but for captures of all tests."""
        if self._said is None and self._sessions != "all":
            shutil.rmtree(self._folder, ignore_errors=True)

    def _check(self, server: ServerProcess) -> None:
        try:
            if self._said is None:  # else the test has failed, and it is known where
                server.check_faults()
            server.check_leaks()
        except BaseException:
            self.failure_report()
            raise


class OwnNamespace:
    """The namespace of one test, on a server that others use as well.

    Args:
        folder: where what is known of it is kept if the test fails.
    """

    def __init__(self, namespace: ServerNamespace, folder: Path) -> None:
        self.namespace, self._folder = namespace, folder
        self._said: list[tuple[str, str]] | None = None

    def failure_report(self) -> list[tuple[str, str]]:
        """What was seen in it, as sections of a report; it is written down once."""
        if self._said is None:
            said = self.namespace.write_failure_report(self._folder)
            title = f"RTMP at {self.namespace.url()}"
            self._said = [(title, _showable(f"{said}\nkept in {self._folder}"))]
        return self._said

    def seen(self, since: float) -> Seen:
        """What was seen in it, in few words; see :meth:`Servers.seen`."""
        publishes = publishes_of(self.namespace, 0.0)
        return {"publishes": publishes, "folders": [str(self._folder)]}

    def close(self) -> None:
        """End it.

        Raises:
            FaultNotTakenError: a fault that the test asked for was never done.
            LeakError: something that was in it is still there.
        """
        if self._said is not None:  # the test has failed, and it is known where
            self.namespace.end()
        else:
            self.namespace.close()


def publishes_of(server: ServerHandle, since: float) -> list[dict[str, str]]:
    """Every publish that a server has seen since then, each in words; none of one that is gone."""
    try:
        said: list[dict[str, str]] = server._ask("publishes", _ANSWER_S, since=since)
    except (ProcessEndedError, ProcessSilentError):
        return []
    return said


class Clients(Generic[C]):
    """The publishers, or the players, of one test."""

    def __init__(self, kind: type[C], server: ServerProcess | ServerNamespace) -> None:
        self._kind, self._server = kind, server
        self._stack = ExitStack()

    def start(self, stream: str, *args: Any, **words: Any) -> C:
        """Start one, of a stream of the test's server, or of any URL."""
        is_elsewhere = "://" in stream
        if not is_elsewhere:
            check_stream(stream)
        client = self._kind(stream if is_elsewhere else self._server.url(stream), *args, **words)
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


def _showable(text: str) -> str:
    """What the terminal has no letter for as an escape: pytest would escape the line ends too."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
