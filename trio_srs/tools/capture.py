"""Captures: every publish in a file of its own, whole and exactly as it came. Floor 6.

What a player records is what the server made of a stream, from where the player joined. A
capture follows the stream's log instead, from the first record on: the digest of the file is that
of what was published. Files are written in threads; nobody who publishes or plays waits for them.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BufferedWriter
from itertools import count
from pathlib import Path
from typing import Final, Protocol

import trio

from trio_srs.hub.bus import Bus, Event, PublishBegan
from trio_srs.hub.feed import Feed
from trio_srs.hub.follower import Follower
from trio_srs.hub.hub import Hub
from trio_srs.hub.record import RECORD_BYTES, Record
from trio_srs.hub.reports import Reports
from trio_srs.tools.file_name import file_name
from trio_srs.tools.play import flv_tag
from trio_srs.wire.flv.tag import encode_header, encode_tag
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["Captures", "Source", "capturing"]

_log = logging.getLogger(__name__)

_WAITING_MOST: Final = 256 * 2**20
"""Bytes that may wait for the disk; a capture that it cannot keep up with is given up."""
_BATCH: Final = 2**20
"""Bytes written at a time, and let go of then."""


class Source(Protocol):
    """What captures are made of: a server, or the same parts of one."""

    @property
    def hub(self) -> Hub:
        """All live streams: those to capture are found here."""
        ...

    @property
    def bus(self) -> Bus:
        """Tells when a publish begins."""
        ...

    @property
    def reports(self) -> Reports:
        """Where it is said which file has a publish."""
        ...


class _Capture(Follower):
    """One publish on its way into a file."""

    def __init__(self, feed: Feed, path: Path, waiting_most: int) -> None:
        super().__init__(feed)
        self.path = path
        self.failed = ""
        self._stream = feed.name
        self._waiting_most = waiting_most
        self._waiting: deque[Record] = deque()
        self._size = 0  # of what waits, and of what is being written
        self._kinds: set[int] = set()
        self._news = trio.Event()

    def see(self, records: list[Record]) -> None:
        """Keep records until they are written: they are in memory anyway."""
        if self.failed:
            return
        self._waiting += records
        self._size += sum(map(_cost, records))
        if self._size > self._waiting_most:
            self.failed = f"more than {self._waiting_most} bytes wait for the disk"
            self._waiting.clear()
        self._news.set()

    def let_go(self) -> None:
        """The publish is over: so is the file, once everything is in it."""
        super().let_go()
        self._news.set()

    async def write(self) -> None:
        """Write until the publish is over and all of it is in the file."""
        try:
            with await trio.to_thread.run_sync(self.path.open, "xb") as file:
                await trio.to_thread.run_sync(file.write, encode_header(True, True))
                while not self.failed and (self.following or self._waiting):
                    await self._news.wait()
                    self._news = trio.Event()
                    while self._waiting:
                        records, size = self._next_batch()
                        await trio.to_thread.run_sync(self._write, file, records)
                        self._size -= size
                await trio.to_thread.run_sync(self._finish, file)
        except OSError as error:
            self.failed = error.strerror or str(error)
        if self.failed:
            _log.warning("the capture of %s was given up: %s", self._stream, self.failed)

    def _next_batch(self) -> tuple[list[Record], int]:
        """The oldest that wait, and what they take until they are written."""
        records, size = [], 0
        while self._waiting and size < _BATCH:
            records.append(record := self._waiting.popleft())
            size += _cost(record)
        return records, size

    def _write(self, file: BufferedWriter, records: list[Record]) -> None:
        for record in records:
            message = Message(record.type_id, 0, record.sent_ms, record.sent_body)
            tag = flv_tag(message)
            if tag is not None:
                self._kinds.add(tag.type_id)
                file.write(encode_tag(tag))
        file.flush()

    def _finish(self, file: BufferedWriter) -> None:
        """Now it is known what the header should have said."""
        file.seek(0)
        has = (MessageType.AUDIO in self._kinds, MessageType.VIDEO in self._kinds)
        file.write(encode_header(*has))


def _cost(record: Record) -> int:
    """What it takes in memory, if nobody else holds it."""
    put_in = 0 if record.sent_body is record.body else len(record.sent_body)
    return RECORD_BYTES + len(record.body) + put_in


class Captures:
    """The captures of a server: which go on, and when their files are whole."""

    def __init__(
        self,
        source: Source,
        folder: Path,
        nursery: trio.Nursery,
        *,
        wanted: Callable[[str], bool],
        waiting_most: int,
    ) -> None:
        self.folder = folder
        self._source, self._nursery = source, nursery
        self._wanted, self._waiting_most = wanted, waiting_most
        self._numbers = count(1)
        self._open: set[_Capture] = set()
        self._changed = trio.Event()

    def hear(self, event: Event) -> None:
        """A publish may have begun; nothing of it has come yet."""
        if not isinstance(event, PublishBegan) or not self._wanted(event.stream):
            return
        stream = self._source.hub.find(event.stream)
        publication = self._source.reports.newest(event.stream)
        if stream is not None and publication is not None:
            capture = _Capture(stream.feed, self._path(event.stream), self._waiting_most)
            publication.capture(str(capture.path))
            self._source.reports.follow(capture)
            self._open.add(capture)
            self._nursery.start_soon(self._write, capture, publication.capture)

    async def _write(self, capture: _Capture, say: Callable[[str | None], None]) -> None:
        try:
            await capture.write()
        finally:
            capture.let_go()
            self._open.discard(capture)
            self._changed.set()
            self._changed = trio.Event()
        if capture.failed:
            say(None)

    def _path(self, stream: str) -> Path:
        """One that is free."""
        name = file_name(stream)
        paths = (self.folder / f"{name}-{number}.flv" for number in self._numbers)
        return next(path for path in paths if not path.exists())

    async def settled(self) -> None:
        """Wait until the files of all publishes that have ended are complete."""
        while any(not capture.following for capture in self._open):
            await self._changed.wait()

    def stop(self) -> None:
        """Follow no longer; what was seen is still written."""
        for capture in list(self._open):
            capture.let_go()


@asynccontextmanager
async def capturing(
    source: Source,
    folder: Path,
    *,
    wanted: Callable[[str], bool] = lambda _: True,
    waiting_most: int = _WAITING_MOST,
) -> AsyncIterator[Captures]:
    """Capture every publish that begins in the block, into files in a folder (FLV).

    The path is in the publish's report, as ``captured``. Leaving the block completes the files of
    publishes that go on; those are captured up to there. A capture that fails is logged, and its
    report says that there is none.

    Args:
        source: a :class:`~trio_srs.server.run.Server`.
        folder: must exist.
        wanted: whether the streams of a name are captured.
        waiting_most: bytes that may wait for the disk, what is being written among them; each
            message counts 512 more than its body.
    """
    async with trio.open_nursery() as nursery:
        captures = Captures(source, folder, nursery, wanted=wanted, waiting_most=waiting_most)
        with source.bus.listening(captures.hear):
            try:
                yield captures
            finally:
                captures.stop()
