"""HLS, from the start of a server to its end. Floor 3."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import Body
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.base import Parts
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.hls.make import HlsSections
from trio_srs.service.segmented.service import SegmentedService

if TYPE_CHECKING:
    from trio_srs.service.hls.disk import Disk
    from trio_srs.service.hls.site import HlsSite

__all__ = ["HlsService"]


class HlsService(SegmentedService[HlsConfig]):
    """Serves HLS where HTTP is served."""

    name: ClassVar[str] = "hls"
    endings: ClassVar[tuple[str, ...]] = (".m3u8", ".ts", ".m4s", ".mp4", ".key")

    @cached_property
    def disk(self) -> Disk:
        """What is written as files as well."""
        from trio_srs.service.hls.disk import Disk  # see prepare

        return Disk(self._parts, lambda: self.config)

    def make_site(self, parts: Parts) -> HlsSite:
        from trio_srs.service.hls.site import HlsSite  # see prepare

        return HlsSite(parts, lambda: self.config, lambda *named: self.disk.find_key(*named))

    @property
    def begins_with_publish(self) -> bool:
        """Also where they are written as files: nobody asks for those."""
        return super().begins_with_publish or self.config.folder is not None

    def begin_publish(self, stream: Stream) -> Body | None:
        if self.config.folder is not None:
            _ = self.disk  # which hears of it
        return super().begin_publish(stream)

    @property
    def container(self) -> SegmentContainer:
        return self.config.container

    def configure(self, sections: HlsSections, /) -> None:
        """Go on with another configuration: it holds for the streams and viewers that begin."""
        self.config = sections.hls
