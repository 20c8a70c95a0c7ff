"""All viewers of segments: by what is in their URLs, until they ask for nothing more. Floor 3."""

from __future__ import annotations

import math
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.end import End
from trio_srs.service.base import WebClient
from trio_srs.service.segmented.viewer import SegmentsViewer, SessionOverError, Wanted
from trio_srs.session.http_events import HttpRequest

if TYPE_CHECKING:
    from trio_srs.media.segments.segment_container import SegmentContainer

__all__ = ["SHARED", "Viewers", "shared_ctx"]

_Note = TypeVar("_Note")

SHARED: Final = "~"
"""What ids begin with that stand in no URL; those of URLs never do."""
_CTX_BYTES: Final = 9
_MOST_ENDED: Final = 10_000
_MAY_RETURN: Final = frozenset({EndReason.PEER_FIN, EndReason.NO_PUBLISHER})
"""Ends behind which the same URLs may be asked for again: who does that is another session."""


def shared_ctx(
    asked: HttpRequest, client: WebClient, wanted: Wanted, container: SegmentContainer | None
) -> str:
    """By what those are known who have no URLs of their own: a cache, as a rule."""
    host = client.peer.rpartition(":")[0] or client.peer
    said = (host, asked.headers.get("authorization", ""), wanted.app, wanted.name, container or "")
    return SHARED + sha256("\n".join(said).encode()).hexdigest()


def _note(notes: OrderedDict[str, _Note], ctx: str, what: _Note) -> None:
    """Remember something of a viewer, and forget it of who left longest ago."""
    notes[ctx] = what
    notes.move_to_end(ctx)
    if len(notes) > _MOST_ENDED:
        notes.popitem(last=False)


class Viewers:
    """The sessions there are, and those that may not come back."""

    def __init__(self) -> None:
        self._by_ctx: OrderedDict[str, SegmentsViewer] = OrderedDict()  # the last seen is the last
        self._over: OrderedDict[str, str] = OrderedDict()  # why
        self._lasted: OrderedDict[str, float] = OrderedDict()  # of those who may come back
        self._first = trio.Event()  # has come

    def __len__(self) -> int:
        return len(self._by_ctx)

    @staticmethod
    def new_ctx() -> str:
        """What nobody can guess, and nobody has."""
        return secrets.token_urlsafe(_CTX_BYTES)

    def add(self, viewer: SegmentsViewer) -> None:
        """It may be found from now on, until it ends."""
        self._by_ctx[viewer.ctx] = viewer
        self._first.set()

    def seen(self, ctx: str) -> SegmentsViewer | None:
        """The viewer of a URL, who has just asked for something.

        Raises:
            SessionOverError: it was ended, and may not come back.
        """
        viewer = self._by_ctx.get(ctx)
        if viewer is not None and self.see(viewer):
            return viewer
        if ctx in self._over:
            raise SessionOverError(self._over[ctx])
        return None

    def see(self, viewer: SegmentsViewer) -> bool:
        """A viewer that has not ended asks for something; whether it still may."""
        now = viewer.seen_at = trio.current_time()
        if now >= viewer.until:
            viewer.check_time()
            return False
        self._by_ctx.move_to_end(viewer.ctx)
        return True

    @contextmanager
    def waiting(self, viewer: SegmentsViewer) -> Iterator[None]:
        """A viewer waits for an answer for as long as the block lasts, and has been seen then."""
        viewer.held += 1
        try:
            yield
        finally:
            viewer.held -= 1
            self._see(viewer)

    def _see(self, viewer: SegmentsViewer) -> None:
        if self._by_ctx.get(viewer.ctx) is viewer:
            viewer.seen_at = trio.current_time()
            self._by_ctx.move_to_end(viewer.ctx)

    def ended(self, viewer: SegmentsViewer, end: End) -> None:
        """A viewer is over."""
        if self._by_ctx.get(viewer.ctx) is not viewer:
            return  # it was not let in
        del self._by_ctx[viewer.ctx]
        if viewer.ctx.startswith(SHARED):
            return
        if end.reason not in _MAY_RETURN:
            _note(self._over, viewer.ctx, end.detail or str(end.reason))
        elif viewer.until < math.inf:
            _note(self._lasted, viewer.ctx, viewer.lasted_s)

    def lasted_s(self, ctx: str) -> float:
        """How long who comes back has watched before, if that is limited."""
        return self._lasted.get(ctx, 0.0)

    async def expire(self, timeout_s: float) -> None:
        """Wait until the viewer that was seen longest ago has asked for nothing for too long, and
        end it."""
        if not self._by_ctx:
            self._first = trio.Event()
            await self._first.wait()
        oldest = next(iter(self._by_ctx.values()))
        await trio.sleep_until(oldest.seen_at + timeout_s)
        if oldest.held:
            self._see(oldest)
        elif trio.current_time() >= oldest.seen_at + timeout_s:
            detail = f"it asked for nothing for {timeout_s:g} s"
            oldest.conclude(End(EndReason.PEER_FIN, detail))

    def end_all(self, end: End) -> None:
        """End every viewer for one reason."""
        for viewer in list(self._by_ctx.values()):
            viewer.conclude(end)
