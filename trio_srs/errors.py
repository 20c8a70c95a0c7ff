"""What can go wrong, by whose fault, and the words a session ends with.

Floor -1. Every error raised on purpose is a :class:`TrioSrsError` of one of three
families, and the family says what to do about it:

* :class:`InternalError`: a bug of ours. Its smallest owner ends, with a traceback.
* :class:`PeerError`: the peer's fault, or its absence. The session ends, with one log line.
* :class:`RefusedError`: lawful, but denied. The peer is answered; the session may go on.

A concrete class stands beside the code that raises it; this module holds the base, the
families and the registry from which the reference page is made.
"""

from __future__ import annotations

import enum
from typing import ClassVar

__all__ = [
    "EndReason",
    "InternalError",
    "PeerError",
    "ProtocolError",
    "RefusedError",
    "TrioSrsError",
]


class EndReason(enum.StrEnum):
    """Why a session ended: a closed set, the same word in log, events, API and metrics.

    What else there is to say goes into a separate, free ``detail``.
    """

    PEER_FIN = "peer_fin"
    """The peer closed its connection in good order."""
    PEER_RST = "peer_rst"
    """The connection broke: reset, unreachable, or aborted."""
    STREAM_CLOSED = "stream_closed"
    """The peer ended this publish or play by a command; the connection may go on."""
    HANDSHAKE_TIMEOUT = "handshake_timeout"
    """The handshake was not finished in time."""
    CONNECT_TIMEOUT = "connect_timeout"
    """No ``connect`` command came in time."""
    FIRST_PACKET_TIMEOUT = "first_packet_timeout"
    """A publisher was accepted and sent no media in time."""
    PUBLISH_IDLE_TIMEOUT = "publish_idle_timeout"
    """A publisher that had sent media fell silent."""
    PEER_STALLED = "peer_stalled"
    """A peer that does not play took nothing of what it was answered, for too long."""
    PLAYER_STALLED = "player_stalled"
    """The peer's socket took nothing for too long."""
    READER_TOO_SLOW = "reader_too_slow"
    """A reader fell behind further than allowed, and the policy is to drop it."""
    REQUEST_TIMEOUT = "request_timeout"
    """An HTTP request was begun and not finished in time."""
    COMMAND_IDLE_TIMEOUT = "command_idle_timeout"
    """A peer that does not publish sent nothing, not even an answer to our pings."""
    NO_PUBLISHER = "no_publisher"
    """A player waited for a publisher, and none came in time."""
    KICKED = "kicked"
    """An administrator ended it."""
    REPLACED = "replaced"
    """Another publisher took the name over, as the policy allows."""
    REFUSED = "refused"
    """A request was denied and the connection closed; the detail has the code."""
    LIMIT = "limit"
    """The server, the stream, the user or the peer's address has as many as it may."""
    BIT_RATE_LIMIT = "bit_rate_limit"
    """A publisher, its user or its address sent more than it may."""
    TIME_LIMIT = "time_limit"
    """A publish or a play lasted as long as it may."""
    PROTOCOL_ERROR = "protocol_error"
    """The peer broke the protocol; the detail says where."""
    SHUTDOWN = "shutdown"
    """The server stopped."""
    FAULT = "fault"
    """A fault that was asked for ended it; the detail says which."""
    INTERNAL_ERROR = "internal_error"
    """A bug of ours; the log has the traceback."""


class TrioSrsError(Exception):
    """Base of every error raised on purpose; anything else that escapes is a bug.

    Attributes:
        code: a word that never changes once released (log field, API field, metric label).
            Every class states its own; a missing or repeated one fails at import.
        srs_code: the number SRS has for the same thing, or None.
        end: how a session ends if nothing catches this before its boundary.
    """

    code: ClassVar[str] = "error"
    srs_code: ClassVar[int | None] = None
    end: ClassVar[EndReason] = EndReason.INTERNAL_ERROR
    registry: ClassVar[dict[str, type[TrioSrsError]]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" not in vars(cls) or TrioSrsError.registry.setdefault(cls.code, cls) is not cls:
            raise TypeError(f"{cls.__name__} needs an error code of its own, not {cls.code!r}")


class InternalError(TrioSrsError):
    """A bug of ours: a promise between two of our own parts was broken."""

    code = "internal_error"


class PeerError(TrioSrsError):
    """The peer's fault, or its absence: end that session, log one line, carry on.

    ``rtmp_status`` is what to tell the peer first, if it can still be told.
    """

    code = "peer_error"
    end = EndReason.PEER_RST
    rtmp_status: ClassVar[str] = "NetConnection.Call.Failed"


class ProtocolError(PeerError):
    """The peer sent what the protocol does not allow. The text says which byte and field."""

    code = "protocol_error"
    end = EndReason.PROTOCOL_ERROR


class RefusedError(TrioSrsError):
    """A lawful request that policy turns down: always answered, never a traceback.

    ``rtmp_status`` and ``http_status`` are the words of the answer.
    """

    code = "refused"
    end = EndReason.REFUSED
    rtmp_status: ClassVar[str] = "NetStream.Failed"
    http_status: ClassVar[int] = 403
