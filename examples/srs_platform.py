"""A platform as one writes it for SRS or Oryx: keys of publishers, and who watches, by callbacks.

Run it, and put what it prints into the configuration. It uses nothing but Python's own library.
"""

from __future__ import annotations

import hmac
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

SECRETS = {"live/studio": "s3cret-of-the-studio"}
"""Who may publish: by stream, the parameter `secret` that encoders say."""
MOST_VIEWERS = 100


class Platform(ThreadingHTTPServer):
    """Knows who watches what."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.viewers: dict[str, set[str]] = {}

    @property
    def section(self) -> dict[str, Any]:
        """The section [hooks] of a server that calls it."""
        url = f"http://127.0.0.1:{self.server_port}/terraform/v1/hooks/srs/verify"
        actions = ("on_publish", "on_unpublish", "on_play", "on_stop")
        return {action: [url] for action in actions}

    def decide(self, call: dict[str, Any]) -> dict[str, Any]:
        """What to answer to a call."""
        stream = f"{call['app']}/{call['stream']}"
        watching = self.viewers.setdefault(stream, set())
        if call["action"] == "on_publish":
            said = parse_qs(call["param"].lstrip("?")).get("secret", [""])[0]
            if not hmac.compare_digest(said, SECRETS.get(stream, "")) or not said:
                return {"code": 1, "message": "this key is not right"}
        elif call["action"] == "on_play":
            if len(watching) >= MOST_VIEWERS:
                return {"code": 2, "message": "too many are watching"}
            watching.add(call["client_id"])
        elif call["action"] == "on_stop":
            watching.discard(call["client_id"])
        return {"code": 0, "data": None}


class Handler(BaseHTTPRequestHandler):
    """One connection of the server, which is kept."""

    protocol_version = "HTTP/1.1"
    server: Platform

    def do_POST(self) -> None:
        """Answer a call."""
        length = int(self.headers.get("Content-Length", 0))
        answer = json.dumps(self.server.decide(json.loads(self.rfile.read(length)))).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""


if __name__ == "__main__":
    platform = Platform(int(sys.argv[1]) if len(sys.argv) > 1 else 8085)
    print("[hooks]")
    for action, urls in platform.section.items():
        print(f"{action} = {json.dumps(urls)}")
    platform.serve_forever()
