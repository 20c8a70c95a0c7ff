"""Spells: pictures, or packets of sound, in a row that have something in common. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import attrs

from trio_srs.media.decoded.measures import PictureMeasures, SoundMeasures

__all__ = [
    "SILENT_DB",
    "Spell",
    "is_black",
    "is_corrupt",
    "is_frozen",
    "is_plain",
    "picture_spells",
    "silences",
]

_BLACK: Final = 32.0
"""Luma: no block of a black picture is brighter, by 16 in 219 for what coding adds."""
_PLAIN: Final = 10.0
"""Levels by which the blocks of a single-coloured picture differ at most."""
SILENT_DB: Final = -60.0
"""What is no louder, of full scale, is silent."""


@attrs.frozen
class Spell:
    """A spell: the frame in which it begins, how many there are, how long it lasts."""

    index: int
    timestamp_ms: int
    count: int
    seconds: float


def is_black(picture: PictureMeasures) -> bool:
    """Whether nothing is to be seen: no block of 8x8 pixels is brighter than nearly black."""
    return picture.brightest <= _BLACK


def is_plain(picture: PictureMeasures) -> bool:
    """Whether it has a single colour, which is not black."""
    differs = max(picture.brightest - picture.darkest, picture.colours)
    return differs <= _PLAIN and not is_black(picture)


def is_frozen(picture: PictureMeasures) -> bool:
    """Whether it is the picture before once more. Black ones are black, and not frozen."""
    return picture.is_still and not is_black(picture)


def is_corrupt(picture: PictureMeasures) -> bool:
    """Whether the decoder had not all of it, or not all of what it hangs on."""
    return picture.is_corrupt


def picture_spells(
    pictures: Sequence[PictureMeasures], is_so: Callable[[PictureMeasures], bool]
) -> Iterator[Spell]:
    """Spells of pictures, each until the next picture is shown that is not so.

    The last lasts as long as the pictures before it do on average: nobody knows better.
    """
    first = None
    for at, picture in enumerate(pictures):
        if first is not None and not is_so(picture):
            yield _spell(pictures, first, at)
            first = None
        elif first is None and is_so(picture):
            first = at
    if first is not None:
        yield _spell(pictures, first, len(pictures))


def _spell(pictures: Sequence[PictureMeasures], first: int, end: int) -> Spell:
    began, count = pictures[first], end - first
    if end < len(pictures):
        ended_ms = pictures[end].shown_ms
    else:
        ended_ms = pictures[-1].shown_ms + _interval_ms(pictures)
    return Spell(began.index, began.timestamp_ms, count, (ended_ms - began.shown_ms) / 1000)


def _interval_ms(pictures: Sequence[PictureMeasures]) -> float:
    if len(pictures) < 2:
        return 0.0
    return (pictures[-1].shown_ms - pictures[0].shown_ms) / (len(pictures) - 1)


def silences(sounds: Sequence[SoundMeasures]) -> Iterator[Spell]:
    """Spells of packets in which nothing is to be heard."""
    first = None
    for at, sound in enumerate(sounds):
        is_silent = sound.level_db <= SILENT_DB
        if first is not None and not is_silent:
            yield _silence(sounds, first, at)
            first = None
        elif first is None and is_silent:
            first = at
    if first is not None:
        yield _silence(sounds, first, len(sounds))


def _silence(sounds: Sequence[SoundMeasures], first: int, end: int) -> Spell:
    began, last = sounds[first], sounds[end - 1]
    seconds = (last.heard_ms - began.heard_ms) / 1000 + last.seconds
    return Spell(began.index, began.timestamp_ms, end - first, seconds)
