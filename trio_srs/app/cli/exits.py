"""The exit codes of every command: one table. Floor 8."""

from __future__ import annotations

import enum

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

    @property
    def meaning(self) -> str:
        """A few words for the help text."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.OK: "done",
    Exit.FAILED: "failed, refused, or an expectation was not met",
    Exit.USAGE: "bad command line or configuration",
    Exit.NO_STREAM: "no stream came",
    Exit.COMMAND_FAILED: "all was met, but the command that was run failed",
}
