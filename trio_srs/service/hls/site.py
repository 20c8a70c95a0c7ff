"""The paths of HLS, and what is answered under them: to each viewer, of each stream. Floor 3.

``/{app}/{stream}.m3u8`` is the multivariant playlist: whoever asks for it is a viewer, and all URIs
in it lead below ``{stream}.hls/hls_ctx={id}/``, where the viewer is known by that id. So the
playlists and segments are the same bytes for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote

import attrs
import trio

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.derived import DerivedForm
from trio_srs.hub.end import End
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.base import Parts, WebAnswer, WebClient
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.hls.directives import Directives
from trio_srs.service.hls.live_stream import LiveStream, LiveStreams, playlist_answer
from trio_srs.service.hls.segmented_form import segmented_form
from trio_srs.service.hls.viewer import HlsViewer, Wanted
from trio_srs.service.hls.viewers import Viewers
from trio_srs.session.http_events import HttpRequest

__all__ = ["HlsSite"]

_PLAYLIST: Final = ".m3u8"
_FOLDER: Final = ".hls"
_CTX: Final = "hls_ctx="
_TYPES: Final = {".ts": "video/mp2t", ".m4s": "video/iso.segment", ".mp4": "video/mp4"}
_IMMUTABLE: Final = "public, max-age=86400, immutable"
"""Names are never given twice."""
_HOLD_TARGETS: Final = 3
_FRESH_TARGETS: Final = 6


class NoSuchSegmentError(RefusedError):
    """What a URL of HLS names is not there, or not any more."""

    code = "no_such_segment"
    http_status = 404


class HeldTooLongError(RefusedError):
    """What was waited for did not come."""

    code = "held_too_long"
    http_status = 503


class HlsSite:
    """Everything that one server cuts, and everybody who watches it.

    Attributes:
        live: what is cut now.
        viewers: the sessions.

    Args:
        config: asked for whatever begins.
    """

    def __init__(self, parts: Parts, config: Callable[[], HlsConfig]) -> None:
        self.live = LiveStreams()
        self.viewers = Viewers()
        self._parts, self._config = parts, config

    def form(self, container: SegmentContainer) -> DerivedForm:
        """How streams are cut."""
        return segmented_form(container, self._config, self.live)

    def answer(
        self, asked: HttpRequest, client: WebClient, /
    ) -> WebAnswer | Awaitable[WebAnswer] | None:
        """Answer a request; None if the path is none of HLS.

        Raises:
            RefusedError: no; also raised by what is awaited.
        """
        segments = asked.target.segments
        if len(segments) < 2:
            return None
        *folders, file = segments
        if len(folders) > 2 and folders[-1].startswith(_CTX) and folders[-2].endswith(_FOLDER):
            wanted = Wanted("/".join(folders[:-2]), folders[-2].removesuffix(_FOLDER))
            return self._known(asked, client, wanted, folders[-1].removeprefix(_CTX), file)
        if not file.endswith(_PLAYLIST) or file == _PLAYLIST:
            return None
        wanted = Wanted("/".join(folders), file.removesuffix(_PLAYLIST))
        return self._begin(asked, client, wanted)

    # ------------------------------------------------------------ new viewers

    async def _begin(self, asked: HttpRequest, client: WebClient, wanted: Wanted) -> WebAnswer:
        """Another viewer: let it in, and answer when there is something to see."""
        container = _container(asked, self._config().container)
        viewer = await self._admit(asked, client, wanted, self.viewers.new_ctx(), container)
        try:
            live = await self._ready(viewer, container)
        except BaseException as error:
            detail = str(error) or "it left before it was answered"
            viewer.conclude(End(EndReason.NO_PUBLISHER, detail))
            raise
        folder = f"{quote(wanted.name)}{_FOLDER}/{_CTX}{viewer.ctx}/"
        if asked.method == "HEAD":
            viewer.conclude(End(EndReason.PEER_FIN, "it asked for the head alone"))
        return playlist_answer(_under(folder, live).encode())

    async def _admit(
        self,
        asked: HttpRequest,
        client: WebClient,
        wanted: Wanted,
        ctx: str,
        container: SegmentContainer,
    ) -> HlsViewer:
        viewer = HlsViewer(self._parts, ctx, wanted, client, self.viewers.ended)
        await viewer.begin(asked, self._config(), self.form(container))
        self.viewers.add(viewer)
        return viewer

    async def _ready(self, viewer: HlsViewer, container: SegmentContainer) -> LiveStream:
        """The stream, as soon as it has a playlist that every player takes.

        Raises:
            StreamNotFoundError: there was none in time.
        """
        stream, missing_s = viewer.stream, self._config().missing_timeout
        assert stream is not None  # it was let in
        with trio.move_on_after(missing_s):
            return await self.live.ready(stream.key, container)
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
        container = SegmentContainer.TS if _is_ts(file) else SegmentContainer.FMP4
        viewer = await self._admit(asked, client, wanted, ctx, container)
        await self._ready(viewer, container)
        answer = self._file(asked, viewer, file)
        return answer if isinstance(answer, WebAnswer) else await answer

    def _file(
        self, asked: HttpRequest, viewer: HlsViewer, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        """A playlist or a piece of media."""
        stream = viewer.stream
        assert stream is not None  # it was let in
        container = SegmentContainer.TS if _is_ts(file) else SegmentContainer.FMP4
        live = self.live.find(stream.key, container)
        if live is None:
            raise NoSuchSegmentError(f"nothing of {stream.key} is there any more")
        if file.endswith(_PLAYLIST):
            rendition = live.presentation.rendition(file.removesuffix(_PLAYLIST))
            if rendition is None or not rendition.is_ready:
                raise NoSuchSegmentError(f"{stream.key} has no rendition {file[:80]}")
            return self._playlist(asked, live, rendition)
        for rendition in live.presentation.renditions:
            if file.startswith(f"{rendition.name}-"):
                return self._media(viewer, live, rendition, file)
        raise NoSuchSegmentError(f"{stream.key} has no {file[:80]}")

    # -------------------------------------------------------------- playlists

    def _playlist(
        self, asked: HttpRequest, live: LiveStream, rendition: Rendition
    ) -> WebAnswer | Awaitable[WebAnswer]:
        target_s = rendition.target_s
        assert target_s is not None  # it is ready
        plain_s = max(target_s // 2, 1)
        if rendition.part_target is None:
            return live.playlist(rendition, is_delta=False, max_age_s=plain_s)
        said = Directives.read(asked.target.query)
        is_delta = said.is_delta and not rendition.has_ended
        if not said.waits:
            return live.playlist(rendition, is_delta=is_delta, max_age_s=plain_s)
        max_age_s = _FRESH_TARGETS * target_s
        if said.is_met(rendition):
            return live.playlist(rendition, is_delta=is_delta, max_age_s=max_age_s)
        said.check(rendition)
        return self._held_playlist(said, live, rendition)

    async def _held_playlist(
        self, said: Directives, live: LiveStream, rendition: Rendition
    ) -> WebAnswer:
        """The playlist, as soon as what was asked for is in it."""
        assert rendition.target_s is not None  # it is ready
        with trio.move_on_after(_HOLD_TARGETS * rendition.target_s):
            while not said.is_met(rendition):
                if live.is_gone:
                    raise NoSuchSegmentError("the stream is gone")
                await live.changed.wait()
            max_age_s = _FRESH_TARGETS * rendition.target_s
            return live.playlist(rendition, is_delta=said.is_delta, max_age_s=max_age_s)
        raise HeldTooLongError(f"segment {said.number} did not come in time")

    # ------------------------------------------------------------------ media

    def _media(
        self, viewer: HlsViewer, live: LiveStream, rendition: Rendition, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        answer = _media_answer(rendition, file)
        if answer is not None:
            viewer.count(sum(map(len, answer.chunks)))
            return answer
        if file == rendition.next_part_name and rendition.part_target is not None:
            return self._hinted(viewer, live, rendition, file)
        raise NoSuchSegmentError(f"{file[:80]} is not there, or not any more")

    async def _hinted(
        self, viewer: HlsViewer, live: LiveStream, rendition: Rendition, file: str
    ) -> WebAnswer:
        """A part that comes next (bis, 6.2.6): all of it, as soon as it is there."""
        assert rendition.target_s is not None  # it was hinted at in a playlist
        with trio.move_on_after(_HOLD_TARGETS * rendition.target_s):
            while (answer := _media_answer(rendition, file)) is None:
                if live.is_gone or file != rendition.next_part_name:
                    raise NoSuchSegmentError(f"{file[:80]} did not come")
                await live.changed.wait()
            viewer.count(sum(map(len, answer.chunks)))
            return answer
        raise HeldTooLongError(f"{file[:80]} did not come in time")


def _media_answer(rendition: Rendition, file: str) -> WebAnswer | None:
    found = rendition.find(file)
    if found is None:
        return None
    chunks = [part.data for part in found.parts] if isinstance(found, Segment) else [found.data]
    ending = file[file.rindex(".") :]
    return WebAnswer(
        content_type=_TYPES[ending],
        chunks=chunks,
        cache_control=_IMMUTABLE,
        etag=f'"{file}"',
        has_ranges=True,
    )


def _under(folder: str, live: LiveStream) -> str:
    """The multivariant playlist, with its URIs below a folder."""
    said = live.presentation.multivariant()
    return attrs.evolve(
        said,
        variants=tuple(attrs.evolve(each, uri=folder + each.uri) for each in said.variants),
        renditions=tuple(attrs.evolve(each, uri=folder + each.uri) for each in said.renditions),
    ).write()


def _container(asked: HttpRequest, default: SegmentContainer) -> SegmentContainer:
    said = asked.target.query.get("container", "")
    return SegmentContainer(said) if said in set(SegmentContainer) else default


def _is_ts(file: str) -> bool:
    """Whether a file is of the rendition that has everything in transport streams."""
    return file.startswith(("main.", "main-"))
