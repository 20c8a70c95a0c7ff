"""What chunks carry: the chunk stream once more, but quickly; control, commands, aggregates."""

from __future__ import annotations

from functools import partial
from typing import Final

from tests.fuzz.reading import read
from tests.wire.rtmp.plain_chunks import drain, drain_pieces
from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.aggregate import AggregateError, join_aggregate, split_aggregate
from trio_srs.wire.rtmp.arguments import (
    asks_to_stop,
    flag,
    play_duration_s,
    play_name,
    stream_number,
)
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.command import Command, CommandError, ConnectRequest
from trio_srs.wire.rtmp.control import CONTROLS, ControlError, decode_control
from trio_srs.wire.rtmp.message import Message, MessageType

_TYPES: Final = tuple(CONTROLS)
_TINY: Final = ChunkLimits(message=40, half_read=56, chunk_streams=3)
"""Limits that so many bytes can meet."""
_CHUNK_SIZE: Final = 16


def chunks(data: bytes) -> None:
    """Whole and in two pieces a chunk stream says the same; no oracle, which takes its time."""
    whole, halved = ChunkReader(limits=_TINY), ChunkReader(limits=_TINY)
    whole.chunk_size = halved.chunk_size = _CHUNK_SIZE
    whole.feed(data)
    half = len(data) // 2
    assert drain_pieces(halved, [data[:half], data[half:]]) == drain(whole)


def control(data: bytes) -> None:
    """The first byte chooses the type."""
    type_id = _TYPES[data[0] % len(_TYPES)] if data else _TYPES[0]
    if found := read(decode_control, type_id, data[1:], by=ControlError):
        assert decode_control(type_id, found.encode()) == found


def command(data: bytes) -> None:
    """Of both types; what is asked of a command may be blamed on the peer."""
    for kind in (MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3):
        said = read(Command.decode, Message(kind, 0, 0, data), by=ProtocolError)
        if said is None:
            continue
        ConnectRequest.from_command(said)
        asks_to_stop(said)
        for ask in (play_name, play_duration_s, partial(flag, what="it", default=True)):
            read(ask, said, by=CommandError)
        read(stream_number, said, 1, by=CommandError)


def aggregate(data: bytes) -> None:
    """Parts of an aggregate message."""
    if parts := read(
        split_aggregate, Message(MessageType.AGGREGATE, 1, 1000, data), by=AggregateError
    ):
        assert parts[0].timestamp_ms == 1000
        assert split_aggregate(join_aggregate(parts, 1)) == parts
