"""A playlist as it was got at one time: as text, as tags, and as what it says. Floor 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.wire.hls.attribute_list import PlaylistError
from trio_srs.wire.hls.media_playlist import MediaPlaylist, PlaylistPart
from trio_srs.wire.hls.multivariant_playlist import MultivariantPlaylist
from trio_srs.wire.hls.playlist_reader import read_playlist

__all__ = ["PlaylistCopy", "PlaylistTag"]

_PREFIX: Final = "#EXT"

PlaylistTag = tuple[int, str, str]
"""Line, from 1 on, name (``EXTINF``; empty of a URI) and what stands behind the colon."""


class PlaylistCopy:
    """One answer that is a playlist of HLS, whatever is wrong with it."""

    def __init__(self, fetched: Fetched) -> None:
        self.fetched = fetched
        self.text = fetched.body.decode(errors="replace")
        self.trouble = ""
        """Why it cannot be read."""

    @cached_property
    def tags(self) -> tuple[PlaylistTag, ...]:
        """All lines that say something, in their order."""
        found = []
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.startswith(_PREFIX):
                name, _, value = line[1:].partition(":")
                found.append((number, name, value))
            elif line and not line.startswith("#"):
                found.append((number, "", line))
        return tuple(found)

    def named(self, name: str) -> Sequence[PlaylistTag]:
        """The tags of a name."""
        return self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> Mapping[str, list[PlaylistTag]]:
        found: dict[str, list[PlaylistTag]] = {}
        for tag in self.tags:
            found.setdefault(tag[1], []).append(tag)
        return found

    @cached_property
    def _said(self) -> MediaPlaylist | MultivariantPlaylist | None:
        try:
            return read_playlist(self.text)
        except PlaylistError as error:
            self.trouble = str(error)
            return None

    @property
    def media(self) -> MediaPlaylist | None:
        """What it says of one rendition; None if it is something else, or cannot be read."""
        said = self._said
        return said if isinstance(said, MediaPlaylist) else None

    @property
    def multivariant(self) -> MultivariantPlaylist | None:
        """What there is to choose from; likewise."""
        said = self._said
        return said if isinstance(said, MultivariantPlaylist) else None

    def where(self, line: int | None = None) -> str:
        """Which playlist, and when it was got."""
        place = f"{self.fetched.base}"
        return place if line is None else f"{place} line {line}"

    @cached_property
    def end(self) -> tuple[int, int]:
        """Number of the newest segment, and of its newest part: of a media playlist. A segment
        that is whole has all parts there will be: -1 stands for them."""
        said = self.media
        assert said is not None
        last = said.media_sequence + said.skipped + len(said.segments) - 1
        return (last + 1, len(said.parts) - 1) if said.parts else (last, -1)

    def numbered_parts(self) -> list[tuple[int, int, PlaylistPart]]:
        """All parts that are listed: number of the segment, and in it, from 0 on."""
        said = self.media
        assert said is not None
        first = said.media_sequence + said.skipped
        lists = [*(segment.parts for segment in said.segments), said.parts]
        return [
            (number, index, part)
            for number, parts in enumerate(lists, first)
            for index, part in enumerate(parts)
        ]
