"""HTTP on connections of the API, for one ASGI application: anycorn's part of it. Floor 3.

It and all behind it take longer to import than all the rest of a server, so nothing that is needed
before the ready line imports this.
"""

from __future__ import annotations

import logging
import socket
import ssl
from typing import Final

from anycorn import Config
from anycorn.typing import ConnectionState
from anycorn.utils import wrap_app
from anycorn.worker_context import WorkerContext

from trio_srs.service.api.app import make_app
from trio_srs.service.api.connection import ShortServer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.names import Asgi
from trio_srs.service.api.transport import PatientStream

__all__ = ["AsgiServer", "make_server"]

_log = logging.getLogger(__name__)

_REQUESTS: Final = 1_000_000
"""Requests on one connection before it is closed: in effect no limit."""


class AsgiServer:
    """Answers what is asked on the connections that it is given."""

    def __init__(self, app: Asgi) -> None:
        self._worker = WorkerContext(None)
        self._settings = _settings()
        self._app = wrap_app(app, 0, "asgi")

    async def take(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> PatientStream:
        """Own a connected socket, and shake hands for TLS if it is to be spoken.

        Raises:
            PeerGoneError: that came to nothing.
        """
        return await PatientStream.over(sock, tls)

    async def serve(self, stream: PatientStream) -> None:
        """Serve one connection to its end."""
        state = ConnectionState({})
        await ShortServer(self._app, self._settings, self._worker, state, stream).run()

    async def stop(self) -> None:
        """Close the connections that are idle, and each of the others when it is answered."""
        await self._worker.terminated.set()


def make_server(context: ApiContext) -> AsgiServer:
    """Of the API itself."""
    return AsgiServer(make_app(context))


def _settings() -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = _log
    config.include_server_header = False
    config.keep_alive_max_requests = _REQUESTS
    return config
