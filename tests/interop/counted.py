"""A server in a process of its own that counts what it holds, once for every byte that it reads.

It says its URL first, then a line of JSON for each count; it ends when its input does.
"""

from __future__ import annotations

import json
import os
import sys

import trio
from trio.testing import wait_all_tasks_blocked

from trio_srs import serve
from trio_srs.config.load import loads

__all__: list[str] = []


async def main() -> None:
    """Serve, and count when asked."""
    async with serve(loads('[rtmp]\nlisten = ["127.0.0.1:0"]')) as server:
        await wait_all_tasks_blocked()  # its own tasks have begun, and count
        _say(server.rtmp_url())
        async with trio.lowlevel.FdStream(os.dup(sys.stdin.fileno())) as asked:
            while await asked.receive_some(1):
                counts = {
                    "tasks": trio.lowlevel.current_statistics().tasks_living,
                    "sessions": len(server.registry),
                    "streams": len(server.hub),
                }
                _say(json.dumps(counts))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main)
