"""One publish: the gate, and what it means for its connection. Floor 3.

Media does not pass here: while the lease is held, the connection's pump appends to the log
itself. Here it is decided, watched, and given back.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from trio_srs.errors import EndReason
from trio_srs.hub.end import End, told_later
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.playing import Playing
from trio_srs.hub.publishing import Publishing
from trio_srs.hub.resolution import ResolvedStream
from trio_srs.service.rtmp.activity import Activity
from trio_srs.service.rtmp.conduct import publisher_of
from trio_srs.session.rtmp_events import PublishRequested
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.service.rtmp.connection import Connection

__all__ = ["Publish"]


class Publish(Activity):
    """A peer's request to publish on one message stream, and what came of it."""

    word: ClassVar[str] = "publish"

    __slots__ = ("_flow", "_publishing", "_sink")

    def __init__(self, connection: Connection, request: PublishRequested) -> None:
        super().__init__(connection, request.stream_id, request.name)
        self._flow = request.flow
        self._publishing: Publishing | None = None
        self._sink: PublishLease | None = None

    async def _ask(self, request: AccessRequest) -> ResolvedStream:
        return await self._connection.context.access.publish(request)

    def _hold(self, stream: ResolvedStream) -> Publishing:
        connection = self._connection
        return connection.context.hub.publishing(
            stream.key,
            stream.settings,
            publisher_of(connection, self._flow),
            request=self.request,
            revoke=connection.end,
            end_of=told_later,
        )

    def _began(self, held: Playing | Publishing) -> None:
        """From here on media of this message stream is the publish's."""
        assert isinstance(held, Publishing)  # what _hold() made
        connection = self._connection
        self._publishing = held
        self._sink = held.lease
        if self._sink is not None:  # nobody who heard of it has ended it
            connection.sinks[self.stream_id] = self._sink
            connection.takers[self.stream_id] = self._sink.take
        connection.set_live()
        connection.merge_reads(held.settings.merge_read)
        connection.began(self)
        connection.accept()

    def _take_no_more(self) -> None:
        """From here on it is nobody's."""
        sinks, sink = self._connection.sinks, self._sink
        self._sink = None
        if sink is not None and sinks.get(self.stream_id) is sink:
            del sinks[self.stream_id], self._connection.takers[self.stream_id]

    def finish(self, end: End) -> None:
        """Give the name back and tell how the publish ended."""
        publishing, self._publishing = self._publishing, None
        if publishing is None:
            return
        connection = self._connection
        self._take_no_more()
        if end.reason is EndReason.REPLACED:  # the connection ends, but this is why
            connection.session.end_stream(self.stream_id, StatusCode.PUBLISH_BAD_NAME, end.detail)
        publishing.finish(end)
        publishing.let_go()
        if not connection.sinks:
            connection.merge_reads(0.0)
        connection.over(self)

    def check(self, now: float) -> float:
        """Look for what ends a publish: silence, or more than it may."""
        return math.inf if self._publishing is None else self._publishing.check(now)
