"""What commands do: when they are lawful, what is answered, and what they end."""

from __future__ import annotations

import pytest

from tests.session.pair import (
    CONNECT,
    ServerScript,
    brief,
    command,
    in_state,
)
from trio_srs.session.rtmp_core import CommandRateError, SessionLimits
from trio_srs.session.rtmp_events import (
    StreamClosed,
)
from trio_srs.session.rtmp_server import ServerOptions
from trio_srs.session.rtmp_streams import BadStateError, StreamState
from trio_srs.wire.amf import amf0
from trio_srs.wire.rtmp.command import Command, CommandError
from trio_srs.wire.rtmp.control import (
    StreamEof,
)
from trio_srs.wire.rtmp.message import Message, MessageType


def audio(stream_id: int = 1, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, b"\xaf\x01abc")


@pytest.mark.parametrize("name", ["createStream", "FCPublish", "releaseStream", "_checkbw", "any"])
@pytest.mark.parametrize("state", [StreamState.IDLE, StreamState.PUBLISHING, StreamState.PLAYING])
def test_commands_of_the_connection_are_answered_in_every_state(
    state: StreamState, name: str
) -> None:
    script = in_state(state)
    events, heard = script.call(name, "a", stream_id=1)
    assert (events, brief(heard)) == ([], ["_result"])
    assert script.session.state_of(1) is state


@pytest.mark.parametrize("name", ["createStream", "FCPublish", "_checkbw", "any", "onStatus"])
def test_no_other_command_comes_before_connect(name: str) -> None:
    with pytest.raises(BadStateError, match=f"'{name}' before connect, expected the connect"):
        ServerScript.fresh().say(command(name))


def test_a_long_name_is_not_repeated_whole() -> None:
    with pytest.raises(BadStateError) as caught:
        ServerScript.fresh().say(command("x" * 10_000))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("name", "args", "said"),
    [
        (
            "FCUnpublish",
            ("a?other=1",),
            [("onFCUnpublish", "NetStream.Unpublish.Success"), "_result"],
        ),
        ("deleteStream", (1.0,), []),
        ("deleteStream", (), []),
        ("closeStream", (), []),
    ],
)
def test_a_publish_is_ended_by_any_of_three_commands_and_may_begin_anew(
    name: str, args: tuple[object, ...], said: list[object]
) -> None:
    script = ServerScript.connected()
    script.publish("a?k=v")
    events, heard = script.call(name, *args, stream_id=1)
    assert events == [StreamClosed(1, name)]
    assert brief(heard) == [*said, ("onStatus", "NetStream.Unpublish.Success")]
    assert script.say(audio()) == []
    number = script.publish(stream_id=None if name == "deleteStream" else 1)
    assert number == 1
    assert script.say(audio()) == [audio()]


def test_unpublishing_another_name_ends_nothing() -> None:
    script = ServerScript.connected()
    script.publish("a")
    events, heard = script.call("FCUnpublish", "b")
    assert (events, script.session.state_of(1)) == ([], StreamState.PUBLISHING)
    assert brief(heard) == [("onFCUnpublish", "NetStream.Unpublish.Success"), "_result"]


def test_unpublishing_and_deleting_ends_a_publish_once() -> None:
    script = ServerScript.connected()
    script.publish("a")
    events = script.say(command("FCUnpublish", "a"), command("deleteStream", 1.0))
    assert events == [StreamClosed(1, "FCUnpublish")]


def test_unpublishing_ends_every_publish_of_that_name() -> None:
    script = ServerScript.connected()
    script.publish("a?x")
    script.publish("a?y")
    script.publish("b")
    assert script.say(command("FCUnpublish", "a")) == [
        StreamClosed(1, "FCUnpublish"),
        StreamClosed(2, "FCUnpublish"),
    ]


@pytest.mark.parametrize(
    ("state", "name", "code", "closed"),
    [
        (StreamState.PUBLISHING, "publish", "NetStream.Unpublish.Success", True),
        (StreamState.PLAYING, "play", "NetStream.Play.Stop", True),
        (StreamState.IDLE, "publish", "NetStream.Unpublish.Success", False),
        (StreamState.IDLE, "play", "NetStream.Play.Stop", False),
        (StreamState.PLAYING, "publish", "NetStream.Unpublish.Success", False),
        (StreamState.PUBLISHING, "play", "NetStream.Play.Stop", False),
    ],
)
def test_false_for_a_name_ends_what_there_is_of_it_and_nothing_else(
    state: StreamState, name: str, code: str, closed: bool
) -> None:
    script = in_state(state)
    events, heard = script.call(name, False, stream_id=1)
    assert events == ([StreamClosed(1, name)] if closed else [])
    assert brief(heard)[0] == ("onStatus", code)
    assert (StreamEof(1) in heard) == (closed and name == "play")
    assert script.session.state_of(1) is (StreamState.IDLE if closed else state)
    assert script.create() == 2
    again = script.publish if name == "publish" else script.play
    assert again(stream_id=1 if closed else 2) in (1, 2)


@pytest.mark.parametrize(
    ("name", "code"),
    [("publish", "NetStream.Publish.BadName"), ("play", "NetStream.Play.Failed")],
)
def test_what_is_neither_a_name_nor_a_stop_is_told_so(name: str, code: str) -> None:
    script = in_state(StreamState.IDLE)
    events, heard = script.call(name, 7.0, stream_id=1)
    assert (events, brief(heard)) == ([], [("onStatus", code)])


def test_a_second_connect_is_blamed() -> None:
    with pytest.raises(BadStateError, match="connected already"):
        ServerScript.connected().say(CONNECT)


def test_a_call_with_a_wrong_argument_is_an_error_of_that_call_and_noted() -> None:
    script = ServerScript.connected()
    said = command("FCUnpublish", 1.0, transaction_id=7.0)
    assert script.say(said) == []
    [answer] = script.hear()
    assert isinstance(answer, Command)
    assert (answer.name, answer.transaction_id) == ("_error", 7.0)
    info = answer.args[1]
    assert isinstance(info, dict)
    assert (info["level"], info["code"]) == ("error", "NetConnection.Call.Failed")
    words = "FCUnpublish: the stream name is float, expected a string"
    assert str(info["description"]).endswith(words)
    [(code, odd)] = script.session.core.oddities.items()
    assert code == "wrong_argument"
    assert odd.detail.endswith(words)


def test_what_begins_like_no_command_is_told_so_and_the_connection_goes_on() -> None:
    script = ServerScript.connected()
    assert script.say(Message(MessageType.COMMAND_AMF0, 0, 0, amf0.encode(5.0, 1.0))) == []
    assert brief(script.hear()) == [("onStatus", "NetConnection.Call.Failed")]
    assert script.create() == 1


def test_what_begins_like_no_command_before_connect_is_blamed() -> None:
    with pytest.raises(CommandError, match=r"byte \d+: a command begins with float"):
        ServerScript.fresh().say(Message(MessageType.COMMAND_AMF0, 0, 0, amf0.encode(5.0, 1.0)))


@pytest.mark.parametrize("name", ["_result", "_error", "onStatus"])
def test_answers_of_a_peer_are_not_answered(name: str) -> None:
    assert ServerScript.connected().call(name) == ([], [])


def test_a_call_without_a_transaction_is_not_answered() -> None:
    script = ServerScript.connected()
    assert (script.say(command("any")), script.hear()) == ([], [])


def test_too_many_commands_are_blamed() -> None:
    limits = SessionLimits(commands_per_second=5)
    script = ServerScript.connected(ServerOptions(limits=limits))
    with pytest.raises(CommandRateError, match=r"command that ends at byte \d+: one more than"):
        script.say(*[command("any")] * 5)
