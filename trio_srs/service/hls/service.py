"""HLS, from the start of a server to its end. Floor 3."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

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

        return Disk(self._parts, self.scoped)

    def make_site(self, parts: Parts) -> HlsSite:
        from trio_srs.service.hls.site import HlsSite  # see prepare

        return HlsSite(parts, self.scoped, lambda *named: self.disk.find_key(*named))

    def begins_with_publish(self, config: HlsConfig) -> bool:
        """Also where they are written as files: nobody asks for those."""
        is_written = config.enabled and config.folder is not None
        if is_written:
            _ = self.disk  # which hears of it
        return is_written or super().begins_with_publish(config)

    def configure(self, sections: HlsSections, /) -> None:
        """Go on with another configuration: it holds for the streams and viewers that begin."""
        self.scoped.everywhere, self.scoped.narrow = sections.hls, sections.hls_for
