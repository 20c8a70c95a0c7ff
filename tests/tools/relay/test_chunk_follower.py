"""Reading along with bytes that are passed on."""

from __future__ import annotations

import pytest

from trio_srs.testing.bodies import command, inter
from trio_srs.tools.relay.chunk_follower import ChunkFollower
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message, MessageType

SHAKEN = bytes(3073)
BIG = Message(MessageType.VIDEO, 1, 40, inter(40).payload + bytes(1000))
SAID = b"".join(
    bytes(piece)
    for piece in (
        encode_message(command("connect", None, transaction_id=1), 128),
        encode_message(Message(MessageType.SET_CHUNK_SIZE, 0, 0, SetChunkSize(4096).encode()), 128),
        encode_message(BIG, 4096),
    )
)


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_messages_are_found_behind_the_handshake_however_they_are_cut(size: int) -> None:
    follower, found = ChunkFollower(), []
    whole = SHAKEN + SAID
    for at in range(0, len(whole), size):
        found += follower.feed(whole[at : at + size])
    assert [message.type_id for message in found] == [20, 1, 9]
    assert found[-1].payload == BIG.payload
    assert follower.chunk_size == 4096
    assert follower.is_between_messages


def test_between_messages_is_neither_in_the_handshake_nor_in_a_message() -> None:
    follower = ChunkFollower()
    assert not follower.is_between_messages
    follower.feed(SHAKEN)
    assert follower.is_between_messages
    follower.feed(SAID[:5])
    assert not follower.is_between_messages


def test_what_is_no_rtmp_is_passed_over() -> None:
    follower = ChunkFollower()
    assert follower.feed(SHAKEN + b"\xff" * 5000) == []
    assert follower.feed(SAID) == []
    assert not follower.is_between_messages
