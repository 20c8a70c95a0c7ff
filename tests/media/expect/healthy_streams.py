"""Small streams message by message: sound ones of many kinds, and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from trio_srs.media.pattern import Timed
from trio_srs.testing import bodies
from trio_srs.wire.rtmp.message import Message, MessageType

VIDEO, AUDIO = MessageType.VIDEO, MessageType.AUDIO
U32 = 2**32


def video(times: Iterable[int], gop: int = 25) -> list[Message]:
    """Pictures at these times, a keyframe every so many, and the header before them."""
    pictures = [
        (bodies.inter if index % gop else bodies.key)(time_ms % U32, fill=128 + index % 100)
        for index, time_ms in enumerate(times)
    ]
    return [bodies.header(pictures[0].timestamp_ms if pictures else 0), *pictures]


def sound(times: Iterable[int]) -> list[Message]:
    """Sound at these times, and the header before it."""
    frames = [bodies.audio(t % U32, fill=128 + index % 100) for index, t in enumerate(times)]
    return [bodies.audio_header(frames[0].timestamp_ms if frames else 0), *frames]


def together(*tracks: list[Message], origin: int = 0) -> list[Timed]:
    """Tracks interleaved by their times, each message sent when it is due."""
    due = [
        Timed(float((message.timestamp_ms - origin) % U32), message)
        for track in tracks
        for message in track
    ]
    return sorted(due, key=lambda timed: timed.at_ms)


def plain(
    seconds: float = 4, origin: int = 0, fps: int = 25, gop: int = 25, sound_ms: int = 20
) -> list[Timed]:
    """Video and sound, as they should be."""
    end = origin + int(seconds * 1000)
    pictures = video(range(origin, end, 1000 // fps), gop)
    return together(pictures, sound(range(origin, end, sound_ms)), origin=origin)


def composed(stream: list[Timed]) -> list[Timed]:
    """As an encoder with B pictures: each is shown later than it is sent."""
    made = []
    for index, timed in enumerate(stream):
        message = timed.message
        if message.type_id == VIDEO and message.payload[1]:
            late = (80, 160, 40, 0)[index % 4].to_bytes(3, "big")
            payload = message.payload[:2] + late + message.payload[5:]
            message = attrs.evolve(message, payload=payload)
        made.append(Timed(timed.at_ms, message))
    return made


def changed(
    change: Callable[[Message, int], Message | None], kind: int, stream: list[Timed] | None = None
) -> list[Timed]:
    """A plain stream, or this one, of which each frame of a kind is given to a function, with its
    index; None leaves it out."""
    made, index = [], 0
    for timed in stream or plain():
        message: Message | None = timed.message
        if timed.message.type_id == kind and timed.message.payload[1:2] != b"\0":
            message = change(timed.message, index)
            index += 1
        if message is not None:
            made.append(Timed(timed.at_ms, message))
    return made


def moved(by_ms: int, at: range, kind: int) -> list[Timed]:
    """Some frames of a kind say that they are so much later."""

    def move(message: Message, index: int) -> Message:
        if index not in at:
            return message
        return attrs.evolve(message, timestamp_ms=(message.timestamp_ms + by_ms) % U32)

    return changed(move, kind)


def without(at: range, kind: int) -> list[Timed]:
    """Some frames of a kind are not there."""
    return changed(lambda message, index: None if index in at else message, kind)
