"""Chunks in, messages out: each clause of RTMP 1.0, 5.3.1, real and hostile bytes, and the laws."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.wire.rtmp.chunk_cases import CASES, FAULTS, Expected, Fault
from tests.wire.rtmp.plain_chunks import (
    SMALL,
    PlainReader,
    Verdict,
    both_ways,
    check,
    cut,
    drain,
    drain_pieces,
    in_steps,
)
from trio_srs.wire.rtmp.chunk_limits import (
    ChunkLimits,
    HalfReadError,
    MessageTooLongError,
    TooManyChunkStreamsError,
)
from trio_srs.wire.rtmp.chunk_parts import DEFAULT_CHUNK_SIZE
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message, MessageType

DATA: Final = Path(__file__).parents[2] / "data" / "chunk"
LIMITS: Final = ChunkLimits(message=65_536, half_read=16_384, chunk_streams=64)
"""Those under which the files of the corpus are read."""


def read(wire: bytes, *, chunk_size: int = 128, limits: ChunkLimits | None = None) -> Verdict:
    """What comes of ``wire``, after making sure that it is the same however it arrives."""
    plain = drain(PlainReader(wire, chunk_size=chunk_size, limits=limits))
    for step in (1, 2, 3, 5, 127, 129, len(wire) or 1):
        for reader in both_ways(lambda: ChunkReader(chunk_size=chunk_size, limits=limits)):
            assert drain_pieces(reader, in_steps(wire, step)) == plain, f"in steps of {step}"
    return plain


# The letter.


@pytest.mark.parametrize(("chunk_size", "wire", "expected"), CASES.values(), ids=list(CASES))
def test_the_letter_of_the_specification(chunk_size: int, wire: str, expected: Expected) -> None:
    got, complaint = read(bytes.fromhex(wire), chunk_size=chunk_size)
    assert complaint == ""
    media = [m for m in got if m.type_id not in {MessageType.SET_CHUNK_SIZE, MessageType.ABORT}]
    assert [(m.timestamp_ms, m.stream_id, m.payload.hex()) for m in media] == expected


def test_a_message_of_each_type_passes() -> None:
    """Types that nobody assigned are the session's business."""
    types = [type_id for type_id in range(256) if type_id not in {1, 2}]
    wire = b"".join(b"\4\0\0\0\0\0\1" + bytes((t,)) + b"\0\0\0\0\xaa" for t in types)
    got, complaint = read(wire)
    assert ([m.type_id for m in got], complaint) == (types, "")


@pytest.mark.parametrize("chunk_size", [1, 2, 128, 4096, 65_536, 2**31 - 1])
@pytest.mark.parametrize("length", [1, 2, 127, 128, 129, 5000])
def test_chunk_streams_take_turns_at_any_chunk_size(chunk_size: int, length: int) -> None:
    sent = {csid: bytes((csid % 256, *range(7))) * length for csid in (4, 63, 64, 320)}
    sent = {csid: payload[:length] for csid, payload in sent.items()}
    waiting = {csid: in_steps(payload, min(chunk_size, length)) for csid, payload in sent.items()}
    basic = {4: b"\x04", 63: b"\x3f", 64: b"\0\0", 320: b"\1\0\1"}
    wire = b""
    for turn in range(-(-length // chunk_size)):
        for csid, chunks in waiting.items():
            fmt, header = (0xC0, b"") if turn else (0, b"\0\0\5" + length.to_bytes(3, "big"))
            head = bytes((basic[csid][0] | fmt,)) + basic[csid][1:]
            wire += head + header + (b"" if turn else b"\x09\1\0\0\0") + chunks[turn]

    for step in (1 if length < 1000 else 7, 1460, len(wire)):
        reader = ChunkReader(chunk_size=chunk_size)
        got, complaint = drain_pieces(reader, in_steps(wire, step))
        assert complaint == ""
        assert got == [Message(9, 1, 5, payload) for payload in sent.values()]
        assert (reader.offset, reader.held, reader.half_read) == (len(wire), 0, 0)


# What is refused.


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_named_with_its_byte_and_field(fault: Fault) -> None:
    wire = bytes.fromhex(fault.wire)
    _, complaint = read(wire, chunk_size=fault.chunk_size, limits=fault.limits)
    assert complaint == fault.text

    reader = ChunkReader(chunk_size=fault.chunk_size, limits=fault.limits)
    reader.feed(wire)
    for _ in range(2):  # and again: there is no way past it
        with pytest.raises(fault.error) as caught:
            all(iter(reader.next_message, None))
        assert str(caught.value) == fault.text


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_what_stands_before_the_byte_of_a_fault_is_lawful(fault: Fault) -> None:
    at = int(fault.text.split(":", 1)[0].removeprefix("byte "))
    before = bytes.fromhex(fault.wire)[:at]
    assert read(before, chunk_size=fault.chunk_size, limits=fault.limits)[1] == ""


def test_a_long_message_says_its_numbers() -> None:
    reader = ChunkReader(limits=ChunkLimits(message=1000))
    reader.feed(bytes.fromhex("04 000000 0003e9 09 01000000"))
    with pytest.raises(MessageTooLongError) as caught:
        reader.next_message()
    assert (caught.value.length, caught.value.limit, caught.value.csid) == (1001, 1000, 4)


def test_messages_may_be_as_long_as_the_limits_say() -> None:
    limits = ChunkLimits(message=300, half_read=600, chunk_streams=3)
    wire = b""
    for csid in (4, 5):
        wire += bytes((csid,)) + bytes.fromhex("000000 00012c 09 01000000") + bytes(128)
    wire += b"\xc4" + bytes(128) + b"\xc5" + bytes(128) + b"\xc4" + bytes(44)
    wire += bytes.fromhex("06 000000 00012c 09 01000000") + bytes(128)
    wire += b"\xc5" + bytes(44) + b"\xc6" + bytes(128) + b"\xc6" + bytes(44)
    got, complaint = read(wire, limits=limits)
    assert ([len(m.payload) for m in got], complaint) == ([300, 300, 300], "")


def test_the_limit_is_met_in_the_middle_of_a_run_of_chunks() -> None:
    """Many chunks are taken at once; the verdict is that of one at a time."""
    wire = bytes.fromhex("04 000000 000400 09 01000000") + bytes(16)
    wire += (b"\xc4" + bytes(16)) * 63
    for most in (15, 16, 17, 31, 32, 33, 500, 1007, 1008, 1009, 1023):
        _, complaint = read(wire, chunk_size=16, limits=ChunkLimits(half_read=most))
        whole = most // 16
        at = 11 + whole * 17 if whole else 0
        assert complaint == (
            f"byte {at}: chunk of 16 bytes on chunk stream 4 "
            f"beside {whole * 16} bytes of unfinished messages; the limit is {most} bytes"
        )
    assert read(wire, chunk_size=16, limits=ChunkLimits(half_read=1024))[1] == ""


# Use.


def test_a_connection_begins_with_chunks_of_128_bytes() -> None:
    assert ChunkReader().chunk_size == DEFAULT_CHUNK_SIZE == 128
    assert ChunkReader(chunk_size=7).chunk_size == 7


def test_nothing_is_read_from_nothing() -> None:
    reader = ChunkReader()
    assert reader.next_message() is None
    reader.feed(b"")
    assert reader.next_message() is None
    reader.keep()
    assert (reader.offset, reader.held, reader.half_read) == (0, 0, 0)


def test_what_was_kept_is_not_copied_again_before_half_of_it_is_read() -> None:
    """Of a great many small messages a few at a time are read, and the rest is kept each time."""
    writer = ChunkWriter()
    wire = b"".join(writer.write(Message(9, 1, 0, b"frame")) for _ in range(100))
    buffer = bytearray(wire)
    reader = ChunkReader()
    reader.feed(buffer)
    held: object = None
    copies = 0
    for number in range(100):
        assert reader.next_message() == Message(9, 1, 0, b"frame"), number
        reader.keep()
        copies += reader._view.obj is not held
        held = reader._view.obj
        buffer[:] = bytes(len(wire))  # it may be reused
    assert copies <= 8
    assert (reader.next_message(), reader.offset) == (None, len(wire))


def test_the_reader_knows_where_it_is() -> None:
    wire = bytes.fromhex("04 000000 000002 09 01000000 aabb  05 000000 000006 09 01000000 aabbccdd")
    reader = ChunkReader(chunk_size=4)
    reader.feed(wire + b"\xc5\xee")
    assert (reader.offset, reader.held) == (0, 32)
    assert reader.next_message() == Message(9, 1, 0, b"\xaa\xbb")
    assert (reader.offset, reader.held, reader.half_read) == (14, 18, 0)
    reader.feed(b"")  # more of nothing moves nothing
    assert (reader.offset, reader.held, reader.half_read) == (14, 18, 0)
    assert reader.next_message() is None
    assert (reader.offset, reader.held, reader.half_read) == (32, 0, 5)
    reader.feed(b"\xff\x04\0")
    assert reader.next_message() == Message(9, 1, 0, bytes.fromhex("aabbccddeeff"))
    assert reader.next_message() is None  # of the next header, two bytes are here
    assert (reader.offset, reader.held, reader.half_read) == (33, 2, 0)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_payload_is_bytes_whatever_was_fed(kind: Callable[[bytes], bytes]) -> None:
    wire = bytes.fromhex("04 000000 000002 09 01000000 aabb c4 ccdd 84 000000 eeff")
    reader = ChunkReader()
    reader.feed(kind(wire))
    got, _ = drain(reader)
    assert [(type(m.payload), m.payload.hex()) for m in got] == [
        (bytes, "aabb"),
        (bytes, "ccdd"),
        (bytes, "eeff"),
    ]


def test_the_session_sets_the_chunk_size_between_two_messages() -> None:
    reader = ChunkReader()
    reader.feed(
        bytes.fromhex("02 000000 000004 01 00000000 00000002  04 000000 000003 09 01000000 aabb")
    )
    assert reader.next_message() == Message(1, 0, 0, b"\0\0\0\2")
    reader.chunk_size = 2
    assert reader.next_message() is None
    reader.feed(b"\xc4\xcc")
    assert reader.next_message() == Message(9, 1, 0, b"\xaa\xbb\xcc")


# Memory.


def allocated(feed: Callable[[], object]) -> int:
    """Bytes of memory that ``feed`` needed at most."""
    tracemalloc.start()
    try:
        feed()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_flood_of_chunk_streams_ends_at_the_limit() -> None:
    flood = [
        b"\1" + (csid - 64).to_bytes(2, "little") + b"\0\0\0\0\0\0\x09\1\0\0\0"
        for csid in range(64, 65_600)
    ]
    reader, got = ChunkReader(), 0

    def feed() -> None:
        nonlocal got
        for chunk in flood:
            reader.feed(chunk)
            while reader.next_message() is not None:
                got += 1

    with pytest.raises(TooManyChunkStreamsError, match="one more than the limit of 256 chunk"):
        feed()
    assert got == 256


def test_all_the_chunk_streams_there_are_fit_into_memory() -> None:
    reader = ChunkReader(limits=ChunkLimits(chunk_streams=65_536, half_read=65_536))

    def feed(csids: range) -> None:
        for csid in csids:
            reader.feed(b"\1" + csid.to_bytes(2, "little") + b"\0\0\0\0\0\2\x09\1\0\0\0\xaa")
            assert reader.next_message() is None

    reader.chunk_size = 1
    assert allocated(lambda: feed(range(8192))) < 8192 * 600  # each costs the same
    feed(range(8192, 65_536))
    assert reader.half_read == 65_536


def test_half_read_messages_hold_no_more_than_the_limit() -> None:
    most = 1 << 20
    reader = ChunkReader(chunk_size=4096, limits=ChunkLimits(half_read=most))
    header = bytes.fromhex("000000 ffffff 09 01000000")

    def feed() -> None:
        for turn in range(100):
            for csid in range(4, 64):
                fmt = b"" if turn else header
                reader.feed(bytes((csid | (0xC0 if turn else 0),)) + fmt + bytes(4096))
                assert reader.next_message() is None

    def feed_all() -> None:
        with pytest.raises(HalfReadError, match=f"the limit is {most} bytes"):
            feed()

    assert allocated(feed_all) < 1.5 * most
    assert reader.half_read == most


def test_a_message_of_single_bytes_costs_its_length() -> None:
    """Not an object for each chunk."""
    wire = bytes.fromhex("04 000000 030d40 09 01000000") + b"\xaa" + b"\xc4\xaa" * 199_999
    reader = ChunkReader(chunk_size=1)

    def feed() -> None:
        for piece in in_steps(wire, 65_536):
            reader.feed(piece)
            message = reader.next_message()
        assert message == Message(9, 1, 0, b"\xaa" * 200_000)

    assert allocated(feed) < 1_500_000


def test_a_message_keeps_nothing_of_what_was_fed() -> None:
    wire = bytearray(bytes.fromhex("04 000000 000002 09 01000000 aabb") + bytes(100_000))
    reader = ChunkReader()
    reader.feed(memoryview(wire)[:14])
    message = reader.next_message()
    assert reader.next_message() is None
    del wire[:]  # fails while somebody looks at it
    assert message == Message(9, 1, 0, b"\xaa\xbb")


# The world.


def test_ffmpeg_publishes() -> None:
    """As captured: commands at chunk size 128, media at 1000."""
    wire = (DATA / "ffmpeg_publish.bin").read_bytes()
    got, complaint = read(wire)
    assert complaint == ""
    commands = [Command.decode(m) for m in got if m.type_id == MessageType.COMMAND_AMF0]
    assert [command.name for command in commands] == [
        "connect",
        "releaseStream",
        "FCPublish",
        "createStream",
        "_checkbw",
        "publish",
        "FCUnpublish",
        "deleteStream",
    ]
    assert commands[5].args == (None, "cam", "live")
    kinds = Counter(MessageType(m.type_id).name for m in got)
    assert kinds == {
        "AUDIO": 46,
        "VIDEO": 27,
        "COMMAND_AMF0": 8,
        "SET_CHUNK_SIZE": 1,
        "DATA_AMF0": 1,
    }
    video = [m for m in got if m.type_id == MessageType.VIDEO]
    assert [m.timestamp_ms for m in video] == [0, *range(0, 1000, 40), 960]
    assert max(len(m.payload) for m in video) == 2027


def test_ffmpeg_publishes_after_more_than_four_hours() -> None:
    """Long timestamps, at chunk size 128: ffmpeg repeats them in all chunks of a message."""
    wire = (DATA / "ffmpeg_publish_late.bin").read_bytes()
    got, complaint = read(wire)
    assert complaint == ""
    video = [m for m in got if m.type_id == MessageType.VIDEO]
    late = 16_999_920
    assert [m.timestamp_ms for m in video] == [0, *range(late, late + 1000, 40), late + 960]

    stamp = late.to_bytes(4, "big")
    assert wire.count(b"\xc6" + stamp) == 15
    # Others leave them out, and the same messages must come of it.
    assert read(wire.replace(b"\xc6" + stamp, b"\xc6")) == (got, "")


@pytest.mark.parametrize("file", sorted(DATA.glob("*.bin")), ids=lambda file: file.stem)
def test_a_file_is_read_refused_or_unfinished_as_its_name_says(file: Path) -> None:
    data = file.read_bytes()
    _, complaint = read(data, limits=LIMITS)
    assert bool(complaint) is file.stem.endswith("_bad")
    if not complaint:
        reader = ChunkReader(limits=LIMITS)
        drain_pieces(reader, [data])
        assert (reader.held + reader.half_read > 0) is file.stem.endswith("_truncated")


@pytest.mark.parametrize("file", sorted(DATA.glob("*.bin")), ids=lambda file: file.stem)
def test_a_file_passes_the_fuzzers_check(file: Path) -> None:
    check(file.read_bytes()[:2000])


# The law.

csids = st.sampled_from([2, 3, 4, 63, 64, 319, 320, 65_599])
times = st.sampled_from([0, 1, 40, 0xFFFFFE, 0xFFFFFF]) | st.integers(0, 0xFFFFFF)
long_times = st.sampled_from([0, 5, 0xFFFFFF, 0x1000000, 0x1000028, 0xFFFFFFF0]) | st.integers(
    0, 2**32 - 1
)
lengths = st.sampled_from([0, 1, 3, 4, 5, 127, 128, 129, 300]) | st.integers(0, 700)


def basic(fmt: int, csid: int) -> bytes:
    if csid < 64:
        return bytes((fmt << 6 | csid,))
    if csid < 320:
        return bytes((fmt << 6, csid - 64))
    return bytes((fmt << 6 | 1,)) + (csid - 64).to_bytes(2, "little")


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    """One chunk, or most of one: its order may be wrong and its payload of any length."""
    fmt, csid = draw(st.sampled_from([0, 1, 2, 3, 3, 3])), draw(csids)
    wire = basic(fmt, csid)
    time = draw(times)
    if fmt < 3:
        wire += time.to_bytes(3, "big")
    if fmt < 2:
        wire += draw(lengths).to_bytes(3, "big") + draw(st.sampled_from([8, 9, 20])).to_bytes()
    if fmt == 0:
        wire += draw(st.sampled_from([b"\0\0\0\0", b"\1\0\0\0", b"\1\2\3\4"]))
    if (fmt < 3 and time == 0xFFFFFF) or draw(st.sampled_from([False, False, True])):
        wire += draw(long_times).to_bytes(4, "big")
    filling = draw(st.sampled_from([b"", b"\xaa", b"\xc4", b"\1\0\0\0", b"\4\5"]))
    return wire + filling * draw(st.sampled_from([0, 1, 2, 4, 32, 64, 127, 128]))


set_chunk_size = st.sampled_from([1, 2, 3, 128, 129, 4096, 2**31 - 1]).map(
    lambda size: b"\2\0\0\0\0\0\4\1\0\0\0\0" + size.to_bytes(4, "big")
)
aborts = csids.map(lambda csid: b"\2\0\0\0\0\0\4\2\0\0\0\0" + csid.to_bytes(4, "big"))
likely = st.lists(chunks() | set_chunk_size | aborts, max_size=12).map(b"".join)


@pytest.mark.property
@given(
    likely | st.binary(max_size=300),
    st.lists(st.integers(0, 3000), max_size=20),
    st.sampled_from([1, 2, 128]),
    st.sampled_from([SMALL, ChunkLimits()]),
)
@example(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", [7], 128, ChunkLimits())
@example(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(400), [], 128, SMALL)
def test_any_bytes_are_read_as_plainly_or_blamed_on_the_peer(
    data: bytes, places: list[int], chunk_size: int, limits: ChunkLimits
) -> None:
    """Never another error, never another verdict: whole, byte by byte, or cut anywhere."""
    plain = drain(PlainReader(data, chunk_size=chunk_size, limits=limits))
    for pieces in (
        [data],
        in_steps(data, 1),
        cut(data, [place % (len(data) + 1) for place in places]),
    ):
        for reader in both_ways(lambda: ChunkReader(chunk_size=chunk_size, limits=limits)):
            assert drain_pieces(reader, pieces) == plain


@pytest.mark.property
@given(likely, st.lists(st.integers(0, 3000), max_size=8), st.data())
def test_keeping_what_is_not_read_changes_nothing(
    data: bytes, places: list[int], draw: st.DataObject
) -> None:
    """With messages still to come, the buffer may be reused after keep()."""
    plain = drain(PlainReader(data, limits=SMALL))
    reader = both_ways(lambda: ChunkReader(limits=SMALL))[draw.draw(st.integers(0, 1))]
    got: list[Message] = []
    complaint = ""
    for piece in cut(data, [place % (len(data) + 1) for place in places]):
        if complaint:
            break
        buffer = bytearray(piece)
        reader.feed(buffer)
        if draw.draw(st.booleans()):  # a decision is pending: nobody reads for now
            reader.keep()
            buffer[:] = b"\xee" * len(buffer)
            if draw.draw(st.booleans()):
                continue
        some, complaint = drain(reader)
        got += some
        buffer[:] = b"\xee" * len(buffer)
    if not complaint:
        some, complaint = drain(reader)
        got += some
    assert (got, complaint) == plain


messages = st.builds(
    Message,
    type_id=st.sampled_from([8, 9, 18]),
    stream_id=st.sampled_from([0, 1, 2**32 - 1]),
    timestamp_ms=st.sampled_from([0, 1, 2, 3, 0xFFFFFE, 0xFFFFFF, 0x1000000, 2**32 - 1])
    | st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=9) | st.sampled_from([bytes(500), b"\xc4" * 129]),
)


@pytest.mark.property
@given(
    st.dictionaries(csids, st.lists(messages, max_size=4), max_size=4),
    st.sampled_from([1, 2, 128, 4096, 65_536, 2**31 - 1]),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 5000), max_size=12),
)
def test_what_is_written_and_interleaved_is_read(
    sent: dict[int, list[Message]],
    chunk_size: int,
    random: Random,
    places: list[int],
) -> None:
    """Each chunk stream's messages come in their order, whoever's chunks lie between them."""
    writer = ChunkWriter(chunk_size=chunk_size)
    waiting: list[list[bytes]] = []
    for csid, some in sent.items():
        wire = b"".join(writer.write(m, csid=csid) for m in some)
        plain = PlainReader(wire, chunk_size=chunk_size)
        assert drain(plain) == (some, "")
        waiting.append(cut(wire, plain.begins[1:]) if wire else [])
    wire = b""
    while waiting := [chunks for chunks in waiting if chunks]:
        wire += random.choice(waiting).pop(0)

    reader = ChunkReader(chunk_size=chunk_size)
    pieces = cut(wire, [place % (len(wire) + 1) for place in places])
    got, complaint = drain_pieces(reader, pieces)
    assert complaint == ""
    assert Counter(map(repr, got)) == Counter(repr(m) for some in sent.values() for m in some)
    for some in sent.values():
        rest = iter(got)
        assert all(m in rest for m in some)
    assert (reader.half_read, reader.held) == (0, 0)


# What is let pass.

EXTENDED: Final = b"\xff\xff\xff"
HOUR: Final = (0x0100_0000).to_bytes(4, "big")
ODD: Final = {
    # how the bytes go on, and the oddities: code, place, times
    "nothing is odd": (b"\4\0\0\0\0\0\1\x09\1\0\0\0\xaa", None),
    "a chunk stream begins with fmt 1": (
        b"\4\0\0\0\0\0\1\x09\1\0\0\0\xaa" + b"\x45\0\0\0\0\0\1\x09\xbb" * 2,
        ("first_chunk_fmt", 13, 1),
    ),
    "a chunk inside a message has no extended timestamp": (
        b"\4" + EXTENDED + b"\0\0\x05\x09\1\0\0\0" + HOUR + b"\xaa\xaa\xc4\xbb\xbb\xc4\xbb",
        ("extended_timestamp_missing", 18, 2),
    ),
    "a message that begins with fmt 3 has none, behind fmt 0": (
        b"\4" + EXTENDED + b"\0\0\1\x09\1\0\0\0" + HOUR + b"\xaa" + b"\xc4\xbb" + bytes(8),
        ("extended_timestamp_missing", 17, 1),
    ),
    "a message that begins with fmt 3 has none, behind fmt 1": (
        b"\4\0\0\0\0\0\1\x09\1\0\0\0\xaa"
        + b"\x44" + EXTENDED + b"\0\0\1\x09" + HOUR + b"\xaa" + b"\xc4\xbb" + bytes(8),
        ("extended_timestamp_missing", 26, 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wire", "expected"), ODD.values(), ids=list(ODD))
def test_what_is_let_pass_is_noted_with_its_place(
    wire: bytes, expected: tuple[str, int, int] | None
) -> None:
    for step in (1, 2, 5, len(wire)):
        for reader in both_ways(lambda: ChunkReader(chunk_size=2)):
            _, complaint = drain_pieces(reader, in_steps(wire, step))
            assert complaint == ""
            noted = [(code, odd.offset, odd.count) for code, odd in (reader.oddities or {}).items()]
            assert noted == ([] if expected is None else [expected])
