"""Message streams: who may say what on which, and how many there may be."""

from __future__ import annotations

import math
from typing import Final

import pytest

from tests.session.pair import CONNECT, ServerScript, command, in_state
from trio_srs.session.rtmp_core import SessionLimits
from trio_srs.session.rtmp_events import StreamClosed
from trio_srs.session.rtmp_server import ServerOptions
from trio_srs.session.rtmp_streams import (
    TRANSITIONS,
    BadStateError,
    MessageStreams,
    StreamState,
    TooManyStreamsError,
)
from trio_srs.wire.rtmp.message import Message, MessageType

ARGS: Final[dict[str, tuple[object, ...]]] = {
    "publish": ("a", "live"),
    "play": ("a",),
    "FCUnpublish": ("a",),
    "deleteStream": (1.0,),
    "pause": (True, 0.0),
    "receiveAudio": (False,),
    "receiveVideo": (False,),
    "seek": (0.0,),
}
COMMANDS: Final = sorted({name for _, name in TRANSITIONS})


def audio(stream_id: int = 1, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, b"\xaf\x01abc")


# ------------------------------------------------------------------ the table


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("state", StreamState, ids=lambda state: state.value)
def test_the_table_is_the_law(state: StreamState, name: str) -> None:
    script = in_state(state)
    assert script.session.state_of(1) is state
    said = CONNECT if name == "connect" else command(name, *ARGS.get(name, ()), stream_id=1)
    if (state, name) not in TRANSITIONS:
        with pytest.raises(BadStateError, match=r"^command that ends at byte \d+: .*" + name):
            script.say(said)
        return
    script.say(said)
    if script.session.undecided:
        script.session.accept()
    assert script.session.state_of(1) is TRANSITIONS[state, name]


# -------------------------------------------------------------------- streams


def test_message_streams_are_numbered_from_1_and_the_smallest_free_one_is_next() -> None:
    script = ServerScript.connected()
    assert [script.create() for _ in range(3)] == [1, 2, 3]
    script.say(command("deleteStream", 2.0))
    assert [script.create() for _ in range(2)] == [2, 4]


@pytest.mark.parametrize("number", [9.0, -1.0, 1.5, math.nan, math.inf, 1e300])
def test_deleting_a_stream_that_does_not_exist_does_nothing(number: object) -> None:
    script = ServerScript.connected()
    script.publish()
    events, heard = script.call("deleteStream", number, stream_id=5)
    assert (events, heard, script.session.state_of(1)) == ([], [], StreamState.PUBLISHING)


@pytest.mark.parametrize("name", ["publish", "play"])
def test_streams_of_one_connection_live_and_end_by_themselves(name: str) -> None:
    script = ServerScript.connected()
    script.publish("a")
    other = script.publish("b") if name == "publish" else script.play("b")
    assert script.say(command("closeStream", stream_id=other)) == [
        StreamClosed(other, "closeStream")
    ]
    assert script.session.state_of(other) is StreamState.IDLE
    assert script.session.state_of(1) is StreamState.PUBLISHING
    assert script.say(audio()) == [audio()]


def test_more_message_streams_than_allowed_are_blamed() -> None:
    script = ServerScript.connected(ServerOptions(limits=SessionLimits(message_streams=2)))
    script.create()
    script.create()
    text = r"byte \d+: createStream on message stream 3: one more than the limit of 2 message str"
    with pytest.raises(TooManyStreamsError, match=text):
        script.say(command("createStream"))


@pytest.mark.parametrize("name", ["publish", "play"])
def test_a_stream_that_was_never_created_counts_as_well(name: str) -> None:
    script = ServerScript.connected(ServerOptions(limits=SessionLimits(message_streams=1)))
    script.publish("a", stream_id=7)
    with pytest.raises(TooManyStreamsError, match=f"{name} on message stream 8: one more than"):
        script.say(command(name, "b", stream_id=8))


@pytest.mark.parametrize(
    "name", ["closeStream", "deleteStream", "pause", "receiveAudio", "receiveVideo", "seek"]
)
def test_talking_about_streams_that_were_never_created_makes_none(name: str) -> None:
    script = ServerScript.connected(ServerOptions(limits=SessionLimits(message_streams=1)))
    for number in range(9):
        assert script.say(command(name, stream_id=number)) == []
    script.hear()
    assert script.create() == 1


def test_there_are_none_until_one_is_made() -> None:
    streams = MessageStreams(1)
    assert not streams
    streams.make(streams.free_number(), "createStream")
    assert streams
    assert (1 in streams, 1.0 in streams, 1.5 in streams, math.nan in streams) == (
        *(True, True),
        *(False, False),
    )


def test_those_that_publish_a_name_are_found_whatever_its_parameters() -> None:
    streams = MessageStreams(9)
    streams.connected = True
    for number, name in enumerate(("a?x", "b", "a"), 1):
        streams.make(number, "createStream")
        streams.move(number, "publish", name)
    assert (streams.that_publish("a?y"), streams.that_publish("c")) == ([1, 3], [])
