"""The [hls] section: how streams are cut into segments, and for whom. Floor 3."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.segmented.config import EVERYWHERE, READ_MOST, SegmentedConfig
from trio_srs.units import Timeout, seconds_within, within
from trio_srs.wire.path_template import PLAYLIST_VARIABLES, SEGMENT_VARIABLES, PathTemplate

if TYPE_CHECKING:
    from trio_srs.hub.segmented_streams import SegmentsRule
    from trio_srs.media.segments.variant_template import VariantTemplate

__all__ = ["HlsConfig"]

_RESTART: Final = {"live": False}
_SEGMENT_ENDINGS: Final = (".ts", ".m4s")
_PREFIX: Final = re.compile(r"[!#-~]*")


def _read_playlist(text: str) -> PathTemplate:
    template = PathTemplate.read(text, PLAYLIST_VARIABLES)
    if not text.endswith(".m3u8") or "stream" not in template.variables:
        raise ValueError(f'expected a path with [stream] that ends in .m3u8, not "{text}"')
    return template


def _read_segment(text: str) -> PathTemplate:
    front = text
    for ending in _SEGMENT_ENDINGS:
        front = front.removesuffix(ending)
    template = PathTemplate.read(front, SEGMENT_VARIABLES)
    if "stream" not in template.variables or not template.variables & {"seq", "timestamp"}:
        raise ValueError(f'expected a path with [stream], and [seq] or [timestamp], not "{text}"')
    if "][" in text:
        raise ValueError(f'"{text}" has two variables with nothing between them')
    return template


def _check_playlist(_config: object, _field: object, text: str) -> None:
    _read_playlist(text)


def _check_segment(_config: object, _field: object, text: str) -> None:
    _read_segment(text)


@lru_cache(READ_MOST)
def _read_variants(texts: tuple[str, ...]) -> tuple[VariantTemplate, ...]:
    from trio_srs.media.segments.variant_template import VariantTemplate  # where there are some

    return tuple(map(VariantTemplate.read, texts))


def _check_variants(_config: object, _field: object, texts: tuple[str, ...]) -> None:
    if texts:
        _read_variants(texts)


def _check_prefix(_config: object, _field: object, text: str) -> None:
    if not _PREFIX.fullmatch(text):
        raise ValueError(f'expected the beginning of a URL or nothing, not "{text}"')


@attrs.frozen(kw_only=True)
class HlsConfig(SegmentedConfig):
    """Streams as HLS, at `/{app}/{stream}.m3u8` of every address of `[http]` and `[https]`."""

    enabled: bool = attrs.field(default=True, metadata=_RESTART)
    """Serve HLS at all. A stream that nobody asks for costs nothing, unless `start` is
    `publish`."""
    container: SegmentContainer = SegmentContainer.FMP4
    """What segments are: `fmp4` (CMAF; H.264, H.265, AV1, VP9, AAC, MP3, Opus, FLAC, AC-3; with
    low latency), or `ts` (MPEG-TS; H.264, AAC, MP3, AC-3: what the oldest players take). A viewer
    may ask for the other one: `/{app}/{stream}.m3u8?container=ts`."""
    audio_only: bool = False
    """Offer the sound of a stream alone as well, where it is apart (`fmp4`): to who has no room for
    pictures."""
    variants: tuple[str, ...] = attrs.field(
        default=(), validator=_check_variants, metadata=EVERYWHERE
    )
    """Streams that are one in several sizes: `"live/cam_{720p,360p}"` lets a player of `live/cam`
    choose from `live/cam_720p` and `live/cam_360p`, which are cut at the same times. A `*` stands
    for any text without a slash."""
    segments_per_key: int | None = attrs.field(default=None, validator=within(1, 100_000))
    """Encrypt segments (AES-128), and take another key whenever so many of them have one; keys are
    given to who may play the stream. What is encrypted has no parts. `"off"` encrypts nothing."""
    folder: Path | None = None
    """Write streams into this folder as well, from the moment they are published, for a web server
    or a CDN to serve; `"off"` writes nothing. Where there is no room, and where it may not be
    written to, only the files fail: the log says so, and it is tried again."""
    playlist_file: str = attrs.field(default="[app]/[stream].m3u8", validator=_check_playlist)
    """What the playlist of a stream is called in that folder, with the variables `[vhost]`, `[app]`
    and `[stream]`. With `fmp4`, playlists of pictures and of sound stand beside it."""
    segment_file: str = attrs.field(default="[app]/[stream]-[seq]", validator=_check_segment)
    """What a segment is called, with these variables, with those of the time when it began in UTC,
    `[2006] [01] [02] [15] [04] [05] [999]` and `[timestamp]` (milliseconds since 1970), with
    `[seq]`, its number, `[duration]`, in milliseconds, and `[rendition]`: `main`, `video` or
    `audio`. Its ending is that of the container."""
    entry_prefix: str = attrs.field(default="", validator=_check_prefix)
    """What the URIs of segments begin with in playlists of that folder, such as
    `"https://cdn.example.com/hls"`; by default they are relative."""
    key_prefix: str = attrs.field(default="", validator=_check_prefix)
    """What the URIs of keys begin with in playlists of that folder: where this server is reached,
    such as `"https://live.example.com"`. By default keys are asked for where the playlist came
    from, at `/{app}/{stream}.hls/`."""
    cleanup: bool = True
    """Remove segments from that folder that were long enough in no playlist any more."""
    dispose: Timeout = attrs.field(default=Timeout(120.0), validator=seconds_within("0s", "never"))
    """How long what is left of a stream stays in that folder when it has ended; if it has when the
    server stops, it goes at once. `"never"` keeps it."""

    @property
    def usual_container(self) -> SegmentContainer:
        return self.container

    @property
    def variant_templates(self) -> tuple[VariantTemplate, ...]:
        """What streams are called that are variants of one."""
        return _read_variants(self.variants) if self.variants else ()

    @property
    def playlist_template(self) -> PathTemplate:
        """What playlists are called."""
        return _read_playlist(self.playlist_file)

    @property
    def segment_template(self) -> PathTemplate:
        """What segments are called, without their ending."""
        return _read_segment(self.segment_file)

    def rule(self, container: SegmentContainer) -> SegmentsRule:
        """How streams are cut in a container, and whether they are encrypted."""
        rule = super().rule(container)
        cut = attrs.evolve(rule.cut, segments_per_key=self.segments_per_key)
        return attrs.evolve(rule, cut=cut)
