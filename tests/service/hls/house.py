"""An HTTP service in memory that serves HLS, and a publisher in real time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio

from tests.service.http.house import Answer, Client, HttpHouse
from trio_srs.hub.ids import ProcessName, SrsIds
from trio_srs.hub.journal import Journal
from trio_srs.hub.made_files import MadeFiles
from trio_srs.hub.turns import Turns
from trio_srs.hub.waiting import UntilKind, Waiting
from trio_srs.service.base import Parts
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.hls.service import HlsService
from trio_srs.testing.bodies import audio, audio_header, header, inter, key
from trio_srs.wire.hls.media_playlist import MediaPlaylist
from trio_srs.wire.hls.multivariant_playlist import MultivariantPlaylist
from trio_srs.wire.hls.playlist_reader import read_media_playlist, read_multivariant_playlist
from trio_srs.wire.rtmp.message import Message

__all__ = ["HlsHouse", "Watcher"]

FRAME_MS = 40


def picture(at_ms: int, gop_ms: int = 1000) -> list[Message]:
    """A picture, and the sound that comes with it."""
    made = key(at_ms) if at_ms % gop_ms == 0 else inter(at_ms)
    sounds = range(at_ms * 441 // 10240, (at_ms + FRAME_MS) * 441 // 10240)
    return [made, *(audio(number * 10240 // 441) for number in sounds)]


@attrs.define(eq=False)
class HlsHouse(HttpHouse):
    """HLS beside everything that HTTP has."""

    hls_config: HlsConfig = attrs.field(factory=HlsConfig)
    hls: HlsService = attrs.field(init=False)
    made_files: MadeFiles = attrs.field(init=False)
    parts: Parts = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        context, turns = self.service.context, Turns()
        self.parts = Parts(
            server_name="trio-srs/test",
            rules=self.rules,
            access=context.access,
            supervisor=self.hub.supervisor,
            hub=self.hub,
            bus=self.bus,
            registry=self.registry,
            journal=Journal(100),
            reports=self.hub.reports,
            waiting=Waiting(self.bus, self.hub.reports, self.registry, turns),
            srs_ids=SrsIds(ProcessName("")),
            turns=turns,
            reader=None,
            addresses=dict,
        )
        self.hls, self.made_files = HlsService(self.parts, self.hls_config), self.parts.made_files
        self.hub.outputs.add(self.hls.output)
        self.parts.waiting.offer(UntilKind.HLS_READY, self.hls.ready)
        context.routes = (self.hls,)

    async def run(self, *, task_status: trio.TaskStatus[HttpHouse]) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.hls.run)
            await super().run(task_status=task_status)

    @asynccontextmanager
    async def live(
        self, name: str = "live/a", gop_ms: int = 1000, *, start_ms: int = 0
    ) -> AsyncIterator[None]:
        """Somebody publishes in real time, pictures and sound, for as long as the block lasts."""

        async def send() -> None:
            began, number = trio.current_time(), 0
            while True:
                at_ms = start_ms + number * FRAME_MS
                publish.append_all(picture(at_ms, gop_ms), trio.current_time())
                number += 1
                await trio.sleep_until(began + number * FRAME_MS / 1000)

        async with self.hub.publishing(name, self.settings, self.somebody()) as publish:
            publish.append_all((header(), audio_header()), trio.current_time())
            async with trio.open_nursery() as nursery:
                nursery.start_soon(send)
                yield
                nursery.cancel_scope.cancel()

    async def watch(self, path: str = "/live/a.m3u8") -> Watcher:
        """Somebody asks for a stream, and is told what there is."""
        watcher = Watcher(self.dial())
        answer = await watcher.get(path)
        assert answer.status == 200, answer.body
        watcher.all = read_multivariant_playlist(answer.body.decode())
        return watcher


@attrs.define(eq=False)
class Watcher:
    """A viewer on one connection."""

    client: Client
    all: MultivariantPlaylist = attrs.field(factory=MultivariantPlaylist)

    @property
    def folder(self) -> str:
        """Where everything but the first playlist is."""
        return f"/live/{self.all.variants[0].uri.rpartition('/')[0]}"

    async def get(self, path: str, method: str = "GET", **fields: str) -> Answer:
        """Ask for a path, and wait for the answer."""
        said = {name.replace("_", "-"): value for name, value in fields.items()}
        await self.client.ask(path, method, fields=said)
        return await self.client.answer(method)

    async def file(self, name: str, **fields: str) -> Answer:
        """Ask for a file of the stream."""
        return await self.get(f"{self.folder}/{name}", **fields)

    async def playlist(self, name: str = "video.m3u8") -> MediaPlaylist:
        """The playlist of a rendition, with directives or without."""
        answer = await self.file(name)
        assert answer.status == 200, answer.body
        assert answer.fields["Content-Type"] == "application/vnd.apple.mpegurl"
        return read_media_playlist(answer.body.decode())
