"""What is answered under the paths of DASH. Floor 3.

``/{app}/{stream}.mpd`` is a manifest whose URLs all lead below ``{stream}.dash/dash_ctx={id}/``,
the one of the next manifest among them (``Location``).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping
from typing import ClassVar, Final
from weakref import WeakKeyDictionary

import attrs
import trio

from trio_srs.hub.end import End
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.media.segments.dash_manifest import DashManifest, DashRule
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.base import Parts, WebAnswer, WebClient
from trio_srs.service.dash.config import DashConfig
from trio_srs.service.segmented.media_answers import answer_of, media_of
from trio_srs.service.segmented.rendered import Rendered, text_answer
from trio_srs.service.segmented.scoped import Scoped
from trio_srs.service.segmented.site import (
    HOLD_TARGETS,
    HeldTooLongError,
    NoSuchSegmentError,
    SegmentedSite,
)
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
_PACE_S: Final = 0.05
"""Who is told that there is nothing more, and asks all the same, does so no more often."""


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

    def __init__(self, parts: Parts, scoped: Scoped[DashConfig]) -> None:
        super().__init__(parts, scoped)
        self._rendered = Rendered(MANIFEST_TYPE)
        self._lists: WeakKeyDictionary[SegmentedStream, _Listed] = WeakKeyDictionary()
        self._by_looks: dict[_Looks, SegmentsViewer] = {}
        self._looks: dict[str, _Looks] = {}  # by what is in their URLs

    def container(self, asked: HttpRequest) -> SegmentContainer:
        return SegmentContainer.FMP4

    def container_of(self, file: str) -> SegmentContainer:
        return SegmentContainer.FMP4

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

    def max_age_s(self, key: str) -> int:
        return _FRESH_S

    def first(self, key: str, lives: Mapping[str, SegmentedStream], folder: str) -> WebAnswer:
        (live,) = lives.values()
        self._list(key, live)
        return text_answer(MANIFEST_TYPE, self._text(live, folder, folder + _MANIFEST).encode())

    def file(
        self, asked: HttpRequest, viewer: SegmentsViewer, live: SegmentedStream, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        self._list(viewer.key, live)
        if file == _MANIFEST:
            self._forget(viewer)
            return self._manifest(live)
        if file == _CLOCK:
            now = write_date(live.unix_ms())
            return WebAnswer(
                content_type="text/plain", chunks=(now.encode(),), cache_control="no-store"
            )
        rendition = self.rendition(live, file)
        segment = self._segment(rendition, file)
        if segment is None:
            answer = self.media(viewer, rendition, file)
            if answer is not None:
                return answer
            if file != rendition.coming:
                raise NoSuchSegmentError(f"{file[:80]} is not there, or not any more")
        if segment is None or not self._is_listed(live, segment):
            return self._too_early(live, rendition, file)
        if segment.has_ended:
            answer = self.media(viewer, rendition, file)
            assert answer is not None  # it is kept
            return answer
        rest = _parts_of(viewer, live, segment)
        return attrs.evolve(answer_of(file, ()), has_ranges=False, etag="", rest=rest)

    # ------------------------------------------------------------- manifests

    def _list(self, key: str, live: SegmentedStream) -> None:
        """List a stream from now on, by what holds for it when somebody asks first."""
        if live not in self._lists:
            config = self.scoped.of(key)
            rule = DashRule(
                segment_s=config.segment,
                window_s=config.window,
                delay_s=config.delay,
                is_low_latency=config.low_latency,
                labels=config.sound_labels,
            )
            manifest = DashManifest(live.presentation, rule)
            self._lists[live] = _Listed(manifest, config.low_latency)

    def _text(self, live: SegmentedStream, folder: str = "", location: str = "") -> str:
        manifest = self._lists[live].manifest.at(
            live.unix_ms(), folder, location=location, clock=folder + _CLOCK
        )
        if not manifest.periods:
            raise StreamNotFoundError("nothing of it can be seen")
        return manifest.write()

    def _manifest(self, live: SegmentedStream) -> WebAnswer:
        """The manifest as of now: the same bytes for all who know its folder."""
        presentation = live.presentation
        if self._lists[live].is_low_latency:
            revision = presentation.revision
        else:
            revision = sum(each.last_number + each.has_ended for each in presentation.renditions)
        return self._rendered.answer(live, revision, "mpd", lambda: self._text(live), _FRESH_S)

    # -------------------------------------------------- a segment that is made

    @staticmethod
    def _segment(rendition: Rendition, file: str) -> Segment | None:
        """A segment that is whole, or going on."""
        found = rendition.find(file)
        if found is None and file == rendition.coming:
            found = rendition.open
        return found if isinstance(found, Segment) else None

    def _is_listed(self, live: SegmentedStream, segment: Segment) -> bool:
        """Whether a manifest has it: it is whole in every track, or with low latency the one behind
        those, of which something is there."""
        whole = min(each.last_number for each in live.presentation.renditions)
        is_low_latency = self._lists[live].is_low_latency
        return segment.number <= whole + is_low_latency and bool(segment.size)

    async def _too_early(self, live: SegmentedStream, rendition: Rendition, file: str) -> WebAnswer:
        """Who asks for a segment before it is listed is told that it is not there: when it is.
        ffmpeg does that at the end of what it knows, and when told so asks for a manifest, and for
        the same segment again; told at once, it gives up after a hundred times, and given the
        segment, it asks for it again all the same (libavformat/dashdec.c)."""
        if live.has_ended:
            await trio.sleep(_PACE_S)
            raise NoSuchSegmentError(f"{file[:80]} will not come: that was all")
        with trio.move_on_after(HOLD_TARGETS * (rendition.target_s or 1)):
            while not live.is_gone:
                segment = self._segment(rendition, file)
                if segment is None and file != rendition.coming:
                    break
                if segment is not None and self._is_listed(live, segment):
                    break
                await live.changed.wait()
            raise NoSuchSegmentError(f"{file[:80]} was not listed when it was asked for")
        raise HeldTooLongError(f"{file[:80]} did not come in time")


async def _parts_of(
    viewer: SegmentsViewer, live: SegmentedStream, segment: Segment
) -> AsyncGenerator[bytes, None]:
    """Each part as soon as it is there."""
    sent = 0
    while True:
        ended = segment.has_ended or live.is_gone
        for part in segment.parts[sent:]:
            sent += 1
            viewer.given(media_of(segment, part), trio.current_time())
            if part.size:
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
