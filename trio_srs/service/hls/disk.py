"""Which streams are written as files, and where. Floor 3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import trio

from trio_srs.hub.supervisor import ONCE, TaskKind
from trio_srs.media.segments.file_names import FileNames
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.hls.disk_folder import DiskFolder
from trio_srs.service.hls.disk_output import DiskOutput
from trio_srs.wire.stream_name import split_key

if TYPE_CHECKING:
    from trio_srs.hub.made_files import WrittenFiles
    from trio_srs.hub.segmented_stream import SegmentedStream
    from trio_srs.hub.segmented_streams import SegmentsRule
    from trio_srs.media.segments.segment_keys import SegmentKey
    from trio_srs.service.base import Parts
    from trio_srs.service.hls.config import HlsConfig
    from trio_srs.service.segmented.scoped import Scoped
    from trio_srs.wire.path_template import PathRule

__all__ = ["Disk"]

_THREADS: Final = 8
"""That may wait for a disk at once: one that hangs holds so many, and no more."""


class Disk:
    """Lets what is cut be written, where the configuration says so.

    Attributes:
        in_thread: waits for a call that waits for a disk.
    """

    def __init__(self, parts: Parts, scoped: Scoped[HlsConfig]) -> None:
        self._parts, self._scoped = parts, scoped
        self._written: dict[str, list[SegmentedStream]] = {}
        self._folders: dict[Path, DiskFolder] = {}
        self._threads = trio.CapacityLimiter(_THREADS)
        self.in_thread: Callable[[Callable[[], Any]], Awaitable[Any]] = self._call
        parts.hub.segmented.on_cut.append(self.begin)

    def begin(self, stream: str, rule: SegmentsRule, live: SegmentedStream) -> None:
        """A stream begins to be cut: write it as long as it is, in a task of its own."""
        config = self._scoped.of(stream)
        if not config.enabled or config.folder is None or rule != config.rule(config.container):
            return
        parts, segmented = self._parts, self._parts.hub.segmented
        output = DiskOutput(
            folder=self._folders.setdefault(config.folder, DiskFolder(config.folder)),
            in_thread=self.in_thread,
            stream=stream,
            live=live,
            config=config,
            names=partial(self._names, stream, config),
            is_newest=partial(segmented.is_newest, stream, rule, live),
            superseded=partial(segmented.superseded, stream, rule, live),
            publisher=partial(self._publisher, stream),
            announce=parts.bus.tell,
            tell=parts.made_files.tell,
        )
        parts.made_files.written[stream] = output.state
        self._written.setdefault(stream, []).append(live)
        parts.supervisor.start(
            "hls-files",
            output.run,
            kind=TaskKind.DERIVED,
            stream=stream,
            restart=ONCE,
            on_end=partial(self._end, stream, live, output.state),
        )

    def _end(self, stream: str, live: SegmentedStream, state: WrittenFiles) -> None:
        written = self._parts.made_files.written
        if written.get(stream) is state:
            del written[stream]
        self._written[stream].remove(live)
        if not self._written[stream]:
            del self._written[stream]

    def find_key(self, stream: str, name: str) -> SegmentKey | None:
        """A key of segments that are in files, also when the stream has ended."""
        every = (live.presentation.keys for live in self._written.get(stream, ()))
        return next(filter(None, (keys.find(name) for keys in every if keys)), None)

    async def _call(self, call: Callable[[], Any]) -> Any:
        """Call in a thread; who is cancelled meanwhile leaves it to itself."""
        return await trio.to_thread.run_sync(call, limiter=self._threads, abandon_on_cancel=True)

    def _publisher(self, stream: str) -> tuple[str, str]:
        record = self._parts.reports.newest(stream)
        return ("", "") if record is None else (record.publisher.session, record.publisher.peer)

    def _names(self, stream: str, config: HlsConfig, rule: PathRule) -> FileNames:
        name = split_key(stream, self._parts.rules.vhost_of)
        return FileNames(
            playlist_template=config.playlist_template,
            segment_template=config.segment_template,
            rule=rule,
            vhost=name.vhost,
            app=name.app,
            stream=name.name,
            is_one_rendition=config.container is SegmentContainer.TS,
            entry_prefix=config.entry_prefix,
            key_prefix=config.key_prefix,
        )
