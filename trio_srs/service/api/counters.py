"""What a server has done since it began, counted as it happens. Floor 3."""

from __future__ import annotations

import attrs

from trio_srs.hub.bus import (
    Event,
    PlayBegan,
    PublishBegan,
    RequestRefused,
    SessionBegan,
    SessionEnded,
)

__all__ = ["Counters"]


@attrs.define(kw_only=True)
class Counters:
    """Totals since the server began.

    Made to listen on a bus.
    """

    sessions: int = 0
    """Connections accepted."""
    publishes: int = 0
    """Publishes accepted."""
    plays: int = 0
    """Plays accepted."""
    refused: int = 0
    """Requests to connect, publish or play that were refused."""
    bytes_in: int = 0
    """Bytes received by sessions that have ended."""
    bytes_out: int = 0
    """Bytes sent by sessions that have ended."""
    internal_errors: int = 0
    """Bugs of the server's own, whatever they ended: a session, a task, a form. The log has a
    traceback of each."""

    def listen(self, event: Event) -> None:
        match event:
            case SessionBegan():
                self.sessions += 1
            case PublishBegan():
                self.publishes += 1
            case PlayBegan():
                self.plays += 1
            case RequestRefused():
                self.refused += 1
            case SessionEnded():
                self.bytes_in += event.bytes_in
                self.bytes_out += event.bytes_out
