"""Messages in, chunks out: which header is chosen, and that every reader understands it."""

from __future__ import annotations

import tracemalloc
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.rtmp.plain_chunks import PlainReader, drain, drain_pieces, in_steps
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import (
    ChunkWriter,
    csid_for,
    encode_message,
    message_pieces,
)
from trio_srs.wire.rtmp.message import Message, MessageType

CSIDS: Final = {
    MessageType.SET_CHUNK_SIZE: 2,
    MessageType.ABORT: 2,
    MessageType.ACKNOWLEDGEMENT: 2,
    MessageType.USER_CONTROL: 2,
    MessageType.WINDOW_ACK_SIZE: 2,
    MessageType.SET_PEER_BANDWIDTH: 2,
    MessageType.AUDIO: 4,
    MessageType.VIDEO: 6,
    MessageType.DATA_AMF3: 5,
    MessageType.SHARED_OBJECT_AMF3: 7,
    MessageType.COMMAND_AMF3: 3,
    MessageType.DATA_AMF0: 5,
    MessageType.SHARED_OBJECT_AMF0: 7,
    MessageType.COMMAND_AMF0: 3,
    MessageType.AGGREGATE: 7,
}


@pytest.mark.parametrize("kind", MessageType)
def test_each_kind_of_message_has_its_chunk_stream(kind: MessageType) -> None:
    assert csid_for(kind) == CSIDS[kind]


def test_a_type_that_nobody_assigned_has_one_too() -> None:
    assert (csid_for(7), csid_for(21), csid_for(255)) == (7, 7, 7)


# The letter: messages that need nothing before them.

ENCODED: Final[dict[str, tuple[Message, int, str]]] = {
    "a whole message": (
        Message(9, 1, 40, b"\xaa\xbb"),
        128,
        "06 000028 000002 09 01000000 aabb",
    ),
    "no payload": (Message(8, 2**32 - 1, 0, b""), 128, "04 000000 000000 08 ffffffff"),
    "just one chunk": (
        Message(9, 1, 0, b"\xaa\xbb"),
        2,
        "06 000000 000002 09 01000000 aabb",
    ),
    "one byte more": (
        Message(9, 1, 0, b"\xaa\xbb\xcc"),
        2,
        "06 000000 000003 09 01000000 aabb c6 cc",
    ),
    "chunks of one byte": (
        Message(3, 0, 0, b"\1\2\3\4"),
        1,
        "02 000000 000004 03 00000000 01 c2 02 c2 03 c2 04",
    ),
    "the last short timestamp": (
        Message(9, 0x0201, 0xFFFFFE, b"\xaa"),
        128,
        "06 fffffe 000001 09 01020000 aa",
    ),
    "the first long timestamp": (
        Message(9, 1, 0xFFFFFF, b"\xaa"),
        128,
        "06 ffffff 000001 09 01000000 00ffffff aa",
    ),
    "a long timestamp in each chunk": (
        Message(9, 1, 2**32 - 1, b"\xaa\xbb\xcc"),
        2,
        "06 ffffff 000003 09 01000000 ffffffff aabb c6 ffffffff cc",
    ),
}


@pytest.mark.parametrize(("message", "chunk_size", "wire"), ENCODED.values(), ids=list(ENCODED))
def test_a_message_by_itself_has_a_full_header(
    message: Message, chunk_size: int, wire: str
) -> None:
    assert encode_message(message, chunk_size) == bytes.fromhex(wire)
    # The first message on a connection is written in the same way.
    assert ChunkWriter(chunk_size=chunk_size).write(message) == bytes.fromhex(wire)


def test_a_body_that_fits_into_one_chunk_is_not_copied() -> None:
    body = bytes(4096)
    header, same = message_pieces(MessageType.VIDEO, 1, 40, body, 4096)
    assert (len(header), same is body) == (12, True)
    assert len(message_pieces(MessageType.VIDEO, 1, 40, body, 4095)) == 1


@pytest.mark.parametrize("time", [40, 0xFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("size", [16_385, 32_768, 100_000])
def test_large_chunks_refer_to_the_body_and_are_the_same_bytes(size: int, time: int) -> None:
    body = bytes(at % 251 for at in range(size))
    pieces = message_pieces(MessageType.VIDEO, 1, time, body, 16_384)
    views = [piece for piece in pieces if isinstance(piece, memoryview)]
    assert all(view.obj is body for view in views)
    assert b"".join(views) == body
    written = ChunkWriter(chunk_size=16_384).write(Message(MessageType.VIDEO, 1, time, body))
    assert b"".join(pieces) == written


# The letter: the shortest header.

A: Final = Message(9, 1, 1000, b"\xaa")
STEPS: Final[dict[str, tuple[list[Message], str]]] = {
    "fmt 2 after fmt 0, even where the timestamp is the delta": (
        [Message(9, 1, 40, b"\xaa"), Message(9, 1, 80, b"\xbb")],
        "86 000028 bb",
    ),
    "fmt 3 when all is as before": (
        [A, Message(9, 1, 1040, b"\xbb"), Message(9, 1, 1080, b"\xcc")],
        "c6 cc",
    ),
    "fmt 3 at the same time": (
        [A, Message(9, 1, 1000, b"\xbb"), Message(9, 1, 1000, b"\xcc")],
        "c6 cc",
    ),
    "fmt 3 after fmt 1": (
        [A, Message(9, 1, 1040, b"\xbb\xcc"), Message(9, 1, 1080, b"\xdd\xee")],
        "c6 ddee",
    ),
    "fmt 2 when the delta is another": (
        [A, Message(9, 1, 1040, b"\xbb"), Message(9, 1, 1081, b"\xcc")],
        "86 000029 cc",
    ),
    "fmt 1 when the length is another": (
        [A, Message(9, 1, 1040, b"\xbb\xcc")],
        "46 000028 000002 09 bbcc",
    ),
    "fmt 1 when the type is another": (
        [A, Message(18, 1, 1040, b"\xbb")],
        "46 000028 000001 12 bb",
    ),
    "fmt 0 when the message stream is another": (
        [A, Message(9, 2, 1040, b"\xbb")],
        "06 000410 000001 09 02000000 bb",
    ),
    "fmt 0 when time goes backwards": (
        [A, Message(9, 1, 999, b"\xbb")],
        "06 0003e7 000001 09 01000000 bb",
    ),
    "fmt 0 when the delta would be long": (
        [A, Message(9, 1, 1000 + 0xFFFFFF, b"\xbb")],
        "06 ffffff 000001 09 01000000 010003e7 bb",
    ),
    "fmt 2 when the delta is just not long": (
        [A, Message(9, 1, 1000 + 0xFFFFFE, b"\xbb")],
        "86 fffffe bb",
    ),
    "fmt 2 after a long timestamp": (
        [Message(9, 1, 2**32 - 16, b"\xaa"), Message(9, 1, 16, b"\xbb")],
        "86 000020 bb",
    ),
    "fmt 2 after fmt 0 in the middle, whatever the delta was before": (
        [
            A,
            Message(9, 1, 1040, b"\xbb"),
            Message(9, 2, 40, b"\xcc"),
            Message(9, 2, 80, b"\xdd"),
        ],
        "86 000028 dd",
    ),
}


@pytest.mark.parametrize(("messages", "wire"), STEPS.values(), ids=list(STEPS))
def test_the_header_is_as_short_as_it_may_be(messages: list[Message], wire: str) -> None:
    writer = ChunkWriter()
    *before, last = [writer.write(m, csid=6) for m in messages]
    assert last == bytes.fromhex(wire)
    assert drain(PlainReader(b"".join((*before, last)))) == (messages, "")


BASIC: Final = {
    2: ("02", "c2"),
    63: ("3f", "ff"),
    64: ("00 00", "c0 00"),
    319: ("00 ff", "c0 ff"),
    320: ("01 0001", "c1 0001"),
    65_599: ("01 ffff", "c1 ffff"),
}


@pytest.mark.parametrize("csid", BASIC)
def test_a_chunk_stream_is_named_in_as_few_bytes_as_it_takes(csid: int) -> None:
    first, more = BASIC[csid]
    wire = ChunkWriter(chunk_size=1).write(Message(9, 1, 0, b"\xaa\xbb"), csid=csid)
    assert wire == bytes.fromhex(f"{first} 000000 000002 09 01000000 aa {more} bb")


@pytest.mark.parametrize("csid", [-1, 0, 1, 65_600])
def test_there_are_no_other_chunk_streams(csid: int) -> None:
    writer = ChunkWriter()
    with pytest.raises(ValueError, match=f"chunk stream {csid}, expected 2 to 65599"):
        writer.write(Message(9, 1, 0, b""), csid=csid)


def test_chunk_streams_do_not_know_of_each_other() -> None:
    writer = ChunkWriter()
    assert writer.write(A, csid=4)[0] == 0x04
    assert writer.write(A, csid=5)[0] == 0x05
    assert writer.write(A)[0] == 0x06
    assert writer.write(A, csid=4)[0] == 0x84
    assert writer.write(A)[0] == 0x86


def test_the_chunk_size_may_change_between_messages() -> None:
    writer = ChunkWriter(chunk_size=2)
    assert writer.write(Message(9, 1, 0, b"\1\2\3")) == bytes.fromhex(
        "06 000000 000003 09 01000000 0102 c6 03"
    )
    writer.chunk_size = 1
    assert writer.write(Message(9, 1, 0, b"\1\2\3")) == bytes.fromhex("86 000000 01 c6 02 c6 03")


def test_a_writer_remembers_headers_and_not_payloads() -> None:
    writer = ChunkWriter()
    tracemalloc.start()
    try:
        writer.write(Message(9, 1, 0, b"\xaa" * 1_000_000))
        assert tracemalloc.get_traced_memory()[0] < 10_000
    finally:
        tracemalloc.stop()


# The law.

messages = st.builds(
    Message,
    type_id=st.sampled_from([1, 8, 9, 18, 20, 255]),
    stream_id=st.sampled_from([0, 1, 1, 1, 2**32 - 1]),
    timestamp_ms=st.sampled_from([0, 40, 80, 120, 0xFFFFFE, 0xFFFFFF, 0x1000000, 2**32 - 1])
    | st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=5) | st.sampled_from([bytes(500), b"\xc6" * 129]),
)
chunk_sizes = st.sampled_from([1, 2, 128, 4096, 65_536, 2**31 - 1])


def resize(size: int) -> Message:
    return Message(MessageType.SET_CHUNK_SIZE, 0, 0, size.to_bytes(4, "big"))


@pytest.mark.property
@given(
    st.lists(st.tuples(messages.filter(lambda m: m.type_id != 1), chunk_sizes), max_size=12),
    st.sampled_from([None, 3, 64, 320]),
    st.integers(1, 700),
)
@example([(Message(9, 1, 2**24 + 40 * i, bytes(5)), 2) for i in range(4)], None, 3)
def test_what_is_written_is_read(
    sent: list[tuple[Message, int]], csid: int | None, step: int
) -> None:
    """However it is sliced, with the chunk size changing before every message."""
    writer, said, wire = ChunkWriter(), [], b""
    for message, size in sent:
        said += [resize(size), message]
        wire += writer.write(resize(size))
        writer.chunk_size = size
        wire += writer.write(message, csid=csid)
    assert drain_pieces(ChunkReader(), in_steps(wire, step)) == (said, "")
    assert drain(PlainReader(wire)) == (said, "")


@pytest.mark.property
@given(st.lists(messages, max_size=6), chunk_sizes, st.integers(1, 700))
def test_a_message_by_itself_is_read_behind_any_other(
    sent: list[Message], chunk_size: int, step: int
) -> None:
    sent = [m for m in sent if m.type_id != MessageType.SET_CHUNK_SIZE]
    wire = b"".join(encode_message(m, chunk_size) for m in sent)
    reader = ChunkReader(chunk_size=chunk_size)
    assert drain_pieces(reader, in_steps(wire, step)) == (sent, "")
    assert drain(PlainReader(wire, chunk_size=chunk_size)) == (sent, "")
