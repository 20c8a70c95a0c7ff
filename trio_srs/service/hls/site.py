"""What is answered under the paths of HLS. Floor 3.

``/{app}/{stream}.m3u8`` is the multivariant playlist; all URIs in it lead below
``{stream}.hls/hls_ctx={id}/``. So the playlists and segments are the same bytes for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Final

import attrs
import trio

from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.media.segments.segment_keys import SegmentKey
from trio_srs.media.segments.variant_template import VariantMember
from trio_srs.service.base import Parts, WebAnswer
from trio_srs.service.hls.config import HlsConfig
from trio_srs.service.hls.directives import Directives
from trio_srs.service.segmented.rendered import Rendered, text_answer
from trio_srs.service.segmented.scoped import Scoped
from trio_srs.service.segmented.site import (
    HOLD_TARGETS,
    Folder,
    HeldTooLongError,
    NoSuchSegmentError,
    SegmentedSite,
)
from trio_srs.service.segmented.viewer import SegmentsViewer
from trio_srs.session.http_events import HttpRequest
from trio_srs.wire.hls.multivariant_playlist import MultivariantPlaylist

__all__ = ["PLAYLIST_TYPE", "FindKey", "HlsSite"]

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
"""Of playlists (RFC 8216, 10)."""
_PLAYLIST: Final = ".m3u8"
_KEY: Final = ".key"
_FRESH_TARGETS: Final = 6


FindKey = Callable[[str, str], SegmentKey | None]
"""A key of what is in files, by the stream's name and its own."""


def _no_key(_stream: str, _name: str) -> None:
    """Nothing is in files."""


class HlsSite(SegmentedSite[HlsConfig]):
    """Everything that one server serves as HLS, and everybody who watches it.

    Args:
        find_key: finds those of streams that are written.
    """

    name: ClassVar[str] = "hls"
    ending: ClassVar[str] = _PLAYLIST
    kept_endings: ClassVar[tuple[str, ...]] = (_KEY,)

    def __init__(
        self, parts: Parts, scoped: Scoped[HlsConfig], find_key: FindKey = _no_key
    ) -> None:
        super().__init__(parts, scoped)
        self._find_key = find_key
        self._rendered = Rendered(PLAYLIST_TYPE)

    def container(self, asked: HttpRequest) -> SegmentContainer | None:
        said = asked.target.query.get("container", "")
        return SegmentContainer(said) if said in set(SegmentContainer) else None

    def container_of(self, file: str) -> SegmentContainer:
        # Transport streams have everything in the rendition that is called so.
        is_ts = file.rpartition("/")[2].startswith(("main.", "main-"))
        return SegmentContainer.TS if is_ts else SegmentContainer.FMP4

    def members(self, key: str) -> tuple[VariantMember, ...]:
        """Its variants, unless nobody publishes one of those and somebody the stream itself."""
        for template in self.scoped.everywhere.variant_templates:
            members = template.members(key)
            if members and (not self._is_there(key) or any(self._is_there(m.key) for m in members)):
                return members
        return super().members(key)

    def _is_there(self, key: str) -> bool:
        stream = self._parts.hub.find(key)
        return stream is not None and stream.publishing

    def first(self, key: str, lives: Mapping[str, SegmentedStream], folder: str) -> WebAnswer:
        playlist = _all_of(lives, folder, self.scoped.of(key))
        return text_answer(PLAYLIST_TYPE, playlist.write().encode())

    def file(
        self, asked: HttpRequest, viewer: SegmentsViewer, live: SegmentedStream, file: str
    ) -> WebAnswer | Awaitable[WebAnswer]:
        if file.endswith(_PLAYLIST):
            rendition = live.presentation.rendition(file.removesuffix(_PLAYLIST))
            if rendition is None or not rendition.is_ready:
                raise NoSuchSegmentError(f"there is no rendition {file[:80]}")
            return self._playlist(asked, live, rendition)
        if file.endswith(_KEY):
            return _key_answer(_key_of(live, file), file)
        rendition = self.rendition(live, file)
        answer = self.media(viewer, rendition, file)
        if answer is not None:
            return answer
        if file == rendition.next_part_name and rendition.part_target is not None:
            return self._hinted(viewer, live, rendition, file)
        raise NoSuchSegmentError(f"{file[:80]} is not there, or not any more")

    def at_once(self, folder: Folder, file: str) -> WebAnswer | None:
        return self.kept_at_once(folder, file)

    def kept(self, viewer: SegmentsViewer, key: str, file: str) -> WebAnswer:
        live = self.live.find(key, viewer.rule)
        return _key_answer(_key_of(live, file) or self._find_key(key, file), file)

    # -------------------------------------------------------------- playlists

    def _playlist(
        self, asked: HttpRequest, live: SegmentedStream, rendition: Rendition
    ) -> WebAnswer | Awaitable[WebAnswer]:
        target_s = rendition.target_s
        assert target_s is not None  # it is ready
        plain_s = max(target_s // 2, 1)
        if rendition.part_target is None:
            return self._written(live, rendition, is_delta=False, max_age_s=plain_s)
        said = Directives.read(asked.target.query)
        is_delta = said.is_delta and not rendition.has_ended
        if not said.waits:
            return self._written(live, rendition, is_delta=is_delta, max_age_s=plain_s)
        max_age_s = _FRESH_TARGETS * target_s
        if said.is_met(rendition):
            return self._written(live, rendition, is_delta=is_delta, max_age_s=max_age_s)
        said.check(rendition)
        return self._held_playlist(said, live, rendition)

    async def _held_playlist(
        self, said: Directives, live: SegmentedStream, rendition: Rendition
    ) -> WebAnswer:
        """The playlist, as soon as what was asked for is in it."""
        assert rendition.target_s is not None  # it is ready
        with trio.move_on_after(HOLD_TARGETS * rendition.target_s):
            what = rendition.name, said.number, said.part
            await live.until(what, lambda: said.is_met(rendition))
            if not said.is_met(rendition):
                raise NoSuchSegmentError("the stream is gone")
            max_age_s = _FRESH_TARGETS * rendition.target_s
            return self._written(live, rendition, is_delta=said.is_delta, max_age_s=max_age_s)
        raise HeldTooLongError(f"segment {said.number} did not come in time")

    def _written(
        self, live: SegmentedStream, rendition: Rendition, *, is_delta: bool, max_age_s: int
    ) -> WebAnswer:
        """The playlist of a rendition, as of now: the same bytes for all who ask."""

        def write() -> str:
            others = [each for each in live.presentation.renditions if each is not rendition]
            reports = tuple(each.report for each in others if each.is_ready)
            return rendition.playlist(reports, is_delta=is_delta).write()

        key = f"{rendition.name}-{int(is_delta)}"
        return self._rendered.answer(live, live.presentation.revision, key, write, max_age_s)

    # ------------------------------------------------------------------ media

    async def _hinted(
        self, viewer: SegmentsViewer, live: SegmentedStream, rendition: Rendition, file: str
    ) -> WebAnswer:
        """A part that comes next (bis, 6.2.6): all of it, as soon as it is there."""
        assert rendition.target_s is not None  # it was hinted at in a playlist
        with trio.move_on_after(HOLD_TARGETS * rendition.target_s):
            await live.until(file, lambda: file != rendition.next_part_name)
            answer = self.media(viewer, rendition, file)
            if answer is None:
                raise NoSuchSegmentError(f"{file[:80]} did not come")
            return answer
        raise HeldTooLongError(f"{file[:80]} did not come in time")


def _key_of(live: SegmentedStream | None, name: str) -> SegmentKey | None:
    keys = None if live is None else live.presentation.keys
    return None if keys is None else keys.find(name)


def _key_answer(key: SegmentKey | None, file: str) -> WebAnswer:
    """A key, for who may have it, and for no cache."""
    if key is None:
        raise NoSuchSegmentError(f"there is no key {file[:80]}, or not any more")
    return WebAnswer(
        content_type="application/octet-stream", chunks=(key.data,), cache_control="no-store"
    )


def _all_of(
    lives: Mapping[str, SegmentedStream], folder: str, config: HlsConfig
) -> MultivariantPlaylist:
    """What there is to choose from of all streams: each below its label in a folder, and sound
    alone of the last."""
    said = [
        _under(
            f"{folder}{label}/" if label else folder,
            f"-{label}" if label else "",
            live.presentation.multivariant(
                with_sound_alone=config.audio_only and number == len(lives),
                labels=config.sound_labels,
            ),
        )
        for number, (label, live) in enumerate(lives.items(), 1)
    ]
    return MultivariantPlaylist(
        variants=tuple(each for one in said for each in one.variants),
        renditions=tuple(each for one in said for each in one.renditions),
        independent_segments=all(one.independent_segments for one in said),
    )


def _under(folder: str, suffix: str, said: MultivariantPlaylist) -> MultivariantPlaylist:
    """It, with its URIs below a folder, and something behind the names of its groups."""
    return attrs.evolve(
        said,
        variants=tuple(
            attrs.evolve(each, uri=folder + each.uri, audio=each.audio and each.audio + suffix)
            for each in said.variants
        ),
        renditions=tuple(
            attrs.evolve(each, uri=folder + each.uri, group_id=each.group_id + suffix)
            for each in said.renditions
        ),
    )
