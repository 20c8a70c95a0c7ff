"""The words of NetConnection.* and NetStream.* and the level of each. Floor 0.

These are the ``code`` and ``level`` of an ``onStatus`` or of a command's ``_result`` and
``_error`` (RTMP 1.0, 7.2; ActionScript 3.0 reference, NetStatusEvent; Enhanced RTMP v2).
"""

from __future__ import annotations

import enum

__all__ = ["StatusCode", "StatusLevel", "level_of"]


class StatusLevel(enum.StrEnum):
    """How a status is meant; the spelling is the wire's."""

    STATUS = "status"
    ERROR = "error"


class StatusCode(enum.StrEnum):
    """What a server says about a connection or a stream; the spelling is the wire's."""

    CONNECT_SUCCESS = "NetConnection.Connect.Success"
    CONNECT_REJECTED = "NetConnection.Connect.Rejected"
    CONNECT_CLOSED = "NetConnection.Connect.Closed"
    CONNECT_FAILED = "NetConnection.Connect.Failed"
    CONNECT_APP_SHUTDOWN = "NetConnection.Connect.AppShutdown"
    CONNECT_INVALID_APP = "NetConnection.Connect.InvalidApp"
    CONNECT_RECONNECT_REQUEST = "NetConnection.Connect.ReconnectRequest"
    """Enhanced RTMP: please connect again, maybe elsewhere."""
    CALL_FAILED = "NetConnection.Call.Failed"

    PUBLISH_START = "NetStream.Publish.Start"
    PUBLISH_BAD_NAME = "NetStream.Publish.BadName"
    """The name is taken, or may not be published."""
    PUBLISH_DENIED = "NetStream.Publish.Denied"
    PUBLISH_IDLE = "NetStream.Publish.Idle"
    UNPUBLISH_SUCCESS = "NetStream.Unpublish.Success"

    PLAY_START = "NetStream.Play.Start"
    PLAY_RESET = "NetStream.Play.Reset"
    PLAY_STOP = "NetStream.Play.Stop"
    PLAY_COMPLETE = "NetStream.Play.Complete"
    PLAY_FAILED = "NetStream.Play.Failed"
    PLAY_STREAM_NOT_FOUND = "NetStream.Play.StreamNotFound"
    PLAY_INSUFFICIENT_BW = "NetStream.Play.InsufficientBW"
    PLAY_PUBLISH_NOTIFY = "NetStream.Play.PublishNotify"
    PLAY_UNPUBLISH_NOTIFY = "NetStream.Play.UnpublishNotify"
    PLAY_SWITCH = "NetStream.Play.Switch"
    PLAY_TRANSITION = "NetStream.Play.Transition"

    PAUSE_NOTIFY = "NetStream.Pause.Notify"
    UNPAUSE_NOTIFY = "NetStream.Unpause.Notify"
    SEEK_NOTIFY = "NetStream.Seek.Notify"
    SEEK_FAILED = "NetStream.Seek.Failed"
    DATA_START = "NetStream.Data.Start"
    FAILED = "NetStream.Failed"

    RECORD_START = "NetStream.Record.Start"
    RECORD_STOP = "NetStream.Record.Stop"
    RECORD_NO_ACCESS = "NetStream.Record.NoAccess"
    RECORD_FAILED = "NetStream.Record.Failed"


_ERRORS = frozenset(
    {
        StatusCode.CONNECT_REJECTED,
        StatusCode.CONNECT_FAILED,
        StatusCode.CONNECT_APP_SHUTDOWN,
        StatusCode.CONNECT_INVALID_APP,
        StatusCode.CALL_FAILED,
        StatusCode.PUBLISH_BAD_NAME,
        StatusCode.PUBLISH_DENIED,
        StatusCode.PLAY_FAILED,
        StatusCode.PLAY_STREAM_NOT_FOUND,
        StatusCode.SEEK_FAILED,
        StatusCode.FAILED,
        StatusCode.RECORD_NO_ACCESS,
        StatusCode.RECORD_FAILED,
    }
)


def level_of(code: str) -> StatusLevel:
    """Return the level that goes with a code.

    ``Play.InsufficientBW`` is a warning in Adobe's list; the peers here know two levels, and
    the stream goes on, so it is a status.

    Raises:
        ValueError: not one of :class:`StatusCode`.
    """
    return StatusLevel.ERROR if StatusCode(code) in _ERRORS else StatusLevel.STATUS
