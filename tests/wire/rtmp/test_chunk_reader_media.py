"""The short way of the chunk reader: audio and video to whoever takes it, and nothing else."""

from __future__ import annotations

import pytest

from tests.wire.rtmp.plain_chunks import ShortWay, drain_pieces, in_steps
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits
from trio_srs.wire.rtmp.chunk_reader import ChunkReader, TakeMedia
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.message import Message, MessageType

HEAD = bytes.fromhex("04 000005 000003 09 01000000 aabbcc")
TAKEN = (9, 5, b"\xaa\xbb\xcc", 7.0)


class Takers:
    """Takes what is of message stream 1."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, int, bytes, float]] = []
        self.by_stream: dict[int, TakeMedia] = {1: lambda *made_of: self.taken.append(made_of)}

    def take(self, reader: ChunkReader, most: int = 64) -> tuple[int, bool]:
        """Go the short way at 7 s."""
        return reader.take_media(self.by_stream, 7.0, most)


def fed(wire: str, *, limits: ChunkLimits | None = None) -> ChunkReader:
    """A reader behind a first message, which has made chunk stream 4 known, and before others."""
    reader = ChunkReader(limits=limits)
    reader.feed(HEAD)
    assert reader.next_message() == Message(9, 1, 5, b"\xaa\xbb\xcc")
    reader.feed(bytes.fromhex(wire))
    return reader


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("04 000009 000001 08 01000000 dd", (8, 9, b"\xdd", 7.0)),
        ("44 000009 000004 08 ddddeeee", (8, 14, b"\xdd\xdd\xee\xee", 7.0)),
        ("84 000009 ddddee ffffffffff", (9, 14, b"\xdd\xdd\xee", 7.0)),
        ("c4 ddddee ffffffffffffffff", (9, 10, b"\xdd\xdd\xee", 7.0)),
    ],
)
def test_messages_of_each_fmt_are_handed_over(
    wire: str, expected: tuple[int, int, bytes, float]
) -> None:
    takers = Takers()
    takers.take(fed(wire), 1)
    assert takers.taken == [expected]


def test_all_that_lies_ahead_is_handed_over_at_once() -> None:
    takers, reader = Takers(), ChunkReader()
    reader.feed(HEAD)
    reader.next_message()
    reader.feed(HEAD * 3)
    assert takers.take(reader) == (3, True)
    assert takers.taken == [TAKEN] * 3
    assert (reader.offset, reader.held) == (4 * len(HEAD), 0)
    assert takers.take(reader) == (0, True)


def test_no_more_than_asked_for_is_handed_over() -> None:
    takers, reader = Takers(), fed((HEAD * 3).hex())
    assert takers.take(reader, 2) == (2, False)
    assert takers.take(reader, 2) == (1, True)


def test_a_message_in_several_chunks_is_handed_over_if_it_is_all_here() -> None:
    writer, takers, reader = ChunkWriter(), Takers(), ChunkReader()
    long = Message(9, 1, 5, bytes(300))
    reader.feed(writer.write(long))
    assert reader.next_message() == long
    wire = writer.write(long)
    reader.feed(wire + wire[:-1])
    assert takers.take(reader) == (1, False)
    assert takers.taken == [(9, 5, bytes(300), 7.0)]
    assert reader.next_message() is None
    reader.feed(wire[-1:])
    assert takers.take(reader) == (0, False)  # it is in the middle of a chunk
    assert reader.next_message() == long


LEFT = {
    "a chunk stream that is new": "05 000005 000003 09 01000000 aabbcc",
    "a longer basic header": "00 01 000005 000003 09 01000000 aabbcc",
    "an extended timestamp": "04 ffffff 000003 09 01000000 00000005 aabbcc",
    "another message stream": "04 000005 000003 09 02000000 aabbcc",
    "data": "04 000005 000003 12 01000000 aabbcc",
    "a command": "04 000005 000003 14 01000000 aabbcc",
    "less than the longest header": "44 000005 000001 09 ff",
    "less than the message": "04 000005 000004 09 01000000 aabbcc",
    "more than a message may have": "04 000005 000100 09 01000000 aabbcc",
}


@pytest.mark.parametrize("wire", LEFT.values(), ids=list(LEFT))
def test_whatever_else_lies_ahead_is_left(wire: str) -> None:
    takers, reader = Takers(), fed(wire, limits=ChunkLimits(message=255))
    at = reader.offset
    assert takers.take(reader) == (0, False)
    assert (reader.offset, takers.taken) == (at, [])


def test_what_follows_an_extended_timestamp_is_left() -> None:
    takers = Takers()
    reader = fed("04 ffffff 000003 09 01000000 00000005 aabbcc" + "c4 00000005 aabbcc" * 2)
    assert reader.next_message() is not None
    assert takers.take(reader) == (0, False)


def test_what_lies_between_the_chunks_of_another_message_is_left() -> None:
    """Only reading chunk by chunk sees the limit on what is half read."""
    takers = Takers()
    reader = fed("05 000005 000090 09 01000000" + "ee" * 128, limits=ChunkLimits(half_read=130))
    assert reader.next_message() is None
    reader.feed(HEAD)
    assert takers.take(reader) == (0, False)


def test_a_message_that_nobody_could_take_was_read() -> None:
    def fail(*made_of: object) -> None:
        raise KeyError("full")

    reader = fed((HEAD + HEAD).hex())
    with pytest.raises(KeyError):
        reader.take_media({1: fail}, 0.0, 64)
    assert reader.offset == 2 * len(HEAD)
    assert Takers().take(reader) == (1, True)


def test_whoever_takes_may_stop_others() -> None:
    takers = Takers()

    def take_one(*made_of: object) -> None:
        takers.by_stream.clear()

    takers.by_stream[1] = take_one
    assert takers.take(fed((HEAD + HEAD).hex())) == (1, False)


def test_a_stream_as_encoders_send_it_goes_the_short_way() -> None:
    writer = ChunkWriter(chunk_size=4096)
    sent = [
        Message(MessageType.VIDEO if at % 40 == 0 else MessageType.AUDIO, 1, at, bytes(at + 30))
        for at in range(0, 4000, 20)
    ]
    wire = b"".join(writer.write(message) for message in sent)
    way = ShortWay(ChunkReader(chunk_size=4096), most=64)
    assert drain_pieces(way, in_steps(wire, 65_536)) == (sent, "")
    assert way.taken >= len(sent) - 2 - len(wire) // 65_536
