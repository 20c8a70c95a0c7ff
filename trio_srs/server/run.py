"""A running server: start, ready, reload, stop. Floor 5."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import attrs
import trio

from trio_srs.config.reload import Change, difference
from trio_srs.config.schema import Config
from trio_srs.hub.bus import Bus
from trio_srs.hub.gate import Gate
from trio_srs.hub.hub import Hub
from trio_srs.hub.registry import Registry
from trio_srs.net.address import Address
from trio_srs.server.build import Parts, build, tls_context
from trio_srs.server.logs import log_event

__all__ = ["Server", "serve", "serve_forever"]


class Server:
    """A server that is up. Made by :func:`serve`.

    Attributes:
        config: what it runs with now.
        stopping: whether it has been told to stop or to finish.
    """

    def __init__(self, config: Config, parts: Parts) -> None:
        self.config = config
        self._parts = parts
        self._stopped = trio.Event()
        self.stopping = False

    @property
    def hub(self) -> Hub:
        """The live streams."""
        return self._parts.hub

    @property
    def bus(self) -> Bus:
        """What happens, as it happens."""
        return self._parts.bus

    @property
    def registry(self) -> Registry:
        """The open sessions."""
        return self._parts.registry

    @property
    def addresses(self) -> dict[str, list[str]]:
        """The URLs it listens on, by protocol, with the real ports."""
        return {
            protocol: [_base_url(protocol, _reachable(each.address)) for each in listeners]
            for protocol, listeners in self._parts.rtmp.listeners.items()
        }

    def rtmp_url(self, path: str = "") -> str:
        """The URL of a stream here, such as ``rtmp://127.0.0.1:40123/live/a``."""
        return self._url("rtmp", path)

    def rtmps_url(self, path: str = "") -> str:
        """The same over TLS."""
        return self._url("rtmps", path)

    def _url(self, protocol: str, path: str) -> str:
        for listener in self._parts.rtmp.listeners[protocol]:
            if listener.address.path is None:
                return f"{_base_url(protocol, _reachable(listener.address))}/{path}"
        raise LookupError(f"this server does not listen for {protocol} on any TCP port")

    @property
    def ready(self) -> dict[str, object]:
        """What the ready line says: the process, and the URLs by protocol."""
        return {"event": "ready", "pid": os.getpid(), **self.addresses}

    def reload(self, config: Config) -> Sequence[Change]:
        """Take over what of another configuration can change while running.

        New connections, publishes and plays follow it; those that are go on as they began.

        Returns:
            every difference; those that are not ``live`` wait for a restart.
        """
        changes = difference(self.config, config)
        self._parts.rules.config = config
        self._parts.rtmp.context.config = attrs.evolve(
            config.rtmp,
            listen=self.config.rtmp.listen,
            backlog=self.config.rtmp.backlog,
        )
        self.config = config
        return changes

    async def stop(self, grace_s: float | None = None) -> None:
        """Tell every connection, close it, and end the server.

        Args:
            grace_s: how long that may take in all; what is still open then is cut off. The
                configuration's ``rtmp.shutdown_grace`` by default.
        """
        self.stopping = True
        grace_s = self.config.rtmp.shutdown_grace if grace_s is None else grace_s
        with trio.move_on_after(grace_s):
            await self._parts.rtmp.stop()
        self._stopped.set()

    async def finish(self) -> None:
        """Stop accepting, let every session end by itself, and end the server."""
        self.stopping = True
        await self._parts.rtmp.finish()
        self._stopped.set()

    async def wait_stopped(self) -> None:
        """Wait until the server has ended, however that was brought about."""
        await self._stopped.wait()


@asynccontextmanager
async def serve(config: Config | None = None, *, gate: Gate | None = None) -> AsyncIterator[Server]:
    """Run a server for as long as the block lasts; it is ready when the block begins.

    Any number of them run in one process without knowing of each other. Leaving the block
    stops it, with the configuration's grace; cancelling the block ends it at once.

    Args:
        config: all defaults if none is given.
        gate: who may connect, publish and play; everybody if none is given.

    Raises:
        ListenError: an address cannot be listened on.
        TlsConfigError: the certificate cannot be used.
    """
    config = config or Config()
    parts = build(config, gate)
    server = Server(config, parts)
    tls = tls_context(config.rtmps)
    with parts.bus.listening(log_event):
        try:
            await parts.rtmp.listen(config.rtmp.listen, config.rtmps.listen, tls)
            async with trio.open_nursery() as root:
                root.start_soon(_run_services, server, parts)
                yield server
                if not server.stopping:
                    await server.stop()
        finally:
            parts.rtmp.close()


async def _run_services(server: Server, parts: Parts) -> None:
    """The server's own tasks, until it is stopped."""
    async with trio.open_nursery() as services:
        services.start_soon(parts.hub.broadcaster.run)
        services.start_soon(parts.rtmp.run)
        await server.wait_stopped()
        services.cancel_scope.cancel()


async def serve_forever(
    config: Config | None = None,
    *,
    gate: Gate | None = None,
    task_status: trio.TaskStatus[Server] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run a server until it is stopped or cancelled; made for ``await nursery.start(...)``.

    ``nursery.start`` returns the :class:`Server` once every listener is up.
    """
    async with serve(config, gate=gate) as server:
        task_status.started(server)
        await server.wait_stopped()


def _base_url(protocol: str, address: Address) -> str:
    return f"{address}" if address.path is not None else f"{protocol}://{address}"


def _reachable(address: Address) -> Address:
    """An address to connect to for one to listen on: all addresses are reached at loopback."""
    anywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
    return attrs.evolve(address, host=anywhere.get(address.host, address.host))
