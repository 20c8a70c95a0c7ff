"""What is published under soak: frames that say which they are, and who has missed some."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import attrs

from trio_srs.testing import bodies
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["FPS", "Follower", "frames"]

FPS: Final = 12.5
_GOP: Final = 25
_SIZE: Final = 1000
_NUMBER: Final = struct.Struct(">IQ")  # publish, frame
_AT: Final = bodies.FRAME_OVERHEAD


def frames(publish: int) -> Iterator[Message]:
    """Headers, then one frame after the other, without an end."""
    yield bodies.metadata()
    yield bodies.header()
    index = 0
    while True:
        make = bodies.inter if index % _GOP else bodies.key
        plain = make(round(index * 1000 / FPS), _SIZE)
        number = _NUMBER.pack(publish, index)
        body = plain.payload[:_AT] + number + plain.payload[_AT + len(number) :]
        yield attrs.evolve(plain, payload=body)
        index += 1


@attrs.define
class Follower:
    """Counts the frames that one player got, and those that it ought to have got."""

    got: int = 0
    missed: int = 0
    _next: tuple[int, int] | None = None

    def see(self, message: Message) -> None:
        """Take what came next."""
        if message.type_id != MessageType.VIDEO or len(message.payload) != _SIZE:
            return
        publish, index = _NUMBER.unpack_from(message.payload, _AT)
        if self._next is not None:
            expected = self._next[1] if publish == self._next[0] else 0
            if index < expected:
                raise AssertionError(f"frame {index} of publish {publish} came twice")
            self.missed += index - expected
        self.got += 1
        self._next = publish, index + 1
