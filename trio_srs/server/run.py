"""A running server: start, ready, reload, stop. Floor 5."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import trio

from trio_srs.config.schema import Config
from trio_srs.hub.bus import Bus
from trio_srs.hub.directory import EventLog, SessionView
from trio_srs.hub.end import until_ended
from trio_srs.hub.gate import Gate
from trio_srs.hub.hub import Hub
from trio_srs.hub.reports import Reports
from trio_srs.hub.sessions import SessionFacts, in_order, session_facts, sessions_of
from trio_srs.hub.steering import ConfigChange
from trio_srs.hub.supervisor import ALWAYS, SupervisedTask, Supervisor
from trio_srs.hub.waiting import Reached, Until
from trio_srs.server.build import SERVICES, Built, Offer, build
from trio_srs.server.logs import log_event
from trio_srs.server.server_steering import ServerSteering
from trio_srs.service.base import Parts, Service, StopPhase
from trio_srs.service.listening import ListeningService
from trio_srs.wire.stream_name import parse_stream, stream_key

if TYPE_CHECKING:
    from trio_srs.faults.fault_plan import PlannedFault
    from trio_srs.hub.namespace import Namespaces

__all__ = ["Server", "serve", "serve_forever"]


class Server:
    """A server that is up. Made by :func:`serve`.

    Attributes:
        stopping: whether it has been told to stop or to finish.
    """

    def __init__(self, built: Built) -> None:
        self._built = built
        self._parts: Parts = built.parts
        self._stopped = trio.Event()
        self.stopping = False

    @property
    def config(self) -> Config:
        """What it runs with now."""
        return self.steering.config

    @property
    def steering(self) -> ServerSteering:
        """How that is looked at and changed."""
        return self._built.steering

    @property
    def hub(self) -> Hub:
        """All live streams: who publishes them, who reads them."""
        return self._parts.hub

    @property
    def bus(self) -> Bus:
        """What happens, as it happens."""
        return self._parts.bus

    @property
    def registry(self) -> SessionView:
        """All sessions that are open now."""
        return self._parts.registry

    @property
    def journal(self) -> EventLog:
        """What has happened, numbered, as far back as ``history.events``."""
        return self._parts.journal

    @property
    def reports(self) -> Reports:
        """All about every publish, of those that go on and those that are over."""
        return self._parts.reports

    def sessions(self) -> tuple[SessionFacts, ...]:
        """Every session that is open, and those that ended not long ago, oldest first."""
        return sessions_of(self._parts.registry, trio.current_time(), time.time())

    async def list_sessions(self) -> tuple[SessionFacts, ...]:
        """The same, in steps: however many there are, the media go on meanwhile."""
        parts, now, unix_now = self._parts, trio.current_time(), time.time()
        entries = await in_order(parts.registry, parts.turns)
        facts = await parts.turns.make(lambda entry: session_facts(entry, now, unix_now), entries)
        return tuple(facts)

    def key_of(self, stream: str) -> str:
        """The name under which a stream is kept here, however it is written: see
        :func:`~trio_srs.wire.stream_name.parse_stream`.

        Raises:
            StreamNameError, UrlError: it names no stream; the text says what to write.
        """
        return stream_key(parse_stream(stream), self._parts.rules.vhost_of)

    async def wait_for(
        self,
        stream: str,
        until: str | Until = "published",
        *,
        timeout_s: float = 10.0,
        since: int | None = None,
    ) -> Reached:
        """Wait until something has happened to a stream; at once, if it has already.

        Args:
            stream: its name, as ``live/cam1``; for other ways to write it see :meth:`key_of`.
            until: ``published``, ``first_media``, ``first_keyframe``, ``frames:100``,
                ``unpublished``, ``hls_ready`` or ``dash_ready``; see
                :class:`~trio_srs.hub.waiting.Waiting` for what counts.
            since: only what happened after the event of this number in the journal counts.

        Raises:
            WaitTimeoutError: it did not happen in time. The text says what did.
            UntilError: ``until`` is none of these.
            CannotBeReadyError: this server makes no HLS, or no DASH.
            StreamNameError, UrlError: as :meth:`key_of`.
        """
        if isinstance(until, str):
            until = Until.parse(until)
        key = self.key_of(stream)
        return await self._parts.waiting.until(key, until, timeout_s=timeout_s, since=since)

    @property
    def namespaces(self) -> Namespaces:
        """Private virtual hosts, made and ended while the server runs."""
        return self._parts.keeping.needed()

    async def settled(self) -> None:
        """Wait until what was noted of sessions so far is in the files of their captures."""
        for settle in self._parts.settling:
            await settle()

    async def wait_for_capture(self, session: str, *, timeout_s: float = 10.0) -> str:
        """Wait until a session has ended and its capture is whole; the path of the file.

        Raises:
            NoCaptureError: it is not captured, or there is no such session, or not any more.
            CaptureNotWholeError: it is not whole in time, or was given up.
        """
        from trio_srs.hub.capture_note import whole_capture  # few servers capture anything

        entry = self.registry.find(session) or self.registry.find_ended(session)
        return await whole_capture(session, entry, timeout_s)

    def add_fault(self, text: str, **words: object) -> PlannedFault:
        """Do something wrong from now on, to those whom it is for.

        Args:
            text: the fault as ``KIND [MOMENT] [KEY=VALUE ...]``: ``reset publish after=2s``.
            words: its keys; ``at`` is the moment, and ``for_`` is ``for``.

        Returns:
            the fault, and what becomes of it.

        Raises:
            FaultError: it is none, or contradicts one that is there.
        """
        from trio_srs.faults.fault_text import parse_fault  # no server in production does

        return self._parts.faults.needed().add(parse_fault(text, words))

    def fault(self, name: str) -> PlannedFault:
        """A fault that was asked for. Raises UnknownFaultError: there is none of that name."""
        return self._parts.faults.needed().plan[name]

    def remove_fault(self, name: str) -> PlannedFault:
        """Do it no more; what of it still goes on ends. Raises UnknownFaultError."""
        return self._parts.faults.needed().remove(name)

    def kick(self, stream: str, detail: str = "kicked") -> bool:
        """End whoever publishes a stream; the name is free when this returns.

        Returns:
            whether anybody did.

        Raises:
            StreamNameError, UrlError: as :meth:`key_of`.
        """
        return self.hub.kick(self.key_of(stream), detail)

    async def kick_and_wait(self, stream: str, detail: str = "kicked") -> bool:
        """The same, and the connection is closed when this returns, or has had 5 seconds.

        Returns:
            whether anybody published the stream.

        Raises:
            StreamNameError, UrlError: as :meth:`key_of`.
        """
        newest = self.reports.newest(self.key_of(stream))
        if not self.kick(stream, detail):
            return False
        entry = self.registry.find(newest.publisher.session) if newest else None
        if entry is not None:
            await until_ended(self.bus, entry)
        return True

    @property
    def addresses(self) -> dict[str, list[str]]:
        """The URLs it listens on, by protocol, with the real ports."""
        return {protocol: list(urls) for protocol, urls in self._parts.addresses().items()}

    def rtmp_url(self, path: str = "") -> str:
        """The URL of a stream here, such as ``rtmp://127.0.0.1:40123/live/a``."""
        return self._url("rtmp", path)

    def rtmps_url(self, path: str = "") -> str:
        """The same over TLS."""
        return self._url("rtmps", path)

    def http_url(self, path: str = "") -> str:
        """The URL of a stream over HTTP, such as ``http://127.0.0.1:40125/live/a.flv``."""
        return self._url("http", path)

    def hls_url(self, stream: str) -> str:
        """The URL of a stream as HLS, such as ``http://127.0.0.1:40125/live/a.m3u8``."""
        return self._url("http", f"{stream}.m3u8")

    def dash_url(self, stream: str) -> str:
        """The URL of a stream as MPEG-DASH, such as ``http://127.0.0.1:40125/live/a.mpd``."""
        return self._url("http", f"{stream}.mpd")

    def api_url(self, path: str = "") -> str:
        """The URL of something of the HTTP API, such as ``http://127.0.0.1:40124/api/v2/server``."""
        return self._url("api", path)

    def _url(self, protocol: str, path: str) -> str:
        for url in self.addresses[protocol]:
            if not url.startswith("unix:"):
                return f"{url}/{path}"
        raise LookupError(f"this server does not listen for {protocol} on any TCP port")

    @property
    def ready(self) -> dict[str, object]:
        """What the ready line says: the process, and the URLs by protocol."""
        return {"event": "ready", "pid": os.getpid(), **self.addresses}

    async def prepare(self) -> None:
        """Import and make what the first peers of its services would otherwise wait for.

        A process does this when it has said that it is ready. Without it they do wait.
        """
        for service in self._built.services:
            await service.prepare()

    def reload(self, config: Config) -> Sequence[ConfigChange]:
        """Take over what of another configuration can change while running.

        New connections, publishes and plays follow it; those that are go on as they began.

        Returns:
            every difference to what the server runs with. Those that are not ``live`` wait for
            a restart, and are named again by the next reload.
        """
        return self._built.steering.apply(config)

    async def stop(self, grace_s: float | None = None) -> None:
        """Tell every connection, close it, and end the server. At any time, and any number.

        Args:
            grace_s: how long that may take in all; what is still open then is cut off. The
                configuration's ``rtmp.shutdown_grace`` by default.
        """
        grace_s = self.config.rtmp.shutdown_grace if grace_s is None else grace_s
        deadline = trio.current_time() + grace_s
        self.stopping = True
        await self._stop(StopPhase.SESSIONS, grace_s)
        await self.hub.finish_tasks(max(0.0, deadline - trio.current_time()))
        await self._stop(StopPhase.WITNESSES, max(0.0, deadline - trio.current_time()))
        self._stopped.set()

    async def _stop(self, phase: StopPhase, grace_s: float) -> None:
        async with trio.open_nursery() as nursery:
            for service in self._built.services:
                if service.stop_phase is phase:
                    nursery.start_soon(service.stop, grace_s)

    async def stop_for(self, seconds: float, grace_s: float = 0.0) -> None:
        """Be gone for a while, as a server that is started again: nobody is connected, and ports
        are closed; then they are open again. What was seen until then is still known.

        Args:
            grace_s: how long clients may take to hear that it stops.

        Raises:
            ListenError: somebody else listens on a port by then.
        """
        gone = [
            service
            for service in self._built.services
            if isinstance(service, ListeningService)
            and service.stop_phase is StopPhase.SESSIONS
            and service.acceptor.is_open
        ]
        async with trio.open_nursery() as nursery:
            for service in gone:
                nursery.start_soon(service.stop, grace_s)
        await trio.sleep(seconds)
        for service in gone:
            await service.reopen()

    async def end_sessions(self, grace_s: float | None = None) -> None:
        """The first half of :meth:`stop`: nobody is connected, and nobody can connect any more.

        The server's own tasks go on, so that it can still be asked what there was.
        """
        self.stopping = True
        grace_s = self.config.rtmp.shutdown_grace if grace_s is None else grace_s
        await self._stop(StopPhase.SESSIONS, grace_s)

    async def finish(self) -> None:
        """Stop accepting, let every session end by itself, and end the server."""
        self.stopping = True
        async with trio.open_nursery() as nursery:
            for service in self._built.services:
                if service.stop_phase is StopPhase.SESSIONS:
                    nursery.start_soon(service.finish)
        await self.hub.finish_tasks(self.config.rtmp.shutdown_grace)
        await self._stop(StopPhase.WITNESSES, self.config.rtmp.shutdown_grace)
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether the server has ended."""
        return self._stopped.is_set()

    async def wait_stopped(self) -> None:
        """Wait until the server has ended, however that was brought about."""
        await self._stopped.wait()


@asynccontextmanager
async def serve(
    config: Config | None = None,
    *,
    gate: Gate | Sequence[Gate] | None = None,
    services: Sequence[Offer] = SERVICES,
) -> AsyncIterator[Server]:
    """Run a server for as long as the block lasts; it is ready when the block begins.

    Any number of them run in one process without knowing of each other. Leaving the block
    stops it, with the configuration's grace; cancelling the block, or an exception in it, ends
    it at once. What the block raises comes out as it is.

    Args:
        config: all defaults if none is given.
        gate: who may connect, publish and play; everybody if none is given. Several are asked in
            order: see :class:`~trio_srs.hub.access.AccessControl`.
        services: what it offers, each if the configuration asks for it. Add to
            :data:`~trio_srs.server.build.SERVICES` to offer something of your own.

    Raises:
        ListenError: an address cannot be listened on.
        TlsConfigError: the certificate cannot be used.
        ApiNotInstalledError: ``api.listen`` is set without what it needs.
    """
    config = config or Config()
    built = build(config, gate, services)
    parts, server = built.parts, Server(built)
    alone: BaseException | None = None
    # The journal first: what others ask it while they hear of an event has its number.
    with parts.bus.listening(built.journal.hear), parts.bus.listening(log_event):
        try:
            for service in built.services:
                await service.listen()
            async with trio.open_nursery() as root:
                await root.start(_run_services, server, built)
                yield server
                if not server.stopped:
                    await server.stop()
        except BaseExceptionGroup as group:
            if len(group.exceptions) > 1:
                raise
            alone = group.exceptions[0]  # of the block, as a rule: without the nursery's wrapping
        finally:
            for service in built.services:
                service.close()
    if alone is not None:
        try:
            raise alone
        finally:
            del alone  # it refers to this frame


async def _run_services(
    server: Server, built: Built, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """The server's own tasks, until it is stopped."""
    parts = built.parts
    async with trio.open_nursery() as services:
        supervisor = parts.supervisor
        await services.start(supervisor.run)
        supervisor.start("broadcaster", parts.hub.broadcaster.run, restart=ALWAYS)
        supervisor.start("reports", parts.reports.run, restart=ALWAYS)
        if parts.reader is not None:  # without it nobody is heard: its end is the server's
            await services.start(parts.reader.run)
        for service in built.services:
            await services.start(_run_service, service, supervisor)
        parts.hub.outputs.begin_sources(parts.hub.streams)
        task_status.started()
        await server.wait_stopped()
        services.cancel_scope.cancel()


async def _run_service(
    service: Service[Config], supervisor: Supervisor, *, task_status: trio.TaskStatus[None]
) -> None:
    """One service; after a bug in it, it listens again.

    What it raises before it has started is raised: there is no server then.
    """
    start, failed = _Start(task_status), []

    async def run() -> None:
        if start.is_done:
            service.close()
            await service.listen()
        try:
            await service.run(task_status=start)
        except Exception as error:
            if start.is_done:
                raise
            failed.append(error)

    name = "+".join(service.urls) or type(service).__name__  # of one that listens nowhere
    await supervisor.watch(SupervisedTask(f"service {name}"), run)
    if failed:
        raise failed.pop()


@attrs.define
class _Start:
    """The start of a service, which is told once however often it starts."""

    status: trio.TaskStatus[None]
    is_done: bool = False

    def started(self, value: None = None) -> None:
        """Tell that it is up, the first time."""
        if not self.is_done:
            self.is_done = True
            self.status.started()


async def serve_forever(
    config: Config | None = None,
    *,
    gate: Gate | Sequence[Gate] | None = None,
    task_status: trio.TaskStatus[Server] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a server until it is stopped or cancelled; made for ``await nursery.start(...)``.

    ``nursery.start`` returns the :class:`Server` once every listener is up.
    """
    async with serve(config, gate=gate) as server:
        task_status.started(server)
        await server.wait_stopped()
