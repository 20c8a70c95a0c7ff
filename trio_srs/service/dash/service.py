"""DASH, from the start of a server to its end. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trio_srs.service.base import Parts
from trio_srs.service.dash.config import DashConfig
from trio_srs.service.dash.make import DashSections
from trio_srs.service.segmented.service import SegmentedService

if TYPE_CHECKING:
    from trio_srs.service.dash.site import DashSite

__all__ = ["DashService"]


class DashService(SegmentedService[DashConfig]):
    """Serves DASH where HTTP is served."""

    name: ClassVar[str] = "dash"
    endings: ClassVar[tuple[str, ...]] = (".mpd", ".m4s", ".mp4", ".txt")

    def make_site(self, parts: Parts) -> DashSite:
        from trio_srs.service.dash.site import DashSite  # see prepare

        return DashSite(parts, self.scoped)

    def configure(self, sections: DashSections, /) -> None:
        """Go on with another configuration: it holds for the streams and viewers that begin."""
        self.scoped.everywhere, self.scoped.narrow = sections.dash, sections.dash_for
