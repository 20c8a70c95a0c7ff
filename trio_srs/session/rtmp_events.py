"""What an RTMP session can report. Floor 1.

Media is reported as the :class:`~trio_srs.wire.rtmp.message.Message` itself: one event per
packet is no place for a wrapper.
"""

from __future__ import annotations

import attrs

from trio_srs.wire.rtmp.command import Command, ConnectRequest
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.message import Message

__all__ = [
    "AudioSwitched",
    "CallAnswered",
    "ConnectRequested",
    "HandshakeDone",
    "Paused",
    "PlayRequested",
    "PlayStarted",
    "PublishRequested",
    "PublishStarted",
    "Refused",
    "RtmpClientEvent",
    "RtmpServerEvent",
    "StatusReceived",
    "StreamClosed",
    "VideoSwitched",
]


@attrs.frozen
class HandshakeDone:
    """The handshake is over; the chunk stream begins."""

    kind: HandshakeKind


@attrs.frozen
class ConnectRequested:
    """To be decided: may this peer connect? Accept or refuse."""

    request: ConnectRequest


@attrs.frozen
class PublishRequested:
    """To be decided: may this peer publish? Accept or refuse."""

    stream_id: int
    name: str
    """The stream name as it was sent, parameters included."""
    kind: str
    """``live``, ``record`` or ``append``, or whatever else the peer said."""
    flow: str
    """How the peer asked: ``fmle``, ``haivision`` or ``flash``."""


@attrs.frozen
class PlayRequested:
    """To be decided: may this peer play? Accept or refuse."""

    stream_id: int
    name: str
    """The stream name as it was sent, parameters included."""
    duration_s: float
    """How much to play; negative for as long as there is something."""


@attrs.frozen
class StreamClosed:
    """The peer ended the publish or play on a message stream."""

    stream_id: int
    command: str
    """How: ``closeStream``, ``deleteStream``, ``FCUnpublish``, or a new ``publish``/``play``."""


@attrs.frozen
class Paused:
    """A player paused, or goes on; the peer has been answered."""

    stream_id: int
    paused: bool


@attrs.frozen
class AudioSwitched:
    """A player wants audio, or no more (receiveAudio)."""

    stream_id: int
    wanted: bool


@attrs.frozen
class VideoSwitched:
    """A player wants video, or no more (receiveVideo)."""

    stream_id: int
    wanted: bool


@attrs.frozen
class StatusReceived:
    """A client was told something that is neither a start nor a refusal of what it asked."""

    code: str
    description: str
    level: str


@attrs.frozen
class PublishStarted:
    """The server accepted our publish."""

    stream_id: int


@attrs.frozen
class PlayStarted:
    """The server accepted our play."""

    stream_id: int


@attrs.frozen
class Refused:
    """The server said no, in its own words."""

    code: str
    description: str


@attrs.frozen
class CallAnswered:
    """The answer to a call of our own that the session did not make."""

    command: Command


RtmpServerEvent = (
    HandshakeDone
    | ConnectRequested
    | PublishRequested
    | PlayRequested
    | StreamClosed
    | Paused
    | AudioSwitched
    | VideoSwitched
    | Message
)
RtmpClientEvent = (
    HandshakeDone | PublishStarted | PlayStarted | Refused | StatusReceived | CallAnswered | Message
)
