"""An HTTP service in memory that serves DASH beside HLS, and somebody who watches."""

from __future__ import annotations

import attrs
import trio

from tests.service.hls.house import HlsHouse
from tests.service.http.house import Answer, Client, HttpHouse
from trio_srs.service.dash.config import DashConfig
from trio_srs.service.dash.service import DashService
from trio_srs.wire.dash.manifest import Manifest
from trio_srs.wire.dash.manifest_reader import read_manifest
from trio_srs.wire.dash.segment_template import ListedSegment

__all__ = ["DashHouse", "DashWatcher"]


@attrs.define(eq=False)
class DashHouse(HlsHouse):
    """DASH beside everything that HTTP has."""

    dash_config: DashConfig = attrs.field(factory=DashConfig)
    dash: DashService = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.dash = DashService(self.parts, self.dash_config)
        self.hub.outputs.add(self.dash.output)
        self.service.context.routes = (self.hls, self.dash)

    async def run(self, *, task_status: trio.TaskStatus[HttpHouse]) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.dash.run)
            await super().run(task_status=task_status)

    async def see(self, path: str = "/live/a.mpd") -> DashWatcher:
        """Somebody asks for a stream, and is told what there is."""
        watcher = DashWatcher(self.dial(), path)
        await watcher.update()
        return watcher


@attrs.define(eq=False)
class DashWatcher:
    """A viewer on one connection."""

    client: Client
    path: str
    """Of the manifest: where it is asked for next."""
    all: Manifest = attrs.field(factory=lambda: Manifest(min_buffer_s=0.0))

    async def get(self, path: str, method: str = "GET", **fields: str) -> Answer:
        """Ask for a path, and wait for the answer."""
        said = {name.replace("_", "-"): value for name, value in fields.items()}
        await self.client.ask(path, method, fields=said)
        return await self.client.answer(method)

    def at(self, url: str) -> str:
        """A URL of the manifest as a path."""
        return f"{self.path.rpartition('/')[0]}/{url}"

    async def update(self) -> Manifest:
        """The manifest as of now; the next one is asked for where it says."""
        answer = await self.get(self.path)
        assert answer.status == 200, answer.body
        assert answer.fields["Content-Type"] == "application/dash+xml"
        text = answer.body.decode()
        self.all = read_manifest(text)
        assert self.all.write() == text
        return self.all

    async def follow(self) -> Manifest:
        """The next manifest, where the last one said that it is."""
        if self.all.location:
            self.path = self.at(self.all.location)
        return await self.update()

    def segments(self, name: str = "video") -> list[tuple[str, ListedSegment]]:
        """The segments of a track in all periods, with their paths."""
        found = []
        for period in self.all.periods:
            for each in period.sets:
                for one in each.representations:
                    if one.id == name:
                        found += [
                            (self.at(one.template.url(one.id, one.bandwidth, segment)), segment)
                            for segment in one.template.segments()
                        ]
        return found

    def init(self, name: str = "video", period: int = -1) -> str:
        """The path of what is needed to read a track."""
        one = next(
            one
            for each in self.all.periods[period].sets
            for one in each.representations
            if one.id == name
        )
        return self.at(one.template.initialization_url(one.id, one.bandwidth))
