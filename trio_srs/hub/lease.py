"""The right to publish a name: held by one, given back on every path. Floor 2."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import trio

from trio_srs.errors import EndReason, PeerError, RefusedError
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode

if TYPE_CHECKING:
    from trio_srs.hub.stream import Stream

__all__ = ["LeaseLostError", "PublishLease", "Revoke", "StreamBusyError"]

Revoke = Callable[[EndReason, str], None]
"""How the holder of a lease is told that it has lost it."""


class StreamBusyError(RefusedError):
    """Somebody else publishes this name."""

    code = "stream_busy"
    srs_code = 1028
    rtmp_status = StatusCode.PUBLISH_BAD_NAME
    http_status = 409


class LeaseLostError(PeerError):
    """A publisher went on after its name was taken away."""

    code = "lease_lost"
    end = EndReason.REPLACED


class PublishLease:
    """One publish of one name. Made by :meth:`Hub.publish`.

    It is lost at once when it is revoked: the name is free before the holder has noticed, and
    whatever the holder still appends is refused.
    """

    __slots__ = ("_revoke", "began_at", "holder", "last_at", "stream")

    def __init__(self, stream: Stream, holder: str, revoke: Revoke) -> None:
        self.stream = stream
        self.holder = holder
        """Who publishes, in words for those who are refused."""
        self.began_at = trio.current_time()
        self.last_at: float | None = None
        """When the last message came; None before the first."""
        self._revoke = revoke

    @property
    def held(self) -> bool:
        """Whether this is still the right to publish."""
        return self.stream.lease is self

    def append(self, message: Message, now: float) -> None:
        """Add a message to the stream's log.

        Readers must hear of it before anything is awaited: call :meth:`push` behind the last of
        those that came together.

        Raises:
            LeaseLostError: the name was taken away.
        """
        self.take(message.type_id, message.timestamp_ms, message.payload, now)

    def take(self, type_id: int, timestamp_ms: int, payload: bytes, now: float) -> None:
        """Add what a message is made of; see :meth:`append`."""
        stream = self.stream
        if stream.lease is not self:
            raise LeaseLostError(f"{stream.name} is no longer published by this connection")
        self.last_at = now
        stream.append(type_id, timestamp_ms, payload, now)

    def append_all(self, messages: Iterable[Message], now: float) -> None:
        """Add messages that came together, and let readers have them.

        Raises:
            LeaseLostError: the name was taken away.
        """
        try:
            for message in messages:
                self.append(message, now)
        finally:  # what came before an error is read as well
            self.push()

    def push(self) -> None:
        """Let readers have what was appended."""
        feed = self.stream.feed
        if feed.dirty:
            feed.push()

    def revoke(self, reason: EndReason, detail: str) -> None:
        """Take the name away and tell the holder; the name is free when this returns."""
        self.give_back()
        self._revoke(reason, detail)

    def give_back(self) -> None:
        """Free the name. Idempotent."""
        if self.held:
            self.stream.publisher_left()
