"""Everything that one viewer got, put together: playlists over time, and the segments in them.
Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import attrs

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.manifest_copy import ManifestCopy
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.segment_content import SegmentContent
from trio_srs.wire.hls.media_playlist import MediaPlaylist, PlaylistPart, PlaylistSegment
from trio_srs.wire.ts.packet import CLOCK_HZ

__all__ = ["Decrypt", "SeenRendition", "SeenSegment", "Viewing", "is_manifest", "is_playlist"]

_ENDING: Final = ".m3u8"
_TYPE: Final = "mpegurl"
_MANIFEST_ENDING: Final = ".mpd"
_MANIFEST_TYPE: Final = "dash+xml"
_IV_BYTES: Final = 16
_HEAD: Final = b"#EXTM3U"
_MANIFEST_HEAD: Final = b"<MPD"
_MOST_HEAD: Final = 1000

Decrypt: TypeAlias = Callable[[bytes, bytes, bytes], bytes]
"""Key, initialization vector and data."""


@attrs.define(eq=False)
class SeenSegment:
    """A segment as playlists listed it, with what is in it."""

    number: int
    """Media sequence number."""
    url: str
    listed: PlaylistSegment
    """When it was listed first."""
    init_url: str
    discontinuity: int | None
    """Its discontinuity number; None where it could not be counted."""
    listed_at_s: float
    """When the first playlist that has it was there; likewise the next two."""
    gone_at_s: float | None = None
    """The first that has it no longer; None while it is listed."""
    parts: tuple[PlaylistPart, ...] = ()
    """All that were ever listed of it."""
    parts_gone_at_s: float | None = None
    """When a playlist had it, and those no longer; None likewise."""
    content: SegmentContent | None = None
    """None if it was not got, or is encrypted and there is no key to it."""
    range_end: int = 0
    """Where its bytes end, if it is a range of what its URL names."""

    @property
    def has_media(self) -> bool:
        """Whether there is anything in it that can be looked at."""
        return self.content is not None and bool(self.content.leading)

    @property
    def has_gaps(self) -> bool:
        """Whether it says that something is missing in it."""
        return self.listed.is_gap or any(part.is_gap for part in self.parts)


@attrs.define(eq=False, slots=False)
class SeenRendition:
    """One media playlist, over time."""

    url: str
    copies: list[PlaylistCopy]
    """Those that can be read, in the order in which they came: at least one."""
    segments: dict[int, SeenSegment] = attrs.field(factory=dict)
    """All that were ever listed, by number."""

    @property
    def pairs(self) -> Iterator[tuple[SeenSegment, SeenSegment]]:
        """Segments that follow each other, both with media."""
        for before, after in pairwise(self.segments.values()):
            if after.number == before.number + 1 and before.has_media and after.has_media:
                yield before, after

    @property
    def newest(self) -> MediaPlaylist:
        """What it said last."""
        said = self.copies[-1].media
        assert said is not None
        return said

    @cached_property
    def frame_s(self) -> float:
        """How long a frame is, at most; 0 if none was got."""
        contents = (segment.content for segment in self.segments.values())
        ticks = max((each.interval for each in contents if each is not None), default=0)
        return ticks / CLOCK_HZ

    def where(self, number: int, part: int | None = None) -> str:
        """A segment of it, or a part of that."""
        place = f"{self.url} segment {number}"
        return place if part is None else f"{place} part {part}"


class Viewing:
    """What a viewer got of one presentation.

    Args:
        fetched: all answers, in any order.
        decrypt: decrypts a segment with AES-128, by key and initialization vector; raises
            ValueError. Without it nothing is known of what is encrypted.
    """

    def __init__(self, fetched: Iterable[Fetched], decrypt: Decrypt | None = None) -> None:
        self._decrypt = decrypt
        self.fetched = tuple(sorted(fetched, key=lambda each: each.at_s))

    @cached_property
    def playlists(self) -> tuple[PlaylistCopy, ...]:
        """Every copy of every playlist of HLS."""
        return tuple(PlaylistCopy(each) for each in self.fetched if is_playlist(each))

    @cached_property
    def multivariants(self) -> list[PlaylistCopy]:
        """Those that say what there is to choose from."""
        return [copy for copy in self.playlists if copy.multivariant is not None]

    @cached_property
    def manifests(self) -> tuple[ManifestCopy, ...]:
        """Every copy of every manifest of DASH."""
        return tuple(ManifestCopy(each) for each in self.fetched if is_manifest(each))

    @cached_property
    def got(self) -> Mapping[str, Fetched]:
        """What was got whole, by URL: the first of each."""
        found: dict[str, Fetched] = {}
        for each in self.fetched:
            if each.is_whole:
                found.setdefault(each.url, each)
        return found

    @cached_property
    def renditions(self) -> Mapping[str, SeenRendition]:
        """Media playlists by URL."""
        copies: dict[str, list[PlaylistCopy]] = {}
        for copy in self.playlists:
            if copy.media is not None:
                copies.setdefault(copy.fetched.base, []).append(copy)
        return {url: self._rendition(url, found) for url, found in copies.items()}

    def _rendition(self, url: str, copies: list[PlaylistCopy]) -> SeenRendition:
        made = SeenRendition(url, copies)
        for copy in copies:
            said, at_s = copy.media, copy.fetched.at_s
            assert said is not None
            first = said.media_sequence + said.skipped
            breaks = None if said.skipped else said.discontinuity_sequence or 0
            for number, listed in enumerate(said.segments, first):
                if breaks is not None:
                    breaks += listed.is_discontinuity
                if number not in made.segments:
                    before = made.segments.get(number - 1)
                    made.segments[number] = self._segment(copy, number, listed, breaks, before)
            for number, segment in made.segments.items():
                if number < said.media_sequence and segment.gone_at_s is None:
                    segment.gone_at_s = at_s
        _add_parts(made)
        made.segments = dict(sorted(made.segments.items()))
        return made

    def _segment(
        self,
        copy: PlaylistCopy,
        number: int,
        listed: PlaylistSegment,
        breaks: int | None,
        before: SeenSegment | None,
    ) -> SeenSegment:
        url = copy.fetched.resolve(listed.uri)
        init_url = "" if listed.init is None else copy.fetched.resolve(listed.init.uri)
        is_cut = copy.media is not None and copy.media.skipped
        if not init_url and before is not None and is_cut:
            init_url = before.init_url  # what is skipped may have said it
        start = 0
        if listed.byte_range is not None:
            _, said_start = listed.byte_range
            behind = before.range_end if before is not None and before.url == url else 0
            start = behind if said_start is None else said_start
        made = SeenSegment(
            number, url, listed, init_url, breaks, copy.fetched.at_s,
            range_end=start + (0 if listed.byte_range is None else listed.byte_range[0]),
        )  # fmt: skip
        made.content = self._content(copy, made, start)
        return made

    def _content(
        self, copy: PlaylistCopy, segment: SeenSegment, start: int
    ) -> SegmentContent | None:
        """What is in a segment, if it was got and can be read."""
        listed, got = segment.listed, self.got.get(segment.url)
        if got is None:
            return None
        init = self.got.get(segment.init_url)
        head = b"" if init is None else init.body
        if listed.init is not None and listed.init.byte_range is not None:
            size, at = listed.init.byte_range
            head = head[at : at + size]
        data = got.body if listed.byte_range is None else got.body[start : segment.range_end]
        if listed.key is None:
            return SegmentContent(data, head)
        key = self.got.get(copy.fetched.resolve(listed.key.uri))
        if self._decrypt is None or key is None or listed.key.method != "AES-128":
            return None
        iv = listed.key.iv or segment.number.to_bytes(_IV_BYTES, "big")
        try:
            return SegmentContent(self._decrypt(key.body, iv, data), head)
        except ValueError:
            return None

    @cached_property
    def media(self) -> list[tuple[PlaylistCopy, MediaPlaylist]]:
        """Every copy of a media playlist that can be read, with what it says."""
        return [(copy, copy.media) for copy in self.playlists if copy.media is not None]

    @property
    def reloads(self) -> Iterator[tuple[PlaylistCopy, MediaPlaylist, MediaPlaylist]]:
        """A copy, what it says, and what the copy before it of the same playlist said."""
        for rendition in self.renditions.values():
            for before, after in pairwise(rendition.copies):
                assert before.media is not None
                assert after.media is not None
                yield after, after.media, before.media

    @property
    def segments(self) -> Iterator[tuple[SeenRendition, SeenSegment, SegmentContent]]:
        """Every segment with media in it."""
        for rendition in self.renditions.values():
            for segment in rendition.segments.values():
                if segment.content is not None and segment.has_media:
                    yield rendition, segment, segment.content


def _add_parts(rendition: SeenRendition) -> None:
    """Of each segment the longest list of its parts, and when it was there no longer."""
    for copy in rendition.copies:
        said = copy.media
        assert said is not None
        first = said.media_sequence + said.skipped
        lists = [*(segment.parts for segment in said.segments), said.parts]
        for number, parts in enumerate(lists, first):
            segment = rendition.segments.get(number)
            if segment is None:
                continue
            if len(parts) > len(segment.parts):
                segment.parts = parts
            elif segment.parts and not parts and segment.parts_gone_at_s is None:
                segment.parts_gone_at_s = copy.fetched.at_s


def is_playlist(fetched: Fetched) -> bool:
    """Whether it is a playlist of HLS, by its name, its type or its first bytes, and got whole."""
    return fetched.is_whole and (
        fetched.body.startswith(_HEAD) or _is_named(fetched, _ENDING, _TYPE)
    )


def is_manifest(fetched: Fetched) -> bool:
    """Likewise a manifest of DASH."""
    return fetched.is_whole and (
        _MANIFEST_HEAD in fetched.body[:_MOST_HEAD]
        or _is_named(fetched, _MANIFEST_ENDING, _MANIFEST_TYPE)
    )


def _is_named(fetched: Fetched, ending: str, media_type: str) -> bool:
    said = fetched.fields.get("content-type", "").lower()
    return urlsplit(fetched.url).path.endswith(ending) or media_type in said
