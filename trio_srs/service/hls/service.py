"""HLS, from the start of a server to its end. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.base import Parts
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.hls.make import HlsSections
from trio_srs.service.segmented.service import SegmentedService

if TYPE_CHECKING:
    from trio_srs.service.hls.site import HlsSite

__all__ = ["HlsService"]


class HlsService(SegmentedService[HlsConfig]):
    """Serves HLS where HTTP is served."""

    name: ClassVar[str] = "hls"
    endings: ClassVar[tuple[str, ...]] = (".m3u8", ".ts", ".m4s", ".mp4")

    def make_site(self, parts: Parts) -> HlsSite:
        from trio_srs.service.hls.site import HlsSite  # see prepare

        return HlsSite(parts, lambda: self.config)

    @property
    def container(self) -> SegmentContainer:
        return self.config.container

    def configure(self, sections: HlsSections, /) -> None:
        """Go on with another configuration: it holds for the streams and viewers that begin."""
        self.config = sections.hls
