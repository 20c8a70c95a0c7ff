"""Rules of any playlist as text. Floor 1."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from trio_srs.media.packaging.packaging_rule import (
    Departure,
    PackagingRule,
    Severity,
    packaging_rule,
)
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.wire.hls.attribute_list import AttributeList, PlaylistError

__all__ = ["TEXT_RULES"]

_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MULTIVARIANT: Final = frozenset(
    {"EXT-X-MEDIA", "EXT-X-STREAM-INF", "EXT-X-I-FRAME-STREAM-INF", "EXT-X-SESSION-DATA"}
)
_MEDIA: Final = frozenset(
    {
        "EXTINF", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE",
        "EXT-X-ENDLIST", "EXT-X-PLAYLIST-TYPE", "EXT-X-BYTERANGE", "EXT-X-DISCONTINUITY",
        "EXT-X-KEY", "EXT-X-MAP", "EXT-X-PROGRAM-DATE-TIME", "EXT-X-PART", "EXT-X-PART-INF",
        "EXT-X-SERVER-CONTROL", "EXT-X-SKIP", "EXT-X-GAP", "EXT-X-PRELOAD-HINT",
        "EXT-X-RENDITION-REPORT",
    }
)  # fmt: skip
_LISTS: Final = frozenset(
    {
        "EXT-X-MEDIA", "EXT-X-STREAM-INF", "EXT-X-KEY", "EXT-X-MAP", "EXT-X-PART",
        "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-SKIP", "EXT-X-PRELOAD-HINT",
        "EXT-X-RENDITION-REPORT", "EXT-X-DATERANGE",
    }
)  # fmt: skip
_ONCE: Final = (
    "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-PLAYLIST-TYPE",
    "EXT-X-ENDLIST", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-SKIP",
)  # fmt: skip
_LOW_LATENCY: Final = ("EXT-X-SERVER-CONTROL", "EXT-X-PART-INF", "EXT-X-SKIP")
_FLOATS: Final = 3
_NEEDS: Final = {"EXT-X-BYTERANGE": 4, "EXT-X-MAP": 6, "EXT-X-SKIP": 9}
"""By tag: the version without which nobody reads it."""
_HIGHEST_SKIP: Final = 10


@packaging_rule("8216 4.1, 4.3.1.1")
def first_line_says_what_it_is(viewing: Viewing) -> Iterator[Departure]:
    """A playlist begins with #EXTM3U, and with no byte order mark."""
    for copy in viewing.playlists:
        first = copy.text.split("\n", 1)[0].removesuffix("\r")
        if first != "#EXTM3U":
            yield Departure(repr(first[:40]), "#EXTM3U", copy.where(1))


@packaging_rule("8216 4.1")
def text_is_clean(viewing: Viewing) -> Iterator[Departure]:
    """A playlist is UTF-8, without control characters."""
    for copy in viewing.playlists:
        found = _UNFIT.search(copy.text)
        if found:
            line = copy.text.count("\n", 0, found.start()) + 1
            yield Departure(repr(found[0]), "no control characters", copy.where(line))
        elif "\ufffd" in copy.text:
            line = copy.text.count("\n", 0, copy.text.index("\ufffd")) + 1
            yield Departure("bytes that are no UTF-8", "UTF-8", copy.where(line))


def _more_than_once(name: str) -> Callable[[Viewing], Iterator[Departure]]:
    def find(viewing: Viewing) -> Iterator[Departure]:
        for copy in viewing.playlists:
            for line, _, _ in copy.named(name)[1:]:
                yield Departure(f"another #{name}", "one", copy.where(line))

    return find


@packaging_rule("8216 4.3.1.2")
def version_is_said_once(viewing: Viewing) -> Iterator[Departure]:
    """There is one EXT-X-VERSION at most."""
    yield from _more_than_once("EXT-X-VERSION")(viewing)


@packaging_rule("bis 4.4.3; hls.js, Chromium")
def tags_of_the_whole_are_said_once(viewing: Viewing) -> Iterator[Departure]:
    """Tags that hold for a whole playlist are in it once."""
    for name in _ONCE:
        yield from _more_than_once(name)(viewing)


@packaging_rule("8216 4.3.3.1")
def target_duration_is_said_once(viewing: Viewing) -> Iterator[Departure]:
    """A media playlist says its target duration, once, and it is a second or more."""
    for copy in viewing.playlists:
        said = copy.named("EXT-X-TARGETDURATION")
        if len(said) > 1 or (said and said[0][2].strip("0") == ""):
            line, _, value = said[-1]
            seen = f"{len(said)} of them, the last {value!r}"
            yield Departure(seen, "one, of a second or more", copy.where(line))
        elif not said and copy.named("EXTINF"):
            yield Departure("no #EXT-X-TARGETDURATION", "one", copy.where())


@packaging_rule("8216 4.3.3.2, 4.3.3.3")
def sequence_numbers_come_first(viewing: Viewing) -> Iterator[Departure]:
    """Media and discontinuity sequence numbers are said once, before the first segment."""
    for copy in viewing.playlists:
        yield from _more_than_once("EXT-X-MEDIA-SEQUENCE")(Viewing([copy.fetched]))
        first = min(
            (tag[0] for name in ("EXTINF", "EXT-X-DISCONTINUITY") for tag in copy.named(name)),
            default=0,
        )
        for name in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"):
            for line, _, _ in copy.named(name)[:1]:
                if first and line > first:
                    seen = f"#{name} behind line {first}"
                    yield Departure(seen, "it before all segments", copy.where(line))


@packaging_rule("8216 4.1")
def tags_are_of_one_kind(viewing: Viewing) -> Iterator[Departure]:
    """Tags of media playlists and of multivariant playlists are not in one."""
    for copy in viewing.playlists:
        names = {tag[1] for tag in copy.tags}
        if names & _MULTIVARIANT and names & _MEDIA:
            line, name, _ = next(tag for tag in copy.tags if tag[1] in names & _MEDIA)
            seen = f"#{name} beside #{min(names & _MULTIVARIANT)}"
            yield Departure(seen, "one or the other", copy.where(line))


@packaging_rule("8216 4.2")
def attribute_lists_are_well_formed(viewing: Viewing) -> Iterator[Departure]:
    """Lists of attributes can be read, and no name is in one twice."""
    for copy in viewing.playlists:
        for line, name, value in copy.tags:
            if name in _LISTS:
                try:
                    AttributeList.read(value)
                except PlaylistError as error:
                    yield Departure(f"#{name}: {error}", "a list of attributes", copy.where(line))


@packaging_rule("bis 4.4.3.7; Chromium")
def parts_have_a_target(viewing: Viewing) -> Iterator[Departure]:
    """A playlist with parts says their target."""
    for copy in viewing.playlists:
        parts = copy.named("EXT-X-PART")
        if parts and not copy.named("EXT-X-PART-INF"):
            yield Departure("parts", "#EXT-X-PART-INF before them", copy.where(parts[0][0]))


@packaging_rule("bis 6.2.1, 8", Severity.WARNING)
def version_is_what_is_needed(viewing: Viewing) -> Iterator[Departure]:
    """A playlist says the version that its tags need, and none that is higher."""
    for copy in viewing.playlists:
        said = copy.named("EXT-X-VERSION")
        value = said[0][2] if said else "1"
        if len(said) > 1 or not value.isdecimal():
            continue  # of which others tell
        least, most = _versions(copy)
        if not least <= int(value) <= most:
            seen = f"version {value}" if said else "no version"
            where = copy.where(said[0][0] if said else None)
            yield Departure(seen, f"{least}" if least == most else f"{least} to {most}", where)


def _versions(copy: PlaylistCopy) -> tuple[int, int]:
    """The lowest and the highest that may be said: that of tags of low latency nobody knows."""
    least = max((_NEEDS.get(name, 1) for _, name, _ in copy.tags), default=1)
    if any("." in value for _, _, value in copy.named("EXTINF")):
        least = max(least, _FLOATS)
    is_plain = copy.named("EXTINF") and not any(map(copy.named, _LOW_LATENCY))
    return least, max(least, _FLOATS) if is_plain else _HIGHEST_SKIP


@packaging_rule("8216 4")
def playlist_can_be_read(viewing: Viewing) -> Iterator[Departure]:
    """A playlist is as its grammar says, in what no other rule is about."""
    for copy in viewing.playlists:
        if copy.media is None and copy.multivariant is None and not _is_told(copy):
            yield Departure(copy.trouble, "a playlist", copy.where())


def _is_told(copy: PlaylistCopy) -> bool:
    """Whether another rule says what is wrong."""
    alone = Viewing([copy.fetched])
    return any(True for rule in TEXT_RULES[:-1] for _ in rule.find(alone))


TEXT_RULES: Final[tuple[PackagingRule, ...]] = (
    first_line_says_what_it_is,
    text_is_clean,
    version_is_said_once,
    tags_of_the_whole_are_said_once,
    target_duration_is_said_once,
    sequence_numbers_come_first,
    tags_are_of_one_kind,
    attribute_lists_are_well_formed,
    parts_have_a_target,
    version_is_what_is_needed,
    playlist_can_be_read,
)
"""Those that need no more than one text."""
