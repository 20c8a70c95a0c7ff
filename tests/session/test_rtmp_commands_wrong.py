"""Every command with every kind of wrong argument: answered, and the connection goes on."""

from __future__ import annotations

import itertools
from typing import Any, Final

import pytest

from tests.session.pair import ServerScript, brief, command, in_state
from trio_srs.session.base import NEED_DATA, NEED_DECISION
from trio_srs.session.rtmp_streams import StreamState
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import UNDEFINED, EcmaArray
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message, MessageType

WRONG: Final[dict[str, Any]] = {
    "no": False,
    "yes": True,
    "null": None,
    "undefined": UNDEFINED,
    "number": 7.5,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "text": "false",
    "object": {"a": 1.0},
    "array": [1.0, "x"],
    "ECMA array": EcmaArray({"streamName": 1.0}),
}
LAWFUL: Final = {
    StreamState.PUBLISHING: ("closeStream", "deleteStream", "publish", "FCUnpublish"),
    StreamState.PLAYING: (
        "closeStream",
        "deleteStream",
        "pause",
        "pauseRaw",
        "play",
        "play2",
        "receiveAudio",
        "receiveVideo",
        "seek",
        "FCUnpublish",
    ),
}
"""What may come on a message stream in these states."""
ANYWHERE: Final = (
    "createStream",
    "releaseStream",
    "FCPublish",
    "FCSubscribe",
    "getStreamLength",
    "_checkbw",
    "whatever",
)
CASES: Final = [
    (state, name)
    for state, names in {
        **LAWFUL,
        StreamState.IDLE: sorted({*LAWFUL[StreamState.PUBLISHING], *LAWFUL[StreamState.PLAYING]}),
    }.items()
    for name in (*names, *ANYWHERE)
]
SILENT: Final = {"closeStream", "deleteStream"}
"""A play is ended by these without a word, and nothing is said of what was not there."""
ONLY_PLAYS: Final = {"pause", "pauseRaw", "receiveAudio", "receiveVideo"}
"""What means nothing where nothing is played."""


EACH_VALUE: Final = pytest.mark.parametrize("value", WRONG.values(), ids=list(WRONG))


def is_borne(script: ServerScript, name: str, args: list[Any], *, is_silent: bool) -> bool:
    """Whether there is an answer, unless none is due, and the connection goes on."""
    _, heard = script.call(name, *args, stream_id=1)
    if script.session.undecided:
        assert script.session.next_event() is NEED_DECISION
        script.session.accept()
        heard += script.hear()
    assert script.session.next_event() is NEED_DATA
    _, [answer] = script.call("createStream")
    assert isinstance(answer, Command)
    return bool(heard or is_silent) and answer.name == "_result"


@pytest.mark.parametrize(("state", "name"), CASES, ids=lambda value: str(value))
def test_an_argument_of_a_wrong_type_is_answered_and_the_connection_goes_on(
    state: StreamState, name: str
) -> None:
    """At each of its places: 1,500 cases, which as tests of their own would take seconds more."""
    is_silent = name in SILENT or (name in ONLY_PLAYS and state is StreamState.IDLE)
    wrong = []
    for (what, value), place in itertools.product(WRONG.items(), (1, 2, 3)):
        wanted_no_more = name.startswith("receive") and value is False
        args = [*["a", "live", 0.0][: place - 1], value]
        if not is_borne(in_state(state), name, args, is_silent=is_silent or wanted_no_more):
            wrong.append((what, place))
    assert wrong == []


@pytest.mark.parametrize("name", ["publish", "play", "createStream", "pause", "whatever"])
@EACH_VALUE
def test_a_command_object_of_any_type_does_not_matter(name: str, value: Any) -> None:
    script = in_state(StreamState.PLAYING if name == "pause" else StreamState.IDLE)
    said = Command(name, 5.0, (value, "a") if name != "pause" else (value, True))
    script.say(said.message(1))
    if script.session.undecided:
        script.session.accept()
    assert script.session.core.oddities.get("wrong_argument") is None  # type: ignore[call-overload]  # by its text
    assert script.hear()


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [
        ("publish", (7.0,), "NetStream.Publish.BadName"),
        ("publish", (True,), "NetStream.Publish.BadName"),
        ("publish", ({"name": "a"},), "NetStream.Publish.BadName"),
        ("publish", (), "NetStream.Publish.BadName"),
        ("play", (7.0,), "NetStream.Play.Failed"),
        ("play", (), "NetStream.Play.Failed"),
        ("play2", (False,), "NetStream.Play.Failed"),
        ("play2", ({"streamName": 1.0},), "NetStream.Play.Failed"),
        ("pause", ("false",), "NetStream.Failed"),
        ("receiveAudio", ("no",), "NetStream.Failed"),
        ("receiveVideo", ({},), "NetStream.Failed"),
    ],
)
def test_what_a_stream_cannot_do_is_an_error_of_the_stream(
    name: str, args: tuple[object, ...], code: str
) -> None:
    script = in_state(StreamState.IDLE)
    events, heard = script.call(name, *args, stream_id=1)
    assert (events, brief(heard)) == ([], [("onStatus", code)])
    assert "wrong_argument" in script.session.core.oddities


@pytest.mark.parametrize("name", ["FCUnpublish", "FCSubscribe", "deleteStream"])
@pytest.mark.parametrize(("number", "answer"), [(3.0, "_error"), (0.0, "onStatus")])
def test_what_the_connection_cannot_do_is_an_error_of_the_call(
    name: str, number: float, answer: str
) -> None:
    script = in_state(StreamState.PUBLISHING)
    assert script.say(command(name, {}, transaction_id=number, stream_id=1)) == []
    [heard] = script.hear()
    assert isinstance(heard, Command)
    assert (heard.name, heard.transaction_id) == (answer, number)
    assert script.session.state_of(1) is StreamState.PUBLISHING


@pytest.mark.parametrize("value", [v for v in WRONG.values() if not isinstance(v, str)])
@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("publish", StreamState.PUBLISHING, "NetStream.Unpublish.Success"),
        ("play", StreamState.PLAYING, "NetStream.Play.Stop"),
    ],
)
def test_whatever_is_no_name_ends_what_there_is_in_good_order(
    name: str, state: StreamState, code: str, value: Any
) -> None:
    script = in_state(state)
    events, heard = script.call(name, value, stream_id=1)
    assert len(events) == 1
    assert brief(heard)[0] == ("onStatus", code)
    assert script.session.state_of(1) is StreamState.IDLE


@pytest.mark.parametrize("number", ["1", True, {}, [1.0]])
def test_a_transaction_of_a_wrong_type_is_told_and_the_connection_goes_on(number: Any) -> None:
    script = ServerScript.connected()
    body = amf0.encode("createStream", number, None)
    assert script.say(Message(MessageType.COMMAND_AMF0, 0, 0, body)) == []
    assert brief(script.hear()) == [("onStatus", "NetConnection.Call.Failed")]
    assert script.create() == 1


@EACH_VALUE
@pytest.mark.parametrize("key", ["app", "tcUrl", "objectEncoding", "capsEx", "fourCcList"])
def test_a_property_of_connect_of_a_wrong_type_counts_as_not_said(key: str, value: Any) -> None:
    script = ServerScript.fresh()
    said = {"app": "live", "tcUrl": "rtmp://h/live", key: value}
    script.say(Command("connect", 1.0, (said,)).message())
    script.session.accept()
    assert "_result" in brief(script.hear())


@EACH_VALUE
def test_connect_without_its_object_is_decided_all_the_same(value: Any) -> None:
    script = ServerScript.fresh()
    script.say(Command("connect", 1.0, (value,)).message())
    script.session.accept()
    assert "_result" in brief(script.hear())
