"""A server in a process of its own, or in a thread: what a test can ask of it. Floor 7."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trio_srs.config.layers import layered
from trio_srs.config.schema import Config
from trio_srs.errors import TrioSrsError
from trio_srs.hub.sessions import is_in_vhost, is_of_vhost
from trio_srs.media.plain import plain
from trio_srs.server.logs import configure
from trio_srs.server.run import Server, serve
from trio_srs.testing.child.leaks import ResourceSnapshot, take_snapshot, until_given_back
from trio_srs.testing.child.orders import STARTED, Verbs, refusal, take_orders
from trio_srs.testing.failure_report import end_in_words, in_words, write_down
from trio_srs.tools.capture import Captures, capturing
from trio_srs.tools.verdicts.report_table import summary

if TYPE_CHECKING:
    from trio_srs.faults.fault_plan import PlannedFault
    from trio_srs.hub.sessions import SessionFacts

__all__ = ["FOR_TESTS", "ServerVerbs", "run_server", "serving"]

FOR_TESTS: Final[Mapping[str, Any]] = {
    "rtmp": {"listen": ["127.0.0.1:0"], "shutdown_grace": "1s"},
    "http": {"listen": ["127.0.0.1:0"]},
    "log": {"format": "human"},
    "stream": {
        "inspect": "full",
        "stall_after": "500ms",
        "first_packet_timeout": "5s",
        "publish_idle_timeout": "5s",
        "play_missing_timeout": "10s",
        "slow_reader": "drop",
        "send_interval": "0s",
    },
}
"""What servers of tests have instead of the defaults: everything is looked at, each message is
sent at once, and what a server in production bears with patience is an error soon."""


class ServerVerbs:
    """Answers what a test asks of a server."""

    def __init__(self, server: Server, captures: Captures | None) -> None:
        self._server, self._captures = server, captures
        self._before = self._snapshot()

    @property
    def addresses(self) -> dict[str, list[str]]:
        """The URLs it listens on, by protocol."""
        return self._server.addresses

    @property
    def verbs(self) -> Verbs:
        """What can be asked."""
        return {
            "wait_for": self._wait_for,
            "report": self._report,
            "reports": self._reports,
            "streams": self._streams,
            "sessions": self._sessions,
            "events": self._events,
            "last_event": self._last_event,
            "kick": self._kick,
            "stop_for": self._stop_for,
            "add_fault": self._add_fault,
            "fault": self._fault,
            "make_namespace": self._make_namespace,
            "end_namespace": self._end_namespace,
            "wait_for_capture": self._wait_for_capture,
            "remove_fault": self._remove_fault,
            "end": self._end,
            "end_sessions": self._end_sessions,
            "publishes": self._publishes,
            "write_failure_report": self._write_failure_report,
        }

    async def _wait_for(
        self, stream: str, until: str, timeout_s: float, since: int | None
    ) -> object:
        await self._server.wait_for(stream, until, timeout_s=timeout_s, since=since)
        return await self._report(stream)

    async def _report(self, stream: str) -> object:
        await self._settled()
        return plain(self._server.reports.find(self._server.key_of(stream)))

    async def _reports(self, stream: str) -> object:
        return plain(self._server.reports.history(self._server.key_of(stream)))

    async def _streams(self, namespace: str = "") -> object:
        names = self._server.reports.names()
        if not namespace:
            return names
        front = f"{namespace}/"
        return [name.removeprefix(front) for name in names if name.startswith(front)]

    async def _sessions(self, namespace: str = "") -> object:
        return [plain(each) for each in await self._sessions_in(namespace)]

    async def _sessions_in(self, namespace: str) -> list[SessionFacts]:
        sessions = await self._server.list_sessions()
        registry = self._server.registry
        if not namespace:
            return list(sessions)
        return [
            each
            for each in sessions
            if (entry := registry.find(each.id) or registry.find_ended(each.id)) is not None
            and is_in_vhost(entry, namespace)
        ]

    async def _events(self, namespace: str = "") -> object:
        registry = self._server.registry
        return [
            {**plain(entry), "kind": type(entry.event).__name__}
            for entry in self._server.journal.since(0)
            if not namespace or is_of_vhost(entry.event, namespace, registry)
        ]

    async def _make_namespace(self, name: str, **words: Any) -> str:
        return self._server.namespaces.make(name, **words).name

    async def _end_namespace(self, name: str, detail: str) -> object:
        return plain(await self._server.namespaces.end(name, detail))

    async def _last_event(self) -> int:
        return self._server.journal.last

    async def _write_failure_report(self, folder: str, namespace: str = "") -> str:
        """Write down all that there is to know, and say it in words."""
        await self._settled()
        await self._server.settled()
        reports = self._server.reports
        front = f"{namespace}/" if namespace else ""
        names = [name for name in reports.names() if name.startswith(front)]
        found = [each for name in names for each in reports.history(name)]
        sessions = await self._sessions_in(namespace)
        write_down(Path(folder), found, sessions, await self._events(namespace))
        return in_words(found, sessions)

    async def _publishes(self, since: float, namespace: str = "") -> object:
        """Every publish that began since a time of day, each in words."""
        front = f"{namespace}/" if namespace else ""
        reports = self._server.reports
        return [
            {"stream": each.stream, "summary": summary(each), "end": end_in_words(each)}
            for name in reports.names()
            if name.startswith(front)
            for each in reports.history(name)
            if each.began_at >= since
        ]

    async def _settled(self) -> None:
        """The files of publishes that are over are whole."""
        if self._captures is not None:
            await self._captures.settled()

    async def _wait_for_capture(self, session: str, timeout_s: float) -> str:
        return await self._server.wait_for_capture(session, timeout_s=timeout_s)

    def _snapshot(self) -> ResourceSnapshot:
        return take_snapshot(self._server.registry)

    async def _kick(self, stream: str, detail: str) -> bool:
        return await self._server.kick_and_wait(stream, detail)

    async def _stop_for(self, seconds: float) -> None:
        await self._server.stop_for(seconds)

    async def _add_fault(self, text: str, words: Mapping[str, object]) -> object:
        return _told(self._server.add_fault(text, **words))

    async def _fault(self, name: str) -> object:
        return _told(self._server.fault(name))

    async def _remove_fault(self, name: str) -> object:
        return _told(self._server.remove_fault(name))

    async def _end_sessions(self) -> None:
        """Cut everybody off; the server can still be asked what there was."""
        await self._server.end_sessions(0.0)
        await self._settled()

    async def _end(self, patience_s: float) -> tuple[str, ...]:
        """End every session; say what of it is left."""
        await self._server.end_sessions()
        await self._server.hub.finish_tasks(0.0)  # forms go on a while without viewers
        return await until_given_back(self._before, self._server.registry, patience_s)


def _told(fault: PlannedFault) -> dict[str, object]:
    """A fault, and what became of it so far."""
    return {
        "name": fault.name,
        "text": fault.text,
        "times": fault.fault.times,
        "met": fault.met,
        "taken": fault.taken,
    }


@asynccontextmanager
async def serving(config: Config, captures: Path | None = None) -> AsyncIterator[ServerVerbs]:
    """Run a server for as long as the block lasts, and cut off whoever is connected then.

    Args:
        captures: a folder that exists, for a file of every publish.

    Raises:
        ListenError, TlsConfigError: it cannot be.
    """
    async with serve(config) as server, _captured(server, captures) as kept:
        yield ServerVerbs(server, kept)
        await server.stop(0.0)


@asynccontextmanager
async def _captured(server: Server, folder: Path | None) -> AsyncIterator[Captures | None]:
    if folder is None:
        yield None
        return
    async with capturing(server, folder) as captures:
        yield captures


async def run_server(sock: socket.socket, words: Mapping[str, Any]) -> None:
    """Serve until the other end of the socket is closed.

    Args:
        words: ``layers`` of configuration, to be laid over :data:`FOR_TESTS`, and the folder for
            ``captures``, or None.
    """
    folder = words["captures"]
    try:
        config = layered(FOR_TESTS, *words["layers"])
        configure(config.log)
        async with serving(config, folder and Path(folder)) as desk:
            await take_orders(sock, desk.verbs, desk.addresses)
    except TrioSrsError as error:
        sock.sendall(refusal(STARTED, error))
