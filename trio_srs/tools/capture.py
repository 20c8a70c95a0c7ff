"""Captures: every publish in a file of its own, whole and exactly as it came. Floor 6.

What a player records is what the server made of a stream, from where the player joined. A
capture reads the stream's records instead, from the first one on: the digest of the file is that of
what was published. Files are written in threads; nobody who publishes or plays waits for them.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BufferedWriter
from itertools import count
from pathlib import Path
from typing import Final, Protocol

import trio

from trio_srs.hub.bus import Bus, Event, PublishBegan
from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.hub import Hub
from trio_srs.hub.policy import Lossless, ReaderTooSlowError
from trio_srs.hub.publish_record import PublishRecord
from trio_srs.hub.record import Record
from trio_srs.hub.reports import Reports
from trio_srs.tools.file_name import file_name
from trio_srs.wire.flv.tag import encode_header, encode_tag
from trio_srs.wire.flv.tag_messages import flv_tag
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["CaptureSource", "Captures", "capturing"]

_log = logging.getLogger(__name__)

_WAITING_MOST: Final = 256 * 2**20
"""Bytes that may wait for the disk; a capture that it cannot keep up with is given up."""


class CaptureSource(Protocol):
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


class _Capture:
    """One publish on its way into a file."""

    def __init__(self, cursor: Cursor, publish_record: PublishRecord, path: Path) -> None:
        self.path = path
        self.failed = ""
        self.cursor, self.publish_record = cursor, publish_record
        self._kinds: set[int] = set()

    async def write(self) -> None:
        """Write until the publish is over and all of it is in the file."""
        try:
            with self.cursor, await trio.to_thread.run_sync(self.path.open, "xb") as file:
                await trio.to_thread.run_sync(file.write, encode_header(True, True))
                async for records in self.cursor:
                    await trio.to_thread.run_sync(self._write, file, records)
                await trio.to_thread.run_sync(self._finish, file)
        except ReaderTooSlowError as error:
            self.failed = f"too much waits for the disk: {error}"
        except OSError as error:
            self.failed = error.strerror or str(error)
        if self.failed:
            stream = self.publish_record.stream
            _log.warning("the capture of %s was given up: %s", stream, self.failed)

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


class Captures:
    """The captures of a server: which go on, and when their files are whole."""

    def __init__(
        self,
        source: CaptureSource,
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
        publish_record = self._source.reports.newest(event.stream)
        if stream is not None and publish_record is not None:
            policy = Lossless(most_bytes=self._waiting_most, most_s=math.inf)
            cursor = stream.feed.cursor(policy, Begin.OLDEST, follow=False)
            capture = _Capture(cursor, publish_record, self._path(event.stream))
            publish_record.capture(str(capture.path))
            self._open.add(capture)
            self._nursery.start_soon(self._write, capture)

    async def _write(self, capture: _Capture) -> None:
        try:
            await capture.write()
        finally:
            self._open.discard(capture)
            self._changed.set()
            self._changed = trio.Event()
        if capture.failed:
            capture.publish_record.capture(None)

    def _path(self, stream: str) -> Path:
        """One that is free."""
        name = file_name(stream)
        paths = (self.folder / f"{name}-{number}.flv" for number in self._numbers)
        return next(path for path in paths if not path.exists())

    async def settled(self) -> None:
        """Wait until the files of all publishes that have ended are complete."""
        while any(not capture.publish_record.going_on for capture in self._open):
            await self._changed.wait()

    def stop(self) -> None:
        """Capture no more; what there is by now is still written."""
        for capture in self._open:
            capture.cursor.finish()


@asynccontextmanager
async def capturing(
    source: CaptureSource,
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
