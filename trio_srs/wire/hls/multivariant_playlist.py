"""Multivariant playlists: which renditions there are, as values and as text. Floor 0.

Source:
    RFC 8216, 4.3.4 (there: master playlist); draft-pantos-hls-rfc8216bis, 4.4.6.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from trio_srs.wire.hls.attribute_list import Attribute, Word
from trio_srs.wire.hls.media_playlist import write_tag

__all__ = ["MultivariantPlaylist", "PlaylistRendition", "PlaylistVariant"]


@attrs.frozen(kw_only=True)
class PlaylistRendition:
    """``EXT-X-MEDIA``: one of several that go with variants (4.3.4.1)."""

    kind: str
    """``AUDIO``, ``VIDEO``, ``SUBTITLES`` or ``CLOSED-CAPTIONS``."""
    group_id: str
    name: str
    uri: str = ""
    """Empty: it is in the variant's own segments."""
    language: str = ""
    is_default: bool = False
    may_autoselect: bool = False
    channels: str = ""
    """Of sound: how many, as text."""


@attrs.frozen(kw_only=True)
class PlaylistVariant:
    """``EXT-X-STREAM-INF``, and the playlist it is of (4.3.4.2)."""

    uri: str
    bandwidth: int
    """The most bits per second of any segment, of all renditions of the variant together."""
    average_bandwidth: int | None = None
    codecs: str = ""
    """Every format that is in it: RFC 6381, separated by commas."""
    width: int = 0
    """Pixels; 0 without video."""
    height: int = 0
    frame_rate: float | None = None
    """Pictures per second."""
    video_range: str = ""
    """``SDR``, ``HLG`` or ``PQ``."""
    audio: str = ""
    """The group of its sound, if that is apart."""


@attrs.frozen(kw_only=True)
class MultivariantPlaylist:
    """What there is to choose from."""

    variants: tuple[PlaylistVariant, ...] = ()
    renditions: tuple[PlaylistRendition, ...] = ()
    independent_segments: bool = False
    version: int | None = None
    """None: the least that is needed; read, whatever it said."""

    def write(self) -> str:
        """The playlist as text.

        Raises:
            ValueError: a value that cannot be said. A caller's mistake.
        """
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield "#EXTM3U"
        if self.version is not None:
            yield f"#EXT-X-VERSION:{self.version}"
        if self.independent_segments:
            yield "#EXT-X-INDEPENDENT-SEGMENTS"
        for rendition in self.renditions:
            yield write_tag("MEDIA", _rendition(rendition))
        for variant in self.variants:
            yield write_tag("STREAM-INF", _variant(variant))
            yield variant.uri


def _rendition(rendition: PlaylistRendition) -> dict[str, Attribute]:
    return {
        "TYPE": Word(rendition.kind),
        "GROUP-ID": rendition.group_id,
        "NAME": rendition.name,
        "LANGUAGE": rendition.language or None,
        "DEFAULT": rendition.is_default,
        "AUTOSELECT": rendition.may_autoselect,
        "CHANNELS": rendition.channels or None,
        "URI": rendition.uri or None,
    }


def _variant(variant: PlaylistVariant) -> dict[str, Attribute]:
    size = Word(f"{variant.width}x{variant.height}") if variant.width else None
    return {
        "BANDWIDTH": variant.bandwidth,
        "AVERAGE-BANDWIDTH": variant.average_bandwidth,
        "CODECS": variant.codecs or None,
        "RESOLUTION": size,
        "FRAME-RATE": None if variant.frame_rate is None else round(variant.frame_rate, 3),
        "VIDEO-RANGE": Word(variant.video_range) if variant.video_range else None,
        "AUDIO": variant.audio or None,
    }
