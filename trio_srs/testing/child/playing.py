"""A player in a process of its own, which knows everything about what it got. Floor 7."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import trio

from trio_srs.media.plain import plain
from trio_srs.media.probe import StreamProbe
from trio_srs.net.rtmp_player import RtmpPlayer, open_player
from trio_srs.testing.child.client import ChildClient, run_client
from trio_srs.tools.tally import Tally

__all__ = ["play"]


async def play(sock: socket.socket, words: Mapping[str, Any]) -> None:
    """Play what ``words`` say: ``url``."""
    await run_client(sock, _Playing(words["url"]))


class _Playing(ChildClient):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._tally = Tally()
        self._probe = StreamProbe()
        self._player: RtmpPlayer | None = None

    async def connected(self) -> str:
        async with open_player(self._url) as player:
            self._player = player
            self.accept()
            if await self.whole(self._take):
                return player.ended
        return "stopped"

    async def _take(self) -> None:
        assert self._player is not None  # it is what calls this
        await self.flowing()
        async for message in self._player:
            self._tally.add(message)
            self._probe.see(message, trio.current_time())
            self.change()
            await self.flowing()

    @property
    def frames(self) -> int:
        return self._tally.video_frames if self._tally.video else self._tally.audio_frames

    def state(self) -> dict[str, object]:
        statuses = self._player.statuses if self._player is not None else []
        return self._tally.as_dict() | {
            "frames": self.frames,
            "audio_frames": self._tally.audio_frames,
            "video_frames": self._tally.video_frames,
            "statuses": [each.code for each in statuses],
            "facts": plain(self._probe.facts()),
        }
