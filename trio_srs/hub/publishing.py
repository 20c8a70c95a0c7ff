"""One publish from its beginning to its end, whoever it is by: all that belongs to it. Floor 2."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.bus import PublishBegan, PublishEnded
from trio_srs.hub.end import End, EndOfBlock, end_of_block
from trio_srs.hub.lease import LeaseLostError, PublishLease, Revoke
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.quota import Place, RateMeter, TimeLimitError
from trio_srs.hub.session_requests import ACCEPTED, Request, RequestCounters
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.rtmp.message import Message

if TYPE_CHECKING:
    from trio_srs.hub.hub import Hub
    from trio_srs.hub.publish_record import PublishRecord
    from trio_srs.hub.stream import Stream

__all__ = ["FirstPacketTimeoutError", "PublishIdleTimeoutError", "Publishing"]


class FirstPacketTimeoutError(PeerError):
    """A publisher sent no media in time."""

    code = "first_packet_timeout"
    srs_code = 1011
    end = EndReason.FIRST_PACKET_TIMEOUT


class PublishIdleTimeoutError(PeerError):
    """A publisher that had sent media fell silent."""

    code = "publish_idle_timeout"
    srs_code = 1011
    end = EndReason.PUBLISH_IDLE_TIMEOUT


class Publishing:
    """One publish, for as long as its block lasts; see
    :meth:`Hub.publishing <trio_srs.hub.hub.Hub.publishing>`.

    Attributes:
        name: the stream's.
        settings: of the stream, when it began.
        request: what is told of it to those who ask about its session.
        lease: the right to the name, for who appends by itself; None once it is over.
        publish_record: what testers see of it.
    """

    __slots__ = (
        "_end_of",
        "_hub",
        "_meter",
        "_place",
        "_publisher",
        "_revoke",
        "_scope",
        "_stream",
        "lease",
        "name",
        "publish_record",
        "request",
        "settings",
    )

    publish_record: PublishRecord

    def __init__(
        self,
        hub: Hub,
        name: str,
        settings: StreamSettings,
        publisher: PublisherInfo,
        *,
        request: Request | None = None,
        revoke: Revoke | None = None,
        end_of: EndOfBlock = end_of_block,
    ) -> None:
        self.name = name
        self.request = request or Request("publish", name, 0, trio.current_time())
        self.lease: PublishLease | None = None
        self._hub, self.settings, self._publisher = hub, settings, publisher
        self._revoke, self._end_of = revoke, end_of
        self._stream: Stream | None = None
        self._place: Place | None = None
        self._meter: RateMeter | None = None
        self._scope: trio.CancelScope | None = None

    async def __aenter__(self) -> Self:
        if self._revoke is None:
            self._scope = trio.CancelScope()
        await self.enter()
        if self._scope is not None:
            self._scope.__enter__()
        return self

    async def enter(self) -> None:
        """Begin, once the name is free; see :meth:`begin`."""
        stream = self._hold()
        try:
            self.lease = await self._hub.take(
                stream, self.settings, holder=self._publisher.peer, revoke=self._lose
            )
        except BaseException:
            self.let_go()
            raise
        self._tell_begin(self.lease)

    @property
    def can_begin(self) -> bool:
        """Whether the name is free: :meth:`begin` may be called."""
        return self._hub.is_free(self.name)

    def begin(self) -> None:
        """What entering the block does, without waiting, for who has a ``revoke`` and calls
        :meth:`finish` and :meth:`let_go` by itself on every way out."""
        stream = self._hold()
        try:
            self.lease = self._hub.take_free(
                stream, self.settings, holder=self._publisher.peer, revoke=self._lose
            )
        except BaseException:
            self.let_go()
            raise
        self._tell_begin(self.lease)

    def _hold(self) -> Stream:
        """The stream of its name, until :meth:`let_go`."""
        hub, settings = self._hub, self.settings
        self._place = hub.quotas.take(
            "publish",
            self.name,
            user=self.request.account,
            peer=self._publisher.peer,
            settings=settings,
        )
        self._meter = self._place.meter(settings)
        self._stream = stream = hub.streams.hold(self.name, settings)
        return stream

    def _tell_begin(self, lease: PublishLease) -> None:
        request, publisher, hub = self.request, self._publisher, self._hub
        try:
            request.stream, request.outcome = self.name, ACCEPTED
            self.publish_record = hub.reports.begin(lease, publisher)
            request.measure = self.counters
        except BaseException:
            self.let_go()
            raise
        hub.bus.tell(  # one who hears of it may end it
            PublishBegan(
                session=publisher.session,
                peer=publisher.peer,
                stream=self.name,
                flow=publisher.flow,
            )
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        end = self._end_of(error)
        if end is not None:
            self.finish(end)
        self.let_go()
        scope, self._scope = self._scope, None
        if scope is None:
            return None
        swallowed = scope.__exit__(kind, error, trace)
        if scope.cancelled_caught:
            why = f"{self.request.end}: {self.request.end_detail}"
            raise LeaseLostError(f"{self.name} was taken away: {why}")
        return swallowed

    def let_go(self) -> None:
        """The name is free; how it ended may be told later. Idempotent."""
        stream, self._stream = self._stream, None
        place, self._place = self._place, None
        if place is not None:
            place.give_back()
        if self.lease is not None:
            self.lease.give_back()
        if stream is not None:
            self._hub.streams.release(stream)

    def _lose(self, reason: EndReason, detail: str) -> None:
        """The right to the name was taken away."""
        if self._revoke is not None:  # its owner may know better why
            self._revoke(reason, detail)
        elif self._scope is not None:
            self._scope.cancel()
        self.finish(End(reason, detail))

    @property
    def going_on(self) -> bool:
        """Whether it has the name, and has not ended."""
        return self.lease is not None and self.lease.held

    def counters(self) -> RequestCounters:
        """What has come so far."""
        return self.publish_record.counters

    def append_all(self, messages: Iterable[Message], now: float) -> None:
        """Add messages that came together to the stream, and let its readers have them.

        Args:
            now: when they came, on Trio's clock.

        Raises:
            LeaseLostError: the name was taken away.
        """
        if self.lease is None:
            raise LeaseLostError(f"the publish of {self.name} is over")
        self.lease.append_all(messages, now)

    async def watch(self) -> None:
        """Wait until the publisher has been silent for longer than the stream's settings allow.

        Who appends only notes when something came; this looks at that note when it wakes, and
        sleeps on for the rest.

        Raises:
            see :meth:`check`.
        """
        while self.lease is not None:  # noqa: ASYNC110 - it is time that ends it
            await trio.sleep_until(self.check(trio.current_time()))

    def check(self, now: float) -> float:
        """Whether it may go on, for who has turns of its own.

        Returns:
            when to ask again: it may go on until then, whatever happens.

        Raises:
            FirstPacketTimeoutError: no media came within ``first_packet_timeout``.
            PublishIdleTimeoutError: none came for ``publish_idle_timeout``.
            TimeLimitError: it has lasted for ``max_publish_time``.
            BitRateLimitError: it sends more than it may.
        """
        lease = self.lease
        if lease is None:
            return math.inf
        due = min(self._check_silence(lease, now), self._check_time(lease, now))
        if self._meter is None:
            return due
        return min(due, self._meter.look(now, self.counters().bytes))

    def _check_silence(self, lease: PublishLease, now: float) -> float:
        """When it may have been silent for too long."""
        first, idle = self.settings.first_packet_timeout, self.settings.publish_idle_timeout
        if lease.last_at is None:
            due = lease.began_at + first
            if now >= due:
                raise FirstPacketTimeoutError(f"{self.name}: no media within {first:g} s")
            # The first message may come in the next moment, and be the last one.
            return min(due, now + idle)
        due = lease.last_at + idle
        if now >= due:
            raise PublishIdleTimeoutError(f"{self.name}: no media for {idle:g} s")
        return due

    def _check_time(self, lease: PublishLease, now: float) -> float:
        """When it has lasted as long as it may."""
        most_s = self.settings.max_publish_time
        if now >= lease.began_at + most_s:
            raise TimeLimitError(f"{self.name}: a publish may last {most_s:g} s")
        return lease.began_at + most_s

    def finish(self, end: End) -> None:
        """It is over: the name is given back, and everybody is told. The first end holds."""
        lease, self.lease = self.lease, None
        if lease is None:
            return
        lease.give_back()
        self._hub.reports.end(self.publish_record, end.reason, end.detail)
        counters = self.counters()
        self.request.finish(end.reason, end.detail, counters)
        self._hub.bus.tell(
            PublishEnded(
                session=self._publisher.session,
                peer=self._publisher.peer,
                stream=self.name,
                reason=end.reason,
                detail=end.detail,
                messages=counters.messages,
                bytes=counters.bytes,
            )
        )
