"""What is noted of one session for its capture, within bounds. Floor 3."""

from __future__ import annotations

from collections import deque
from typing import Final

import attrs

from trio_srs.wire.session_capture import CaptureKind, CaptureRecord, omission

__all__ = ["MemoryBudget", "SessionNotes"]

_OVERHEAD: Final = 160
"""Bytes of memory that a record takes beside its data."""


@attrs.define
class MemoryBudget:
    """How much all notes together may hold, and hold now."""

    most: int
    used: int = 0

    def has_room(self, size: int) -> bool:
        """Whether so much more may be held."""
        return self.used + size <= self.most


class SessionNotes:
    """The beginning of a session and its end, and how much is left out between them.

    Notes are taken on the session's way and so never wait.

    Args:
        budget: what all sessions share.
        first, last: bytes that are kept of the beginning and of the end.
    """

    def __init__(self, budget: MemoryBudget, *, first: int, last: int) -> None:
        self._budget = budget
        self._first_left, self._last_most = first, last
        self._first: deque[CaptureRecord] = deque()
        self._last: deque[CaptureRecord] = deque()
        self._last_size = 0
        self._omitted = (0, 0)
        self._omitted_us = 0

    def note(self, record: CaptureRecord) -> None:
        """Something happened on the connection; it is kept as far as there is room."""
        size = len(record.data) + _OVERHEAD
        if self._first_left >= len(record.data) and self._budget.has_room(size):
            self._first_left -= len(record.data)
            self._first.append(record)
            self._budget.used += size
        else:
            self._first_left = -1  # what comes now is behind something that is not there
            self._note_last(record, size)

    def _note_last(self, record: CaptureRecord, size: int) -> None:
        self._last.append(record)
        self._last_size += len(record.data)
        self._budget.used += size
        while self._last and (
            self._last_size > self._last_most or self._budget.used > self._budget.most
        ):
            self._leave_out(self._last.popleft())

    def _leave_out(self, record: CaptureRecord) -> None:
        size = len(record.data)
        self._last_size -= size
        self._budget.used -= size + _OVERHEAD
        self._omitted_us = record.at_us
        received, sent = self._omitted
        if record.kind == CaptureKind.RECEIVED:
            received += size
        elif record.kind == CaptureKind.SENT:
            sent += size
        self._omitted = received, sent

    @property
    def has_first(self) -> bool:
        """Whether there is anything of the beginning that was not taken yet."""
        return bool(self._first)

    def take_first(self) -> list[CaptureRecord]:
        """What there is of the beginning by now, which is not held here any more."""
        taken = list(self._first)
        self._first.clear()
        self._give_back(taken)
        return taken

    def take_last(self) -> list[CaptureRecord]:
        """The end, behind how much is left out before it."""
        taken = list(self._last)
        self._last.clear()
        self._last_size = 0
        self._give_back(taken)
        if not any(self._omitted):
            return taken
        return [omission(self._omitted_us, *self._omitted), *taken]

    def forget(self) -> None:
        """Let go of all of it."""
        self.take_first()
        self.take_last()

    def _give_back(self, taken: list[CaptureRecord]) -> None:
        self._budget.used -= sum(len(each.data) + _OVERHEAD for each in taken)
