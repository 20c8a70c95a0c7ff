"""One request as a server makes it of an ASGI application, step by step."""

from __future__ import annotations

import json
from typing import Any

import attrs
import trio

__all__ = ["Call"]


@attrs.define(eq=False)
class Call:
    """A request whose answer is taken piece by piece, by a client that may leave.

    Attributes:
        sent: what comes of the body; all of it, unless ``cut_off``.
        hold: with this, the client takes nothing: what is sent waits for it to be set.
    """

    app: Any
    path: str
    query: str = ""
    headers: dict[str, str] = attrs.field(factory=dict)
    method: str = "GET"
    sent: bytes = b""
    cut_off: bool = False
    status: int = 0
    said: dict[str, str] = attrs.field(factory=dict)
    body: bytearray = attrs.field(factory=bytearray)
    over: trio.Event = attrs.field(factory=trio.Event)
    hold: trio.Event | None = None
    _left: trio.Event = attrs.field(factory=trio.Event)
    _asked: bool = False
    _news: trio.Event = attrs.field(factory=trio.Event)

    async def run(self) -> None:
        """Ask, and take the answer until it is over."""
        headers = {"host": "localhost", **self.headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": self.query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("api", 80),
        }
        await self.app(scope, self._receive, self._send)
        self.over.set()

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self.sent, "more_body": self.cut_off}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await trio.lowlevel.checkpoint()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.said = {k.decode(): v.decode() for k, v in message["headers"]}
            return
        if self.hold is not None:
            await self.hold.wait()
        self.body += message.get("body", b"")
        self._news.set()
        self._news = trio.Event()
        if not message.get("more_body", False):
            self._left.set()

    def leave(self) -> None:
        """The client closes its connection."""
        self._left.set()

    async def heard(self, text: str) -> None:
        """Wait until this was said."""
        while text.encode() not in self.body:
            await self._news.wait()

    def json(self) -> Any:
        """The whole answer as JSON."""
        return json.loads(self.body)

    def events(self) -> list[tuple[int | None, str, Any]]:
        """The server-sent events so far: id, kind and data."""
        found = []
        for block in self.body.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "data" in fields:
                number = int(fields["id"].rpartition("-")[2]) if "id" in fields else None
                found.append((number, fields["event"], json.loads(fields["data"])))
        return found
