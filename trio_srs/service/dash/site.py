"""What is answered under the paths of DASH. Floor 3.

``/{app}/{stream}.mpd`` is a manifest whose URLs all lead below ``{stream}.dash/dash_ctx={id}/``,
the one of the next manifest among them (``Location``).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import ClassVar, Final
from weakref import WeakKeyDictionary

import attrs
import trio

from trio_srs.hub.end import End
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.hub.segmented_streams import SegmentsRule
from trio_srs.media.segments.dash_manifest import DashManifest, DashRule
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.base import Parts, WebAnswer, WebClient
from trio_srs.service.dash.config import DashConfig
from trio_srs.service.segmented.rendered import Rendered, text_answer
from trio_srs.service.segmented.site import HOLD_TARGETS, NoSuchSegmentError, SegmentedSite
from trio_srs.service.segmented.viewer import SegmentsViewer
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.dash.xml_values import write_date

__all__ = ["MANIFEST_TYPE", "DashSite"]

MANIFEST_TYPE: Final = "application/dash+xml"
"""Of manifests (ISO/IEC 23009-1, annex C)."""
_MANIFEST: Final = "manifest.mpd"
_CLOCK: Final = "utc.txt"
_FRESH_S: Final = 1
"""A manifest that is older tells players too late of what there is."""
_FRESH: Final = f"max-age={_FRESH_S}"


@attrs.frozen
class _Looks:
    """By what a player is known again that asks where it has begun, whatever ``Location`` says."""

    address: str
    path: str
    query: tuple[tuple[str, str], ...]
    user_agent: str
    authorization: str


@attrs.frozen
class _Listed:
    """A stream that is listed, and by which rule."""

    manifest: DashManifest
    is_low_latency: bool


class DashSite(SegmentedSite[DashConfig]):
    """Everything that one server serves as DASH, and everybody who watches it."""

    name: ClassVar[str] = "dash"
    ending: ClassVar[str] = ".mpd"

    def __init__(self, parts: Parts, config: Callable[[], DashConfig]) -> None:
        super().__init__(parts, config)
        self._rendered = Rendered(MANIFEST_TYPE)
        self._lists: WeakKeyDictionary[SegmentedStream, _Listed] = WeakKeyDictionary()
        self._by_looks: dict[_Looks, SegmentsViewer] = {}
        self._looks: dict[str, _Looks] = {}  # by what is in their URLs

    def rule(self, asked: HttpRequest) -> SegmentsRule:
        return self.config().rule(SegmentContainer.FMP4)

    def rule_of(self, file: str) -> SegmentsRule:
        return self.config().rule(SegmentContainer.FMP4)

    # --------------------------------------------------------------- viewers

    def known(self, asked: HttpRequest, client: WebClient) -> SegmentsViewer | None:
        return self._by_looks.get(_looks(asked, client))

    def began(self, viewer: SegmentsViewer, asked: HttpRequest, client: WebClient) -> None:
        looks = self._looks[viewer.ctx] = _looks(asked, client)
        self._by_looks[looks] = viewer

    def ended(self, viewer: SegmentsViewer, end: End) -> None:
        super().ended(viewer, end)
        self._forget(viewer)

    def _forget(self, viewer: SegmentsViewer) -> None:
        """It is not to be known by its looks any more."""
        looks = self._looks.pop(viewer.ctx, None)
        if looks is not None and self._by_looks[looks] is viewer:
            del self._by_looks[looks]

    # ----------------------------------------------------------------- files

    def max_age_s(self, live: SegmentedStream) -> int:
        return _FRESH_S

    def first(self, live: SegmentedStream, folder: str) -> WebAnswer:
        return text_answer(MANIFEST_TYPE, self._text(live, folder, folder + _MANIFEST).encode())

    def file(
        self, asked: HttpRequest, viewer: SegmentsViewer, live: SegmentedStream, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        if file == _MANIFEST:
            self._forget(viewer)
            return self._manifest(live)
        if file == _CLOCK:
            now = write_date(live.unix_ms())
            return WebAnswer(
                content_type="text/plain", chunks=(now.encode(),), cache_control="no-store"
            )
        rendition = self.rendition(live, file)
        answer = self.media(viewer, rendition, file)
        if answer is not None:
            return answer
        if self._listed(live).is_low_latency and file in rendition.coming:
            return self._in_the_making(viewer, live, rendition, file)
        raise NoSuchSegmentError(f"{file[:80]} is not there, or not any more")

    # ------------------------------------------------------------- manifests

    def _listed(self, live: SegmentedStream) -> _Listed:
        known = self._lists.get(live)
        if known is None:
            config = self.config()
            rule = DashRule(
                segment_s=config.segment,
                window_s=config.window,
                delay_s=config.delay,
                is_low_latency=config.low_latency,
            )
            manifest = DashManifest(live.presentation, rule)
            known = self._lists[live] = _Listed(manifest, config.low_latency)
        return known

    def _text(self, live: SegmentedStream, folder: str = "", location: str = "") -> str:
        manifest = self._listed(live).manifest.at(
            live.unix_ms(), folder, location=location, clock=folder + _CLOCK
        )
        if not manifest.periods:
            raise StreamNotFoundError("nothing of it can be seen")
        return manifest.write()

    def _manifest(self, live: SegmentedStream) -> WebAnswer:
        """The manifest as of now: the same bytes for all who know its folder."""
        presentation = live.presentation
        if self._listed(live).is_low_latency:
            revision = presentation.revision
        else:
            revision = sum(each.last_number + each.has_ended for each in presentation.renditions)
        answer = self._rendered.answer(live, revision, "mpd", lambda: self._text(live))
        return attrs.evolve(answer, cache_control=_FRESH)

    # ------------------------------------------------- a segment that is made

    async def _in_the_making(
        self, viewer: SegmentsViewer, live: SegmentedStream, rendition: Rendition, file: str
    ) -> WebAnswer:
        """A segment that is going on, part by part; one that comes next, when it begins."""
        with trio.move_on_after(HOLD_TARGETS * (rendition.target_s or 1)):
            while not _is_begun(rendition, file):
                if live.is_gone or file not in rendition.coming:
                    break
                await live.changed.wait()
        segment = rendition.find(file) or rendition.open
        if not isinstance(segment, Segment) or segment.name != file or not segment.parts:
            raise NoSuchSegmentError(f"{file[:80]} did not come")
        answer = self.media_answer(file, ())
        return attrs.evolve(
            answer, has_ranges=False, etag="", rest=_parts_of(viewer, live, segment)
        )


def _is_begun(rendition: Rendition, file: str) -> bool:
    begun = rendition.open
    return begun is not None and begun.name == file and bool(begun.parts)


async def _parts_of(
    viewer: SegmentsViewer, live: SegmentedStream, segment: Segment
) -> AsyncGenerator[bytes, None]:
    """Each part as soon as it is there."""
    sent = 0
    while True:
        ended = segment.has_ended or live.is_gone
        for part in segment.parts[sent:]:
            sent += 1
            viewer.count(len(part.data))
            if part.data:
                yield part.data
        if ended:
            return
        await live.changed.wait()


def _looks(asked: HttpRequest, client: WebClient) -> _Looks:
    headers, target = asked.headers, asked.target
    return _Looks(
        client.peer.rpartition(":")[0],
        target.path,
        tuple(sorted(target.query.items())),
        headers.get("user-agent", ""),
        headers.get("authorization", ""),
    )
