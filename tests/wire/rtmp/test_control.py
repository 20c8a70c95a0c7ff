"""Protocol-control and user-control messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.wire.rtmp.control import (
    CONTROLS,
    USER_CONTROLS,
    Abort,
    Acknowledgement,
    BufferEmpty,
    BufferReady,
    Control,
    ControlError,
    Limit,
    PingRequest,
    PingResponse,
    SetBufferLength,
    SetChunkSize,
    SetPeerBandwidth,
    StreamBegin,
    StreamDry,
    StreamEof,
    StreamIsRecorded,
    UnknownUserControl,
    UserControl,
    WindowAckSize,
    decode_control,
)
from trio_srs.wire.rtmp.message import MessageType

LETTER: dict[str, tuple[int, str, Control]] = {  # (type id, payload, value)
    "5.4.1 the default chunk size": (1, "00000080", SetChunkSize(128)),
    "5.4.1 the smallest": (1, "00000001", SetChunkSize(1)),
    "5.4.1 the largest, with the first bit zero": (1, "7fffffff", SetChunkSize(2**31 - 1)),
    "5.4.2 abort chunk stream 4": (2, "00000004", Abort(4)),
    "5.4.3 acknowledgement": (3, "fffffffe", Acknowledgement(0xFFFFFFFE)),
    "5.4.4 window acknowledgement size": (5, "002625a0", WindowAckSize(2_500_000)),
    "5.4.5 peer bandwidth, hard": (6, "002625a0 00", SetPeerBandwidth(2_500_000, Limit.HARD)),
    "5.4.5 peer bandwidth, soft": (6, "002625a0 01", SetPeerBandwidth(2_500_000, Limit.SOFT)),
    "5.4.5 peer bandwidth, dynamic": (6, "002625a0 02", SetPeerBandwidth(2_500_000)),
    "7.1.7 stream begin": (4, "0000 00000001", StreamBegin(1)),
    "7.1.7 stream EOF": (4, "0001 00000001", StreamEof(1)),
    "7.1.7 stream dry": (4, "0002 00000001", StreamDry(1)),
    "7.1.7 set buffer length": (4, "0003 00000001 00000bb8", SetBufferLength(1, 3000)),
    "7.1.7 stream is recorded": (4, "0004 00000001", StreamIsRecorded(1)),
    "7.1.7 ping request": (4, "0006 0001e240", PingRequest(123_456)),
    "7.1.7 ping response": (4, "0007 0001e240", PingResponse(123_456)),
    "buffer empty, of Adobe's servers": (4, "001f 00000001", BufferEmpty(1)),
    "buffer ready, of Adobe's servers": (4, "0020 00000001", BufferReady(1)),
    "an event of nobody's": (4, "001a 01", UnknownUserControl(26, b"\x01")),
    "an event of nobody's, with nothing": (4, "ffff", UnknownUserControl(0xFFFF)),
}


@pytest.mark.parametrize(("type_id", "payload", "value"), LETTER.values(), ids=LETTER)
def test_the_letter_of_the_specification(type_id: int, payload: str, value: Control) -> None:
    assert decode_control(type_id, bytes.fromhex(payload)) == value
    assert value.encode() == bytes.fromhex(payload)
    assert type_id == value.TYPE_ID


BAD = {
    "no bytes": (1, "", "SetChunkSize of 0 bytes, expected 4"),
    "a byte too few": (1, "000080", "SetChunkSize of 3 bytes, expected 4"),
    "chunk size 0": (1, "00000000", "SET_CHUNK_SIZE .*size is 0, expected 1 to 2147483647"),
    "the first bit set": (1, "80000000", "size is 2147483648, expected 1 to 2147483647"),
    "a short abort": (2, "00", "Abort of 1 bytes, expected 4"),
    "a short acknowledgement": (3, "000000", "Acknowledgement of 3 bytes, expected 4"),
    "a short window": (5, "0000", "WindowAckSize of 2 bytes, expected 4"),
    "a bandwidth without its limit": (6, "00000001", "SetPeerBandwidth of 4 bytes, expected 5"),
    "a limit nobody knows": (6, "0000000103", "SET_PEER_BANDWIDTH .*3 is not a valid Limit"),
    "no event": (4, "", "UserControl of 0 bytes, expected 2"),
    "half an event": (4, "00", "UserControl of 1 bytes, expected 2"),
    "an event without its stream": (4, "0000000000", "StreamBegin of 5 bytes, expected 6"),
    "half a buffer length": (4, "000300000001", "SetBufferLength of 6 bytes, expected 10"),
    "a ping without its time": (4, "0006", "PingRequest of 2 bytes, expected 6"),
}


@pytest.mark.parametrize(("type_id", "payload", "complaint"), BAD.values(), ids=BAD)
def test_what_is_too_short_or_out_of_range_is_the_peers_fault(
    type_id: int, payload: str, complaint: str
) -> None:
    with pytest.raises(ControlError, match=complaint):
        decode_control(type_id, bytes.fromhex(payload))


@pytest.mark.parametrize(("type_id", "payload", "value"), LETTER.values(), ids=LETTER)
def test_padding_is_ignored(type_id: int, payload: str, value: Control) -> None:
    if not isinstance(value, UnknownUserControl):
        assert decode_control(type_id, bytes.fromhex(payload) + b"pad") == value


def test_an_unknown_event_keeps_all_its_bytes() -> None:
    assert decode_control(4, b"\x00\x1apad") == UnknownUserControl(26, b"pad")


@pytest.mark.parametrize("type_id", [0, 7, MessageType.AUDIO, MessageType.COMMAND_AMF0])
def test_other_messages_are_no_controls(type_id: int) -> None:
    assert type_id not in CONTROLS
    with pytest.raises(KeyError):
        decode_control(type_id, bytes(10))


def test_the_controls_are_message_types_1_to_6() -> None:
    assert set(CONTROLS) == {1, 2, 3, 4, 5, 6}


def test_every_user_control_but_the_unknown_has_its_event() -> None:
    assert {*USER_CONTROLS.values(), UnknownUserControl} == set(get_args(UserControl))
    assert set(USER_CONTROLS) == {0, 1, 2, 3, 4, 6, 7, 31, 32}
    assert isinstance(PingRequest(1), UserControl)
    assert not isinstance(Abort(1), UserControl)


def test_values_of_another_class_are_not_equal() -> None:
    values: set[Control] = {WindowAckSize(1), Acknowledgement(1), StreamBegin(1), StreamEof(1)}
    assert len(values) == 4


OUT_OF_RANGE: dict[str, Callable[[], Control]] = {
    "size is 0, expected 1 to 2147483647": lambda: SetChunkSize(0),
    "csid is -1, expected 0 to 4294967295": lambda: Abort(-1),
    "sequence is 4294967296, expected": lambda: Acknowledgement(2**32),
    "window is -1, expected": lambda: WindowAckSize(-1),
    "window is 4294967296, expected": lambda: SetPeerBandwidth(2**32),
    "stream_id is -1, expected": lambda: StreamBegin(-1),
    "length_ms is 4294967296, expected": lambda: SetBufferLength(1, 2**32),
    "timestamp_ms is 4294967296, expected": lambda: PingRequest(2**32),
    "event is 65536, expected 0 to 65535": lambda: UnknownUserControl(65536),
}


@pytest.mark.parametrize(("complaint", "make"), OUT_OF_RANGE.items(), ids=list(OUT_OF_RANGE))
def test_a_value_out_of_range_is_our_own_mistake(
    complaint: str, make: Callable[[], Control]
) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        make()


numbers = st.integers(0, 2**32 - 1)
controls: st.SearchStrategy[Control] = st.one_of(
    st.integers(1, 2**31 - 1).map(SetChunkSize),
    *(
        numbers.map(cls)
        for cls in (
            Abort,
            Acknowledgement,
            WindowAckSize,
            StreamBegin,
            StreamEof,
            StreamDry,
            StreamIsRecorded,
            PingRequest,
            PingResponse,
            BufferEmpty,
            BufferReady,
        )
    ),
    st.builds(SetPeerBandwidth, numbers, st.sampled_from(Limit)),
    st.builds(SetBufferLength, numbers, numbers),
    st.builds(
        UnknownUserControl,
        st.integers(0, 2**16 - 1).filter(lambda event: event not in USER_CONTROLS),
        st.binary(max_size=20),
    ),
)


@given(controls)
def test_what_is_written_is_read(control: Control) -> None:
    assert decode_control(control.TYPE_ID, control.encode()) == control


@given(st.sampled_from(sorted(CONTROLS)), st.binary(max_size=12))
def test_garbage_is_read_or_blamed_on_the_peer(type_id: int, payload: bytes) -> None:
    try:
        control = decode_control(type_id, payload)
    except ControlError:
        return
    assert payload.startswith(control.encode())
