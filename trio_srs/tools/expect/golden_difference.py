"""What differs between a stream and a golden file: frame by frame, field by field, NAL by NAL.

Floor 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.codec.aac import parse_audio_specific_config
from trio_srs.wire.codec.avc import parse_avc_config, parse_sps
from trio_srs.wire.codec.hevc import parse_hevc_config
from trio_srs.wire.codec.nalu import split_prefixed
from trio_srs.wire.flv.audio import AudioPacketType, parse_audio
from trio_srs.wire.flv.video import VideoPacketType, parse_video
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["differences"]

_FRAMES_MOST: Final = 5
"""Frames of a kind of which it is said what differs."""
_FIELDS_MOST: Final = 8
_AVC_UNITS: Final = {
    1: "slice",
    5: "IDR slice",
    6: "SEI",
    7: "SPS",
    8: "PPS",
    9: "access unit delimiter",
    12: "filler",
}
_HEVC_UNITS: Final = {
    19: "IDR slice",
    20: "IDR slice",
    21: "CRA slice",
    32: "VPS",
    33: "SPS",
    34: "PPS",
    35: "access unit delimiter",
    39: "SEI",
    40: "SEI",
}
_LENGTH_SIZE: Final = 4
"""Of NAL units, until a header says otherwise."""
_KINDS: Final = {MessageType.VIDEO: "video", MessageType.AUDIO: "audio"}


def differences(seen: Iterable[Message], golden: Iterable[Message]) -> list[str]:
    """What differs of audio and video, the first few of each kind, in words.

    Args:
        seen: all messages of the stream that is judged.
        golden: those of the golden file.
    """
    ours, theirs = list(seen), list(golden)
    found: list[str] = []
    for type_id, kind in _KINDS.items():
        pair = [[each for each in side if each.type_id == type_id] for side in (ours, theirs)]
        found += _of_kind(kind, *pair)
    return found


def _of_kind(kind: str, seen: Sequence[Message], golden: Sequence[Message]) -> Iterator[str]:
    describe = _Description(kind)
    told = at = other = 0
    while at < len(seen) and other < len(golden):
        one, two = seen[at], golden[other]
        describe.note(two)
        if one == two:
            at, other = at + 1, other + 1
            continue
        told += 1
        where = f"{kind} message {at} at {one.timestamp_ms} ms"
        if _is_at(seen, at + 1, two) and not _is_at(golden, other + 1, one):
            words, at = [f"{where} is not in the golden file"], at + 1
        elif _is_at(golden, other + 1, one) and not _is_at(seen, at + 1, two):
            lost = (
                f"{kind} message {other} of the golden file, at {two.timestamp_ms} ms, is not there"
            )
            words, other = [lost], other + 1
        else:
            words = [f"{where}: {each}" for each in describe.difference(one, two)]
            at, other = at + 1, other + 1
        if told <= _FRAMES_MOST:
            yield from words
    if told > _FRAMES_MOST:
        yield f"{kind}: {told - _FRAMES_MOST} messages more differ"
    if len(seen) - at != len(golden) - other:
        yield f"{kind}: {len(seen)} messages, in the golden file {len(golden)}"


def _is_at(messages: Sequence[Message], index: int, message: Message) -> bool:
    return index < len(messages) and messages[index] == message


class _Description:
    """Says what differs between two messages of one kind; knows the headers before them."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._length_size = _LENGTH_SIZE

    def note(self, golden: Message) -> None:
        """Follow the headers of the golden file."""
        if self._kind != "video":
            return
        for body in _parsed(parse_video, golden.payload):
            if body.packet_type == VideoPacketType.SEQUENCE_START:
                config = _header(body.codec, body.data)
                self._length_size = config.get("nalu_length_size", _LENGTH_SIZE)

    def difference(self, seen: Message, golden: Message) -> Iterator[str]:
        """In words, each of them one difference."""
        if seen.timestamp_ms != golden.timestamp_ms:
            yield f"timestamp {seen.timestamp_ms} ms, golden {golden.timestamp_ms} ms"
        if seen.payload == golden.payload:
            return
        parse: Callable[[bytes], Sequence[Any]] = (
            parse_video if self._kind == "video" else parse_audio
        )
        ours, theirs = _parsed(parse, seen.payload), _parsed(parse, golden.payload)
        if not (ours and theirs) or len(ours) != len(theirs):
            yield _bytes(seen.payload, golden.payload)
            return
        for one, two in zip(ours, theirs, strict=True):
            yield from _fields(_values(one, "data"), _values(two, "data"))
            if one.data != two.data:
                yield from self._data(one, two)

    def _data(self, one: Any, two: Any) -> Iterator[str]:
        starts = (VideoPacketType.SEQUENCE_START, AudioPacketType.SEQUENCE_START)
        if one.packet_type == two.packet_type and one.packet_type in starts:
            headers = _header(one.codec, one.data), _header(two.codec, two.data)
            fields = list(_fields(*headers)) if all(headers) else []
            yield from fields or [f"header: {_bytes(one.data, two.data)}"]
        elif one.codec in ("avc1", "hvc1") and one.codec == two.codec:
            yield from _units(one.codec, one.data, two.data, self._length_size)
        else:
            yield _bytes(one.data, two.data)


def _parsed(parse: Callable[[bytes], Sequence[Any]], payload: bytes) -> Sequence[Any]:
    try:
        return parse(payload)
    except ProtocolError:
        return ()


def _values(value: Any, *but: str) -> dict[str, object]:
    fields = attrs.fields(type(value))
    return {each.name: getattr(value, each.name) for each in fields if each.name not in but}


def _header(codec: str, data: bytes) -> dict[str, Any]:
    """The fields of a codec's header; none of one that cannot be read."""
    parsers: Mapping[str, Callable[[bytes], Any]] = {
        "avc1": parse_avc_config,
        "hvc1": parse_hevc_config,
        "mp4a": parse_audio_specific_config,
    }
    try:
        fields: dict[str, Any] = _values(parsers[codec](data))
        if codec == "avc1" and fields["sps"]:
            fields |= {
                f"sps.{key}": value for key, value in _values(parse_sps(fields["sps"][0])).items()
            }
    except (ProtocolError, KeyError):
        return {}
    return fields


def _fields(one: Mapping[str, object], two: Mapping[str, object]) -> Iterator[str]:
    names = [name for name in {**one, **two} if one.get(name) != two.get(name)]
    for name in names[:_FIELDS_MOST]:
        yield f"{name} {_shown(one.get(name))}, golden {_shown(two.get(name))}"


def _shown(value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], bytes):
        return "+".join(each.hex() for each in value)
    name = getattr(value, "name", None)
    return name.lower() if isinstance(name, str) else str(value)


def _units(codec: str, one: bytes, two: bytes, length_size: int) -> Iterator[str]:
    try:
        ours, theirs = split_prefixed(one, length_size), split_prefixed(two, length_size)
    except ProtocolError:
        yield _bytes(one, two)
        return
    if [_unit(codec, each) for each in ours] != [_unit(codec, each) for each in theirs]:
        names = (", ".join(_unit(codec, each) for each in units) for units in (ours, theirs))
        yield "NAL units {}; golden {}".format(*names)
        return
    if ours == theirs:  # but for empty ones, or what is behind the last
        yield _bytes(one, two)
    for index, (unit, other) in enumerate(zip(ours, theirs, strict=True), 1):
        if unit != other:
            yield f"NAL {index} of {len(ours)} ({_unit(codec, unit)}): {_bytes(unit, other)}"


def _unit(codec: str, unit: bytes) -> str:
    kind = unit[0] & 0x1F if codec == "avc1" else unit[0] >> 1 & 0x3F
    return (_AVC_UNITS if codec == "avc1" else _HEVC_UNITS).get(kind, f"type {kind}")


def _bytes(one: bytes, two: bytes) -> str:
    """The first byte that differs, and the lengths if they do."""
    shared = min(len(one), len(two))
    at = next((index for index in range(shared) if one[index] != two[index]), shared)
    sizes = "" if len(one) == len(two) else f"; {len(one)} bytes, golden {len(two)}"
    if at == shared:
        return f"the same up to byte {at}{sizes}"
    return f"byte {at} is {one[at]:02x}, golden {two[at]:02x}{sizes}"
