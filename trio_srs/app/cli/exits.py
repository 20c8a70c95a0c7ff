"""The exit codes of every command: one table. Floor 8."""

from __future__ import annotations

import enum
import signal

__all__ = ["Exit"]


class Exit(enum.IntEnum):
    """What a command's exit code means, the same for all of them."""

    OK = 0
    """Done; what was expected is so."""
    FAILED = 1
    """Could not listen, connect or go on, was refused, or an expectation was not met."""
    USAGE = 2
    """The command line or the configuration cannot be used."""
    NO_STREAM = 3
    """No stream came, within the time given."""
    COMMAND_FAILED = 4
    """The command that was run failed, though a stream came and all expectations were met."""
    NOT_WRITTEN = 5
    """All went well, but what was to be written could not be, as on a full disk. A reader of
    standard output that has had enough is no such failure."""
    INTERRUPTED = 130
    """Ended by SIGINT (Ctrl-C) before it was done: 128 and the signal's number, as of a shell."""
    TERMINATED = 143
    """Ended by SIGTERM before it was done."""

    @property
    def meaning(self) -> str:
        """A few words for the help text."""
        return _MEANINGS[self]

    @classmethod
    def by(cls, number: signal.Signals) -> Exit:
        """That of a command which SIGINT or SIGTERM ended."""
        return cls(128 + number)


_MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "failed, refused, or an expectation was not met",
    Exit.USAGE: "bad command line or configuration",
    Exit.NO_STREAM: "no stream came",
    Exit.COMMAND_FAILED: "all was met, but the command that was run failed",
    Exit.NOT_WRITTEN: "all went well, but output could not be written",
    Exit.INTERRUPTED: "ended by SIGINT (Ctrl-C) before it was done",
    Exit.TERMINATED: "ended by SIGTERM before it was done",
}
