"""What became of the pictures of our pattern, by the numbers that are drawn in them. Floor 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from trio_srs.media.decoded.measures import PictureMeasures
from trio_srs.media.pattern.frame_code import NUMBER_BITS

__all__ = ["NumberFacts", "Numbered", "number_facts"]

_ROUND: Final = 1 << NUMBER_BITS


@attrs.frozen
class Numbered:
    """A picture at which something was found, and how many pictures that is about."""

    picture: PictureMeasures
    count: int = 1


@attrs.frozen(kw_only=True)
class NumberFacts:
    """What became of numbered pictures. Empty if fewer than two had a number."""

    read: tuple[tuple[int, PictureMeasures], ...] = ()
    """Numbers that go on where those of the picture go round, and their pictures, as shown."""
    unreadable: tuple[Numbered, ...] = ()
    """Pictures without a number: nobody knows which they are."""
    lost: tuple[Numbered, ...] = ()
    """Pictures before which some are missing, and how many."""
    repeated: tuple[Numbered, ...] = ()
    """Pictures that had been shown before."""
    reordered: tuple[Numbered, ...] = ()
    """Pictures that were shown behind a later one."""


def number_facts(pictures: Sequence[PictureMeasures]) -> NumberFacts:
    """Find out what became of them.

    What cannot be read may be what is missing there, so as many fewer are lost.
    """
    if sum(picture.number is not None for picture in pictures) < 2:
        return NumberFacts()
    follower = _Follower()
    for picture in pictures:
        follower.see(picture)
    return follower.facts()


@attrs.define(eq=False)
class _Follower:
    """Goes from picture to picture."""

    read: list[tuple[int, PictureMeasures]] = attrs.field(factory=list)
    unreadable: list[Numbered] = attrs.field(factory=list)
    gaps: list[tuple[int, int, PictureMeasures, int]] = attrs.field(factory=list)
    """From one number to another, the picture behind, and how many there could not be read."""
    repeated: list[Numbered] = attrs.field(factory=list)
    reordered: list[Numbered] = attrs.field(factory=list)
    seen: set[int] = attrs.field(factory=set)
    highest: int | None = None
    unread: int = 0
    """Since the last that was read."""

    def see(self, picture: PictureMeasures) -> None:
        if picture.number is None:
            self.unreadable.append(Numbered(picture))
            self.unread += 1
            return
        number = self._placed(picture.number)
        if number in self.seen:
            self.repeated.append(Numbered(picture))
        elif self.highest is not None and number < self.highest:
            self.reordered.append(Numbered(picture))
        elif self.highest is not None and number > self.highest + 1:
            self.gaps.append((self.highest, number, picture, self.unread))
        self.seen.add(number)
        self.read.append((number, picture))
        self.highest = number if self.highest is None else max(self.highest, number)
        self.unread = 0

    def _placed(self, number: int) -> int:
        """The number next to those before, the shorter way round."""
        if self.highest is None:
            return number
        half = _ROUND >> 1
        return self.highest + (number - self.highest + half) % _ROUND - half

    def facts(self) -> NumberFacts:
        lost = []
        for before, after, picture, unread in self.gaps:
            missing = sum(number not in self.seen for number in range(before + 1, after)) - unread
            if missing > 0:
                lost.append(Numbered(picture, missing))
        return NumberFacts(
            read=tuple(self.read),
            unreadable=tuple(self.unreadable),
            lost=tuple(lost),
            repeated=tuple(self.repeated),
            reordered=tuple(self.reordered),
        )
