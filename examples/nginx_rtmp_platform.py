"""A platform as one writes it for nginx-rtmp: a secret key is published, a public name is watched.

Run it, and put what it prints into the configuration. It uses nothing but Python's own library.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

NAMES = {"f3b8c1d2-key-of-alice": "alice"}
"""By the key that an encoder publishes to: the name under which the stream is watched."""


class Platform(ThreadingHTTPServer):
    """Knows who is live."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.live: set[str] = set()

    @property
    def section(self) -> dict[str, Any]:
        """The section [hooks] of a server that calls it."""
        url = f"http://127.0.0.1:{self.server_port}"
        return {
            "dialect": "nginx-rtmp",
            "on_publish": [f"{url}/on_publish"],
            "on_play": [f"{url}/on_play"],
            "on_unpublish": [f"{url}/on_publish_done"],
        }

    def decide(self, call: dict[str, str]) -> tuple[int, str]:
        """The status of the answer, and Location."""
        name = call["name"]
        if call["call"] == "publish":
            if name not in NAMES:
                return 403, ""
            self.live.add(NAMES[name])
            return 302, NAMES[name]
        if call["call"] == "publish_done":
            self.live.discard(NAMES.get(name, ""))
        elif call["call"] == "play" and name not in self.live:
            return 404, ""
        return 200, ""


class Handler(BaseHTTPRequestHandler):
    """One connection of the server, which is kept."""

    protocol_version = "HTTP/1.1"
    server: Platform

    def do_POST(self) -> None:
        """Answer a call."""
        length = int(self.headers.get("Content-Length", 0))
        said = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        status, location = self.server.decide({name: values[0] for name, values in said.items()})
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""


if __name__ == "__main__":
    platform = Platform(int(sys.argv[1]) if len(sys.argv) > 1 else 8085)
    print("[hooks]")
    for key, value in platform.section.items():
        print(f"{key} = {json.dumps(value)}")
    platform.serve_forever()
