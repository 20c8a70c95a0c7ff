"""What a container cannot carry, by name. Floor 1."""

from __future__ import annotations

import enum
from typing import Final

import attrs

__all__ = ["MAX_LEFT_OUT", "LeftOut", "LeftOutCounter", "LeftOutReason"]

MAX_LEFT_OUT: Final = 32
"""Different things that are left out and named; a stream that has more of them is noise."""


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


@attrs.define(eq=False)
class LeftOutCounter:
    """Everything that is left out of one stream: at most :data:`MAX_LEFT_OUT` things, each with how
    often it was; what is new beyond those is not counted."""

    _found: dict[tuple[str, str, LeftOutReason], LeftOut] = attrs.field(factory=dict)

    @property
    def found(self) -> list[LeftOut]:
        """In the order in which they were first seen."""
        return list(self._found.values())

    def note(self, kind: str, codec: str, reason: LeftOutReason, detail: str) -> None:
        """Something is left out, perhaps again: then kind, codec and reason are as before."""
        known = self._found.get((kind, codec, reason))
        if known is not None:
            known.count += 1
        elif len(self._found) < MAX_LEFT_OUT:
            self._found[kind, codec, reason] = LeftOut(kind, codec, reason, detail)

    def clear(self) -> None:
        """Forget all of it, as another stream comes."""
        self._found.clear()
