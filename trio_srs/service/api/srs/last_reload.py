"""What became of it when the configuration was last reloaded in SRS's way. Floor 3."""

from __future__ import annotations

import secrets
from typing import Final

import attrs

__all__ = ["LastReload"]

_ID_BYTES: Final = 4


@attrs.frozen
class LastReload:
    """What became of reading the configuration anew."""

    err: int = 0
    """0, or SRS's number of why it could not be used."""
    msg: str = "Success"
    """The same in words."""
    state: int = 0
    """0 before the first, then SRS's number for finished."""
    rid: str = attrs.field(factory=lambda: secrets.token_hex(_ID_BYTES))
    """Which time it was."""
