"""Message types and messages."""

from __future__ import annotations

import pytest

from trio_srs.wire.rtmp.message import MEDIA_TYPES, Message, MessageType

NUMBERS = {
    "5.4.1": ("SET_CHUNK_SIZE", 1),
    "5.4.2": ("ABORT", 2),
    "5.4.3": ("ACKNOWLEDGEMENT", 3),
    "6.2": ("USER_CONTROL", 4),
    "5.4.4": ("WINDOW_ACK_SIZE", 5),
    "5.4.5": ("SET_PEER_BANDWIDTH", 6),
    "7.1.4": ("AUDIO", 8),
    "7.1.5": ("VIDEO", 9),
    "7.1.2, AMF3": ("DATA_AMF3", 15),
    "7.1.3, AMF3": ("SHARED_OBJECT_AMF3", 16),
    "7.1.1, AMF3": ("COMMAND_AMF3", 17),
    "7.1.2, AMF0": ("DATA_AMF0", 18),
    "7.1.3, AMF0": ("SHARED_OBJECT_AMF0", 19),
    "7.1.1, AMF0": ("COMMAND_AMF0", 20),
    "7.1.6": ("AGGREGATE", 22),
}


@pytest.mark.parametrize(("name", "number"), NUMBERS.values(), ids=list(NUMBERS))
def test_a_type_has_the_number_of_its_clause(name: str, number: int) -> None:
    assert MessageType[name] == number


def test_there_are_no_other_types() -> None:
    assert {kind.name for kind in MessageType} == {name for name, _ in NUMBERS.values()}


def test_media_is_what_a_stream_consists_of() -> None:
    assert {8, 9, 15, 18} == MEDIA_TYPES


def test_messages_are_equal_by_what_they_say() -> None:
    message = Message(9, 1, 40, b"\x17")
    assert message == Message(MessageType.VIDEO, 1, 40, b"\x17")
    assert message != Message(9, 1, 41, b"\x17")
    assert (message.type_id, message.stream_id, message.timestamp_ms) == (9, 1, 40)


def test_a_message_has_no_room_for_more() -> None:
    """There is one per packet: a dictionary in each would cost more than the rest."""
    with pytest.raises(AttributeError, match="arrived_at"):
        Message(9, 1, 40, b"").arrived_at = 1.0  # type: ignore[attr-defined]  # what must fail
