"""One publish from its beginning to its end, whoever it is by: all that belongs to it. Floor 2."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.hub.bus import PublishBegan, PublishEnded
from trio_srs.hub.end import End, EndOfBlock, end_of_block
from trio_srs.hub.lease import LeaseLostError, PublishLease, Revoke
from trio_srs.hub.participant import PublisherInfo
from trio_srs.hub.session_requests import ACCEPTED, Request, RequestCounters
from trio_srs.hub.settings import StreamSettings
from trio_srs.wire.rtmp.message import Message

if TYPE_CHECKING:
    from trio_srs.hub.hub import Hub
    from trio_srs.hub.publish_record import PublishRecord

__all__ = ["FirstPacketTimeoutError", "PublishIdleTimeoutError", "Publishing", "publishing"]


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
    """One publish that goes on. Made by :meth:`Hub.publishing <trio_srs.hub.hub.Hub.publishing>`.

    Attributes:
        request: what is told of it to those who ask about its session.
        lease: the right to the name, for who appends by itself; None once it is over.
        publish_record: what testers see of it.
    """

    def __init__(
        self, hub: Hub, lease: PublishLease, publisher: PublisherInfo, request: Request
    ) -> None:
        self.request = request
        self.lease: PublishLease | None = lease
        self._bus, self._reports = hub.bus, hub.reports
        self._publisher = publisher
        self._settings = lease.stream.settings
        self.name = request.stream = lease.stream.name
        request.outcome = ACCEPTED
        request.measure = self.counters
        self.publish_record: PublishRecord = hub.reports.begin(lease, publisher)

    def begin(self) -> None:
        """Tell everybody; one who hears of it may end it."""
        publisher = self._publisher
        self._bus.tell(
            PublishBegan(
                session=publisher.session,
                peer=publisher.peer,
                stream=self.name,
                flow=publisher.flow,
            )
        )

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
            FirstPacketTimeoutError: no media came within ``first_packet_timeout``.
            PublishIdleTimeoutError: none came for ``publish_idle_timeout``.
        """
        first, idle = self._settings.first_packet_timeout, self._settings.publish_idle_timeout
        while (lease := self.lease) is not None:
            now = trio.current_time()
            if lease.last_at is None:
                due = lease.began_at + first
                if now >= due:
                    raise FirstPacketTimeoutError(f"{self.name}: no media within {first:g} s")
                # The first message may come in the next moment, and be the last one.
                due = min(due, now + idle)
            else:
                due = lease.last_at + idle
                if now >= due:
                    raise PublishIdleTimeoutError(f"{self.name}: no media for {idle:g} s")
            await trio.sleep_until(due)

    def leave(self, end: End | None) -> None:
        """Give the name back; tell how it ended if that is known already."""
        if end is not None:
            self.finish(end)
        elif self.lease is not None:
            self.lease.give_back()

    def finish(self, end: End) -> None:
        """It is over: the name is given back, and everybody is told. The first end holds."""
        lease, self.lease = self.lease, None
        if lease is None:
            return
        lease.give_back()
        self._reports.end(self.publish_record, end.reason, end.detail)
        counters = self.counters()
        self.request.finish(end.reason, end.detail, counters)
        self._bus.tell(
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


@asynccontextmanager
async def publishing(
    hub: Hub,
    name: str,
    settings: StreamSettings,
    publisher: PublisherInfo,
    *,
    request: Request | None = None,
    revoke: Revoke | None = None,
    end_of: EndOfBlock = end_of_block,
) -> AsyncIterator[Publishing]:
    """What :meth:`Hub.publishing <trio_srs.hub.hub.Hub.publishing>` promises."""
    publish: Publishing | None = None
    asked = request or Request("publish", name, 0, trio.current_time())

    def lose(reason: EndReason, detail: str) -> None:
        if revoke is None:
            scope.cancel()
        else:  # its owner may know better why
            revoke(reason, detail)
        if publish is not None:
            publish.finish(End(reason, detail))

    with trio.CancelScope() as scope:
        async with hub.publish(name, settings, holder=publisher.peer, revoke=lose) as lease:
            publish = Publishing(hub, lease, publisher, asked)
            publish.begin()
            try:
                yield publish
            except BaseException as error:
                publish.leave(end_of(error))
                raise
            else:
                publish.leave(end_of(None))
    if scope.cancelled_caught:
        raise LeaseLostError(f"{name} was taken away: {asked.end}: {asked.end_detail}")
