"""What is odd, or let pass, is noted by the server's side: what it was, and where."""

from __future__ import annotations

from typing import Final

import pytest

from tests.session.pair import (
    command,
    in_state,
)
from trio_srs.session.rtmp_streams import StreamState
from trio_srs.wire.rtmp.message import Message, MessageType


def audio(stream_id: int = 1, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, b"\xaf\x01abc")


ODD: Final = {
    # the state of message stream 1, what is said, and the code and words that are noted
    "nothing": (StreamState.PUBLISHING, audio(), None),
    "shared object": (
        StreamState.PUBLISHING,
        Message(MessageType.SHARED_OBJECT_AMF0, 1, 0, b"x"),
        ("shared_object", "type 19 on message stream 1"),
    ),
    "unknown type": (
        StreamState.PUBLISHING,
        Message(77, 1, 0, b"x"),
        ("unknown_message_type", "type 77 on message stream 1"),
    ),
    "media elsewhere": (
        StreamState.PUBLISHING,
        audio(7),
        ("media_elsewhere", "type 8 on message stream 7, which does not publish; 1 does"),
    ),
    "media without publish": (
        StreamState.IDLE,
        audio(),
        ("media_without_publish", "type 8 on message stream 1"),
    ),
    "unknown command": (
        StreamState.IDLE,
        command("x" * 100),
        ("unknown_command", "x" * 64),
    ),
    "a usual command": (StreamState.IDLE, command("_checkbw"), None),
    "an answer": (StreamState.IDLE, command("_result"), None),
    "deleted twice": (
        StreamState.IDLE,
        command("deleteStream", 9.0),
        ("delete_unknown_stream", "message stream 9"),
    ),
    "deleted once": (StreamState.IDLE, command("deleteStream", 1.0), None),
    "not created": (
        StreamState.IDLE,
        command("publish", "a", "live", stream_id=5),
        ("stream_not_created", "publish on message stream 5"),
    ),
    "to be recorded": (
        StreamState.IDLE,
        command("publish", "a", "record", stream_id=1),
        ("publish_type", "'record', taken as 'live'"),
    ),
    "without a type": (StreamState.IDLE, command("publish", "a", stream_id=1), None),
}


@pytest.mark.parametrize(("state", "said", "expected"), ODD.values(), ids=list(ODD))
def test_what_is_let_pass_is_noted(
    state: StreamState, said: Message, expected: tuple[str, str] | None
) -> None:
    script = in_state(state)
    before = script.session.core.bytes_in
    script.say(said)
    noted = script.session.core.oddities
    if expected is None:
        assert noted == {}
        return
    [(code, odd)] = noted.items()
    assert (code, odd.detail) == expected
    assert before + 3073 < odd.offset <= 3073 + script.session.core.bytes_in
