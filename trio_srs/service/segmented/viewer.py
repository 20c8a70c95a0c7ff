"""A viewer of segments: one session, over any number of requests and connections. Floor 3."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import attrs
import trio

from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.announce import (
    NAME_MOST,
    announce_began,
    announce_refused,
)
from trio_srs.hub.bus import PlayBegan, PlayEnded
from trio_srs.hub.end import End, ended, tell_end
from trio_srs.hub.playing import StreamNotFoundError
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.resolution import ResolvedStream
from trio_srs.hub.session_requests import (
    ACCEPTED,
    Request,
    RequestCounters,
    SessionRequests,
)
from trio_srs.hub.settings import MissingPolicy
from trio_srs.service.base import WebClient, connect_web, web_access_request
from trio_srs.service.segmented.playhead import Playhead
from trio_srs.session.http_events import HttpRequest

if TYPE_CHECKING:
    from trio_srs.hub.derived import DerivedForm
    from trio_srs.hub.segmented_streams import SegmentsRule
    from trio_srs.media.segments.variant_template import VariantMember
    from trio_srs.service.base import Parts
    from trio_srs.service.segmented.config import SegmentedConfig
    from trio_srs.service.segmented.media_answers import Media

__all__ = ["Choose", "SegmentsViewer", "SessionOverError", "Wanted"]

Choose = Callable[[str], "Sequence[tuple[str, DerivedForm]]"]
"""Says which streams are wanted in which form where one is granted, all by their names."""


@attrs.frozen
class Wanted:
    """A stream as a path names it."""

    app: str
    name: str


@attrs.define
class _NoTraffic:
    """Its connections are counted by nobody: others may share them."""

    bytes_in: int = 0
    bytes_said: int = 0


class SegmentsViewer:
    """In the registry, told of on the bus, and ended for one reason.

    Attributes:
        ctx: what its URLs have in them.
        wanted: what it asked for.
        stream: the stream that was granted; None before.
        rule: how that is cut; from then on.
        members: the streams that it has to choose from; none before.
        seen_at: when it asked for something last, on Trio's clock.
        held: how many of its requests wait for what is not there yet.
        folders: paths below which it has asked for something, where those are its own.
        until: when it has lasted as long as it may.
    """

    def __init__(
        self,
        parts: Parts,
        ctx: str,
        wanted: Wanted,
        client: WebClient,
        protocol: str,
        on_end: Callable[[SegmentsViewer, End], None],
        *,
        lasted_s: float = 0.0,
    ) -> None:
        """
        Args:
            lasted_s: how long it has watched before, if it comes back.
        """
        now = trio.current_time()
        self.ctx, self.wanted, self.seen_at = ctx, wanted, now
        self.rule: SegmentsRule
        self.held, self.until = 0, math.inf
        self.folders: list[tuple[str, ...]] = []
        self.stream: ResolvedStream | None = None
        self.members: tuple[VariantMember, ...] = ()
        self._parts, self._client, self._on_end = parts, client, on_end
        self._bytes, self._lasted_s = 0, lasted_s
        self._playhead = Playhead()
        self._end: End | None = None
        self._held = ExitStack()
        self.request = Request("play", f"{wanted.app}/{wanted.name}"[:NAME_MOST], 0, now)
        self.entry = SessionEntry(parts.registry.next_id(), protocol, client.peer, now)
        self.entry.end = self._end_from_outside
        self.entry.requests = SessionRequests(_NoTraffic())
        self.entry.requests.add(self.request)

    @property
    def key(self) -> str:
        """The name of the stream that was granted."""
        assert self.stream is not None  # it was let in
        return self.stream.key

    # ------------------------------------------------------------- beginning

    async def begin(self, asked: HttpRequest, config: SegmentedConfig, choose: Choose) -> None:
        """Be let in, and want what is chosen for as long as the session lasts.

        Args:
            choose: called once, when a stream is granted.

        Raises:
            RefusedError: no; the session has ended.
        """
        parts = self._parts
        parts.registry.add(self.entry)
        announce_began(parts.bus, self.entry)
        try:
            stream = await self._resolve(asked, config)
            if self._end is not None:
                raise SessionOverError(self._end.detail or str(self._end.reason))
            await self._want(stream, choose(stream.key))
        except RefusedError as refusal:
            announce_refused(parts.bus, self.entry, self.request, refusal)
            self.conclude(End(refusal.end, f"{refusal.code}: {refusal}"))
            raise
        except BaseException:
            self.conclude(End(EndReason.PEER_FIN, "it left before it was answered"))
            raise

    async def _want(
        self, stream: ResolvedStream, wanted: Sequence[tuple[str, DerivedForm]]
    ) -> None:
        hub, settings = self._parts.hub, stream.settings
        self.request.stream = stream.key  # what was asked for may be a key
        is_there = not wanted or settings.play_missing is MissingPolicy.WAIT
        for key, _ in wanted:
            is_there = is_there or await hub.is_there(key, settings)
        if self._end is not None:  # while that was waited for
            raise SessionOverError(self._end.detail or str(self._end.reason))
        if not is_there:
            raise StreamNotFoundError(f"nobody publishes {stream.key}")
        place = hub.quotas.take(
            "play", stream.key, user=stream.account, peer=self.entry.peer, settings=settings
        )
        self._held.callback(place.give_back)
        for key, form in wanted:
            self._held.enter_context(hub.derive(key, settings, form))
        self.stream, request = stream, self.request
        self.until = self.entry.began_at + settings.max_play_time - self._lasted_s
        request.stream, request.outcome = stream.key, ACCEPTED
        request.account, request.measure = stream.account, self._counters
        told = PlayBegan(session=self.entry.id, peer=self.entry.peer, stream=stream.key)
        self._parts.bus.tell(told)

    async def _resolve(self, asked: HttpRequest, config: SegmentedConfig) -> ResolvedStream:
        """Which stream is meant, if there is room and the gates let the client have it."""
        parts = self._parts
        over = parts.registry.admit(
            self.entry, most=config.max_viewers, most_per_address=config.max_viewers_per_ip
        )
        if over is not None:
            raise over
        wanted, client = self.wanted, self._client
        request = web_access_request(
            parts.rules, self.entry, asked, client.protocol, wanted.app, wanted.name
        )
        request = await connect_web(parts.access, parts.bus, self.entry, request)
        return await parts.access.play(request)

    # ------------------------------------------------------------- while it lasts

    def check_time(self) -> None:
        """End it if it has lasted as long as it may: it asks often enough for that."""
        if self.stream is not None and trio.current_time() >= self.until:
            name, most_s = self.request.stream, self.stream.settings.max_play_time
            self.conclude(End(EndReason.TIME_LIMIT, f"{name}: a play may last {most_s:g} s"))

    @property
    def lasted_s(self) -> float:
        """How long it has watched, up to when it asked for something last."""
        return self._lasted_s + self.seen_at - self.entry.began_at

    def given(self, media: Media, now: float) -> None:
        """It was given a segment, a part of one, or what is needed to read them.

        Args:
            now: Trio's clock.
        """
        self._bytes += media.answer_bytes
        if media.rendition:
            self._playhead.given(media.rendition, media.number, media.start, media.duration, now)

    def _counters(self) -> RequestCounters:
        playhead = self._playhead
        return RequestCounters(
            bytes=self._bytes, segments=playhead.segments, stalls=playhead.stalls
        )

    # ------------------------------------------------------------------ its end

    def _end_from_outside(self, reason: EndReason, detail: str) -> None:
        self.conclude(End(reason, detail))

    def conclude(self, end: End) -> None:
        """It is over, and everybody is told. Only the first end counts."""
        if self._end is not None:
            return
        self._end = end
        parts, entry, request = self._parts, self.entry, self.request
        self._on_end(self, end)
        self._held.close()
        counters = self._counters()
        if self.stream is not None:
            request.finish(end.reason, end.detail, counters)
            parts.bus.tell(
                PlayEnded(
                    session=entry.id, peer=entry.peer, stream=self.stream.key,
                    reason=end.reason, detail=end.detail, bytes=counters.bytes, skipped=0,
                )
            )  # fmt: skip
        tell_end(parts.registry, parts.bus, entry, end, bytes_in=0, bytes_out=counters.bytes)
        entry.end = ended
        if entry.requests is not None:
            entry.requests.traffic = None


class SessionOverError(RefusedError):
    """The session that a URL is of was ended by the server."""

    code = "session_over"
    http_status = 403
