"""What a track of sound is called, for who chooses between several. Floor 1.

Source:
    RFC 8216, 4.3.4.1.1: names in a group differ, and of a language one is chosen unasked; RFC 5646
    for languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs

__all__ = ["SoundLabel", "labels_of", "read_label"]

_FIRST: Final = "audio"
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_NAME: Final = re.compile(r'[^"\x00-\x1f\x7f]{1,100}')


@attrs.frozen
class SoundLabel:
    """How a player shows a track that may be chosen."""

    language: str = ""
    """RFC 5646; empty: it is not known."""
    name: str = ""
    """For people; no other track of the stream has it. Empty: it has none of its own."""
    is_first: bool = False
    """It is what is played where nobody chooses."""
    is_automatic: bool = False
    """A player may choose it by itself: for who wants its language, or as the first."""


def read_label(text: str) -> SoundLabel:
    """A language, a colon and a name, or one of them alone.

    >>> read_label("de: Originalton")
    SoundLabel(language='de', name='Originalton', is_first=False, is_automatic=False)

    Raises:
        ValueError: that is neither.
    """
    language, _, name = (part.strip() for part in text.partition(":"))
    language_fits = not language or _LANGUAGE.fullmatch(language)
    if not (language or name) or not language_fits or (name and not _NAME.fullmatch(name)):
        raise ValueError(f'expected a language and a name, such as "en: English", not "{text}"')
    return SoundLabel(language, name)


def labels_of(tracks: Iterable[str], said: Sequence[SoundLabel]) -> Mapping[str, SoundLabel]:
    """The labels of all tracks of sound that there are.

    Args:
        tracks: the names of their renditions, the first one first: ``audio``, ``audio1``.
        said: of the tracks by number, the first first; of others nothing is known.
    """
    made: dict[str, SoundLabel] = {}
    for track in tracks:
        number = int(track.removeprefix(_FIRST) or 0)
        label = said[number] if number < len(said) else SoundLabel()
        is_known = any(label.language == each.language for each in made.values())
        made[track] = attrs.evolve(
            label,
            name=_free(label.name or label.language, track, made),
            is_first=not made,
            is_automatic=not made or bool(label.language and not is_known),
        )
    return made


def _free(name: str, track: str, made: Mapping[str, SoundLabel]) -> str:
    """The name, if it is one and nobody has it."""
    taken = {each.name for each in made.values()}
    free, more = name, 1
    while name and free in taken:
        free = f"{name} ({track})" if more == 1 else f"{name} ({track}, {more})"
        more += 1
    return free
