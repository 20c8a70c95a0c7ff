"""One stream as it is cut now: its presentation, and who waits for something of it. Floor 3."""

from __future__ import annotations

import gzip
from typing import Final

import attrs
import trio

from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.base import WebAnswer

__all__ = ["PLAYLIST_TYPE", "LiveStream", "LiveStreams", "playlist_answer"]

PLAYLIST_TYPE: Final = "application/vnd.apple.mpegurl"
"""Of playlists (RFC 8216, 10)."""
_GZIP_LEVEL: Final = 5


@attrs.define(eq=False)
class LiveStream:
    """A presentation, rendered once for all who ask, and waited for by one event."""

    presentation: Presentation
    epoch: str
    changed: trio.Event = attrs.field(factory=trio.Event)
    """Set at the next change of any playlist; another one stands here then."""
    is_gone: bool = False
    """Nobody cuts it any more."""
    has_ended: bool = False
    """Its playlists have said their end."""
    _revision: int = 0
    _rendered: dict[tuple[str, bool], tuple[int, WebAnswer]] = attrs.field(factory=dict)

    def tell(self) -> None:
        """Wake who waits, if anything has changed."""
        revision = self.presentation.revision
        if revision != self._revision:
            self._revision = revision
            self._wake()

    def give_up(self) -> None:
        """Nothing will change any more."""
        self.is_gone = True
        self._wake()

    def _wake(self) -> None:
        changed, self.changed = self.changed, trio.Event()
        changed.set()

    def playlist(self, rendition: Rendition, *, is_delta: bool, max_age_s: int) -> WebAnswer:
        """The playlist of a rendition, as of now: the same bytes for all who ask."""
        revision, key = self.presentation.revision, (rendition.name, is_delta)
        known = self._rendered.get(key)
        if known is None or known[0] != revision:
            others = [each for each in self.presentation.renditions if each is not rendition]
            reports = tuple(each.report for each in others if each.is_ready)
            text = rendition.playlist(reports, is_delta=is_delta).write().encode()
            answer = playlist_answer(text, f'"{self.epoch}-{revision}-{int(is_delta)}"')
            known = self._rendered[key] = revision, answer
        return attrs.evolve(known[1], cache_control=f"max-age={max_age_s}")


class LiveStreams:
    """What is cut now, by the stream's name and the container."""

    def __init__(self) -> None:
        self._live: dict[tuple[str, SegmentContainer], LiveStream] = {}
        self._added = trio.Event()

    def find(self, name: str, container: SegmentContainer) -> LiveStream | None:
        """The newest of a stream, which may have ended."""
        return self._live.get((name, container))

    def put(self, name: str, container: SegmentContainer, live: LiveStream) -> None:
        """A stream is cut from now on, and what there was of it before is not to be had."""
        before = self._live.get((name, container))
        self._live[name, container] = live
        if before is not None:
            before.give_up()
        added, self._added = self._added, trio.Event()
        added.set()

    def remove(self, name: str, container: SegmentContainer) -> None:
        """It is not cut any more."""
        self._live.pop((name, container)).give_up()

    async def ready(self, name: str, container: SegmentContainer) -> LiveStream:
        """Wait for a stream that goes on and has a playlist that every player takes."""
        while True:
            live = self.find(name, container)
            if live is None or live.has_ended:
                await self._added.wait()
            elif live.presentation.is_ready:
                return live
            else:
                await live.changed.wait()


def playlist_answer(text: bytes, etag: str = "") -> WebAnswer:
    """A playlist that may not be kept, unless it is said for how long it may."""
    return WebAnswer(
        content_type=PLAYLIST_TYPE,
        chunks=(text,),
        cache_control="no-store",
        etag=etag,
        packed=gzip.compress(text, _GZIP_LEVEL, mtime=0),
    )
