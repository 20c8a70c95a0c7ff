"""Viewers over HTTP or WebSocket: as many, and as cheap, as RTMP players. Floor 6."""

from __future__ import annotations

import base64
from typing import Final

from trio_srs.errors import PeerError
from trio_srs.tools.load.player import LoadPlayer

__all__ = ["LoadViewer"]

_HEAD_MOST: Final = 16 * 1024
_KEY: Final = base64.b64encode(bytes(16)).decode()
_UPGRADE: Final = (
    f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {_KEY}\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)


class NotServedError(PeerError):
    """The server answered something else than the stream; the text is its status line."""

    code = "load_not_served"


class LoadViewer(LoadPlayer):
    """One viewer: asks once, and skims what comes behind the head of the answer."""

    def hello(self) -> bytes:
        """The request for the stream, with that for WebSocket in it where the URL has it so."""
        url = self._plan.view(self.number)
        upgrade = _UPGRADE if url.scheme == "ws" else ""
        return f"GET {url.target} HTTP/1.1\r\nHost: {url.authority}\r\n{upgrade}\r\n".encode()

    def shake(self, data: bytes) -> None:
        """Collect the head of the answer.

        Raises:
            NotServedError: it says no, or does not end.
        """
        head, end, rest = self.collect(data).partition(b"\r\n\r\n")
        if not end and len(head) < _HEAD_MOST:
            return
        status = head.split(b"\r\n")[0].decode("latin-1")
        if not end or status.split(" ")[1:2] not in (["200"], ["101"]):
            raise NotServedError(status[:200])
        self.shaken()
        self.started = True
        self.on_start()
        if rest:
            self.take(rest)

    def acknowledge(self) -> None:
        """Nobody asks for that here."""
        self.acknowledge_at = 1 << 62
