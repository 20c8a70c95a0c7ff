"""What a container cannot carry, by name. Floor 1."""

from __future__ import annotations

import enum

import attrs

__all__ = ["LeftOut", "LeftOutReason"]


class LeftOutReason(enum.StrEnum):
    """Why something of a stream is not in a container."""

    NOT_CARRIED = "not_carried"
    """The container has no place for the codec, or not as it is configured."""
    NO_HEADER = "no_header"
    """No sequence header came, or none that can be read, and nothing can be decoded without."""
    NO_KEYFRAME = "no_keyframe"
    """Pictures before the first keyframe."""
    OTHER_TRACK = "other_track"
    """Another track of the same kind; the first is taken."""
    UNREADABLE = "unreadable"
    """A body or a frame that cannot be read."""


@attrs.define
class LeftOut:
    """One thing that is left out."""

    kind: str
    """``"video"`` or ``"audio"``."""
    codec: str
    """Our name, or a FourCC that nobody knows; empty if it cannot be read."""
    reason: LeftOutReason
    detail: str
    """What was seen the first time, in words."""
    count: int = 1
    """Messages that it was."""

    def __str__(self) -> str:
        return f"{self.kind} {self.codec}".rstrip() + f": {self.detail}"
