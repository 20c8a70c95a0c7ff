"""A stream in segments as files: written as they end, and removed when they are old. Floor 3.

The publisher never waits for the disk. What a slow, full or read-only disk does not take is said in
the log, and tried again for as long as it is listed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import trio

from trio_srs.hub.bus import Event, FilesFailed, FilesWritten
from trio_srs.hub.made_files import FileKind, MadeFile, WrittenFiles
from trio_srs.media.segments.segment_files import SegmentFile, SegmentFiles

if TYPE_CHECKING:
    from trio_srs.hub.segmented_stream import SegmentedStream
    from trio_srs.media.segments.file_names import FileNames
    from trio_srs.service.hls.config import HlsConfig
    from trio_srs.service.hls.disk_folder import DiskFolder
    from trio_srs.wire.path_template import PathRule

__all__ = ["DiskOutput"]

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_PAUSE_S: Final = 1.0
_MOST_PAUSE_S: Final = 30.0
_LAST_S: Final = 2.0
"""What is to be done while the server stops may take so long."""
_HZ: Final = 90_000
_LEAST_AGE_S: Final = 60.0
_ENDING: Final = r"(?:~[a-z0-9-]+)*\.(?:ts|m4s|mp4)"


@attrs.define(eq=False, kw_only=True)
class DiskOutput:
    """One presentation of a stream in files, for as long as it lasts and a while longer."""

    folder: DiskFolder
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]
    """Waits for a call that waits for the disk."""
    stream: str
    live: SegmentedStream
    config: HlsConfig
    names: Callable[[PathRule], FileNames]
    is_newest: Callable[[], bool]
    """Whether nobody else writes the stream's playlists by now."""
    superseded: Callable[[], Awaitable[None]]
    """Waits until somebody does."""
    publisher: Callable[[], tuple[str, str]]
    """The session that publishes it, or did, and the address of that."""
    announce: Callable[[Event], None]
    """Called when the disk refuses, and when it does no more."""
    tell: Callable[[MadeFile], None]
    """Called with each segment when it is there, and a playlist that lists it."""
    state: WrittenFiles = attrs.field(factory=WrittenFiles)
    """How it goes."""
    _untold: list[SegmentFile] = attrs.field(factory=list)
    _is_slow: bool = False

    async def run(self) -> None:
        """Write until the stream has ended; then remove what is there, when that is due.

        Raises:
            PathTakenError: the files of another stream are called so.
        """
        files = await self._persist(self._begin)
        catch_up = partial(self._catch_up, files)
        try:
            while not self._is_over:
                changed = self.live.changed
                await self._persist(catch_up)
                await changed.wait()
            with trio.move_on_after(self.config.dispose if self._is_removed else _MOST_PAUSE_S):
                await self._persist(catch_up)
                if self._is_removed:
                    await self.superseded()
                    await trio.sleep(self.config.window)
        finally:
            await self._end(files)

    @property
    def _is_over(self) -> bool:
        return self.live.has_ended or self.live.is_gone

    @property
    def _is_removed(self) -> bool:
        return self.config.dispose != float("inf")

    # ---------------------------------------------------------------- the disk

    async def _persist(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Do it, again and again while the disk refuses."""
        pause_s, failures, lost = _PAUSE_S, 0, self.state.lost
        while True:
            try:
                done = await work()
            except OSError as error:
                failures += 1
                self._refused(str(error))
                await trio.sleep(pause_s)
                pause_s = min(2 * pause_s, _MOST_PAUSE_S)
                continue
            if failures:
                self._taken_again(failures, self.state.lost - lost)
            return done

    def _refused(self, why: str) -> None:
        """The disk takes nothing: said once, and known for as long as that is so."""
        state = self.state
        is_new, state.trouble, state.failures = not state.trouble, why, state.failures + 1
        if is_new:
            session, peer = self.publisher()
            self.announce(FilesFailed(session=session, peer=peer, stream=self.stream, detail=why))

    def _taken_again(self, failures: int, lost: int) -> None:
        self.state.trouble = ""
        session, peer = self.publisher()
        self.announce(
            FilesWritten(
                session=session, peer=peer, stream=self.stream, failures=failures, lost=lost
            )
        )

    @property
    def _fields(self) -> dict[str, object]:
        return {"fields": {"stream": self.stream}}

    # ------------------------------------------------------------------- steps

    async def _begin(self) -> SegmentFiles:
        """Find out what files are called, and see that nobody else's are; remove what an earlier
        process has left."""
        files = SegmentFiles(
            self.live.presentation,
            self.names(await self.in_thread(self.folder.rule)),
            self.config.sound_labels,
        )
        self.folder.claim(files.names.claims, self.stream)
        where, _, name = files.names.all_segments.rpartition("/")
        if "*" not in where:
            pattern = "[0-9]+".join(map(re.escape, name.split("*"))) + _ENDING
            age_s = max(2 * self.config.window, _LEAST_AGE_S)
            sweep = partial(self.folder.sweep, where, re.compile(pattern), age_s)
            await self.in_thread(sweep)
        return files

    async def _catch_up(self, files: SegmentFiles) -> None:
        """Write all that is to be written. Raises OSError: some of it could not be."""
        is_more = True
        while is_more:
            file = files.next_segment()
            is_more = file is not None
            if file is not None:
                await self._write(file)
                files.wrote(file)
                self._untold.append(file)
            for playlist in files.playlists():
                text = playlist.text.encode()
                await self.in_thread(partial(self.folder.write, playlist.path, (text,)))
                files.wrote_playlist(playlist)
            if files.is_listed:
                self._say(files)
            stale = files.stale()
            if stale and self.config.cleanup:
                await self.in_thread(partial(self.folder.remove, stale))

    async def _write(self, file: SegmentFile) -> None:
        if not file.chunks:
            return
        began = trio.current_time()
        if file.init is not None:
            path, data = file.init
            await self.in_thread(partial(self.folder.write, path, (data,)))
        await self.in_thread(partial(self.folder.write, file.path, file.chunks))
        took_s, length_s = trio.current_time() - began, file.segment.duration / _HZ
        is_slow = took_s > length_s
        if is_slow and not self._is_slow:
            _log.warning(
                "the disk is too slow for %s: a segment of %.1f s took %.1f s",
                self.stream, length_s, took_s, extra=self._fields,
            )  # fmt: skip
        self._is_slow = is_slow

    def _say(self, files: SegmentFiles) -> None:
        """What is there now, and what never will be."""
        names, root = files.names, self.folder.root
        untold, self._untold = self._untold, []
        for file in untold:
            self.tell(
                MadeFile(
                    kind=FileKind.SEGMENT,
                    stream=self.stream,
                    session=self.publisher()[0],
                    path=str(root / file.path),
                    url=file.path,
                    duration_s=round(file.segment.duration / _HZ, 3),
                    number=file.segment.number,
                    playlist_path=str(root / names.main),
                    playlist_url=names.main,
                )
            )
        if files.missed > self.state.lost:
            _log.warning(
                "%d segments of %s left the window before they could be written",
                files.missed - self.state.lost, self.stream, extra=self._fields,
            )  # fmt: skip
            self.state.lost = files.missed

    async def _end(self, files: SegmentFiles) -> None:
        """Nothing is written any more."""
        is_newest = self.is_newest()
        if self._is_removed:
            paths = [*(files.playlist_paths if is_newest else ()), *files.segment_paths]
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _LAST_S):
                try:
                    await self.in_thread(partial(self.folder.remove, paths))
                except OSError as error:
                    _log.warning(
                        "files of %s are still there: %s", self.stream, error, extra=self._fields
                    )
        if is_newest:
            self.folder.release(files.names.claims)
