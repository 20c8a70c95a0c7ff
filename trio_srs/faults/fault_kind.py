"""What can go wrong on purpose, and at which moments of a connection. Floor 1."""

from __future__ import annotations

import enum
from typing import Final

import attrs

__all__ = ["AT_REQUEST", "KINDS", "Choice", "FaultKind", "FaultMoment", "Happening"]


class FaultMoment(enum.StrEnum):
    """The point of a connection's life at which a fault is due, or from which it is counted."""

    ACCEPT = "accept"
    """A connection was accepted, and nothing was read of it."""
    TLS = "tls"
    """A client begins the handshake of TLS: RTMPS."""
    HANDSHAKE = "handshake"
    """Our part of RTMP's handshake."""
    CONNECT = "connect"
    """``connect`` was asked for."""
    CREATE_STREAM = "createStream"
    """``createStream`` was asked for."""
    RELEASE_STREAM = "releaseStream"
    """``releaseStream`` was called, as encoders do."""
    FC_PUBLISH = "FCPublish"
    """``FCPublish`` was called, as encoders do."""
    PUBLISH = "publish"
    """A publish was asked for; with ``after``, from when it was accepted."""
    PLAY = "play"
    """A play was asked for, by RTMP or HTTP; with ``after``, from when it was accepted."""
    REQUEST = "request"
    """A playlist, a manifest or a segment was asked for over HTTP."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """We owe the peer an acknowledgement of its bytes."""
    PING = "ping"
    """We would ping the peer."""
    PONG = "pong"
    """We owe the peer the answer to its ping."""


class FaultKind(enum.StrEnum):
    """What the peer meets: a closed list."""

    REFUSE = "refuse"
    """The request is refused, in the form that is said: code, level, description, whether there
    is a command object, and whether the connection is closed."""
    REDIRECT = "redirect"
    """The request is refused with another URL to go to (302)."""
    LATE = "late"
    """The answer comes so much later."""
    SILENT = "silent"
    """The answer never comes; the connection stays."""
    SWAP = "swap"
    """The answer comes behind the one that should follow it."""
    MALFORMED = "malformed"
    """The answer cannot be read: its AMF is broken, or its chunk."""
    CLOSE = "close"
    """The connection is closed in good order (FIN), without a word."""
    RESET = "reset"
    """The connection is reset (RST)."""
    HALF_CLOSE = "half_close"
    """Our side of the connection is closed; what the peer sends is still read."""
    STALL = "stall"
    """Nothing more is read, so that the peer's window fills up; or nothing more is sent."""
    SLOW = "slow"
    """No more than so many bytes a second are read, or sent."""
    NOISE = "noise"
    """Bytes are sent that are no RTMP."""
    STATUS = "status"
    """``onStatus`` is sent in the middle of a publish or play."""
    RECONNECT_REQUEST = "reconnect_request"
    """The peer is asked to connect again, as Enhanced RTMP has it."""
    CHUNK_SIZE = "chunk_size"
    """Another chunk size is announced, and used as far as it can be."""
    WINDOW = "window"
    """Another acknowledgement window is announced."""
    EXTRA_PING = "extra_ping"
    """The peer is pinged although it is not silent."""
    ALERT = "alert"
    """TLS is answered by a fatal alert in place of the handshake."""
    EXPIRED = "expired"
    """The certificate of TLS was good until yesterday."""
    DROP = "drop"
    """A player does not get a frame."""
    REPEAT = "repeat"
    """A player gets a frame twice."""
    REORDER = "reorder"
    """A player gets a frame behind the next one."""
    FREEZE = "freeze"
    """From a keyframe on a player gets no media any more; the connection stays."""
    JUMP = "jump"
    """From a frame on the timestamps that a player gets are later by so much, or earlier."""
    TRUNCATE = "truncate"
    """An answer over HTTP lacks its end, and its length is that of what is there."""
    STALE = "stale"
    """An answer over HTTP stays what it was, such as a playlist that gets no new segment."""
    CORRUPT = "corrupt"
    """A player gets a frame in which bits are flipped."""


class Happening(enum.Enum):
    """How long a fault goes on."""

    ONCE = enum.auto()
    """It is done when it is taken."""
    LASTING = enum.auto()
    """It goes on, for as long as ``for`` says or to the connection's end."""


@attrs.frozen(kw_only=True)
class Choice:
    """What may be said of the faults of one kind."""

    moments: tuple[FaultMoment, ...]
    """Where it can be due; the first is the one that is meant if none is named."""
    takes: frozenset[str] = frozenset()
    """Which keys it has besides those that all have."""
    needs: tuple[str, ...] = ()
    """Which of them must be given."""
    decides: str = ""
    """What it decides: two that decide the same for one peer contradict each other."""
    counted: bool = False
    """Whether it may be counted from its moment, by ``after``."""
    happens: Happening = Happening.ONCE


AT_REQUEST: Final = (
    FaultKind.LATE,
    FaultKind.REFUSE,
    FaultKind.REDIRECT,
    FaultKind.SILENT,
    FaultKind.HALF_CLOSE,
    FaultKind.CLOSE,
    FaultKind.RESET,
)
"""What is done when something is asked for, in the order in which it is."""

_REQUESTS: Final = (FaultMoment.PUBLISH, FaultMoment.CONNECT, FaultMoment.PLAY)
_ANSWERS: Final = (
    *_REQUESTS,
    FaultMoment.CREATE_STREAM,
    FaultMoment.RELEASE_STREAM,
    FaultMoment.FC_PUBLISH,
)
_CHORES: Final = (FaultMoment.ACKNOWLEDGEMENT, FaultMoment.PONG, FaultMoment.PING)
_MIDST: Final = (FaultMoment.PUBLISH, FaultMoment.PLAY)
_ENDS: Final = (
    *(*_REQUESTS, FaultMoment.CREATE_STREAM, FaultMoment.HANDSHAKE),
    *(FaultMoment.ACCEPT, FaultMoment.REQUEST),
)
_LINES: Final = (FaultMoment.PUBLISH, FaultMoment.PLAY, FaultMoment.ACCEPT)


def _end(*more: str) -> Choice:
    return Choice(moments=_ENDS, takes=frozenset(more), decides="end", counted=True)


def _of_frames(*more: str) -> Choice:
    takes = frozenset({"every", "frames", "track", *more})
    return Choice(moments=(FaultMoment.PLAY,), takes=takes, counted=True)


KINDS: Final[dict[FaultKind, Choice]] = {
    FaultKind.REFUSE: Choice(
        moments=(*_REQUESTS, FaultMoment.CREATE_STREAM, FaultMoment.REQUEST),
        takes=frozenset({"code", "level", "description", "object", "then", "command", "status"}),
        decides="answer",
    ),
    FaultKind.REDIRECT: Choice(
        moments=_REQUESTS, takes=frozenset({"to"}), needs=("to",), decides="answer"
    ),
    FaultKind.LATE: Choice(
        moments=(*_ANSWERS, FaultMoment.HANDSHAKE, FaultMoment.REQUEST, *_CHORES),
        takes=frozenset({"by"}),
        needs=("by",),
        decides="delay",
    ),
    FaultKind.SILENT: Choice(
        moments=(*_ANSWERS, FaultMoment.HANDSHAKE, FaultMoment.REQUEST, *_CHORES), decides="answer"
    ),
    FaultKind.SWAP: Choice(
        moments=(
            *(FaultMoment.RELEASE_STREAM, FaultMoment.FC_PUBLISH, FaultMoment.CREATE_STREAM),
            *(FaultMoment.CONNECT, FaultMoment.PLAY),
        ),
        decides="answer",
    ),
    FaultKind.MALFORMED: Choice(
        moments=(
            *(FaultMoment.CREATE_STREAM, *_REQUESTS),
            *(FaultMoment.RELEASE_STREAM, FaultMoment.FC_PUBLISH),
        ),
        takes=frozenset({"broken"}),
        decides="answer",
    ),
    FaultKind.CLOSE: _end("inside"),
    FaultKind.RESET: _end("inside"),
    FaultKind.HALF_CLOSE: _end(),
    FaultKind.STALL: Choice(
        moments=_LINES, takes=frozenset({"direction"}), decides="reading", counted=True,
        happens=Happening.LASTING,
    ),
    FaultKind.SLOW: Choice(
        moments=(*_LINES, FaultMoment.REQUEST),
        takes=frozenset({"rate", "direction"}),
        needs=("rate",),
        decides="reading",
        counted=True,
        happens=Happening.LASTING,
    ),
    FaultKind.NOISE: Choice(moments=_MIDST, takes=frozenset({"bytes"}), counted=True),
    FaultKind.STATUS: Choice(
        moments=_MIDST,
        takes=frozenset({"code", "level", "description"}),
        needs=("code",),
        counted=True,
    ),
    FaultKind.RECONNECT_REQUEST: Choice(
        moments=_MIDST, takes=frozenset({"to", "description"}), counted=True
    ),
    FaultKind.CHUNK_SIZE: Choice(
        moments=(FaultMoment.CONNECT, FaultMoment.PUBLISH),
        takes=frozenset({"bytes"}), needs=("bytes",), decides="chunk size", counted=True,
    ),
    FaultKind.WINDOW: Choice(
        moments=(*_MIDST, FaultMoment.CONNECT), takes=frozenset({"bytes"}), needs=("bytes",),
        decides="window", counted=True,
    ),
    FaultKind.EXTRA_PING: Choice(moments=_MIDST, counted=True),
    FaultKind.ALERT: Choice(
        moments=(FaultMoment.TLS,), takes=frozenset({"alert"}), decides="TLS"
    ),
    FaultKind.EXPIRED: Choice(moments=(FaultMoment.TLS,), decides="TLS"),
    FaultKind.DROP: _of_frames(),
    FaultKind.REPEAT: _of_frames(),
    FaultKind.REORDER: _of_frames(),
    FaultKind.FREEZE: Choice(moments=(FaultMoment.PLAY,), counted=True),
    FaultKind.JUMP: Choice(
        moments=(FaultMoment.PLAY,), takes=frozenset({"by", "track"}), needs=("by",), counted=True
    ),
    FaultKind.TRUNCATE: Choice(
        moments=(FaultMoment.REQUEST,), takes=frozenset({"bytes"}), decides="body"
    ),
    FaultKind.STALE: Choice(
        moments=(FaultMoment.REQUEST,), decides="body", happens=Happening.LASTING
    ),
    FaultKind.CORRUPT: _of_frames("bytes"),
}  # fmt: skip
"""What each kind may be told."""
