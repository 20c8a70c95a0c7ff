"""Watch a server by SRS's HTTP API, and end who has been there too long: for SRS or for trio-srs.

    python srs_operator.py http://127.0.0.1:1985 --most-seconds 3600

One line for each stream and client; with ``--most-seconds`` those are ended that came earlier.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

PAGE = 100
NO_SUCH_CLIENT = 2049


def ask(server: str, path: str, method: str = "GET") -> Any:
    """The answer to one request; SRS tells of errors in ``code``."""
    with urlopen(Request(f"{server}/api/v1/{path}", method=method), timeout=10) as answer:
        said = json.load(answer)
    if said["code"] not in (0, NO_SUCH_CLIENT):
        raise SystemExit(f"{path}: code {said['code']}")
    return said


def everything(server: str, kind: str) -> Iterator[Any]:
    """Each stream or client, page by page."""
    start = 0
    while page := ask(server, f"{kind}/?start={start}&count={PAGE}")[kind]:
        yield from page
        start += len(page)


def main() -> None:
    """Tell of streams and clients, and end some."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("--most-seconds", type=float, default=float("inf"))
    args = parser.parse_args()
    version = ask(args.server, "versions")["data"]["version"]
    cpu = ask(args.server, "summaries")["data"]["self"]["cpu_percent"]
    print(f"version {version}, {cpu:.0%} of a processor")
    for stream in everything(args.server, "streams"):
        video = stream["video"]
        size = f"{video['codec']} {video['width']}x{video['height']}" if video else "no video"
        live = "live" if stream["publish"]["active"] else "over"
        print(f"{stream['url']}: {live}, {size}, {stream['clients']} clients")
    for client in list(everything(args.server, "clients")):
        print(f"{client['id']}: {client['type']} of {client['url']} from {client['ip']}")
        if client["alive"] > args.most_seconds:
            code = ask(args.server, f"clients/{client['id']}", "DELETE")["code"]
            how = "had gone" if code == NO_SUCH_CLIENT else f"ended after {client['alive']:.0f} s"
            print(f"{client['id']}: {how}")


if __name__ == "__main__":
    main()
