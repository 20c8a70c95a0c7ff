"""Framing and chores, with the time in the test's hands."""

from __future__ import annotations

import contextlib
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.session.pair import RANDOM, Heard, read
from trio_srs.errors import InternalError, ProtocolError
from trio_srs.session.rtmp_core import SHAKEN, CommandRateError, RtmpCore, SessionLimits
from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.amf.values import Limits
from trio_srs.wire.rtmp.aggregate import AggregateError, join_aggregate
from trio_srs.wire.rtmp.chunk_limits import ChunkLimits, MessageTooLongError
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import Command, CommandError
from trio_srs.wire.rtmp.control import (
    Abort,
    Acknowledgement,
    Control,
    ControlError,
    PingRequest,
    PingResponse,
    SetBufferLength,
    SetChunkSize,
    SetPeerBandwidth,
    StreamBegin,
    UnknownUserControl,
    WindowAckSize,
)
from trio_srs.wire.rtmp.handshake import ClientHandshake, ServerHandshake
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.oddity import OddityKind

SHAKE = ClientHandshake(random=RANDOM).begin() + bytes(1536)
AUDIO = Message(MessageType.AUDIO, 1, 40, b"\xaf\x01abc")


def fresh(
    *, limits: SessionLimits | None = None, ping_after: float = math.inf, now: float = 0.0
) -> RtmpCore:
    return RtmpCore(
        ServerHandshake(random=RANDOM),
        limits=limits or SessionLimits(),
        ping_after=ping_after,
        now=now,
    )


def shaken(
    *, limits: SessionLimits | None = None, ping_after: float = math.inf, now: float = 0.0
) -> RtmpCore:
    core = fresh(limits=limits, ping_after=ping_after, now=now)
    core.receive_data(SHAKE, now)
    core.data_to_send()
    return core


def wire(*said: Message | Control, chunk_size: int = 128) -> bytes:
    return b"".join(
        encode_message(
            one if isinstance(one, Message) else Message(one.TYPE_ID, 0, 0, one.encode()),
            chunk_size,
        )
        for one in said
    )


def messages(core: RtmpCore) -> list[Message]:
    return list(iter(core.next_message, None))


def hear(core: RtmpCore) -> list[Heard]:
    reader = ChunkReader()
    reader.feed(core.data_to_send())
    return [read(message) for message in iter(reader.next_message, None)]


def feed(core: RtmpCore, *said: Message | Control, now: float = 0.0) -> list[Message]:
    core.receive_data(wire(*said), now)
    return messages(core)


# ---------------------------------------------------------------------- bytes


def test_nothing_is_read_before_the_handshake_is_done() -> None:
    core = fresh()
    core.receive_data(SHAKE[:-1], 0.0)
    assert (messages(core), core.bytes_in, len(core.data_to_send())) == ([], 0, 1 + 2 * 1536)


def test_what_comes_behind_the_handshake_in_one_read_is_the_chunk_stream() -> None:
    core = fresh()
    core.receive_data(SHAKE + wire(AUDIO), 0.0)
    assert messages(core) == [AUDIO]
    assert core.bytes_in == len(wire(AUDIO))


def test_nothing_to_send_is_no_bytes_and_what_was_taken_is_not_sent_again() -> None:
    core = shaken()
    assert core.data_to_send() == b""
    core.send_bytes(b"ab")
    core.send_message(AUDIO)
    assert core.data_to_send() == b"ab" + wire(AUDIO)
    assert core.data_to_send() == b""


def test_what_was_received_is_kept_when_its_buffer_is_reused() -> None:
    core, buffer = shaken(), bytearray(wire(AUDIO, AUDIO))
    core.receive_data(buffer, 0.0)
    assert core.next_message() == AUDIO
    assert core.held == len(wire(AUDIO))
    core.keep()
    buffer[:] = bytes(len(buffer))
    assert messages(core) == [AUDIO]
    assert core.held == 0


@pytest.mark.parametrize("stream_id", [0, 5])
def test_a_command_is_said_on_the_stream_that_it_is_about(stream_id: int) -> None:
    core, said = shaken(), Command("onStatus", 0.0, (None, "x"))
    core.send_command(said, stream_id)
    assert core.data_to_send() == wire(said.message(stream_id))


def test_announcing_says_window_bandwidth_and_chunk_size_and_cuts_by_it_from_then_on() -> None:
    core = shaken()
    core.announce(window=1000, bandwidth=SetPeerBandwidth(2000), chunk_size=500)
    assert core.window_out == 1000
    assert hear(core) == [WindowAckSize(1000), SetPeerBandwidth(2000), SetChunkSize(500)]
    long = Message(MessageType.VIDEO, 1, 0, bytes(600))
    core.send_message(long)
    assert core.data_to_send() == wire(long, chunk_size=500)


def test_a_client_announces_no_bandwidth() -> None:
    core = shaken()
    core.announce(window=1000, bandwidth=None, chunk_size=500)
    said: list[Heard] = [WindowAckSize(1000), SetChunkSize(500)]
    assert hear(core) == said


# --------------------------------------------------------------------- chores


def test_the_peers_chunk_size_holds_for_what_comes_behind_it() -> None:
    core, long = shaken(), Message(MessageType.VIDEO, 1, 0, bytes(range(200)))
    core.receive_data(wire(SetChunkSize(1000)) + wire(long, chunk_size=1000), 0.0)
    assert messages(core) == [long]


def test_an_aborted_message_is_forgotten() -> None:
    core, long = shaken(), Message(MessageType.AUDIO, 1, 0, bytes(200))
    core.receive_data(wire(long)[: 12 + 128] + wire(Abort(4)) + wire(AUDIO), 0.0)
    assert messages(core) == [AUDIO]


def test_what_the_peer_acknowledges_and_buffers_is_noted_and_not_answered() -> None:
    core = shaken()
    assert (core.peer_acknowledged, core.buffer_length_ms) == (0, None)
    assert feed(core, Acknowledgement(99), SetBufferLength(1, 3000)) == []
    assert (core.peer_acknowledged, core.buffer_length_ms) == (99, 3000)
    assert hear(core) == []


@pytest.mark.parametrize("control", [StreamBegin(1), UnknownUserControl(26, b"x"), PingResponse(1)])
def test_other_controls_are_passed_over(control: Control) -> None:
    core = shaken()
    assert feed(core, control, AUDIO) == [AUDIO]
    assert hear(core) == []


def test_a_ping_is_answered_with_its_own_time() -> None:
    core = shaken()
    assert feed(core, PingRequest(0xFFFFFFFF)) == []
    assert hear(core) == [PingResponse(0xFFFFFFFF)]


def test_a_bandwidth_is_answered_with_a_window_once_for_each_change() -> None:
    core = shaken()
    core.announce(window=1000, bandwidth=None, chunk_size=128)
    hear(core)
    asked = [SetPeerBandwidth(window) for window in (1000, 2000, 2000, 0, 1000)]
    assert feed(core, *asked) == []
    assert hear(core) == [WindowAckSize(2000), WindowAckSize(0), WindowAckSize(1000)]
    assert core.window_out == 1000


@pytest.mark.parametrize(
    ("window", "reads", "acknowledged"),
    [
        (0, [10**6] * 3, []),
        (1, [1, 1, 3], [17, 18, 21]),
        (2, [1, 1], [17, 18]),
        (100, [33, 1, 49, 1, 500], [50, 100, 600]),
        (2**32 - 1, [10**6] * 3, []),
    ],
)
def test_half_of_the_peers_window_is_acknowledged_as_soon_as_it_is_here(
    window: int, reads: list[int], acknowledged: list[int]
) -> None:
    core = shaken()
    feed(core, WindowAckSize(window))  # 16 bytes
    heard: list[Heard] = []
    body = wire(Message(MessageType.VIDEO, 1, 0, bytes(4 * 10**6)), chunk_size=2**24)
    core.receive_data(b"", 0.0)
    hear(core)
    for size in reads:
        core.receive_data(body[:size], 0.0)
        core.keep()
        heard += hear(core)
    assert heard == [Acknowledgement(number) for number in acknowledged]


def test_a_peer_that_names_no_window_is_acknowledged_anyway() -> None:
    core = shaken()
    core.receive_data(bytes(1_250_000), 0.0)
    assert hear(core) == [Acknowledgement(1_250_000)]


def test_acknowledgements_start_again_after_four_gigabytes() -> None:
    core = shaken()
    core.bytes_in = 2**32 - 5
    core.receive_data(bytes(12), 0.0)
    assert hear(core) == [Acknowledgement(7)]


@pytest.mark.parametrize(
    ("control", "text"),
    [
        (
            Message(MessageType.SET_CHUNK_SIZE, 0, 0, bytes(4)),
            "message that ends at byte 16: SET_CHUNK_SIZE at byte 0: size is 0, expected 1 to",
        ),
        (
            Message(MessageType.SET_CHUNK_SIZE, 0, 0, b"\x80\0\0\0"),
            "message that ends at byte 16: SET_CHUNK_SIZE at byte 0: size is 2147483648, expected",
        ),
        (
            Message(MessageType.SET_PEER_BANDWIDTH, 0, 0, b"\0\0\0\1\3"),
            "message that ends at byte 17: SET_PEER_BANDWIDTH at byte 0: 3 is not",
        ),
        (
            Message(MessageType.USER_CONTROL, 0, 0, b"\0"),
            "message that ends at byte 13: UserControl of 1 bytes, expected 2",
        ),
        (
            Message(MessageType.USER_CONTROL, 0, 0, b"\0\3\0\0\0\1"),
            "message that ends at byte 18: SetBufferLength of 6 bytes, expected 10",
        ),
        (
            Message(MessageType.USER_CONTROL, 0, 0, bytes(1025)),
            "USER_CONTROL of 1025 bytes; the limit is 1024 bytes",
        ),
    ],
)
def test_a_bad_control_message_is_blamed_with_its_place_and_field(
    control: Message, text: str
) -> None:
    with pytest.raises(ControlError) as caught:
        feed(shaken(), control)
    assert text in str(caught.value)


# ----------------------------------------------------------------- aggregates


def test_the_parts_of_an_aggregate_come_one_by_one_in_front_of_what_follows() -> None:
    parts = [Message(MessageType.AUDIO, 1, at, bytes((at,))) for at in (10, 20, 30)]
    core = shaken()
    assert feed(core, join_aggregate(parts, 1), AUDIO) == [*parts, AUDIO]


def test_an_empty_aggregate_is_passed_over() -> None:
    assert feed(shaken(), join_aggregate([], 1), AUDIO) == [AUDIO]


@pytest.mark.parametrize("type_id", [1, 2, 3, 4, 5, 6, 22])
def test_nothing_inside_an_aggregate_can_change_the_connection(type_id: int) -> None:
    inside = join_aggregate([AUDIO, Message(type_id, 0, 0, b"\0\0\0\1\0")], 1)
    with pytest.raises(AggregateError, match="inside an aggregate, expected audio, video or data"):
        feed(shaken(), inside)


def test_a_cut_aggregate_is_blamed_with_its_place() -> None:
    with pytest.raises(AggregateError, match="message that ends at byte 15: aggregate part at byt"):
        feed(shaken(), Message(MessageType.AGGREGATE, 1, 0, bytes(3)))


# ------------------------------------------------------------------- commands


@pytest.mark.parametrize(
    ("type_id", "prefix"),
    [(MessageType.COMMAND_AMF0, b""), (MessageType.COMMAND_AMF3, b"\0")],
)
def test_a_command_is_read_from_both_types_that_can_have_one(type_id: int, prefix: bytes) -> None:
    said = Command("createStream", 2.0, (None,))
    message = Message(type_id, 0, 0, prefix + said.encode())
    assert shaken().read_command(message) == said


@pytest.mark.parametrize(
    ("body", "error", "text"),
    [
        (b"", CommandError, "command that ends at byte 12: a command begins with missing"),
        (b"\x00\x00", AmfError, "command that ends at byte 14: .* at byte 1 takes 8 bytes"),
    ],
)
def test_a_command_that_cannot_be_read_is_blamed_with_its_place(
    body: bytes, error: type[ProtocolError], text: str
) -> None:
    core = shaken()
    [message] = feed(core, Message(MessageType.COMMAND_AMF0, 0, 0, body))
    with pytest.raises(error, match=text):
        core.read_command(message)


def test_the_limits_of_amf_hold_for_commands() -> None:
    core = shaken(limits=SessionLimits(amf=Limits(count=2)))
    with pytest.raises(AmfError, match="the limit is 2 values"):
        core.read_command(Command("a", 1.0, (None,)).message())


def test_more_commands_than_allowed_in_a_second_are_blamed() -> None:
    core, call = shaken(limits=SessionLimits(commands_per_second=3)), Command("a").message()
    for _ in range(3):
        core.read_command(call)
    with pytest.raises(CommandRateError, match="one more than the limit of 3 commands in a second"):
        core.read_command(call)


def test_commands_at_the_rate_that_is_allowed_may_go_on_for_ever() -> None:
    core, call = shaken(limits=SessionLimits(commands_per_second=2), now=100.0), Command("a")
    for number in range(50):
        [message] = feed(core, call.message(), now=100.0 + number / 2)
        assert core.read_command(message) == call


def test_a_long_silence_saves_up_no_more_than_one_second() -> None:
    core, call = shaken(limits=SessionLimits(commands_per_second=2)), Command("a").message()
    said = feed(core, call, call, call, now=1000.0)
    core.read_command(said[0])
    core.read_command(said[1])
    with pytest.raises(CommandRateError):
        core.read_command(said[2])


# ----------------------------------------------------------------------- time


def test_nobody_is_pinged_before_the_handshake() -> None:
    core = fresh(ping_after=30.0)
    assert core.next_deadline() == math.inf
    core.on_time(1000.0)
    assert core.data_to_send() == b""


def test_a_silent_peer_is_pinged_exactly_when_its_time_is_up() -> None:
    core = shaken(ping_after=30.0, now=5.0)
    assert core.next_deadline() == 35.0
    core.on_time(34.999)
    assert hear(core) == []
    core.on_time(35.0)
    assert hear(core) == [PingRequest(35_000)]


def test_a_peer_that_stays_silent_is_pinged_again_after_as_long() -> None:
    core = shaken(ping_after=30.0)
    core.on_time(30.0)
    assert core.next_deadline() == 60.0
    core.on_time(59.0)
    core.on_time(61.0)
    assert hear(core) == [PingRequest(30_000), PingRequest(61_000)]
    assert core.next_deadline() == 91.0


def test_whatever_the_peer_sends_puts_the_ping_off() -> None:
    core = shaken(ping_after=30.0)
    core.receive_data(b"\0", 29.0)
    assert (core.heard_at, core.next_deadline()) == (29.0, 59.0)
    core.on_time(30.0)
    assert hear(core) == []


def test_who_pings_nobody_has_no_deadline() -> None:
    core = shaken()
    core.on_time(1e9)
    assert (core.next_deadline(), hear(core)) == (math.inf, [])


# ----------------------------------------------------------------------- laws

SAID = st.one_of(
    st.builds(
        Message,
        st.sampled_from([8, 9, 15, 18, 7, 99]),
        st.integers(0, 3),
        st.integers(0, 2**32 - 1),
        st.binary(max_size=300),
    ),
    st.builds(PingRequest, st.integers(0, 2**32 - 1)),
    st.builds(WindowAckSize, st.just(2**31)),
    st.lists(
        st.builds(Message, st.just(8), st.just(1), st.integers(0, 99), st.binary(max_size=9)),
        max_size=3,
    ).map(lambda parts: join_aggregate(parts, 1)),
)


@given(said=st.lists(SAID, max_size=8), cuts=st.lists(st.integers(0, 2000)))
def test_slicing_never_changes_what_is_read_or_answered(
    said: list[Message | Control], cuts: list[int]
) -> None:
    whole, sliced, data = shaken(), shaken(), wire(*said)
    whole.receive_data(data, 0.0)
    expected = messages(whole)
    got: list[Message] = []
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for begin, end in itertools.pairwise(edges):
        sliced.receive_data(data[begin:end], 0.0)
        got += messages(sliced)
    assert got == expected
    assert sliced.data_to_send() == whole.data_to_send()


@given(data=st.binary(max_size=400), size=st.integers(1, 3))
def test_garbage_is_read_or_blamed_on_the_peer(data: bytes, size: int) -> None:
    core = shaken()
    with contextlib.suppress(ProtocolError):
        core.receive_data(wire(SetChunkSize(size)) + data, 0.0)
        for message in messages(core):
            core.read_command(message)


def test_a_broken_chunk_stream_is_blamed_with_its_byte() -> None:
    core = shaken(limits=SessionLimits(chunk=ChunkLimits(message=100)))
    core.receive_data(wire(AUDIO, Message(MessageType.VIDEO, 1, 0, bytes(101))), 0.0)
    with pytest.raises(MessageTooLongError, match="byte 17: message of 101 bytes"):
        messages(core)


# Oddities and conduct.

SHAKEN_AT = 1 + 2 * 1536
ODD_CONTROLS = {
    # what is said, then the code, the place of its end, and words of the detail
    "on a stream": (Message(5, 1, 0, bytes(4)), ("control_on_stream", 16, "WINDOW_ACK_SIZE on")),
    "padded": (Message(3, 0, 0, bytes(6)), ("control_padded", 18, "ACKNOWLEDGEMENT of 6 bytes")),
    "padded bandwidth": (Message(6, 0, 0, bytes(6)), ("control_padded", 18, "of 6 bytes")),
    "abort": (Abort(9), ("abort", 16, "chunk stream 9 is given up")),
    "small chunks": (SetChunkSize(127), ("small_chunks", 16, "chunks of 127 bytes")),
    "unknown": (UnknownUserControl(26, b"x"), ("unknown_user_control", 15, "of type 26")),
}


@pytest.mark.parametrize(("said", "expected"), ODD_CONTROLS.values(), ids=list(ODD_CONTROLS))
def test_an_odd_control_message_is_let_pass_and_noted(
    said: Message | Control, expected: tuple[str, int, str]
) -> None:
    core, (code, end, words) = shaken(), expected
    core.receive_data(wire(said), 0.0)
    assert messages(core) == []
    [(found, odd)] = core.oddities.items()
    assert (found, odd.offset, odd.count) == (code, SHAKEN_AT + end, 1)
    assert words in odd.detail


def test_what_is_usual_is_not_noted() -> None:
    core = shaken()
    said = (SetChunkSize(128), WindowAckSize(5), SetPeerBandwidth(5), PingResponse(1))
    core.receive_data(wire(*said, StreamBegin(1), SetBufferLength(1, 100), AUDIO), 0.0)
    assert messages(core) == [AUDIO]
    assert core.oddities == {}


def test_an_aggregate_is_noted() -> None:
    core = shaken()
    core.receive_data(wire(join_aggregate([AUDIO, AUDIO], 1)), 0.0)
    assert len(messages(core)) == 2
    assert core.oddities[OddityKind.AGGREGATE].detail == "an aggregate of 2 messages"


def test_chunk_sizes_are_remembered_in_order_and_not_without_end() -> None:
    core = shaken()
    assert core.peer_chunk_sizes == ()
    sizes = [128 + size for size in range(20)]
    for size in sizes:
        core.receive_data(wire(SetChunkSize(size)), 0.0)
        messages(core)
    assert core.peer_chunk_sizes == tuple(sizes[:16])


def test_acknowledgements_are_counted() -> None:
    core = shaken()
    core.receive_data(wire(Acknowledgement(1), Acknowledgement(2)), 0.0)
    messages(core)
    assert (core.acknowledgements, shaken().acknowledgements) == (2, 0)


def test_what_is_left_of_a_handshake_takes_nothing() -> None:
    assert SHAKEN.done
    with pytest.raises(InternalError, match="3 bytes for a handshake that is done"):
        SHAKEN.receive(b"abc")
