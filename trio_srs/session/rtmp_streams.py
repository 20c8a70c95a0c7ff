"""The message streams of one connection, and the law of who may say what, when. Floor 1."""

from __future__ import annotations

import enum
from itertools import count
from typing import Final

import attrs

from trio_srs.errors import ProtocolError

__all__ = ["TRANSITIONS", "BadStateError", "MessageStreams", "StreamState", "TooManyStreamsError"]


class StreamState(enum.Enum):
    """What one message stream is doing."""

    UNCONNECTED = "unconnected"
    """The connection has not been accepted; every message stream is in this state."""
    IDLE = "idle"
    """It exists and carries nothing; so does one that was never created."""
    PUBLISHING = "publishing"
    """A publish was accepted on it, and what the peer sends there is media."""
    PLAYING = "playing"
    """A play was accepted on it."""


_UNCONNECTED, _IDLE, _PUBLISHING, _PLAYING = StreamState

TRANSITIONS: Final[dict[tuple[StreamState, str], StreamState]] = {
    (_UNCONNECTED, "connect"): _IDLE,
    (_IDLE, "publish"): _PUBLISHING,
    (_PUBLISHING, "publish"): _PUBLISHING,
    (_IDLE, "play"): _PLAYING,
    (_PLAYING, "play"): _PLAYING,
    (_IDLE, "FCUnpublish"): _IDLE,
    (_PUBLISHING, "FCUnpublish"): _IDLE,
    (_PLAYING, "FCUnpublish"): _PLAYING,
    **{
        (state, command): _IDLE
        for state in (_IDLE, _PUBLISHING, _PLAYING)
        for command in ("closeStream", "deleteStream")
    },
    **{
        (state, command): state
        for state in (_IDLE, _PLAYING)
        for command in ("pause", "receiveAudio", "receiveVideo", "seek")
    },
}
"""The whole law of who may say what, when, on one message stream. What is not here is a
protocol error; commands of the connection (createStream, FCPublish, unknown calls) are lawful
in every state but UNCONNECTED. The diagram in the documentation is made from this table."""


_NONE: Final[frozenset[int]] = frozenset()


class BadStateError(ProtocolError):
    """A command came when it is not allowed."""

    code = "bad_state"


class TooManyStreamsError(ProtocolError):
    """The peer created more message streams than one connection may have."""

    code = "too_many_message_streams"
    srs_code = 2055


@attrs.define
class _Stream:
    """A message stream: what it does now, and with which name."""

    state: StreamState = StreamState.IDLE
    name: str = ""


class MessageStreams:
    """The message streams of one connection.

    Attributes:
        connected: whether ``connect`` was accepted; before that no stream is in any other state.
        publishing: the numbers of those that publish.
    """

    __slots__ = ("_limit", "_streams", "connected", "publishing")

    def __init__(self, limit: int) -> None:
        """None yet, and ``limit`` of them at most."""
        self.connected = False
        self.publishing: frozenset[int] = _NONE
        self._streams: dict[int, _Stream] = {}
        self._limit = limit

    def __contains__(self, number: object) -> bool:
        """Whether it was made; no number but an integer ever was."""
        return number in self._streams

    def __bool__(self) -> bool:
        """Whether any was made."""
        return bool(self._streams)

    def state_of(self, number: int) -> StreamState:
        """What a message stream is doing."""
        if not self.connected:
            return StreamState.UNCONNECTED
        stream = self._streams.get(number)
        return StreamState.IDLE if stream is None else stream.state

    def check(self, number: int, command: str) -> StreamState:
        """The state of a message stream, in which ``command`` is lawful. Raises BadStateError."""
        state = self.state_of(number)
        if (state, command) not in TRANSITIONS:
            raise BadStateError(f"{command} on message stream {number}, which is {state.value}")
        return state

    def free_number(self) -> int:
        """The smallest free one: the first of a connection is 1, so that players share bytes."""
        return next(number for number in count(1) if number not in self._streams)

    def make(self, number: int, command: str) -> None:
        """Make one, for a command. Raises TooManyStreamsError."""
        if len(self._streams) >= self._limit:
            raise TooManyStreamsError(
                f"{command} on message stream {number}: one more than the limit of "
                f"{self._limit} message streams"
            )
        self._streams[number] = _Stream()

    def move(self, number: int, command: str, name: str) -> None:
        """``command`` was accepted on it, for a stream name."""
        state = TRANSITIONS[self.state_of(number), command]
        self._streams[number] = _Stream(state, name)
        if state is StreamState.PUBLISHING:
            self.publishing |= {number}

    def stop(self, number: int) -> None:
        """It carries nothing from now on."""
        stream = self._streams.get(number)
        if stream is not None:
            stream.state = StreamState.IDLE
        self.publishing -= {number}

    def delete(self, number: int) -> None:
        """It is no more."""
        self.stop(number)
        del self._streams[number]

    def that_publish(self, name: str) -> list[int]:
        """Those that publish a name, whatever its parameters."""
        wanted = _base_name(name)
        return [
            number
            for number in sorted(self.publishing)
            if _base_name(self._streams[number].name) == wanted
        ]


def _base_name(name: str) -> str:
    """A stream name without its parameters."""
    return name.partition("?")[0]
