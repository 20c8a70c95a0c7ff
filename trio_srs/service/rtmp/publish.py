"""One publish: the gate, the lease, and the deadlines beside the receive pump. Floor 3.

Media does not pass here: while the lease is held, the connection's pump appends to the log
itself. This task decides, watches, and gives back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.bus import PublishBegan, PublishEnded
from trio_srs.hub.dealings import ACCEPTED, Got
from trio_srs.hub.end import End
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.publication import Publication
from trio_srs.hub.settings import StreamSettings
from trio_srs.service.rtmp.activity import Activity
from trio_srs.service.rtmp.conduct import publisher_of
from trio_srs.service.rtmp.deadlines import FirstPacketTimeoutError, PublishIdleTimeoutError
from trio_srs.session.rtmp_events import PublishRequested
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Publish"]


class Publish(Activity):
    """A peer's request to publish on one message stream, and what came of it."""

    word: ClassVar[str] = "publish"

    def __init__(self, connection: Connection, request: PublishRequested) -> None:
        super().__init__(connection, request.stream_id, request.name)
        self._flow = request.flow
        self._lease: PublishLease | None = None
        self._publication: Publication | None = None
        self._messages = 0
        self._bytes = 0

    async def _run(self) -> None:
        """Decide, and hold the name until the peer is done with it."""
        connection, context = self._connection, self._connection.context
        stream = connection.resolve(self.name)
        await context.gate.publish(connection.asked(stream.said, stream.said.name))
        async with context.hub.publish(
            stream.key, stream.settings, holder=connection.entry.peer, revoke=connection.end
        ) as lease:
            try:
                self._hold(lease, stream.settings)
                connection.accept()
                connection.go_on()
                await _watch(lease, stream.settings)
            finally:
                self._take_no_more(lease)

    def _hold(self, lease: PublishLease, settings: StreamSettings) -> None:
        connection, name = self._connection, lease.stream.name
        counters = lease.stream.counters
        self._lease, self._messages, self._bytes = lease, counters.messages, counters.bytes
        connection.began(self)
        connection.sinks[self.stream_id] = lease
        self.request.stream, self.request.outcome = name, ACCEPTED
        self.request.measure = self._got
        self._publication = connection.context.reports.begin(
            lease, publisher_of(connection, self._flow)
        )
        connection.merge_reads(settings.merge_read)
        connection.context.bus.tell(
            PublishBegan(
                session=connection.entry.id,
                peer=connection.entry.peer,
                stream=name,
                flow=self._flow,
            )
        )

    def _got(self) -> Got:
        """What came so far."""
        messages, size = self._messages, self._bytes
        if self._lease is not None and self._connection.sinks.get(self.stream_id) is self._lease:
            counters = self._lease.stream.counters
            messages, size = counters.messages - messages, counters.bytes - size
        return Got(messages=messages, bytes=size)

    def _take_no_more(self, lease: PublishLease) -> None:
        """From here on media of this message stream is nobody's, and all of it is counted."""
        if self._connection.sinks.get(self.stream_id) is lease:
            del self._connection.sinks[self.stream_id]
            self._messages = lease.stream.counters.messages - self._messages
            self._bytes = lease.stream.counters.bytes - self._bytes

    def finish(self, end: End) -> None:
        """Give the name back and tell the bus how the publish ended."""
        lease, self._lease = self._lease, None
        if lease is None:
            return
        connection = self._connection
        self._take_no_more(lease)
        if end.reason is EndReason.REPLACED:  # the connection ends, but this is why
            connection.session.end_stream(self.stream_id, StatusCode.PUBLISH_BAD_NAME, end.detail)
        lease.give_back()
        publication, self._publication = self._publication, None
        if publication is not None:
            connection.context.reports.end(publication, end.reason, end.detail)
        got = Got(messages=self._messages, bytes=self._bytes)
        self.request.finish(end.reason, end.detail, got)
        if not connection.sinks:
            connection.merge_reads(0.0)
        connection.context.bus.tell(
            PublishEnded(
                session=connection.entry.id,
                peer=connection.entry.peer,
                stream=lease.stream.name,
                reason=end.reason,
                detail=end.detail,
                messages=self._messages,
                bytes=self._bytes,
            )
        )


async def _watch(lease: PublishLease, settings: StreamSettings) -> None:
    """Sleep until the publisher has truly been silent for too long.

    The pump only notes when it got something; this looks at that note when it wakes, and
    sleeps on for the rest.
    """
    name, first, idle = (
        lease.stream.name,
        settings.first_packet_timeout,
        settings.publish_idle_timeout,
    )
    while True:
        now = trio.current_time()
        if lease.last_at is None:
            due = lease.began_at + first
            if now >= due:
                raise FirstPacketTimeoutError(f"{name}: no media within {first:g} s")
            # The first message may come in the next moment, and be the last one.
            due = min(due, now + idle)
        else:
            due = lease.last_at + idle
            if now >= due:
                raise PublishIdleTimeoutError(f"{name}: no media for {idle:g} s")
        await trio.sleep_until(due)
