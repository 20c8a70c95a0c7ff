"""Data messages, alias script tags: their names, and what ``onMetaData`` says. Floor 0.

A data message is a name and then values. RTMP carries it in type 18 as AMF0; in type 15 as a
0 byte and then AMF0, which is what peers send that speak AMF3, or else as AMF3 from its first
byte. ``amf3=True`` here means type 15. An FLV script tag (type 18) has AMF0 only.

Media servers pass these on as they came. So what changes a body here cuts or splices bytes and
leaves all others alone, and a body that cannot be read is no reason to refuse it.

Sources: FLV 10.1, E.4.4 and E.5; RTMP 1.0, 7.1.2; Enhanced RTMP v2 for FourCC; FFmpeg's bytes.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Final

import attrs

from trio_srs.wire.amf import amf0
from trio_srs.wire.amf import amf3 as amf3_values
from trio_srs.wire.amf.amf0_decoder import Amf0Decoder
from trio_srs.wire.amf.amf3_decoder import Amf3Decoder
from trio_srs.wire.amf.amf_reader import AmfError, AmfReader
from trio_srs.wire.amf.values import Limits, MixedArray, TypedObject, Value

__all__ = [
    "METADATA_LIMITS",
    "Metadata",
    "cleared_data_frame",
    "data_frame_name",
    "parse_metadata",
    "strip_set_data_frame",
    "with_server_name",
    "without_flags",
]

METADATA_LIMITS: Final = Limits(count=1 << 16, size=0xFFFFFF)
"""Files republished live may bring an index of keyframes: two values for each of them. In bytes,
as much as one message can hold: longer ones were refused before."""

_SET: Final = "@setDataFrame"
_CLEAR: Final = "@clearDataFrame"
_ON_METADATA: Final = "onMetaData"
_SET_AMF0: Final = amf0.encode(_SET)
_SWITCH: Final = b"\0"
_SET_SWITCHED: Final = _SWITCH + _SET_AMF0
_SET_AMF3: Final = amf3_values.encode(_SET)

_U32: Final = struct.Struct(">I")
_HEADER_BYTES: Final[Mapping[int, int]] = {0x03: 1, 0x08: 5}
"""Bytes before the first field: of an object its marker, of an ECMA array also a count."""
_COUNTED: Final = 0x08
_BOOLEAN: Final = 0x01
_PLAIN_MARKERS: Final = frozenset({0x00, 0x01, 0x02, 0x05, 0x06, 0x07, 0x0B, 0x0C, 0x0D, 0x0F})
"""Values that references do not count, so that one can be replaced."""
_SERVER: Final = "server"
_SERVER_NAME: Final = b"\x00\x06server"


@attrs.frozen
class Metadata:
    """What ``onMetaData`` says, in the publisher's words: none of it need be true.

    The properties are None where a key is absent, or is not what its name promises.
    """

    values: dict[str, Value]
    """All of it, by the names sent."""

    @property
    def width(self) -> int | None:
        """The width in pixels, if a number says it."""
        return self._whole("width")

    @property
    def height(self) -> int | None:
        """The height in pixels, if a number says it."""
        return self._whole("height")

    @property
    def fps(self) -> float | None:
        """Frames per second, if a number says it."""
        return self._positive("framerate") or self._positive("fps")

    @property
    def duration_s(self) -> float | None:
        """Seconds. Live publishers say 0, which counts as not said."""
        return self._positive("duration")

    @property
    def video_kbps(self) -> float | None:
        """Kilobits per second that the encoder aims at."""
        return self._positive("videodatarate")

    @property
    def audio_kbps(self) -> float | None:
        """Kilobits per second that the encoder aims at."""
        return self._positive("audiodatarate")

    @property
    def video_codec(self) -> int | str | None:
        """A legacy id, or a FourCC as a number or as text."""
        return self._codec("videocodecid")

    @property
    def audio_codec(self) -> int | str | None:
        """A legacy id, or a FourCC as a number or as text."""
        return self._codec("audiocodecid")

    @property
    def sample_rate_hz(self) -> int | None:
        """Audio samples per second."""
        return self._whole("audiosamplerate")

    @property
    def channels(self) -> int | None:
        """Audio channels: as counted, else by ``stereo``."""
        stereo = self.values.get("stereo")
        told = 1 + stereo if isinstance(stereo, bool) else None
        return self._whole("audiochannels") or told

    @property
    def encoder(self) -> str | None:
        """Who made it: ``Lavf61.7.100``, ``obs-output module (libobs version 31.0.0)``..."""
        return self._text("encoder")

    @property
    def server(self) -> str | None:
        """Which server passed it on."""
        return self._text(_SERVER)

    def _positive(self, key: str) -> float | None:
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if 0 < value < math.inf else None

    def _whole(self, key: str) -> int | None:
        value = self._positive(key)
        return int(value) if value is not None and value >= 1 else None

    def _text(self, key: str) -> str | None:
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def _codec(self, key: str) -> int | str | None:
        return self._text(key) or self._whole(key)


def strip_set_data_frame(body: bytes, *, amf3: bool = False) -> bytes:
    """Cut off one leading string ``@setDataFrame``, the publisher's word to the server.

    The rest is byte-exact; a body without it comes back as it is, the same object. Only pure
    AMF3 is written anew, as strings after the first refer to those before by number; what
    cannot be read there comes back as it is.
    """
    if not amf3:
        return body.removeprefix(_SET_AMF0)
    if body.startswith(_SET_SWITCHED):
        return _SWITCH + body[len(_SET_SWITCHED) :]
    return _without_first(body) if body.startswith(_SET_AMF3) else body


def _without_first(body: bytes) -> bytes:
    try:
        return amf3_values.encode(*amf3_values.decode_all(body, limits=METADATA_LIMITS)[1:])
    except AmfError:
        return body


def data_frame_name(body: bytes, *, amf3: bool = False) -> str | None:
    """The name of a data message, its first value: ``onMetaData``, ``@setDataFrame``...

    None if that is not a string, or cannot be read. Never raises.
    """
    return _text_at(0, body, amf3)


def cleared_data_frame(body: bytes, *, amf3: bool = False) -> str | None:
    """Which data ``@clearDataFrame`` takes back: its second value. Never raises.

    None if the message has another name, or does not say which.
    """
    return _text_at(1, body, amf3) if _text_at(0, body, amf3) == _CLEAR else None


def parse_metadata(body: bytes, *, amf3: bool = False) -> Metadata:
    """Read ``onMetaData``, with or without ``@setDataFrame`` before it.

    Raises:
        AmfError: it cannot be read, has another name, or carries no named values.
    """
    values = _values(body, amf3)
    name = next(values, None)
    if name == _SET:
        name = next(values, None)
    if name != _ON_METADATA:
        seen = repr(name[:64]) if isinstance(name, str) else type(name).__name__
        raise AmfError(f"data message begins with {seen}, expected {_ON_METADATA!r}")
    match next(values, None):
        case dict() as fields:
            return Metadata(fields)
        case TypedObject(fields=fields) | MixedArray(named=fields):
            return Metadata(fields)
        case other:
            kind = type(other).__name__
            raise AmfError(f"{_ON_METADATA} carries {kind}, expected an object or an ECMA array")


def with_server_name(body: bytes, server: str, *, amf3: bool = False) -> bytes:
    """Let ``onMetaData`` say in ``server`` who passed it on.

    A ``server`` that is there is replaced (the last, if several), otherwise one is added at
    the end; an ECMA array's count is set right; every other byte stays. What is not
    ``onMetaData`` with an AMF0 object or ECMA array, or cannot be read, comes back as it is,
    the same object; so does one whose ``server`` is itself an object, as taking it out would
    change what references after it refer to. Never raises for what a peer sent.
    """
    switched = amf3 and body.startswith(_SWITCH)
    if amf3 and not switched:
        return body
    try:
        at = _metadata_at(body, len(_SWITCH) if switched else 0)
        if at is None:
            return body
        spans = amf0.field_spans(body, at, limits=METADATA_LIMITS)
    except AmfError:
        return body
    start = stop = spans[-1].stop if spans else at + _HEADER_BYTES[body[at]]
    count = len(spans) + 1
    for span in spans:
        if span.name == _SERVER:
            if body[span.value_start] not in _PLAIN_MARKERS:
                return body
            start, stop, count = span.start, span.stop, len(spans)
    head = body[:start]
    if body[at] == _COUNTED:
        head = body[: at + 1] + _U32.pack(count) + body[at + 5 : start]
    return head + _SERVER_NAME + amf0.encode(server) + body[stop:]


def without_flags(body: bytes, names: Collection[str]) -> bytes:
    """Take from ``onMetaData``, in AMF0, the fields of these names that are booleans.

    An ECMA array's count is set right; every other byte stays. Where there is none, or it cannot be
    read, the body comes back as it is, the same object. Never raises for what a peer sent.
    """
    try:
        at = _metadata_at(body, 0)
        spans = [] if at is None else amf0.field_spans(body, at, limits=METADATA_LIMITS)
    except AmfError:
        return body
    gone = [it for it in spans if it.name in names and body[it.value_start] == _BOOLEAN]
    if at is None or not gone:
        return body
    pos = at + _HEADER_BYTES[body[at]]
    parts = [body[:pos]]
    if body[at] == _COUNTED:
        parts = [body[: at + 1], _U32.pack(len(spans) - len(gone))]
    for span in gone:
        parts.append(body[pos : span.start])
        pos = span.stop
    return b"".join([*parts, body[pos:]])


def _metadata_at(body: bytes, pos: int) -> int | None:
    """Where the value of ``onMetaData`` stands; None if this is another data message."""
    name, pos = amf0.decode(body, pos, limits=METADATA_LIMITS)
    if name == _SET:
        name, pos = amf0.decode(body, pos, limits=METADATA_LIMITS)
    return pos if name == _ON_METADATA else None


def _values(body: bytes, amf3: bool) -> Iterator[Value]:
    """The values of a data message, each read only when asked for."""
    switched = amf3 and body.startswith(_SWITCH)
    reader = AmfReader(body, len(_SWITCH) if switched else 0, METADATA_LIMITS)
    is_amf3 = amf3 and not switched
    decoder = Amf3Decoder(reader) if is_amf3 else Amf0Decoder(reader)
    while reader.pos < reader.end:
        yield decoder.value()


def _text_at(index: int, body: bytes, amf3: bool) -> str | None:
    """The string at ``index``; None if there is none, or it is another kind of value."""
    try:
        value = next(islice(_values(body, amf3), index, None), None)
    except AmfError:
        return None
    return value if isinstance(value, str) else None
