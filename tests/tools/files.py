"""FLV files for tests: a keyframe a second, 25 frames a second, and audio beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trio_srs.testing import bodies
from trio_srs.wire.flv.script import strip_set_data_frame
from trio_srs.wire.flv.tag import FlvReader, FlvTag, encode_header, encode_tag
from trio_srs.wire.rtmp.message import Message

__all__ = ["clip", "flv", "flv_tags", "tags"]


def clip(seconds: int = 2, *, video: bool = True, audio: bool = True) -> Iterator[Message]:
    """A stream's messages from its headers on; each frame's bytes say which one it is."""
    yield bodies.metadata()
    if video:
        yield bodies.header()
    if audio:
        yield bodies.audio_header()
    for at_ms in range(0, seconds * 1000, 40):
        number = at_ms // 40 % 256
        if video:
            make = bodies.inter if at_ms % 1000 else bodies.key
            yield make(at_ms, 50, fill=number)
        if audio:
            yield bodies.audio(at_ms + 10, fill=number)


def tags(messages: Iterable[Message]) -> list[FlvTag]:
    """The same as a file has them."""
    return [
        FlvTag(each.type_id, each.timestamp_ms, strip_set_data_frame(each.payload))
        for each in messages
    ]


def flv(messages: Iterable[Message]) -> bytes:
    """A whole file."""
    return encode_header(True, True) + b"".join(map(encode_tag, tags(messages)))


def flv_tags(data: bytes) -> list[FlvTag]:
    """What is in a file; it ends with a whole tag."""
    reader = FlvReader()
    reader.feed(data)
    found = []
    while (tag := reader.next_tag()) is not None:
        found.append(tag)
    assert (reader.pending, reader.bad_tails) == (0, 0)
    return found
