"""What one coded picture is, as its headers say. Floor 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

__all__ = ["AGAIN", "Picture", "PictureReader"]

AGAIN: Final = "again"
"""The type of a picture that was sent before and is shown now."""

_RANKS: Final = {"": 0, AGAIN: 1, "I": 2, "P": 3, "B": 4}


@attrs.define
class Picture:
    """Coded video: a message's worth, or all messages of a picture joined."""

    kind: str = ""
    """``"I"``, ``"P"``, ``"B"`` or :data:`AGAIN`; empty if there is no slice or frame, or none
    that can be read."""
    slices: int = 0
    """Slices, or where there are none, frames. Without any, it is no picture yet."""
    starts: bool = False
    """A picture's first slice is in it, or a frame that is shown: two of them are two pictures."""
    continues: bool = False
    """It has what only belongs to a slice or frame before it."""
    is_key: bool = False
    """A decoder must be told that it can begin here: IDR, IRAP, or a keyframe that is shown."""
    may_begin: bool = False
    """A decoder may be told so: it is intra, or recovers soon, or a keyframe that is not shown."""
    opens: bool = False
    """If it is a keyframe, its group is open: it is no clean place to begin."""
    leads: bool = False
    """It refers to pictures before the keyframe that it follows."""
    hidden: int = 0
    """Frames that are not shown."""
    size: tuple[int, int] | None = None
    """Width and height in pixels, where the frames say it and the header does not (VP8, VP9)."""
    sets: tuple[bytes, ...] = ()
    """Parameter sets (raw NALUs) or sequence headers (AV1) that stand in it."""
    first_slice: bytes = attrs.field(default=b"", eq=False, repr=False)
    """The first slice's NALU."""
    clean: bytes | None = None
    """The data without user data in SEI; None if there is none."""
    first_field: str | None = None
    """``"top"`` or ``"bottom"``, where a picture timing SEI says which is shown first."""
    broken: bool = False
    """It cannot be cut into its parts: there may be more in it."""
    trouble: str | None = attrs.field(default=None, eq=False)
    """What of it cannot be read; the rest is known all the same."""

    def joined(self, other: Picture) -> Picture:
        """This and what came next of the same picture, as one."""
        return Picture(
            kind=max(self.kind, other.kind, key=_RANKS.__getitem__),
            slices=self.slices + other.slices,
            starts=self.starts or other.starts,
            is_key=self.is_key or other.is_key,
            may_begin=self.may_begin or other.may_begin,
            opens=self.opens or (other.opens and other.slices > 0),
            leads=self.leads or other.leads,
            hidden=self.hidden + other.hidden,
        )


PictureReader = Callable[[bytes], Picture]
"""Reads what follows the FLV headers. Raises nothing: see :attr:`Picture.trouble`."""
