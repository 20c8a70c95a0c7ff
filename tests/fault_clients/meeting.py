"""One client meets one fault: what the server saw of it."""

from __future__ import annotations

import math
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import attrs
import trio

from tests.fault_clients.situations import Client
from tests.interop.media import X264, Recipe
from tests.interop.programs import FFMPEG, FOR_EVER, copying, started
from trio_srs.config.layers import layered
from trio_srs.hub.bus import FaultTaken
from trio_srs.hub.journal import JournalEntry
from trio_srs.hub.sessions import SessionFacts
from trio_srs.server.run import Server, serve
from trio_srs.service.base import WebClient
from trio_srs.service.faults.fault_route import FaultRoute
from trio_srs.session.http_events import HttpRequest
from trio_srs.testing.child.serving import FOR_TESTS

__all__ = ["SOURCE", "Meeting", "meet"]

SOURCE: Final = Recipe(f"{X264} -b:v 2M -vf noise=c0s=60:c0f=t", "aac", seconds=40)
"""What is published: with noise in it, so that a connection that is not read fills up."""
_MOVES_S: Final = {"hls": 3.0}
_USUALLY_MOVES_S: Final = 1.0
"""Within which something comes, if anything does."""
_AT_ONCE_S: Final = 1.0
_PATIENCE_S: Final = {"hls": 8.0}
_USUAL_PATIENCE_S: Final = 2.0
_PATIENT: Final = {
    "rtmp": {"handshake_timeout": "1m", "refusal_linger": "1s"},
    "stream": {
        **dict.fromkeys(("publish_idle_timeout", "first_packet_timeout", "stalled_timeout"), "1m"),
        "slow_reader": "skip",
    },
}
"""The server waits for its clients longer than it is watched."""
_SIGNED_BY_NOBODY: Final = {"listen": ["127.0.0.1:0"], "self_signed": True}
_MORE: Final[dict[str, dict[str, dict[str, object]]]] = {
    "tls": {"rtmps": _SIGNED_BY_NOBODY, "https": _SIGNED_BY_NOBODY},
    "hls": {"hls": {"start": "publish", "segment": "1s"}},
}
"""What the server has besides, by table."""


@attrs.frozen
class Meeting:
    """What came of it."""

    client: Client
    fault: str
    taken: int
    """How often the fault was done."""
    left_after_s: float
    """When the client ended, from the first of that on; infinite if it did not."""
    watched_s: float
    connections: int
    """How often it connected after that."""
    moves: bool
    """Whether it still publishes, or still gets media, at the end."""
    is_connected: bool
    asked_again: int = 0
    """How often, over HTTP, it asked once more for what the first fault was done to."""

    @property
    def outcome(self) -> str:
        """In words."""
        if not self.taken:
            return "not met"
        again = f"connects again, {self.connections} times" if self.connections > 1 else ""
        again = "connects again" if self.connections == 1 else again
        if self.client.role == "hls":  # whose sessions are no connections
            again = f"asks again, {self.asked_again} times" if self.asked_again > 1 else ""
            again = "asks again" if self.asked_again == 1 else again
        if self.left_after_s < math.inf:
            return ", ".join(filter(None, (again, f"ends {_when(self.left_after_s)}")))
        if self.moves:
            stays = "goes on"
        else:
            stays = "waits" if self.is_connected else "stays, without a connection"
        return ", ".join(filter(None, (again, f"{stays} (after {self.watched_s:g} s)")))


def _when(seconds: float) -> str:
    return "at once" if seconds < _AT_ONCE_S else f"after {seconds:.0f} s"


async def meet(client: Client, fault: str, source: Path, watched_s: float) -> Meeting:
    """Start a server with a fault, and a client of it, and watch them for so long."""
    config = layered(FOR_TESTS, _PATIENT, _MORE.get(client.role, {}))
    async with serve(config) as server, trio.open_nursery() as nursery:
        if not client.publishes:
            feeding = copying(FFMPEG, source, server.rtmp_url("live/a"), *FOR_EVER)
            await nursery.start(_feed, feeding)
            await server.wait_for(
                "live/a", "hls_ready" if client.role == "hls" else "first_keyframe"
            )
        planned = server.add_fault(fault)
        asked = _noting(server)
        began = time.time()
        [url, *_] = server.addresses[client.protocol]
        async with _running(client, source, f"{url}/live/a{client.ending}") as process:
            patience_s = _PATIENCE_S.get(client.role, _USUAL_PATIENCE_S)
            left_at = await _until_left(process, server, began + patience_s, watched_s)
            taken = [it for it in server.journal.since(0) if isinstance(it.event, FaultTaken)]
            taken_at = taken[0].at if taken else began
            before = _traffic(server, client)
            moves_s = _MOVES_S.get(client.role, _USUALLY_MOVES_S)
            await trio.sleep(0 if process.poll() is not None else moves_s)
            meeting = Meeting(
                client=client,
                fault=fault,
                taken=planned.taken,
                left_after_s=left_at - taken_at,
                watched_s=watched_s,
                connections=len(
                    [it for it in _sessions(server, client) if it.began_at > taken_at + 0.05]
                ),
                moves=_traffic(server, client) > before,
                is_connected=any(it.end is None for it in _sessions(server, client)),
                asked_again=_asked_again(taken, asked),
            )
        nursery.cancel_scope.cancel()
    return meeting


def _noting(server: Server) -> list[tuple[float, str]]:
    """Note when what is asked for over HTTP, from now on."""
    asked: list[tuple[float, str]] = []
    [route] = (it for it in server._parts.web_routes if isinstance(it, FaultRoute))
    answer = route.answer

    def note(request: HttpRequest, client: WebClient) -> object:
        asked.append((time.time(), request.target.path))
        return answer(request, client)

    setattr(route, "answer", note)  # noqa: B010 - a type checker would not have it
    return asked


def _asked_again(taken: Sequence[JournalEntry], asked: Sequence[tuple[float, str]]) -> int:
    """How often somebody asked again for that to which the first fault was done."""
    first = next((it for it in taken if isinstance(it.event, FaultTaken)), None)
    if first is None or not isinstance(first.event, FaultTaken):
        return 0
    often = sum(path == first.event.detail and at > first.at for at, path in asked)
    is_playlist = first.event.detail.endswith(".m3u8")  # which is asked for again in any case
    return min(often, 1) if is_playlist else often


async def _feed(
    command: list[str], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    async with started(command):
        task_status.started()
        await trio.sleep_forever()


async def _until_left(
    process: trio.Process, server: Server, due_by: float, watched_s: float
) -> float:
    """When it ended; infinite if it is still there so long after the first fault, which is taken
    to be due by then if it is not done before."""
    while True:
        if process.poll() is not None:
            return time.time()
        taken = [it.at for it in server.journal.since(0) if isinstance(it.event, FaultTaken)]
        if time.time() - (taken[0] if taken else due_by) > watched_s:
            return math.inf
        await trio.sleep(0.02)


def _sessions(server: Server, client: Client) -> list[SessionFacts]:
    """Those of the client: of a player, all but the first, which publishes for it."""
    return list(server.sessions())[not client.publishes :]


def _traffic(server: Server, client: Client) -> int:
    """Bytes of media that went between them."""
    return sum(
        request.bytes
        for session in _sessions(server, client)
        for request in session.requests
        if request.what == ("publish" if client.publishes else "play")
    )


@asynccontextmanager
async def _running(client: Client, source: Path, url: str) -> AsyncIterator[trio.Process]:
    process = await trio.lowlevel.open_process(
        client.command(source, url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with trio.CancelScope(shield=True):
            # One is not enough: ffmpeg writes its trailer to who does not read.
            for each in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    process.send_signal(each)
                    with trio.move_on_after(0.3):
                        await process.wait()
            await process.wait()
