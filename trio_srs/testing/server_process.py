"""A server in a process of its own, for tests of any kind. Floor 7.

    with ServerProcess() as server:
        subprocess.run([*encoder, server.url("live/cam1")], check=True)
        report = server.wait_for_end("live/cam1")

It is a process, and not a thread of the test's, as much of what publishes inside a test, such as
PyAV, holds Python's lock while it connects: a server in the same process could not answer it.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

import attrs

from trio_srs.errors import InternalError
from trio_srs.testing.channel import ProcessEndedError, ProcessSilentError
from trio_srs.testing.own_process import OwnProcess
from trio_srs.testing.server import ServerHandle, check_stream, folder_for
from trio_srs.testing.starting import Sections
from trio_srs.units import parse_seconds
from trio_srs.wire.stream_name import parse_stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trio_srs.hub.sessions import SessionFacts
    from trio_srs.testing.kept_report import KeptReport
    from trio_srs.testing.server_namespace import ServerNamespace

__all__ = ["LeakError", "ServerProcess"]

__tracebackhide__ = True  # pytest: see channel

_WHO: Final = "the server's process"
_GIVE_BACK_S: Final = 2.0
_END_S: Final = 10.0


@attrs.define(eq=False)
class _Past:
    """What the processes before had seen."""

    reports: dict[str, tuple[KeptReport, ...]] = attrs.field(factory=dict)
    sessions: tuple[SessionFacts, ...] = ()
    log: str = ""


def _listening_at(addresses: Mapping[str, list[str]]) -> dict[str, dict[str, list[str]]]:
    """The configuration that has a server listen where another did."""
    sections = {"api": "api", "https": "https", "http": "http", "rtmp": "rtmp", "rtmps": "rtmps"}
    return {
        sections[protocol]: {"listen": [url.partition("://")[2] for url in urls]}
        for protocol, urls in addresses.items()
        if urls and protocol in sections
    }


class LeakError(InternalError):
    """A server still holds something when everybody has left. The text says what."""

    code = "leak"


class ServerProcess(ServerHandle):
    """A server in a process of its own. It is up when this has been made.

    The process ends with :meth:`close`, with the block it is used as, and with the process that
    made it, however that ends.
    """

    def __init__(
        self,
        config: str = "",
        *,
        captures: str | os.PathLike[str] | None = None,
        **sections: Unpack[Sections],
    ) -> None:
        """Start it on a free port, with the settings for tests.

        Args:
            config: a configuration file's text, laid over those.
            captures: a folder; every publish is written to a file in it (FLV), as it came.
            sections: sections of a configuration, laid over all that:
                ``stream={"publish_busy": "replace"}``.

        Raises:
            ProcessRefusedError: the configuration cannot be used, or it cannot listen.
        """
        folder = folder_for(captures)
        self._words: dict[str, Any] = {
            "layers": [config, sections],
            "captures": folder and str(folder),
        }
        self._past = _Past()
        self._process = OwnProcess("server", self._words, _WHO)
        self.addresses = self._process.greeting

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether :meth:`close` or :meth:`kill` was called."""
        return self._process.is_over

    @property
    def log(self) -> str:
        """What it has logged so far; also when it has ended."""
        return self._past.log + self._process.log

    def reports(self, stream: str) -> tuple[KeptReport, ...]:
        """All about every publish of a stream, the oldest first, also from before a restart."""
        check_stream(stream)
        past = self._past.reports.get(parse_stream(stream).path, ())
        return past if self.is_over else (*past, *super().reports(stream))

    @property
    def sessions(self) -> tuple[SessionFacts, ...]:
        """Who is or was connected, also before a restart."""
        if self.is_over:
            return self._past.sessions
        now: tuple[SessionFacts, ...] = super().sessions
        return (*self._past.sessions, *now)

    def namespace(
        self,
        name: str = "",
        *,
        settings: Mapping[str, Any] | None = None,
        faults: Sequence[str] = (),
        max_sessions: int | None = None,
        ttl: float | str = 600.0,
    ) -> ServerNamespace:
        """A private virtual host: for a test that shares the server with others, as if it had one
        of its own.

        Args:
            name: one is made up if it is empty.
            settings: what holds in it, as a table ``[vhost.NAME]`` of a file.
            faults: what the server does wrong in it, each as for :meth:`fault`.
            max_sessions: the most sessions in it at once.
            ttl: seconds, or a text such as ``"10m"``, after which it ends if nobody is in it.

        Raises:
            ProcessRefusedError: it cannot be; the text says why.
        """
        from trio_srs.testing.server_namespace import ServerNamespace  # few tests share a server

        words = {
            "name": name,
            "settings": dict(settings or {}),
            "faults": list(faults),
            "max_sessions": max_sessions,
            "ttl_s": parse_seconds(ttl),
        }
        return ServerNamespace(self, words)

    def restart(self) -> None:
        """Start it anew on the same ports: in a new process, which knows nothing of what was.

        Reports and sessions from before are kept here; events are numbered anew, so that a wait is
        about what happens from now on. It may have been ended by :meth:`vanish`.

        Raises:
            ProcessRefusedError: somebody else listens on a port by now.
        """
        if not self.is_over:
            self._ask("end_sessions", _END_S)  # so that what is kept has their ends
            self._keep_past()
            self._process.end()
        self._past.log += self._process.log
        words = {**self._words, "layers": [*self._words["layers"], _listening_at(self.addresses)]}
        self._process = OwnProcess("server", words, _WHO)
        self.addresses = self._process.greeting
        self._faults.clear()  # they were of the process before

    def vanish(self) -> None:
        """End it as ``kill -9`` does, and keep what it had seen; :meth:`restart` brings it back."""
        self._keep_past()
        self._process.kill()

    def _keep_past(self) -> None:
        self.check_faults()
        past = self._past
        for name in self.streams:
            past.reports[name] = (*past.reports.get(name, ()), *super().reports(name))
        past.sessions = self.sessions

    def _ask(self, verb: str, within_s: float, /, **words: object) -> Any:
        return self._process.ask(verb, within_s, **words)

    def write_failure_report(self, folder: str | os.PathLike[str]) -> str:
        """Write all that it knows into a folder: reports, sessions, events, its log.

        Returns:
            the main things in words: the time line of each publish and each session; of a
            server that is gone, how it ended.
        """
        folder = Path(folder).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            said = str(self._ask("write_failure_report", _END_S, folder=str(folder)))
        except (ProcessEndedError, ProcessSilentError) as error:
            said = str(error)
        (folder / "server.log").write_text(self.log, encoding="utf-8")
        return said

    def check_leaks(self) -> None:
        """End every session, and see whether all that they held is given back.

        Nobody can connect any more after this; reports and the log can still be asked for.

        Raises:
            LeakError: something is not: sessions, tasks, descriptors. Each is named.
        """
        left = self._ask("end", _GIVE_BACK_S + _END_S, patience_s=_GIVE_BACK_S)
        if left:
            raise LeakError(f"the server still holds, when all have left: {', '.join(left)}")

    def close(self) -> None:
        """End it, whoever is connected. Idempotent."""
        self._process.end()

    def kill(self) -> None:
        """End it as ``kill -9`` does, to see what its peers make of that."""
        self._process.kill()

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
