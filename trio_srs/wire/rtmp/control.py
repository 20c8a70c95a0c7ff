"""Protocol-control and user-control messages as values. Floor 0.

Each class encodes itself to a message's payload and decodes itself from one;
:func:`decode_control` finds the class by message type. All of these travel on message
stream 0, and the first six types on chunk stream 2 (RTMP 1.0, 5.4 and 7.1.7).

A field out of its range raises ValueError when one of us builds the value, and
:class:`ControlError` when the peer sent it.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Callable
from typing import Any, ClassVar, Final, Protocol, Self

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.message import MessageType

__all__ = [
    "CONTROLS",
    "USER_CONTROLS",
    "Abort",
    "Acknowledgement",
    "BufferEmpty",
    "BufferReady",
    "Control",
    "ControlError",
    "Limit",
    "PingRequest",
    "PingResponse",
    "SetBufferLength",
    "SetChunkSize",
    "SetPeerBandwidth",
    "StreamBegin",
    "StreamDry",
    "StreamEof",
    "StreamIsRecorded",
    "UnknownUserControl",
    "UserControl",
    "WindowAckSize",
    "decode_control",
]

_U16: Final = struct.Struct(">H")
_U32: Final = struct.Struct(">I")
_U32_U8: Final = struct.Struct(">IB")
_EVENT_U32: Final = struct.Struct(">HI")
_EVENT_U32_U32: Final = struct.Struct(">HII")

_U16_MAX: Final = 2**16 - 1
_U32_MAX: Final = 2**32 - 1
_CHUNK_SIZE_MAX: Final = 2**31 - 1


class ControlError(ProtocolError):
    """A control message is too short, or one of its fields is out of range."""

    code = "control_error"
    srs_code = 2010


def _between(least: int, most: int) -> Callable[[object, attrs.Attribute[int], int], None]:
    """An attrs validator for an integer of a known range."""

    def check(_: object, attribute: attrs.Attribute[int], value: int) -> None:
        if not least <= value <= most:
            raise ValueError(f"{attribute.name} is {value}, expected {least} to {most}")

    return check


def _u32() -> Any:  # attrs.field's own idiom: the annotation beside it is the type
    return attrs.field(validator=_between(0, _U32_MAX))


def _unpack(layout: struct.Struct, payload: bytes, name: str) -> tuple[Any, ...]:
    """Read a layout from the front; bytes behind it are ignored, as some peers pad."""
    if len(payload) < layout.size:
        raise ControlError(f"{name} of {len(payload)} bytes, expected {layout.size}")
    return layout.unpack_from(payload)


class Control(Protocol):
    """What every control message can do."""

    TYPE_ID: ClassVar[MessageType]

    def encode(self) -> bytes:
        """Return the message's payload."""
        ...

    @classmethod
    def decode(cls, payload: bytes, /) -> Control:
        """Read a payload. Raises ControlError if it is too short, ValueError for a bad field."""
        ...


@attrs.frozen
class _OneNumber:
    """The shape of a payload that is one unsigned 32-bit number."""

    def encode(self) -> bytes:
        """Return the message's payload: 4 bytes."""
        (number,) = attrs.astuple(self)
        return _U32.pack(number)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload of at least 4 bytes. Raises ControlError, ValueError."""
        return cls(*_unpack(_U32, payload, cls.__name__))


@attrs.frozen
class SetChunkSize(_OneNumber):
    """The sender's chunks carry up to ``size`` bytes from now on (RTMP 1.0, 5.4.1).

    The text allows 1 to 2^31-1, and above 0xFFFFFF means the same as 0xFFFFFF, the most a
    message can have; that is left to whoever cuts the chunks.
    """

    TYPE_ID: ClassVar[MessageType] = MessageType.SET_CHUNK_SIZE
    size: int = attrs.field(validator=_between(1, _CHUNK_SIZE_MAX))


@attrs.frozen
class Abort(_OneNumber):
    """Discard the half-sent message of chunk stream ``csid`` (RTMP 1.0, 5.4.2)."""

    TYPE_ID: ClassVar[MessageType] = MessageType.ABORT
    csid: int = _u32()


@attrs.frozen
class Acknowledgement(_OneNumber):
    """The sender has received ``sequence`` bytes so far, modulo 2^32 (RTMP 1.0, 5.4.3)."""

    TYPE_ID: ClassVar[MessageType] = MessageType.ACKNOWLEDGEMENT
    sequence: int = _u32()


@attrs.frozen
class WindowAckSize(_OneNumber):
    """The sender wants an acknowledgement every ``window`` bytes (RTMP 1.0, 5.4.4)."""

    TYPE_ID: ClassVar[MessageType] = MessageType.WINDOW_ACK_SIZE
    window: int = _u32()


class Limit(enum.IntEnum):
    """How a :class:`SetPeerBandwidth` is meant (RTMP 1.0, 5.4.5)."""

    HARD = 0
    """Limit the output to this window."""
    SOFT = 1
    """Limit it to this window or the one in force, whichever is smaller."""
    DYNAMIC = 2
    """Hard if the previous one was hard, else ignore this one."""


@attrs.frozen
class SetPeerBandwidth:
    """Cap the peer's unacknowledged output at ``window`` bytes (RTMP 1.0, 5.4.5)."""

    TYPE_ID: ClassVar[MessageType] = MessageType.SET_PEER_BANDWIDTH
    window: int = _u32()
    limit: Limit = attrs.field(converter=Limit, default=Limit.DYNAMIC)

    def encode(self) -> bytes:
        """Return the message's payload: 5 bytes."""
        return _U32_U8.pack(self.window, self.limit)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload of at least 5 bytes. Raises ControlError, ValueError."""
        return cls(*_unpack(_U32_U8, payload, cls.__name__))


@attrs.frozen
class _StreamEvent:
    """The shape of a user-control event about one message stream."""

    TYPE_ID: ClassVar[MessageType] = MessageType.USER_CONTROL
    EVENT: ClassVar[int]
    stream_id: int = _u32()
    """Message stream id (msid)."""

    def encode(self) -> bytes:
        """Return the message's payload: 6 bytes."""
        return _EVENT_U32.pack(self.EVENT, self.stream_id)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload of at least 6 bytes, event type included. Raises ControlError."""
        _, stream_id = _unpack(_EVENT_U32, payload, cls.__name__)
        return cls(stream_id)


@attrs.frozen
class StreamBegin(_StreamEvent):
    """The stream can be used now (RTMP 1.0, 7.1.7, event 0)."""

    EVENT: ClassVar[int] = 0


@attrs.frozen
class StreamEof(_StreamEvent):
    """The playback of the stream is over (RTMP 1.0, 7.1.7, event 1)."""

    EVENT: ClassVar[int] = 1


@attrs.frozen
class StreamDry(_StreamEvent):
    """The stream has no data for now (RTMP 1.0, 7.1.7, event 2)."""

    EVENT: ClassVar[int] = 2


@attrs.frozen
class StreamIsRecorded(_StreamEvent):
    """The stream is a recorded one (RTMP 1.0, 7.1.7, event 4)."""

    EVENT: ClassVar[int] = 4


@attrs.frozen
class BufferEmpty(_StreamEvent):
    """The sender's buffer ran empty: Adobe's servers say so, no clause does (event 31)."""

    EVENT: ClassVar[int] = 31


@attrs.frozen
class BufferReady(_StreamEvent):
    """The sender's buffer is full again, the end of event 31 (event 32)."""

    EVENT: ClassVar[int] = 32


@attrs.frozen
class SetBufferLength:
    """The client buffers ``length_ms`` of a stream (RTMP 1.0, 7.1.7, event 3)."""

    TYPE_ID: ClassVar[MessageType] = MessageType.USER_CONTROL
    EVENT: ClassVar[int] = 3
    stream_id: int = _u32()
    """Message stream id (msid)."""
    length_ms: int = _u32()

    def encode(self) -> bytes:
        """Return the message's payload: 10 bytes."""
        return _EVENT_U32_U32.pack(self.EVENT, self.stream_id, self.length_ms)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload of at least 10 bytes, event type included. Raises ControlError."""
        _, stream_id, length_ms = _unpack(_EVENT_U32_U32, payload, cls.__name__)
        return cls(stream_id, length_ms)


@attrs.frozen
class _Ping:
    """The shape of a ping and its answer."""

    TYPE_ID: ClassVar[MessageType] = MessageType.USER_CONTROL
    EVENT: ClassVar[int]
    timestamp_ms: int = _u32()
    """The time the request was sent, by its sender's clock; the answer repeats it."""

    def encode(self) -> bytes:
        """Return the message's payload: 6 bytes."""
        return _EVENT_U32.pack(self.EVENT, self.timestamp_ms)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload of at least 6 bytes, event type included. Raises ControlError."""
        _, timestamp_ms = _unpack(_EVENT_U32, payload, cls.__name__)
        return cls(timestamp_ms)


@attrs.frozen
class PingRequest(_Ping):
    """Are you there? The server asks (RTMP 1.0, 7.1.7, event 6)."""

    EVENT: ClassVar[int] = 6


@attrs.frozen
class PingResponse(_Ping):
    """I am; the client answers (RTMP 1.0, 7.1.7, event 7)."""

    EVENT: ClassVar[int] = 7


@attrs.frozen
class UnknownUserControl:
    """An event of another type, kept as it came: peers have their own, such as 26 of FMS."""

    TYPE_ID: ClassVar[MessageType] = MessageType.USER_CONTROL
    event: int = attrs.field(validator=_between(0, _U16_MAX))
    data: bytes = b""

    def encode(self) -> bytes:
        """Return the message's payload: 2 bytes and the data."""
        return _U16.pack(self.event) + self.data

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read a payload of at least 2 bytes. Raises ControlError."""
        (event,) = _unpack(_U16, payload, "UserControl")
        return cls(event, bytes(payload[_U16.size :]))


UserControl = (
    StreamBegin
    | StreamEof
    | StreamDry
    | SetBufferLength
    | StreamIsRecorded
    | PingRequest
    | PingResponse
    | BufferEmpty
    | BufferReady
    | UnknownUserControl
)
"""Any message of type 4. Good for ``isinstance`` as well."""

USER_CONTROLS: Final[dict[int, type[Control]]] = {
    cls.EVENT: cls
    for cls in (
        StreamBegin,
        StreamEof,
        StreamDry,
        SetBufferLength,
        StreamIsRecorded,
        PingRequest,
        PingResponse,
        BufferEmpty,
        BufferReady,
    )
}
"""Event type to class."""


def _decode_user_control(payload: bytes) -> Control:
    (event,) = _unpack(_U16, payload, "UserControl")
    return USER_CONTROLS.get(event, UnknownUserControl).decode(payload)


CONTROLS: Final[dict[int, Callable[[bytes], Control]]] = {
    SetChunkSize.TYPE_ID: SetChunkSize.decode,
    Abort.TYPE_ID: Abort.decode,
    Acknowledgement.TYPE_ID: Acknowledgement.decode,
    MessageType.USER_CONTROL: _decode_user_control,
    WindowAckSize.TYPE_ID: WindowAckSize.decode,
    SetPeerBandwidth.TYPE_ID: SetPeerBandwidth.decode,
}
"""Message type to what decodes it: ``type_id in CONTROLS`` tells a control message."""


def decode_control(type_id: int, payload: bytes) -> Control:
    """Decode the payload of a control message.

    Bytes behind the last field are ignored. A user-control event of a type nobody knows
    becomes an :class:`UnknownUserControl`.

    Raises:
        ControlError: the payload is too short, or a field is out of its range.
        KeyError: ``type_id`` is not in :data:`CONTROLS`, which is the caller's bug.
    """
    decode = CONTROLS[type_id]
    try:
        return decode(payload)
    except ValueError as exc:  # from a validator or converter: say which message it was
        raise ControlError(f"{MessageType(type_id).name} at byte 0: {exc}") from exc
