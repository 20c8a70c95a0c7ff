"""The captures of one server: which sessions are noted, and how they come into files. Floor 3."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import trio

from trio_srs.hub.bus import Event, SessionConnected, SessionEnded
from trio_srs.hub.registry import SessionEntry
from trio_srs.service.base import Parts, StopPhase
from trio_srs.service.capture.config import CaptureConfig, CaptureWhen

if TYPE_CHECKING:
    from trio_srs.hub.capture_note import CaptureNote
    from trio_srs.net.transport import Transport
    from trio_srs.service.capture.capture_file import CaptureFile
    from trio_srs.service.capture.session_notes import MemoryBudget
    from trio_srs.wire.session_capture import CaptureKind, CaptureRecord

__all__ = ["CaptureSections", "CaptureService"]

_log = logging.getLogger(__name__)

_NOWHERE: Final[Mapping[str, Sequence[str]]] = {}
_REST_S: Final = 0.1
"""Between two writes, so that what comes in small pieces goes to the disk in larger ones."""


class CaptureSections(Protocol):
    """What of a configuration is about captures."""

    @property
    def capture(self) -> CaptureConfig:
        """The section ``[capture]`` of the configuration."""
        ...

    @property
    def vhost_captures(self) -> Mapping[str, CaptureWhen]:
        """What virtual hosts say of it, by the name of each that does."""
        ...


class CaptureService:
    """Puts taps on sessions that begin, and writes what they tell. It listens nowhere, and is there
    until the last session has ended.

    One task writes, in a thread: neither peers nor the server wait for the disk.
    """

    def __init__(self, sections: CaptureSections, parts: Parts) -> None:
        self._parts = parts
        self._config, self._of_vhosts = sections.capture, sections.vhost_captures
        self._files: dict[str, CaptureFile] = {}
        """By session, while it is open."""
        self._ended: deque[tuple[CaptureFile, CaptureRecord]] = deque()
        """Those that are over and to be written, and how they ended."""
        self._budget: MemoryBudget | None = None
        self._kept: deque[Path] = deque()
        self._news, self._hurry, self._written = trio.Event(), trio.Event(), trio.Event()
        self._listening = ExitStack()
        parts.settling.append(self.settled)
        self._is_writing = False
        self._rounds = 0
        """How often all that there was has been written."""
        self._is_hearing = False

    @property
    def stop_phase(self) -> StopPhase:
        """It writes how the sessions ended."""
        return StopPhase.WITNESSES

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        """None: it listens nowhere."""
        return _NOWHERE

    async def listen(self) -> None:
        """Note the sessions that begin, if that is asked for."""
        self._is_hearing = True
        self._adjust()

    def configure(self, sections: CaptureSections, /) -> None:
        """Go on with another configuration: it holds for the sessions that begin."""
        self._config, self._of_vhosts = sections.capture, sections.vhost_captures
        if self._budget is not None:
            self._budget.most = self._config.memory
        self._adjust()

    def _adjust(self) -> None:
        taps = self._parts.taps
        is_asked = self._config.when is not CaptureWhen.OFF or bool(self._of_vhosts)
        wanted = self._is_hearing and is_asked
        if wanted and self._put_tap not in taps:
            taps.insert(0, self._put_tap)  # the first is right above the wire
        elif not wanted:
            with suppress(ValueError):
                taps.remove(self._put_tap)

    async def prepare(self) -> None:
        """Import what the first session would wait for."""
        if self._config.when is not CaptureWhen.OFF:
            from trio_srs.service.capture import capture_file  # noqa: F401 - imported for its effect

    def close(self) -> None:
        """Note no more sessions. Idempotent."""
        self._is_hearing = False
        self._adjust()

    async def finish(self) -> None:
        """Wait until every session is over and all is written."""
        while self._files or self._ended or self._is_writing:
            await self._written.wait()

    async def stop(self, grace_s: float) -> None:
        """The same, for so long at most; files that are not whole then stay as they are."""
        with trio.move_on_after(grace_s):
            await self.finish()

    async def settled(self) -> None:
        """Wait until all that was noted so far is in its file, where there is to be one."""
        wanted = self._rounds + 1 + self._is_writing
        while self._rounds < wanted:
            self._news.set()
            self._hurry.set()
            await self._written.wait()

    # -------------------------------------------------------------------- notes

    def _put_tap(self, transport: Transport, entry: SessionEntry) -> Transport:
        # Only here: few servers capture anything.
        from trio_srs.hub.capture_note import CaptureNote
        from trio_srs.net.wire_tap import Tap
        from trio_srs.service.capture.capture_file import CaptureFile
        from trio_srs.service.capture.session_notes import MemoryBudget, SessionNotes

        config = self._config
        if self._budget is None:
            self._budget = MemoryBudget(config.memory)
            self._listening.enter_context(self._parts.bus.listening(self._hear))
        about = {
            "session": entry.id,
            "protocol": entry.protocol,
            "peer": entry.peer,
            "local": transport.local,
            "began_at": time.time() - (trio.current_time() - entry.began_at),
            "server": self._parts.server_name,
            "masked": config.mask,
        }
        entry.capture = CaptureNote()
        notes = SessionNotes(self._budget, first=config.first, last=config.last)
        self._files[entry.id] = file = CaptureFile(
            entry, notes, about, config.folder, mask=config.mask, when=config.when
        )
        return Tap(transport, partial(self._note, file))

    def _note(self, file: CaptureFile, kind: CaptureKind, data: bytes) -> None:
        file.note(kind, data)
        if file.is_streamed:
            self._news.set()

    def _hear(self, event: Event) -> None:
        if type(event) is not SessionEnded:
            if self._of_vhosts and (there := self._files.get(event.session)) is not None:
                self._see_where(there, event)
            return
        file = self._files.pop(event.session, None)
        if file is None:
            return
        from trio_srs.service.capture.capture_file import has_failed

        is_wanted = file.when is not CaptureWhen.OFF and has_failed(file.entry, event)
        if file.is_streamed or is_wanted:
            self._ended.append((file, file.outcome(event)))
            self._news.set()
            self._hurry.set()
        else:
            file.notes.forget()
            _note_of(file).finish(is_whole=False)
            self._tell_written()

    def _see_where(self, file: CaptureFile, event: Event) -> None:
        """A session may have come to a virtual host that wants it kept."""
        said = event.vhost if isinstance(event, SessionConnected) else getattr(event, "stream", "")
        vhost = said.partition("/")[0]
        when = self._of_vhosts.get(vhost)
        if when is not None:
            file.move(when, self._config.folder / vhost)

    # ------------------------------------------------------------------ writing

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write what was noted of sessions, until cancelled."""
        task_status.started()
        try:
            while True:
                await self._news.wait()
                with trio.move_on_after(_REST_S):
                    await self._hurry.wait()
                self._news, self._hurry = trio.Event(), trio.Event()
                await self._write_all()
        finally:
            self._listening.close()
            self._budget = None
            for file in (*self._files.values(), *(file for file, _ in self._ended)):
                file.close()
                _note_of(file).finish(is_whole=False)
            self._files.clear()
            self._ended.clear()

    async def _write_all(self) -> None:
        self._is_writing = True
        try:
            for file in list(self._files.values()):
                if file.is_streamed and file.notes.has_first:
                    await self._write(file, file.notes.take_first(), None)
            while self._ended:
                file, outcome = self._ended.popleft()
                records = [*file.notes.take_first(), *file.notes.take_last()]
                await self._write(file, records, outcome)
        finally:
            self._is_writing = False
            self._rounds += 1
            self._tell_written()

    async def _write(
        self, file: CaptureFile, records: list[CaptureRecord], outcome: CaptureRecord | None
    ) -> None:
        session = file.entry.id
        if not file.failed:
            try:
                await trio.to_thread.run_sync(file.write, records, outcome)
            except OSError as error:
                file.give_up(error.strerror or str(error))
                _log.warning("the capture of session %s was given up: %s", session, file.failed)
            except Exception as bug:  # no reason for other captures to suffer
                file.give_up(repr(bug))
                self._parts.supervisor.report(f"capture of {session}", bug, session=session)
        note = _note_of(file)
        note.path = str(file.path or "")
        if outcome is not None:
            note.finish(is_whole=not file.failed)
        if outcome is not None and file.path is not None:
            _log.info("session %s is captured in %s", session, file.path)
            await self._keep(file.path)

    async def _keep(self, path: Path) -> None:
        """There is one more file; the oldest makes room."""
        self._kept.append(path)
        while len(self._kept) > self._config.keep:
            oldest = self._kept.popleft()
            with suppress(OSError):  # somebody else has taken it away
                await trio.to_thread.run_sync(oldest.unlink)

    def _tell_written(self) -> None:
        self._written.set()
        self._written = trio.Event()


def _note_of(file: CaptureFile) -> CaptureNote:
    note = file.entry.capture
    assert note is not None  # it came with the tap
    return note
