"""Viewers over HTTP or WebSocket: as many, and as cheap, as RTMP players. Floor 6."""

from __future__ import annotations

import base64
from typing import Final

from trio_srs.errors import PeerError
from trio_srs.tools.load.player import LoadPlayer
from trio_srs.tools.load.skim import SkimError

__all__ = ["LoadViewer"]

_HEAD_MOST: Final = 16 * 1024
_KEY: Final = base64.b64encode(bytes(16)).decode()
_UPGRADE: Final = (
    f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {_KEY}\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)
_LINE_END: Final = b"\r\n"
_LINE_MOST: Final = 256
_IS_CHUNKED: Final = b"\r\ntransfer-encoding: chunked"


class NotServedError(PeerError):
    """The server answered something else than the stream; the text is its status line."""

    code = "load_not_served"


class _Chunked:
    """Takes HTTP/1.1's transfer coding off (RFC 9112 7.1): some servers send live streams in it."""

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0

    def unpacked(self, data: bytes) -> bytes:
        """What is in the chunks. Raises SkimError."""
        data, at, payload = self._rest + data, 0, []
        while True:
            some = data[at : at + self._left]
            payload.append(some[: max(0, self._left - len(_LINE_END))])
            at, self._left = at + len(some), self._left - len(some)
            line, end, _ = data[at : at + _LINE_MOST].partition(_LINE_END)
            if self._left or not end:
                break
            try:
                size = int(line.partition(b";")[0], 16)
            except ValueError as error:
                raise SkimError(f"{line[:40]!r} where a chunk of HTTP begins") from error
            at, self._left = at + len(line) + len(_LINE_END), size + len(_LINE_END)
        self._rest = data[at:]
        return b"".join(payload)


class LoadViewer(LoadPlayer):
    """One viewer: asks once, and skims what comes behind the head of the answer."""

    _chunked: _Chunked | None = None

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
        if _IS_CHUNKED in head.lower():
            self._chunked = _Chunked()
        self.started = True
        self.on_start()
        if rest:
            self.take(rest)

    def take(self, data: bytes) -> None:
        """Skim what is in it."""
        if self._chunked is not None:
            data = self._chunked.unpacked(data)
        if data:
            super().take(data)

    def acknowledge(self) -> None:
        """Nobody asks for that here."""
        self.acknowledge_at = 1 << 62
