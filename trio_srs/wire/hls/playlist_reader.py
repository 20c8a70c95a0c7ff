"""Playlists as they come from anybody: read by the letter, and refused for a reason. Floor 0.

Source:
    RFC 8216, 4; draft-pantos-hls-rfc8216bis (bis), 4.4. What is unlawful in a playlist by itself is
    refused here; what is unwise, or unlawful only beside another one, is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from trio_srs.wire.hls.attribute_list import (
    AttributeList,
    PlaylistError,
    read_count,
    read_seconds,
)
from trio_srs.wire.hls.media_playlist import (
    MediaInit,
    MediaPlaylist,
    PlaylistKey,
    PlaylistPart,
    PlaylistSegment,
    PreloadHint,
    RenditionReport,
    ServerControl,
)
from trio_srs.wire.hls.multivariant_playlist import (
    MultivariantPlaylist,
    PlaylistRendition,
    PlaylistVariant,
)

__all__ = ["read_media_playlist", "read_multivariant_playlist", "read_playlist"]

_UNFIT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BOM: Final = "\ufeff"
_METHODS: Final = ("NONE", "AES-128", "SAMPLE-AES")
_KINDS: Final = ("AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS")
_RANGES: Final = ("SDR", "HLG", "PQ")
_IV_BYTES: Final = 16
_UNSAID: Final = -1
_NOTHING: Final = PlaylistSegment("", _UNSAID)


def read_playlist(text: str) -> MediaPlaylist | MultivariantPlaylist:
    """Read a playlist of either kind.

    Tags that are not known are passed over (6.3.1), as are comments.

    Raises:
        PlaylistError: it is unlawful. The text begins with the line, from 1 on.
    """
    if text.startswith(_BOM):
        raise PlaylistError("line 1: a byte order mark (RFC 8216, 4.1)")
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0] != "#EXTM3U":
        raise PlaylistError("line 1: expected #EXTM3U (RFC 8216, 4.3.1.1)")
    reader = _Reader()
    for number, line in enumerate(lines[1:], 2):
        try:
            if found := _UNFIT.search(line):
                raise PlaylistError(f"the control character {found[0]!r} (RFC 8216, 4.1)")
            reader.line(line)
        except PlaylistError as error:
            raise PlaylistError(f"line {number}: {error}") from error
    return reader.finish()


def read_media_playlist(text: str) -> MediaPlaylist:
    """Read a playlist that has to be of one rendition. Raises PlaylistError."""
    playlist = read_playlist(text)
    if not isinstance(playlist, MediaPlaylist):
        raise PlaylistError("a multivariant playlist, expected a media playlist")
    return playlist


def read_multivariant_playlist(text: str) -> MultivariantPlaylist:
    """Read a playlist that has to say what there is to choose from. Raises PlaylistError."""
    playlist = read_playlist(text)
    if not isinstance(playlist, MultivariantPlaylist):
        raise PlaylistError("a media playlist, expected a multivariant playlist")
    return playlist


class _Reader:
    """What was read so far."""

    def __init__(self) -> None:
        self.media = MediaPlaylist(target_duration_s=_UNSAID)
        self.version: int | None = None
        self.independent = False
        self.segments: list[PlaylistSegment] = []
        self.variants: list[PlaylistVariant] = []
        self.renditions: list[PlaylistRendition] = []
        self.hints: list[PreloadHint] = []
        self.reports: list[RenditionReport] = []
        self._kind = ""  # of the tags so far: "media" or "multivariant"
        self._seen: set[str] = set()
        self._init: MediaInit | None = None
        self._key: PlaylistKey | None = None
        self._next = _NOTHING  # what was said of the segment that comes
        self._parts: list[PlaylistPart] = []
        self._variant: AttributeList | None = None

    def line(self, line: str) -> None:
        """Take the next line. Raises PlaylistError."""
        if not line.strip():
            return
        if not line.startswith("#"):
            self._uri(line)
        elif line.startswith("#EXT"):
            name, _, value = line[1:].partition(":")
            read = _TAGS.get(name)
            if read is not None:
                self._check(name)
                read(self, value)

    def _check(self, name: str) -> None:
        """Whether the tag may stand here."""
        kind = "media" if name in _MEDIA else "multivariant" if name in _MULTIVARIANT else ""
        if kind and self._kind and kind != self._kind:
            raise PlaylistError(f"#{name} in a {self._kind} playlist (RFC 8216, 4.1)")
        self._kind = kind or self._kind
        if name in _ONCE and name in self._seen:
            raise PlaylistError(f"#{name} is there twice (RFC 8216, 4.1)")
        self._seen.add(name)
        begun = self.segments or self._parts or self._next.is_discontinuity
        if name in _BEFORE_SEGMENTS and begun:
            raise PlaylistError(f"#{name} behind a segment or #EXT-X-DISCONTINUITY (bis 4.4.3)")
        if self._variant is not None and name != "EXT-X-STREAM-INF":
            raise PlaylistError(f"#{name} between a variant and its URI (RFC 8216, 4.3.4.2)")

    def _uri(self, uri: str) -> None:
        if self._variant is not None:
            self.variants.append(_read_variant(self._variant, uri))
            self._variant = None
            return
        if self._next.duration_s < 0:
            raise PlaylistError(f"{uri[:80]!r} without #EXTINF before it (RFC 8216, 4.3.2.1)")
        self.segments.append(
            attrs.evolve(
                self._next, uri=uri, parts=tuple(self._parts), init=self._init, key=self._key
            )
        )
        self._next, self._parts = _NOTHING, []

    def finish(self) -> MediaPlaylist | MultivariantPlaylist:
        """The playlist. Raises PlaylistError: something is missing."""
        if self._variant is not None:
            raise PlaylistError("the end: a variant without its URI (RFC 8216, 4.3.4.2)")
        if self._kind == "multivariant":
            return MultivariantPlaylist(
                variants=tuple(self.variants),
                renditions=tuple(self.renditions),
                independent_segments=self.independent,
                version=self.version,
            )
        if self.media.target_duration_s == _UNSAID:
            raise PlaylistError("the end: no #EXT-X-TARGETDURATION (RFC 8216, 4.3.3.1)")
        if self._next.duration_s >= 0:
            raise PlaylistError("the end: #EXTINF without a URI (RFC 8216, 4.3.2.1)")
        if self._parts and self.media.part_target_s is None:
            raise PlaylistError("the end: parts without #EXT-X-PART-INF (bis 4.4.3.7)")
        upcoming, before = self._next, self.segments[-1].init if self.segments else None
        is_open = bool(self._parts) or upcoming != _NOTHING
        is_new = is_open and (self._init != before or upcoming.is_discontinuity)
        return attrs.evolve(
            self.media,
            segments=tuple(self.segments),
            parts=tuple(self._parts),
            open_discontinuity=upcoming.is_discontinuity,
            open_init=self._init if is_new else None,
            open_date_ms=upcoming.date_ms,
            hints=tuple(self.hints),
            reports=tuple(self.reports),
            independent_segments=self.independent,
            version=self.version,
        )

    def _say(self, **said: Any) -> None:
        """Something of the playlist."""
        self.media = attrs.evolve(self.media, **said)

    def _say_next(self, **said: Any) -> None:
        """Something of the segment that comes."""
        self._next = attrs.evolve(self._next, **said)

    # ------------------------------------------------------- tags of either kind

    def read_version(self, value: str) -> None:
        self.version = read_count(value, "the version")

    def read_independent(self, _: str) -> None:
        self.independent = True

    # ------------------------------------------------------- of media playlists

    def read_target(self, value: str) -> None:
        self._say(target_duration_s=read_count(value, "the target duration"))

    def read_sequence(self, value: str) -> None:
        self._say(media_sequence=read_count(value, "the media sequence number"))

    def read_discontinuity_sequence(self, value: str) -> None:
        count = read_count(value, "the discontinuity sequence number")
        self._say(discontinuity_sequence=count)

    def read_type(self, value: str) -> None:
        if value not in {"EVENT", "VOD"}:
            raise PlaylistError(f"the type is {value[:80]}, expected EVENT or VOD")
        self._say(playlist_type=value)

    def read_end(self, _: str) -> None:
        self._say(is_ended=True)

    def read_part_inf(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("PART-TARGET")
        self._say(part_target_s=said.seconds("PART-TARGET"))

    def read_control(self, value: str) -> None:
        said = AttributeList.read(value)
        control = ServerControl(
            said.is_yes("CAN-BLOCK-RELOAD"),
            said.seconds("PART-HOLD-BACK"),
            said.seconds("HOLD-BACK"),
            said.seconds("CAN-SKIP-UNTIL"),
            said.is_yes("CAN-SKIP-DATERANGES"),
        )
        self._say(server_control=control)

    def read_skip(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("SKIPPED-SEGMENTS")
        self._say(skipped=said.count("SKIPPED-SEGMENTS"))

    def read_hint(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("TYPE", "URI")
        kind = said.word("TYPE", "PART", "MAP")
        self.hints.append(PreloadHint(said.text("URI"), kind == "MAP"))

    def read_report(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("URI", "LAST-MSN")
        last = said.count("LAST-MSN")
        assert last is not None
        self.reports.append(RenditionReport(said.text("URI"), last, said.count("LAST-PART")))

    # ---------------------------------------------------------- of segments

    def read_inf(self, value: str) -> None:
        duration, comma, title = value.partition(",")
        if not comma:
            raise PlaylistError("#EXTINF without a comma (RFC 8216, 4.3.2.1)")
        if self._next.duration_s >= 0:
            raise PlaylistError("#EXTINF twice before a URI (RFC 8216, 4.3.2.1)")
        self._say_next(duration_s=read_seconds(duration, "a duration"), title=title)

    def read_byte_range(self, value: str) -> None:
        length, at, offset = value.partition("@")
        start = read_count(offset, "an offset") if at else None
        self._say_next(byte_range=(read_count(length, "a length"), start))

    def read_discontinuity(self, _: str) -> None:
        self._say_next(is_discontinuity=True)

    def read_gap(self, _: str) -> None:
        self._say_next(is_gap=True)

    def read_date(self, value: str) -> None:
        try:
            date = datetime.fromisoformat(value)
        except ValueError as error:
            raise PlaylistError(f"{value[:80]!r} is no date (RFC 8216, 4.3.2.6)") from error
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        self._say_next(date_ms=round(date.timestamp() * 1000))

    def read_init(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("URI")
        byte_range = None
        if text := said.text("BYTERANGE"):
            length, _, offset = text.partition("@")
            byte_range = read_count(length, "a length"), read_count(offset or "0", "an offset")
        self._init = MediaInit(said.text("URI"), byte_range, self._key)

    def read_key(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("METHOD")
        method, uri = said.word("METHOD", *_METHODS), said.text("URI")
        iv = said.hexadecimal("IV")
        if (method == "NONE") == bool(uri):
            raise PlaylistError("a key has a URI unless its method is NONE (RFC 8216, 4.3.2.4)")
        if iv is not None and len(iv) != _IV_BYTES:
            raise PlaylistError(f"an IV of {len(iv)} bytes, expected 16 (RFC 8216, 4.3.2.4)")
        key = PlaylistKey(method, uri, iv, said.text("KEYFORMAT"))
        self._key = None if method == "NONE" else key

    def read_part(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("DURATION", "URI")
        duration = said.seconds("DURATION")
        assert duration is not None
        self._parts.append(
            PlaylistPart(said.text("URI"), duration, said.is_yes("INDEPENDENT"), said.is_yes("GAP"))
        )

    # ------------------------------------------------- of multivariant playlists

    def read_media(self, value: str) -> None:
        said = AttributeList.read(value)
        said.need("TYPE", "GROUP-ID", "NAME")
        self.renditions.append(
            PlaylistRendition(
                kind=said.word("TYPE", *_KINDS),
                group_id=said.text("GROUP-ID"),
                name=said.text("NAME"),
                uri=said.text("URI"),
                language=said.text("LANGUAGE"),
                is_default=said.is_yes("DEFAULT"),
                may_autoselect=said.is_yes("AUTOSELECT"),
                channels=said.text("CHANNELS"),
            )
        )

    def read_variant(self, value: str) -> None:
        if self._variant is not None:
            raise PlaylistError("two variants before a URI (RFC 8216, 4.3.4.2)")
        self._variant = AttributeList.read(value)
        self._variant.need("BANDWIDTH")


def _read_variant(said: AttributeList, uri: str) -> PlaylistVariant:
    width, height = said.resolution("RESOLUTION")
    bandwidth = said.count("BANDWIDTH")
    assert bandwidth is not None  # it is needed
    return PlaylistVariant(
        uri=uri,
        bandwidth=bandwidth,
        average_bandwidth=said.count("AVERAGE-BANDWIDTH"),
        codecs=said.text("CODECS"),
        width=width,
        height=height,
        frame_rate=said.seconds("FRAME-RATE"),
        video_range=said.word("VIDEO-RANGE", *_RANGES),
        audio=said.text("AUDIO"),
    )


_Read = Callable[[_Reader, str], None]

_MEDIA: Final[Mapping[str, _Read]] = {
    "EXT-X-TARGETDURATION": _Reader.read_target,
    "EXT-X-MEDIA-SEQUENCE": _Reader.read_sequence,
    "EXT-X-DISCONTINUITY-SEQUENCE": _Reader.read_discontinuity_sequence,
    "EXT-X-PLAYLIST-TYPE": _Reader.read_type,
    "EXT-X-ENDLIST": _Reader.read_end,
    "EXT-X-PART-INF": _Reader.read_part_inf,
    "EXT-X-SERVER-CONTROL": _Reader.read_control,
    "EXT-X-SKIP": _Reader.read_skip,
    "EXT-X-PRELOAD-HINT": _Reader.read_hint,
    "EXT-X-RENDITION-REPORT": _Reader.read_report,
    "EXTINF": _Reader.read_inf,
    "EXT-X-BYTERANGE": _Reader.read_byte_range,
    "EXT-X-DISCONTINUITY": _Reader.read_discontinuity,
    "EXT-X-GAP": _Reader.read_gap,
    "EXT-X-PROGRAM-DATE-TIME": _Reader.read_date,
    "EXT-X-MAP": _Reader.read_init,
    "EXT-X-KEY": _Reader.read_key,
    "EXT-X-PART": _Reader.read_part,
}
_MULTIVARIANT: Final[Mapping[str, _Read]] = {
    "EXT-X-MEDIA": _Reader.read_media,
    "EXT-X-STREAM-INF": _Reader.read_variant,
}
_TAGS: Final[Mapping[str, _Read]] = {
    **_MEDIA,
    **_MULTIVARIANT,
    "EXT-X-VERSION": _Reader.read_version,
    "EXT-X-INDEPENDENT-SEGMENTS": _Reader.read_independent,
}
_ONCE: Final = frozenset(
    {
        "EXT-X-VERSION", "EXT-X-INDEPENDENT-SEGMENTS", "EXT-X-TARGETDURATION",
        "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-PLAYLIST-TYPE",
        "EXT-X-ENDLIST", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-SKIP",
    }
)  # fmt: skip
_BEFORE_SEGMENTS: Final = frozenset({"EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"})
