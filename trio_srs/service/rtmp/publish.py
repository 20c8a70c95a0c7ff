"""One publish: the gate, the lease, and the deadlines beside the receive pump. Floor 3.

Media does not pass here: while the lease is held, the connection's pump appends to the log
itself. This task decides, watches, and gives back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from trio_srs.errors import PeerError, RefusedError
from trio_srs.hub.bus import PublishBegan, PublishEnded
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.settings import StreamSettings
from trio_srs.service.rtmp.deadlines import FirstPacketTimeoutError, PublishIdleTimeoutError
from trio_srs.service.rtmp.end import End
from trio_srs.session.rtmp_events import PublishRequested

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Publish"]


class Publish:
    """A peer's request to publish on one message stream, and what came of it."""

    def __init__(self, connection: Connection, request: PublishRequested) -> None:
        self._connection = connection
        self._request = request
        self._scope = trio.CancelScope()
        self._lease: PublishLease | None = None
        self._end: End | None = None

    async def run(self) -> None:
        """Decide, and hold the name until the peer is done with it.

        Raises:
            PeerError: the publisher was silent for too long.
        """
        connection, request = self._connection, self._request
        try:
            with self._scope:
                await self._publish()
        except RefusedError as refusal:
            connection.refuse("publish", request.name, refusal)
        finally:
            connection.over(request.stream_id, self)

    async def _publish(self) -> None:
        connection, request, context = (
            self._connection,
            self._request,
            self._connection.context,
        )
        place = connection.find_place(request.name)
        await context.gate.publish(connection.asked(place.stream, place.stream.name))
        entry, stream_id = connection.entry, request.stream_id
        async with context.hub.publish(
            place.key, place.settings, holder=entry.peer, revoke=connection.end
        ) as lease:
            self._lease = lease
            messages, size = lease.live.counters.messages, lease.live.counters.bytes
            connection.sinks[stream_id] = lease
            entry.publishes[stream_id] = place.key
            connection.merge_read_s = place.settings.merge_read
            context.bus.tell(
                PublishBegan(session=entry.id, peer=entry.peer, stream=place.key, flow=request.flow)
            )

            def tell(end: End) -> None:
                counters = lease.live.counters
                context.bus.tell(
                    PublishEnded(
                        session=entry.id,
                        peer=entry.peer,
                        stream=place.key,
                        reason=end.reason,
                        detail=end.detail,
                        messages=counters.messages - messages,
                        bytes=counters.bytes - size,
                    )
                )

            forget = connection.at_end(tell)
            try:
                connection.accept()
                await self._watch(lease, place.settings)
            finally:
                lease.give_back()
                entry.publishes.pop(stream_id, None)
                if connection.sinks.get(stream_id) is lease:
                    del connection.sinks[stream_id]
                if self._end is not None:
                    forget()
                    tell(self._end)

    async def _watch(self, lease: PublishLease, settings: StreamSettings) -> None:
        """Sleep until the publisher has truly been silent for too long.

        The pump only notes when it got something; this looks at that note when it wakes, and
        sleeps on for the rest.
        """
        while True:
            due, error = _silence(lease, settings)
            if trio.current_time() >= due:
                raise error
            await trio.sleep_until(due)

    def close(self, end: End) -> None:
        """End it because the peer said so; the name is free when this returns."""
        self._end = end
        if self._lease is not None:
            self._connection.sinks.pop(self._request.stream_id, None)
            self._lease.give_back()
        self._scope.cancel()


def _silence(lease: PublishLease, settings: StreamSettings) -> tuple[float, PeerError]:
    """When the publisher will have been silent for too long, and what that is called."""
    name = lease.live.name
    if lease.last_at is None:
        patience = settings.first_packet_timeout
        error: PeerError = FirstPacketTimeoutError(f"{name}: no media within {patience:g} s")
        return lease.began_at + patience, error
    patience = settings.publish_idle_timeout
    error = PublishIdleTimeoutError(f"{name}: no media for {patience:g} s")
    return lease.last_at + patience, error
