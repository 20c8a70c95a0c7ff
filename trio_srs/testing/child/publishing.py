"""A publisher in a process of its own: a synthetic stream, or a file. Floor 7."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from trio_srs.errors import RefusedError
from trio_srs.media.pattern import Defect, Pattern
from trio_srs.net.rtmp_client import open_client
from trio_srs.net.rtmp_publisher import RtmpPublisher
from trio_srs.testing.child.client import ChildClient, run_client
from trio_srs.testing.child.orders import STARTED, refusal
from trio_srs.tools.publish import FilePublish, PatternPublish, PublishOptions
from trio_srs.wire.rtmp.message import Message

__all__ = ["publish"]


async def publish(sock: socket.socket, words: Mapping[str, Any]) -> None:
    """Publish, as told by ``words``: ``url``, and either ``file`` or ``pattern``."""
    try:
        client = _Publishing(words["url"], words)
    except RefusedError as error:
        sock.sendall(refusal(STARTED, error))
        return
    await run_client(sock, client)


class _Publishing(ChildClient):
    def __init__(self, url: str, words: Mapping[str, Any]) -> None:
        """Raises PatternError or MediaFileError: there is no such stream to publish."""
        super().__init__()
        self._url = url
        self._job = _file(words) if "file" in words else _pattern(words)

    async def connected(self) -> str:
        async with open_client(_Stallable, self._url) as publisher:
            publisher.client = self
            self.accept()
            whole = await self.whole(partial(self._job.run, publisher))
        return "complete" if whole else "stopped"

    def state(self) -> dict[str, object]:
        return self._job.tally.as_dict() | {"frames": self.frames}

    @property
    def frames(self) -> int:
        tally = self._job.tally
        return tally.video_frames if tally.video else tally.audio_frames


class _Stallable(RtmpPublisher):
    """A publisher that keeps still while it is told to."""

    client: ChildClient

    async def send(self, message: Message, on_begun: Callable[[], None] | None = None) -> None:
        await self.client.flowing()
        await super().send(message, on_begun)
        self.client.change()


def _pattern(words: Mapping[str, Any]) -> PatternPublish:
    defects = tuple(map(Defect.parse, words["defects"]))
    pattern = Pattern.parse(words["pattern"], words["audio"], defects=defects, **words["more"])
    return PatternPublish(pattern, words["speed"])


def _file(words: Mapping[str, Any]) -> FilePublish:
    options = PublishOptions(speed=words["speed"], **words["more"])
    job = FilePublish(Path(words["file"]), options)
    job.check()
    return job
