"""The [hls] section: how streams are cut into segments, and for whom. Floor 3."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.segmented.config import SegmentedConfig

__all__ = ["HlsConfig"]

_RESTART: Final = {"live": False}


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
