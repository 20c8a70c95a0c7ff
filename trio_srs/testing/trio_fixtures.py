"""The server, publishers and players of the fixtures, for tests that run under Trio. Floor 7.

The processes are the same; what waits for them is awaited, and can be cancelled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack

import trio

from trio_srs.testing.clients import ClientProcess, PlayerProcess, PublisherProcess
from trio_srs.testing.hints import WithHints
from trio_srs.testing.server import ServerHandle
from trio_srs.testing.starting import PublishWords, StartPlayer, StartPublisher

if TYPE_CHECKING:
    from trio_srs.testing.faults import FaultWords, RequestedFault
    from trio_srs.testing.kept_report import KeptReport

__all__ = ["TrioClient", "TrioPlayer", "TrioPublisher", "TrioServer"]

__tracebackhide__ = True  # pytest: see channel

T = TypeVar("T")
C = TypeVar("C", bound=ClientProcess)


async def _aside(call: Callable[..., T], *args: Any, **words: Any) -> T:
    """Have something done in a thread. If that is cancelled nobody waits for what comes of it."""
    return await trio.to_thread.run_sync(partial(call, *args, **words), abandon_on_cancel=True)


class TrioServer(WithHints):
    """A server whose methods are awaited.

    Attributes:
        sync: the server as synchronous tests have it, for what is not here.
    """

    def __init__(self, sync: ServerHandle) -> None:
        self.sync = sync

    def url(self, stream: str = "", protocol: str = "rtmp") -> str:
        """The URL of a stream here."""
        return self.sync.url(stream, protocol)

    def http_url(self, path: str = "") -> str:
        """The URL of a stream over HTTP."""
        return self.sync.http_url(path)

    def hls_url(self, stream: str) -> str:
        """The URL of a stream as HLS: its first playlist."""
        return self.sync.hls_url(stream)

    def dash_url(self, stream: str) -> str:
        """The URL of a stream as MPEG-DASH: its manifest."""
        return self.sync.dash_url(stream)

    async def wait_for_publish(
        self, stream: str, timeout_s: float = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait for a publish: :meth:`~trio_srs.testing.server.ServerHandle.wait_for_publish`."""
        return await _aside(self.sync.wait_for_publish, stream, timeout_s, since=since)

    async def wait_for_keyframe(
        self, stream: str, timeout_s: float = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait for the first keyframe."""
        return await _aside(self.sync.wait_for_keyframe, stream, timeout_s, since=since)

    async def wait_for_frames(
        self, stream: str, count: int, timeout_s: float = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait for so many frames."""
        return await _aside(self.sync.wait_for_frames, stream, count, timeout_s, since=since)

    async def wait_for_end(
        self, stream: str, timeout_s: float = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait for the end of a publish."""
        return await _aside(self.sync.wait_for_end, stream, timeout_s, since=since)

    async def wait_for_hls(
        self, stream: str, timeout_s: float = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait until players can take a stream as HLS."""
        return await _aside(self.sync.wait_for_hls, stream, timeout_s, since=since)

    async def wait_for_capture(self, session: str, timeout_s: float = 10.0) -> Path:
        """Wait until a session has ended and its capture is whole: the file."""
        return await _aside(self.sync.wait_for_capture, session, timeout_s)

    async def wait_for_dash(
        self, stream: str, timeout_s: float = 10.0, *, since: int | None = None
    ) -> KeptReport:
        """Wait until players can take a stream as MPEG-DASH."""
        return await _aside(self.sync.wait_for_dash, stream, timeout_s, since=since)

    async def wait_for_player(
        self, stream: str, timeout_s: float = 10.0, *, since: int | None = None
    ) -> None:
        """Wait until somebody plays a stream, be it published or not."""
        await _aside(self.sync.wait_for_player, stream, timeout_s, since=since)

    async def report(self, stream: str) -> KeptReport:
        """The newest report of a stream."""
        return await _aside(self.sync.report, stream)

    async def stop_for(self, duration: float | str) -> None:
        """Be gone for so long, and be there again."""
        await _aside(self.sync.stop_for, duration)

    async def fault(self, what: str, **words: Unpack[FaultWords]) -> RequestedFault:
        """Have the server do something wrong: see
        :meth:`~trio_srs.testing.server.ServerHandle.fault`."""
        return await _aside(self.sync.fault, what, **words)

    async def kick(self, stream: str) -> bool:
        """End whoever publishes a stream; whether there was anybody."""
        return await _aside(self.sync.kick, stream)


class TrioClient(WithHints, Generic[C]):
    """A publisher or a player whose methods are awaited.

    Attributes:
        sync: the client as synchronous tests have it: what it did and got.
    """

    def __init__(self, sync: C) -> None:
        self.sync = sync

    async def wait(self, timeout_s: float = 10.0) -> str:
        """Wait for its end; returns why it ended."""
        return await _aside(self.sync.wait, timeout_s)

    async def wait_for_frames(self, count: int, timeout_s: float = 10.0) -> None:
        """Wait for so many frames."""
        await _aside(self.sync.wait_for_frames, count, timeout_s)

    async def stop(self) -> None:
        """End it in good order."""
        await _aside(self.sync.stop)

    async def kill(self) -> None:
        """End it as ``kill -9`` does."""
        await _aside(self.sync.kill)

    async def stall(self) -> None:
        """Keep still until :meth:`resume`."""
        await _aside(self.sync.stall)

    async def resume(self) -> None:
        """Go on after :meth:`stall`."""
        await _aside(self.sync.resume)


class TrioPublisher(WithHints):
    """Starts publishers: ``publisher = await trio_rtmp_publisher("live/cam1")``."""

    def __init__(self, start: StartPublisher) -> None:
        self._start = start

    async def __call__(
        self,
        stream: str,
        pattern: str = "h264:320x180@25",
        *,
        audio: str = "aac",
        defects: Sequence[str] = (),
        file: str | os.PathLike[str] | None = None,
        speed: float = 1.0,
        **more: Unpack[PublishWords],
    ) -> TrioClient[PublisherProcess]:
        """Start one; the arguments are those of ``rtmp_publisher``."""
        words = {"audio": audio, "defects": defects, "file": file, "speed": speed, **more}
        return TrioClient(await _aside(self._start, stream, pattern, **words))


class TrioPlayer(WithHints):
    """Starts players: ``player = await trio_rtmp_player("live/cam1")``."""

    def __init__(self, start: StartPlayer) -> None:
        self._start = start

    async def __call__(self, stream: str) -> TrioClient[PlayerProcess]:
        """Start one; the arguments are those of ``rtmp_player``."""
        return TrioClient(await _aside(self._start, stream))
