"""The paths of streams in segments, and who is known under them. Floor 3.

What is at ``/{app}/{stream}`` with an ending leads below ``{stream}.{form}/{form}_ctx={id}/``:
whoever asks for it is a viewer, and is known below there by that id. So what is there is the same
bytes for all.

Where viewers have no URLs of their own, it leads below ``{stream}.{form}/``, and who asks for
something there is known by its address and its ``Authorization``: as a rule a cache.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final, Generic, TypeVar
from urllib.parse import quote

import attrs
import trio

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.end import End
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.hub.segmented_streams import SegmentsRule
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.service.base import Parts, WebAnswer, WebClient
from trio_srs.service.segmented.config import SegmentedConfig
from trio_srs.service.segmented.viewer import SegmentsViewer, Wanted
from trio_srs.service.segmented.viewers import SHARED, Viewers, shared_ctx
from trio_srs.session.http_events import HttpRequest

__all__ = ["HOLD_TARGETS", "HeldTooLongError", "NoSuchSegmentError", "SegmentedSite"]

_TYPES: Final = {".ts": "video/mp2t", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}
_IMMUTABLE: Final = "public, max-age=86400, immutable"
"""Names are never given twice."""
HOLD_TARGETS: Final = 3
"""Target durations that are waited at most for what a request is held for."""

ConfigT = TypeVar("ConfigT", bound=SegmentedConfig)


class NoSuchSegmentError(RefusedError):
    """What a URL of a stream in segments names is not there, or not any more."""

    code = "no_such_segment"
    http_status = 404


class HeldTooLongError(RefusedError):
    """What was waited for did not come."""

    code = "held_too_long"
    http_status = 503


class SegmentedSite(ABC, Generic[ConfigT]):
    """Everything that one server serves in one form of segments, and everybody who watches it.

    Attributes:
        name: of the form: ``hls``.
        ending: of the path by which viewers begin.
        kept_endings: of files that may be asked for when the stream is cut no more.
        live: what is cut now.
        viewers: the sessions.

    Args:
        config: asked for whatever begins.
    """

    name: ClassVar[str]
    ending: ClassVar[str]
    kept_endings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, parts: Parts, config: Callable[[], ConfigT]) -> None:
        self.live = parts.hub.segmented
        self.viewers = Viewers()
        self.config = config
        self._parts = parts
        self._admitting: dict[str, trio.Event] = {}
        self._folder, self._ctx = f".{self.name}", f"{self.name}_ctx="

    # ------------------------------------------------------- what a form says

    @abstractmethod
    def rule(self, asked: HttpRequest) -> SegmentsRule:
        """How the stream is cut that somebody begins with."""

    @abstractmethod
    def rule_of(self, file: str) -> SegmentsRule:
        """How the stream is cut that somebody goes on with, by the name of a file of it."""

    @abstractmethod
    def first(self, live: SegmentedStream, folder: str) -> WebAnswer:
        """What a new viewer is answered.

        Args:
            folder: where all else is, relative to the path.
        """

    @abstractmethod
    def file(
        self, asked: HttpRequest, viewer: SegmentsViewer, live: SegmentedStream, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        """A file of a viewer's folder.

        Raises:
            RefusedError: no; also raised by what is awaited.
        """

    def known(self, asked: HttpRequest, client: WebClient) -> SegmentsViewer | None:
        """Who asks again for what viewers begin with, and is none that begins: by default
        nobody."""
        return None

    def began(self, viewer: SegmentsViewer, asked: HttpRequest, client: WebClient) -> None:
        """Somebody was let in who begins."""

    def ended(self, viewer: SegmentsViewer, end: End) -> None:
        """Somebody is over; also who was not let in."""
        self.viewers.ended(viewer, end)

    def kept(self, stream: str, file: str) -> WebAnswer:
        """A file of a stream that may be cut no more, for who may play it.

        Raises:
            NoSuchSegmentError: there is none.
        """
        raise NoSuchSegmentError(f"there is no {file[:80]} of {stream}")

    def max_age_s(self, live: SegmentedStream) -> int:
        """How long a cache may keep what comes first, where that is the same for all: by default
        half a target duration."""
        return max((live.presentation.renditions[0].target_s or 0) // 2, 1)

    # ----------------------------------------------------------------- paths

    def answer(
        self, asked: HttpRequest, client: WebClient, /
    ) -> WebAnswer | Awaitable[WebAnswer] | None:
        """Answer a request; None if the path is none of this form.

        Raises:
            RefusedError: no; also raised by what is awaited.
        """
        segments = asked.target.segments
        if len(segments) < 2:
            return None
        *folders, file = segments
        if (
            len(folders) > 2
            and folders[-1].startswith(self._ctx)
            and folders[-2].endswith(self._folder)
        ):
            wanted = Wanted("/".join(folders[:-2]), folders[-2].removesuffix(self._folder))
            ctx = folders[-1].removeprefix(self._ctx)
            if ctx.startswith(SHARED):
                raise NoSuchSegmentError("that is nobody's")
            return self._known(asked, client, wanted, ctx, file)
        if len(folders) > 1 and folders[-1].endswith(self._folder):
            wanted = Wanted("/".join(folders[:-1]), folders[-1].removesuffix(self._folder))
            if file.endswith(self.kept_endings):
                return self._kept(asked, client, wanted, file)
            ctx = shared_ctx(asked, client, wanted, self.rule_of(file))
            return self._known(asked, client, wanted, ctx, file)
        if not file.endswith(self.ending) or file == self.ending:
            return None
        wanted = Wanted("/".join(folders), file.removesuffix(self.ending))
        return self._begin(asked, client, wanted)

    # ------------------------------------------------------------ new viewers

    async def _begin(self, asked: HttpRequest, client: WebClient, wanted: Wanted) -> WebAnswer:
        """Another viewer: let it in, and answer when there is something to see."""
        viewer = self.known(asked, client)
        if viewer is not None:
            self.viewers.seen(viewer.ctx)
            return await self._welcome(viewer)
        rule = self.rule(asked)
        if not self.config().viewer_ctx:
            return await self._begin_shared(asked, client, wanted, rule)
        viewer = await self._admit(asked, client, wanted, self.viewers.new_ctx(), rule)
        self.began(viewer, asked, client)
        try:
            answer = await self._welcome(viewer)
        except BaseException as error:
            detail = str(error) or "it left before it was answered"
            viewer.conclude(End(EndReason.NO_PUBLISHER, detail))
            raise
        if asked.method == "HEAD":
            viewer.conclude(End(EndReason.PEER_FIN, "it asked for the head alone"))
        return answer

    async def _welcome(self, viewer: SegmentsViewer) -> WebAnswer:
        live = await self._ready(viewer)
        folder = f"{quote(viewer.wanted.name)}{self._folder}/{self._ctx}{viewer.ctx}/"
        return self.first(live, folder)

    async def _begin_shared(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, rule: SegmentsRule
    ) -> WebAnswer:
        """Somebody, or a cache for somebody: what comes first is the same for all."""
        ctx = shared_ctx(asked, client, wanted, rule)
        viewer = self.viewers.seen(ctx)
        if viewer is None:
            viewer = await self._admit(asked, client, wanted, ctx, rule)
        live = await self._ready(viewer)
        return attrs.evolve(
            self.first(live, f"{quote(wanted.name)}{self._folder}/"),
            cache_control=f"max-age={self.max_age_s(live)}",
            etag=f'"{live.epoch}-{live.presentation.revision}-first"',
        )

    async def _admit(
        self,
        asked: HttpRequest,
        client: WebClient,
        wanted: Wanted,
        ctx: str,
        rule: SegmentsRule,
        *,
        is_cut: bool = True,
    ) -> SegmentsViewer:
        """A viewer of that id: another one, or the one that somebody else has just been let in as.

        Args:
            is_cut: whether the stream is cut for as long as the viewer is there.

        Raises:
            RefusedError: no.
        """
        while ctx in self._admitting:
            await self._admitting[ctx].wait()
            known = self.viewers.seen(ctx)
            if known is not None:
                return known
        over = self._admitting[ctx] = trio.Event()
        try:
            return await self._let_in(asked, client, wanted, ctx, rule, is_cut=is_cut)
        finally:
            del self._admitting[ctx]
            over.set()

    async def _let_in(
        self,
        asked: HttpRequest,
        client: WebClient,
        wanted: Wanted,
        ctx: str,
        rule: SegmentsRule,
        *,
        is_cut: bool,
    ) -> SegmentsViewer:
        secure = "s" if client.protocol == "https" else ""
        viewer = SegmentsViewer(
            self._parts, ctx, wanted, client, f"{self.name}{secure}", rule, self.ended
        )
        form = self.live.form(rule) if is_cut else None
        await viewer.begin(asked, self.config(), form)
        self.viewers.add(viewer)
        return viewer

    async def _ready(self, viewer: SegmentsViewer) -> SegmentedStream:
        """The stream, as soon as it has a playlist that every player takes.

        Raises:
            StreamNotFoundError: there was none in time.
        """
        stream, missing_s = viewer.stream, self.config().missing_timeout
        assert stream is not None  # it was let in
        with trio.move_on_after(missing_s):
            return await self.live.ready(stream.key, viewer.rule)
        raise StreamNotFoundError(
            f"nothing of {stream.key} can be seen, also after {missing_s:g} s"
        )

    # ---------------------------------------------------------- known viewers

    def _known(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, ctx: str, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        viewer = self.viewers.seen(ctx)
        if viewer is None:
            return self._return(asked, client, wanted, ctx, file)
        if viewer.wanted != wanted:
            raise NoSuchSegmentError(f"{ctx} is of another stream")
        return self._file(asked, viewer, file)

    async def _return(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, ctx: str, file: str
    ) -> WebAnswer:
        """Somebody goes on who was gone, or was of another run of the server: a new session."""
        viewer = await self._admit(asked, client, wanted, ctx, self.rule_of(file))
        await self._ready(viewer)
        answer = self._file(asked, viewer, file)
        return answer if isinstance(answer, WebAnswer) else await answer

    async def _kept(
        self, asked: HttpRequest, client: WebClient, wanted: Wanted, file: str
    ) -> WebAnswer:
        """What does not need the stream to go on: for who may play it all the same."""
        ctx = shared_ctx(asked, client, wanted, None)
        viewer = self.viewers.seen(ctx)
        if viewer is None:
            rule = self.rule_of(file)
            viewer = await self._admit(asked, client, wanted, ctx, rule, is_cut=False)
        assert viewer.stream is not None  # it was let in
        return self.kept(viewer.stream.key, file)

    def _file(
        self, asked: HttpRequest, viewer: SegmentsViewer, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        """Whatever is in its folder."""
        stream = viewer.stream
        assert stream is not None  # it was let in
        live = self.live.find(stream.key, viewer.rule)
        if live is None:
            raise NoSuchSegmentError(f"nothing of {stream.key} is there any more")
        return self.file(asked, viewer, live, file)

    # ------------------------------------------------------------------ media

    def rendition(self, live: SegmentedStream, file: str) -> Rendition:
        """That a segment, or what belongs to one, is of by its name.

        Raises:
            NoSuchSegmentError: it is of none.
        """
        for rendition in live.presentation.renditions:
            if file.startswith(f"{rendition.name}-"):
                return rendition
        raise NoSuchSegmentError(f"there is no {file[:80]}")

    def media(self, viewer: SegmentsViewer, rendition: Rendition, file: str) -> WebAnswer | None:
        """A segment, a part of one, or what is needed to read them, if it is kept."""
        found = rendition.find(file)
        if found is None:
            return None
        chunks = [part.data for part in found.parts] if isinstance(found, Segment) else [found.data]
        viewer.count(sum(map(len, chunks)))
        return self.media_answer(file, chunks)

    @staticmethod
    def media_answer(file: str, chunks: Sequence[bytes]) -> WebAnswer:
        """As what is kept is answered."""
        return WebAnswer(
            content_type=_TYPES[file[file.rindex(".") :]],
            chunks=chunks,
            cache_control=_IMMUTABLE,
            etag=f'"{file}"',
            has_ranges=True,
        )
