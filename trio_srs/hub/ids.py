"""Ids of sessions and events, by which those of several processes can be told apart.

Floor 2.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from itertools import count
from typing import Final, NewType

__all__ = ["NAMELESS", "Ids", "ProcessName", "SrsIds", "parse_process_name"]

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


_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class SrsIds:
    """The ids that SRS has where we have names: of this server, its process, hosts and streams.

    Attributes:
        server: ``vid-…``, or the name of the process if it has one: the same in every answer and
            call of this server.
        service: of this process alone.
    """

    def __init__(self, process: ProcessName = NAMELESS) -> None:
        drawn = secrets.token_bytes(32)
        self._key = drawn
        self.service: Final = _letters(drawn[:8], 8)
        self.server: Final = process or self.of("server")

    def of(self, name: str) -> str:
        """The id of a virtual host, or of a stream by the name it has in the hub: while this
        process runs always the same, and no other's."""
        digest = hashlib.blake2b(name.encode(), key=self._key, digest_size=8).digest()
        return f"vid-{_letters(digest, 7)}"


def _letters(random: bytes, count: int) -> str:
    """So many letters and digits, made of bytes."""
    number = int.from_bytes(random)
    text = ""
    for _ in range(count):
        number, digit = divmod(number, len(_ALPHABET))
        text += _ALPHABET[digit]
    return text
