"""A value that is not shown: passwords, passphrases and keys in the configuration.

Floor -1: whoever loads the configuration reads the file or the variable.
"""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["Secret"]


@attrs.frozen
class Secret:
    """Text that no log, error or printed configuration shows."""

    value: str = attrs.field(repr=False)
    """The secret itself."""
    source: tuple[Literal["file", "env"], str] | None = None
    """Where it came from, when not from the configuration itself: a file, or a variable."""

    def __str__(self) -> str:
        return "***"
