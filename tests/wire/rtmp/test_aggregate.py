"""Aggregate messages, split and joined."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.errors import ProtocolError
from trio_srs.wire.rtmp.aggregate import AggregateError, join_aggregate, split_aggregate
from trio_srs.wire.rtmp.message import Message, MessageType

Parts = list[tuple[int, int, str]]
"""Type, timestamp, payload."""


def aggregate(body: str | bytes, timestamp_ms: int = 1000, stream_id: int = 1) -> Message:
    body = bytes.fromhex(body) if isinstance(body, str) else body
    return Message(MessageType.AGGREGATE, stream_id, timestamp_ms, body)


# type, 3 bytes of length, 4 of time (the highest last), 3 of stream, payload, 4 of back pointer
CASES: Final[dict[str, tuple[int, str, Parts]]] = {
    "nothing": (1000, "", []),
    "one part has the aggregate's time": (
        1000,
        "09 000002 000005 00 000000 aabb 0000000d",
        [(9, 1000, "aabb")],
    ),
    "the others keep their distance": (
        1000,
        "08 000001 000064 00 000000 aa 0000000c  09 000001 00008c 00 000000 bb 0000000c"
        "12 000000 00008c 00 000000 0000000b",
        [(8, 1000, "aa"), (9, 1040, "bb"), (18, 1040, "")],
    ),
    "one before the first stays before it": (
        1000,
        "08 000000 000064 00 000000 0000000b  09 000000 00005a 00 000000 0000000b",
        [(8, 1000, ""), (9, 990, "")],
    ),
    "the highest byte of the time is the fourth": (
        1000,
        "08 000000 030201 04 000000 0000000b  09 000000 000000 05 000000 0000000b",
        [(8, 1000, ""), (9, 1000 + 0x05000000 - 0x04030201, "")],
    ),
    "times go round after 32 bits": (
        2**32 - 10,
        "08 000000 000000 00 000000 0000000b  09 000000 000028 00 000000 0000000b",
        [(8, 2**32 - 10, ""), (9, 30, "")],
    ),
    "the stream ids inside are not believed": (
        7,
        "08 000001 000000 00 123456 aa 0000000c",
        [(8, 7, "aa")],
    ),
    "the last back pointer may be missing": (
        7,
        "08 000001 000000 00 000000 aa",
        [(8, 7, "aa")],
    ),
    "or be cut short": (7, "08 000001 000000 00 000000 aa 0000", [(8, 7, "aa")]),
    "a back pointer that is wrong does not matter": (
        7,
        "08 000001 000000 00 000000 aa ffffffff 08 000000 000000 00 000000",
        [(8, 7, "aa"), (8, 7, "")],
    ),
    "an aggregate inside is a part like others": (
        7,
        "16 00000b 000000 00 000000 0800000000000000000000 00000016",
        [(22, 7, "0800000000000000000000")],
    ),
}


@pytest.mark.parametrize(("time", "body", "parts"), CASES.values(), ids=list(CASES))
def test_an_aggregate_is_its_parts(time: int, body: str, parts: Parts) -> None:
    got = split_aggregate(aggregate(body, time, stream_id=5))
    assert [(m.type_id, m.timestamp_ms, m.payload.hex()) for m in got] == parts
    assert all(m.stream_id == 5 for m in got)


FAULTS: Final = {
    "a header cut short": (
        "08 000000 000000 00 0000",
        "aggregate part at byte 0: 10 bytes are left, its header takes 11",
    ),
    "a second header cut short": (
        "08 000001 000000 00 000000 aa 0000000c 08",
        "aggregate part at byte 16: 1 bytes are left, its header takes 11",
    ),
    "a part longer than the rest": (
        "08 000001 000000 00 000000 aa 0000000c 09 000003 000000 00 000000 aabb",
        "aggregate part at byte 16 says 3 bytes, 2 are left",
    ),
    "a part longer than all": (
        "08 ffffff 000000 00 000000",
        "aggregate part at byte 0 says 16777215 bytes, 0 are left",
    ),
}


@pytest.mark.parametrize(("body", "text"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_named_with_its_byte(body: str, text: str) -> None:
    with pytest.raises(AggregateError) as caught:
        split_aggregate(aggregate(body))
    assert str(caught.value) == text


def test_there_may_be_4096_parts_and_no_more() -> None:
    part = bytes.fromhex("08 000000 000000 00 000000 0000000b")
    assert len(split_aggregate(aggregate(part * 4096))) == 4096
    with pytest.raises(AggregateError) as caught:
        split_aggregate(aggregate(part * 4097))
    assert (
        str(caught.value) == "aggregate part at byte 61440 is one more than the limit of 4096 parts"
    )


def test_parts_are_joined_with_back_pointers() -> None:
    joined = join_aggregate(
        [Message(8, 9, 0x04030201, b"\xaa"), Message(9, 9, 0x04030202, b"")], stream_id=5
    )
    assert joined == aggregate(
        "08 000001 030201 04 000000 aa 0000000c  09 000000 030202 04 000000 0000000b",
        0x04030201,
        stream_id=5,
    )


def test_nothing_joined_is_an_empty_aggregate() -> None:
    assert join_aggregate([], stream_id=5) == aggregate("", 0, stream_id=5)


messages = st.lists(
    st.builds(
        Message,
        type_id=st.integers(0, 255),
        stream_id=st.just(1),
        timestamp_ms=st.integers(0, 2**32 - 1),
        payload=st.binary(max_size=20) | st.just(bytes(70_000)),
    ),
    max_size=6,
)


@pytest.mark.property
@given(messages)
def test_what_is_joined_is_split(sent: list[Message]) -> None:
    assert split_aggregate(join_aggregate(sent, 1)) == sent


@pytest.mark.property
@given(st.binary(max_size=200) | st.lists(st.sampled_from([0, 0, 1, 8])).map(bytes))
def test_any_bytes_are_split_or_blamed_on_the_peer(body: bytes) -> None:
    try:
        parts = split_aggregate(aggregate(body))
    except ProtocolError:
        return
    assert sum(11 + len(part.payload) for part in parts) <= len(body)
