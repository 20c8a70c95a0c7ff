"""The server under soak, in a process of its own: ``python -m benchmarks.soak.server``.

It reads commands from standard input, a JSON object a line, and answers each with a line:
``{"do": "sample"}`` with what the process holds, ``{"do": "kick", "number": n}`` with the name of a
stream whose publisher was ended. Between them it says ``{"ended": peer, "skipped": n}`` for every
play that is over.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

import trio

import trio_srs
from trio_srs.hub.bus import Event, PlayEnded
from trio_srs.server.collector import tune_collector

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _tell(event: Event) -> None:
    if isinstance(event, PlayEnded):
        _say({"ended": event.peer, "skipped": event.skipped})


def sample(server: trio_srs.Server) -> dict[str, Any]:
    """What this process holds now."""
    statm = Path("/proc/self/statm").read_text().split()
    return {
        "rss": int(statm[1]) * _PAGE,
        "descriptors": len(os.listdir("/proc/self/fd")),
        "tasks": trio.lowlevel.current_statistics().tasks_living,
        "sessions": len(server.registry),
        "streams": len(server.hub),
    }


def kick(server: trio_srs.Server, number: int) -> dict[str, Any]:
    """End the publisher of some stream."""
    names = sorted(live.name for live in server.hub if live.publishing)
    if not names:
        return {"kicked": None}
    name = names[number % len(names)]
    return {"kicked": name if server.hub.kick(name, "soaked") else None}


async def _main(overrides: list[str]) -> None:
    config = trio_srs.load_config(overrides=overrides)
    async with trio_srs.serve(config) as server:
        with server.bus.listening(_tell):
            tune_collector()
            _say(server.ready)
            async for line in trio.wrap_file(sys.stdin):
                command = json.loads(line)
                if command["do"] == "sample":
                    _say(sample(server))
                else:
                    _say(kick(server, command["number"]))


if __name__ == "__main__":
    trio.run(_main, sys.argv[1:])
