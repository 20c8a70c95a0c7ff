"""Media playlists: segments and parts of one rendition, as values and as text. Floor 0.

Source:
    RFC 8216, 4.3.2 and 4.3.3; draft-pantos-hls-rfc8216bis (bis), 4.4.3 to 4.4.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from trio_srs.wire.hls.attribute_list import Attribute, Word, write_attributes, write_seconds

__all__ = [
    "MediaInit",
    "MediaPlaylist",
    "PlaylistKey",
    "PlaylistPart",
    "PlaylistSegment",
    "PreloadHint",
    "RenditionReport",
    "ServerControl",
    "write_date",
    "write_tag",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLAIN, _WITH_INIT, _WITH_SKIP = 3, 6, 9


@attrs.frozen
class PlaylistKey:
    """``EXT-X-KEY``: how the segments behind it are encrypted (4.3.2.4)."""

    method: str
    """``NONE``, ``AES-128`` or ``SAMPLE-AES``."""
    uri: str = ""
    iv: bytes | None = None
    """Of 16 bytes; None: the media sequence number."""
    key_format: str = ""


@attrs.frozen
class MediaInit:
    """``EXT-X-MAP``: what is needed to read the segments behind it (4.3.2.5)."""

    uri: str
    byte_range: tuple[int, int] | None = None
    """Length and offset."""
    key: PlaylistKey | None = None
    """By which it is encrypted itself (RFC 8216, 4.3.2.4: by the key that is said before it)."""


@attrs.frozen
class PlaylistPart:
    """``EXT-X-PART``: a part of a segment (bis 4.4.4.9)."""

    uri: str
    duration_s: float
    is_independent: bool = False
    """An independent picture is in it."""
    is_gap: bool = False


@attrs.frozen
class PlaylistSegment:
    """One segment, and the tags in front of it."""

    uri: str
    duration_s: float
    parts: tuple[PlaylistPart, ...] = ()
    """Those that are still listed."""
    init: MediaInit | None = None
    """That holds for it; None: none was said."""
    key: PlaylistKey | None = None
    """Likewise."""
    date_ms: int | None = None
    """When it began: milliseconds since 1970. None: it is not said of this segment."""
    is_discontinuity: bool = False
    """Something changes between the segment before and this one (4.3.2.3)."""
    is_gap: bool = False
    title: str = ""
    byte_range: tuple[int, int | None] | None = None
    """Length, and offset unless it goes on behind the segment before."""


@attrs.frozen
class ServerControl:
    """``EXT-X-SERVER-CONTROL`` (bis 4.4.3.8). Seconds; None is not said."""

    can_block_reload: bool = False
    part_hold_back_s: float | None = None
    hold_back_s: float | None = None
    can_skip_until_s: float | None = None
    can_skip_dateranges: bool = False


@attrs.frozen
class PreloadHint:
    """``EXT-X-PRELOAD-HINT``: what comes next (bis 4.4.5.3)."""

    uri: str
    is_init: bool = False
    """It is an init segment, and no part."""


@attrs.frozen
class RenditionReport:
    """``EXT-X-RENDITION-REPORT``: how far another rendition has come (bis 4.4.5.4)."""

    uri: str
    last_msn: int
    last_part: int | None = None


@attrs.frozen(kw_only=True)
class MediaPlaylist:
    """One rendition, as of now."""

    target_duration_s: int
    """No segment is longer, rounded (4.3.3.1)."""
    media_sequence: int = 0
    """The number of the first segment."""
    discontinuity_sequence: int | None = None
    """Discontinuities before the first segment; None is not said, and counts as 0."""
    segments: tuple[PlaylistSegment, ...] = ()
    parts: tuple[PlaylistPart, ...] = ()
    """Of the segment that is still going on."""
    open_discontinuity: bool = False
    """Whether that segment begins behind a discontinuity; likewise the next two."""
    open_init: MediaInit | None = None
    open_date_ms: int | None = None
    part_target_s: float | None = None
    server_control: ServerControl | None = None
    skipped: int = 0
    """Segments between the first and those that are said (bis 4.4.5.2): a delta update."""
    hints: tuple[PreloadHint, ...] = ()
    reports: tuple[RenditionReport, ...] = ()
    independent_segments: bool = False
    is_ended: bool = False
    playlist_type: str = ""
    """``EVENT``, ``VOD``, or neither."""
    version: int | None = None
    """None: the least that its tags need; read, whatever it said."""

    @property
    def least_version(self) -> int:
        """The protocol version that the tags of this playlist need (RFC 8216, 7; bis 8)."""
        if self.skipped:
            return _WITH_SKIP
        if any(each.init for each in self.segments) or self.open_init:
            return _WITH_INIT
        return _PLAIN

    def write(self) -> str:
        """The playlist as text.

        Raises:
            ValueError: a value that cannot be said. A caller's mistake.
        """
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield "#EXTM3U"
        yield f"#EXT-X-VERSION:{self.version or self.least_version}"
        yield f"#EXT-X-TARGETDURATION:{self.target_duration_s}"
        if self.server_control is not None:
            yield write_tag("SERVER-CONTROL", _control(self.server_control))
        if self.part_target_s is not None:
            yield write_tag("PART-INF", {"PART-TARGET": self.part_target_s})
        yield f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence}"
        if self.discontinuity_sequence is not None:
            yield f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}"
        if self.playlist_type:
            yield f"#EXT-X-PLAYLIST-TYPE:{self.playlist_type}"
        if self.independent_segments:
            yield "#EXT-X-INDEPENDENT-SEGMENTS"
        yield from self._media()
        for hint in self.hints:
            kind = Word("MAP" if hint.is_init else "PART")
            yield write_tag("PRELOAD-HINT", {"TYPE": kind, "URI": hint.uri})
        for report in self.reports:
            yield write_tag("RENDITION-REPORT", _report(report))
        if self.is_ended:
            yield "#EXT-X-ENDLIST"

    def _media(self) -> Iterator[str]:
        if self.skipped:
            yield write_tag("SKIP", {"SKIPPED-SEGMENTS": self.skipped})
        init: MediaInit | None = None
        key: PlaylistKey | None = None
        for segment in self.segments:
            yield from _front(segment, init, key)
            yield from map(_part, segment.parts)
            yield from _tail(segment)
            init, key = segment.init, segment.key
        if self.open_discontinuity:
            yield "#EXT-X-DISCONTINUITY"
        if self.open_init is not None and (self.open_init != init or self.open_discontinuity):
            yield from _init(self.open_init, key)
        if self.open_date_ms is not None:
            yield f"#EXT-X-PROGRAM-DATE-TIME:{write_date(self.open_date_ms)}"
        yield from map(_part, self.parts)


def _front(
    segment: PlaylistSegment, init: MediaInit | None, key: PlaylistKey | None
) -> Iterator[str]:
    """What stands before a segment's parts: a map is said again behind a discontinuity, and has the
    key before it that it is encrypted by."""
    if segment.is_discontinuity:
        yield "#EXT-X-DISCONTINUITY"
    if segment.init is not None and (segment.init != init or segment.is_discontinuity):
        yield from _init(segment.init, key)
        key = segment.init.key
    if segment.key != key:
        yield write_tag("KEY", _key(segment.key or PlaylistKey("NONE")))
    if segment.date_ms is not None:
        yield f"#EXT-X-PROGRAM-DATE-TIME:{write_date(segment.date_ms)}"


def _tail(segment: PlaylistSegment) -> Iterator[str]:
    if segment.is_gap:
        yield "#EXT-X-GAP"
    yield f"#EXTINF:{write_seconds(segment.duration_s)},{segment.title}"
    if segment.byte_range is not None:
        length, offset = segment.byte_range
        yield f"#EXT-X-BYTERANGE:{length}" + ("" if offset is None else f"@{offset}")
    yield segment.uri


def _init(init: MediaInit, key: PlaylistKey | None) -> Iterator[str]:
    if init.key != key:
        yield write_tag("KEY", _key(init.key or PlaylistKey("NONE")))
    said: dict[str, Attribute] = {"URI": init.uri}
    if init.byte_range is not None:
        length, offset = init.byte_range
        said["BYTERANGE"] = f"{length}@{offset}"
    yield write_tag("MAP", said)


def _key(key: PlaylistKey) -> dict[str, Attribute]:
    return {
        "METHOD": Word(key.method),
        "URI": key.uri or None,
        "IV": key.iv,
        "KEYFORMAT": key.key_format or None,
    }


def _part(part: PlaylistPart) -> str:
    return write_tag(
        "PART",
        {
            "DURATION": part.duration_s,
            "URI": part.uri,
            "INDEPENDENT": part.is_independent,
            "GAP": part.is_gap,
        },
    )


def _control(control: ServerControl) -> dict[str, Attribute]:
    return {
        "CAN-BLOCK-RELOAD": control.can_block_reload,
        "PART-HOLD-BACK": control.part_hold_back_s,
        "HOLD-BACK": control.hold_back_s,
        "CAN-SKIP-UNTIL": control.can_skip_until_s,
        "CAN-SKIP-DATERANGES": control.can_skip_dateranges,
    }


def _report(report: RenditionReport) -> dict[str, Attribute]:
    return {"URI": report.uri, "LAST-MSN": report.last_msn, "LAST-PART": report.last_part}


def write_tag(name: str, attributes: Mapping[str, Attribute]) -> str:
    """A tag with an attribute list. Raises ValueError."""
    return f"#EXT-X-{name}:{write_attributes(attributes)}"


def write_date(unix_ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 has them, in UTC."""
    date = _EPOCH + timedelta(milliseconds=unix_ms)
    return f"{date:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03}Z"
