"""Ids of sessions and events, by which those of several processes can be told apart.

Floor 2, and pure.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Final, NewType

__all__ = ["NAMELESS", "Ids", "ProcessName", "parse_process_name"]

ProcessName = NewType("ProcessName", str)
"""What the ids of one process begin with, if anything."""

NAMELESS: Final = ProcessName("")

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{0,32}")
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def parse_process_name(text: str) -> ProcessName:
    """Read a name that may stand in a URL and in a log as it is.

    Raises:
        ValueError: it may not. The message says what may.
    """
    if not _NAME.fullmatch(text):
        raise ValueError(
            f'expected at most 32 letters, digits, "-", "_" and ".", not {text[:64]!r}'
        )
    return ProcessName(text)


class Ids:
    """The ids of one process: ``c17`` for a session, or ``a-c17`` if the process is called ``a``.

    >>> Ids(ProcessName("a")).event(3)
    'a-3'
    """

    def __init__(self, process: ProcessName = NAMELESS) -> None:
        self.process: Final = process
        self._before = f"{process}-" if process else ""
        self._sessions = count(1)

    def next_session(self) -> str:
        """An id that no session of this process has had."""
        return f"{self._before}c{next(self._sessions)}"

    def event(self, number: int) -> str:
        """The id of the event of a number in this process's journal."""
        return f"{self._before}{number}"

    def event_number(self, event: str) -> int | None:
        """The number of an event by its id; None if it is none of this process."""
        number = event.removeprefix(self._before)
        is_ours = event.startswith(self._before) and _NUMBER.fullmatch(number)
        return int(number) if is_ours else None
