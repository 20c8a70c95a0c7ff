"""One session on its way into a file, if it is to have one. Floor 3."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from io import BufferedWriter
from pathlib import Path
from typing import Final

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import ACCEPTED, ASKED
from trio_srs.service.capture.config import CaptureWhen
from trio_srs.service.capture.session_notes import SessionNotes
from trio_srs.session.rtmp_mask import SecretMask
from trio_srs.wire.session_capture import (
    MAGIC,
    CaptureKind,
    CaptureRecord,
    encode_record,
    facts_record,
)

__all__ = ["CaptureFile", "has_failed"]

_AS_MEANT: Final = frozenset(
    {
        EndReason.PEER_FIN,
        EndReason.STREAM_CLOSED,
        EndReason.SHUTDOWN,
        EndReason.KICKED,
        EndReason.REPLACED,
        EndReason.TIME_LIMIT,
    }
)
"""Ends that somebody wanted: the peer, an administrator, the configuration."""


_STRENGTH: Final = tuple(CaptureWhen)


def has_failed(entry: SessionEntry, ended: SessionEnded) -> bool:
    """Whether a session was refused something, or was ended by what nobody wanted."""
    requests = entry.requests.newest if entry.requests is not None else ()
    return ended.reason not in _AS_MEANT or any(
        each.outcome not in (ACCEPTED, ASKED)
        or (each.end is not None and each.end not in _AS_MEANT)
        for each in requests
    )


class CaptureFile:
    """What is kept of one session: notes that wait, and the file as far as it is written.

    Notes are taken in Trio's thread; :meth:`write` is called in another, one call at a time.

    Attributes:
        path: the file; None while there is none.
        failed: why it was given up, in words.
        when: whether it is written as the session goes on, or if that fails, or not at all.

    Args:
        about: what the file says of the session first.
    """

    def __init__(
        self,
        entry: SessionEntry,
        notes: SessionNotes,
        about: Mapping[str, object],
        folder: Path,
        *,
        mask: bool,
        when: CaptureWhen,
    ) -> None:
        self.path: Path | None = None
        self.failed = ""
        self.when = when
        self.entry = entry
        self.notes = notes
        self._began_unix = about["began_at"]
        self._about = facts_record(CaptureKind.ABOUT, 0, about)
        self._folder = folder
        self._mask = SecretMask() if mask else None
        self._file: BufferedWriter | None = None

    @property
    def is_streamed(self) -> bool:
        """Whether it is written as the session goes on, however that ends."""
        return self.when is CaptureWhen.ALWAYS

    def move(self, when: CaptureWhen, folder: Path) -> None:
        """It is of something that wants more kept, in a folder of its own, if it is in none yet."""
        if self.path is None and self._file is None:
            self._folder = folder
        self.when = max(self.when, when, key=_STRENGTH.index)

    def note(self, kind: CaptureKind, data: bytes) -> None:
        """Something happened on the connection; see :data:`~trio_srs.net.wire_tap.TapNote`."""
        if not self.failed:
            self.notes.note(CaptureRecord(kind, self._now_us(), data))

    def give_up(self, why: str) -> None:
        """It cannot be written; what was is left, as it may help."""
        self.failed = why
        self.notes.forget()
        self.close()

    def _now_us(self) -> int:
        return max(0, int((trio.current_time() - self.entry.began_at) * 1e6))

    def outcome(self, ended: SessionEnded) -> CaptureRecord:
        """What the file says last: how the session ended."""
        requests = self.entry.requests.newest if self.entry.requests is not None else ()
        facts = {
            "reason": ended.reason.value,
            "detail": ended.detail,
            "bytes_in": ended.bytes_in,
            "bytes_out": ended.bytes_out,
            "requests": [
                {"what": each.what, "stream": each.stream, "outcome": each.outcome}
                for each in requests
            ],
        }
        return facts_record(CaptureKind.OUTCOME, self._now_us(), facts)

    # ----------------------------------------------------------- in another thread

    def write(self, records: list[CaptureRecord], outcome: CaptureRecord | None) -> None:
        """Write some more records; with an outcome, they are the last.

        Raises:
            OSError: it cannot be written; what was written is left.
        """
        if self._file is None:
            self._file = self._open()
            self._file.write(MAGIC + encode_record(self._about))
        if self._mask is not None:
            records = [done for each in records for done in self._mask.add(each)]
            if outcome is not None:
                records += self._mask.finish()
        self._file.writelines(map(encode_record, records))
        if outcome is not None:
            self._file.write(encode_record(outcome))
            self.close()
        else:
            self._file.flush()

    def close(self) -> None:
        """Write no more. Idempotent."""
        if self._file is not None:
            with suppress(OSError):  # the disk is full for what is still in the buffer, too
                self._file.close()

    def _open(self) -> BufferedWriter:
        self._folder.mkdir(parents=True, exist_ok=True)
        at = datetime.fromtimestamp(float(str(self._began_unix)), UTC)
        name = f"{at:%Y%m%dT%H%M%S}-{self.entry.id}"
        number = 1
        while True:
            path = self._folder / f"{name}{f'-{number}' if number > 1 else ''}.rtmpcap"
            try:
                file = open(path, "xb", opener=_private)  # noqa: SIM115 - closed by close()
            except FileExistsError:
                number += 1
                continue
            self.path = path
            return file


def _private(path: str, flags: int) -> int:
    """What a peer says is for nobody else's eyes."""
    return os.open(path, flags, 0o600)
