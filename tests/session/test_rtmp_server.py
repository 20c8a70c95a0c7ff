"""The server's side: what is lawful when, what is answered, and what waits for a decision."""

from __future__ import annotations

import attrs
import pytest

from tests.session.pair import (
    CONNECT,
    PLAY,
    PUBLISH,
    QUIET,
    RANDOM,
    DeniedError,
    Pair,
    ServerScript,
    brief,
    command,
    drain,
    in_state,
)
from trio_srs.errors import InternalError
from trio_srs.session.base import NEED_DATA, NEED_DECISION, NEED_TURN
from trio_srs.session.rtmp_client import ClientOptions
from trio_srs.session.rtmp_events import (
    ConnectRequested,
    HandshakeDone,
    PublishRequested,
    StreamClosed,
)
from trio_srs.session.rtmp_server import RtmpServerSession, ServerOptions
from trio_srs.session.rtmp_streams import BadStateError, StreamState
from trio_srs.wire.rtmp.aggregate import join_aggregate
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import (
    PingRequest,
    SetChunkSize,
    SetPeerBandwidth,
    WindowAckSize,
)
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode


def audio(stream_id: int = 1, timestamp_ms: int = 0) -> Message:
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, b"\xaf\x01abc")


def test_media_before_connect_is_blamed() -> None:
    with pytest.raises(BadStateError, match=r"type 8 that ends at byte \d+: before connect"):
        ServerScript.fresh().say(audio())


# -------------------------------------------------------------------- connect


def test_the_handshake_is_told_once() -> None:
    pair = Pair.of(attrs.evolve(PUBLISH, digest=True))
    pair.client.begin()
    pair.pump()
    assert pair.server_events[0] == HandshakeDone(HandshakeKind.DIGEST_1)
    assert [type(event) for event in pair.server_events].count(HandshakeDone) == 1


def test_connect_is_decided_and_answered_in_the_order_that_obs_needs() -> None:
    script = ServerScript.fresh(attrs.evolve(QUIET, window=1, bandwidth=2, chunk_size=3000))
    [event] = script.say(CONNECT)
    assert isinstance(event, ConnectRequested)
    assert (event.request.app, event.request.tc_url) == ("live", "rtmp://h/live")
    assert script.session.connect_request is None
    assert script.hear() == []
    script.session.accept()
    assert script.session.connect_request == event.request
    heard = script.hear()
    assert heard[:3] == [WindowAckSize(1), SetPeerBandwidth(2), SetChunkSize(3000)]
    assert brief(heard[3:]) == ["_result", "onBWDone"]


@pytest.mark.parametrize(
    ("more", "enhanced"),
    [({}, False), ({"fourCcList": ["hvc1"]}, True), ({"capsEx": 4.0}, True)],
)
def test_enhanced_rtmp_is_answered_to_those_who_speak_it(
    more: dict[str, object], enhanced: bool
) -> None:
    script = ServerScript.fresh(attrs.evolve(QUIET, server_name="name"))
    said = {"app": "live", "objectEncoding": 3.0, **more}
    script.say(Command("connect", 9.0, (said,)).message())  # type: ignore[arg-type]  # of dict
    script.session.accept()
    [answer] = [one for one in script.hear() if isinstance(one, Command) and one.name == "_result"]
    properties, info = answer.args
    assert isinstance(properties, dict)
    assert isinstance(info, dict)
    assert answer.transaction_id == 9.0
    assert ("fourCcList" in properties, info["objectEncoding"]) == (enhanced, 3.0)
    assert info["data"] == {"version": "3,5,3,888", "server": "name"}


def test_a_peer_of_amf3_says_type_17_and_is_answered_in_amf0() -> None:
    script = ServerScript.connected()
    said = Command("createStream", 5.0, (None,)).encode()
    assert script.say(Message(MessageType.COMMAND_AMF3, 0, 0, b"\0" + said)) == []
    assert script.hear() == [Command("_result", 5.0, (None, 1.0))]


def test_a_refused_connect_is_told_why_and_may_be_tried_again() -> None:
    script = ServerScript.fresh()
    script.say(CONNECT)
    script.session.refuse(DeniedError("no such app"))
    [answer] = script.hear()
    assert isinstance(answer, Command)
    assert (answer.name, answer.transaction_id) == ("_error", 1.0)
    assert answer.args[1] == {
        "level": "error",
        "code": "NetConnection.Connect.Rejected",
        "description": "no such app",
    }
    assert script.session.state_of(0) is StreamState.UNCONNECTED
    assert len(script.say(CONNECT)) == 1


# ------------------------------------------------------------------ decisions


@pytest.mark.parametrize("name", ["publish", "play"])
def test_nothing_behind_an_undecided_request_is_interpreted(name: str) -> None:
    script = ServerScript.connected()
    script.create()
    events = script.say(command(name, "a", stream_id=1), command("closeStream", stream_id=1))
    assert len(events) == 1
    assert script.session.undecided
    assert script.session.core.held > 0
    assert script.session.next_event() is NEED_DECISION
    assert script.say(command("createStream", transaction_id=1.0)) == []
    assert script.hear() == []
    script.session.accept()
    assert drain(script.session) == [StreamClosed(1, "closeStream")]
    assert script.session.next_event() is NEED_DATA
    assert not script.session.undecided


@pytest.mark.parametrize("decide", ["accept", "refuse"])
def test_a_decision_that_nobody_asked_for_is_a_bug_of_ours(decide: str) -> None:
    session = ServerScript.connected().session
    with pytest.raises(InternalError, match="nothing was asked"):
        session.accept() if decide == "accept" else session.refuse(DeniedError("no"))


@pytest.mark.parametrize("name", ["publish", "play"])
def test_a_refused_request_is_answered_on_its_stream_and_may_be_followed_by_another(
    name: str,
) -> None:
    script = ServerScript.connected()
    script.create()
    script.say(command(name, "a", stream_id=1))
    script.session.refuse(DeniedError("taken"))
    reader = [message for message in _messages(script) if message.stream_id == 1]
    assert [Command.decode(message).args[1] for message in reader] == [
        {"level": "error", "code": "NetStream.Publish.BadName", "description": "taken"}
    ]
    assert script.session.state_of(1) is StreamState.IDLE
    assert script.say(audio()) == []
    assert script.session.dropped_media == 1
    assert script.publish("b", stream_id=1) == 1


def _messages(script: ServerScript) -> list[Message]:
    script.reader.feed(script.session.data_to_send())
    return list(iter(script.reader.next_message, None))


# ------------------------------------------------------------------- publish


@pytest.mark.parametrize(
    ("calls", "flow", "answers"),
    [
        (
            ["releaseStream", "FCPublish", "createStream"],
            "fmle",
            [("onFCPublish", "NetStream.Publish.Start"), ("onStatus", "NetStream.Publish.Start")],
        ),
        (
            ["createStream", "FCPublish", "_checkbw"],
            "haivision",
            [("onFCPublish", "NetStream.Publish.Start"), ("onStatus", "NetStream.Publish.Start")],
        ),
        (["createStream"], "flash", [("onStatus", "NetStream.Publish.Start")]),
        ([], "flash", [("onStatus", "NetStream.Publish.Start")]),
    ],
)
def test_every_flow_of_publishing_is_known_and_answered(
    calls: list[str], flow: str, answers: list[object]
) -> None:
    script = ServerScript.connected()
    for name in calls:
        assert brief(script.call(name, "a?k=v")[1]) == ["_result"]
    events, heard = script.call("publish", "a?k=v", "live", stream_id=1)
    assert (events, heard) == ([PublishRequested(1, "a?k=v", "live", flow)], [])
    script.session.accept()
    assert brief(script.hear()) == answers
    assert script.session.state_of(1) is StreamState.PUBLISHING


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("a",), "live"),
        (("a", "record"), "record"),
        (("a", 1.0), "live"),
        (("a", "x" * 99), "x" * 64),
    ],
)
def test_the_kind_of_a_publish_is_what_the_peer_says_within_reason(
    args: tuple[object, ...], kind: str
) -> None:
    script = ServerScript.connected()
    assert script.say(command("publish", *args, stream_id=1)) == [
        PublishRequested(1, "a", kind, "flash")
    ]


@pytest.mark.parametrize("type_id", [8, 9, 15, 18, 7, 99])
def test_media_and_what_nobody_knows_is_reported_as_it_came(type_id: int) -> None:
    script = ServerScript.connected()
    number = script.publish()
    said = Message(type_id, number, 5, b"abc")
    assert script.say(said) == [said]


def test_media_in_an_aggregate_is_reported_part_by_part() -> None:
    script = ServerScript.connected()
    script.publish()
    parts = [audio(timestamp_ms=at) for at in (5, 6)]
    assert script.say(join_aggregate(parts, 1)) == parts


@pytest.mark.parametrize("type_id", [16, 19])
def test_shared_objects_are_passed_over(type_id: int) -> None:
    script = ServerScript.connected()
    script.publish()
    assert script.say(Message(type_id, 1, 0, b"abc")) == []
    assert script.session.dropped_media == 0


def test_what_was_kept_is_read_when_the_rest_has_come() -> None:
    script = ServerScript.connected()
    data = script.writer.write(command("createStream", transaction_id=1.0))
    buffer = bytearray(data[:20])
    assert script.say_bytes(buffer) == []
    script.session.keep()
    buffer[:] = bytes(20)
    assert script.say_bytes(data[20:]) == []
    assert brief(script.hear()) == ["_result"]


def test_media_of_a_publish_goes_the_short_way_to_who_takes_it() -> None:
    taken: list[tuple[object, ...]] = []
    takers = {1: lambda *made_of: taken.append(made_of)}
    script = in_state(StreamState.PUBLISHING)
    assert script.say(audio(1)) == [audio(1)]  # its chunk stream is known now
    later = Message(MessageType.AUDIO, 1, 40, b"\xaf\x01" + bytes(20))
    script.session.receive_data(script.writer.write(later), 7.0)
    assert script.session.take_media(takers, 7.0, 64) == (1, True)
    assert taken == [(MessageType.AUDIO, 40, later.payload, 7.0)]


def test_no_media_goes_the_short_way_while_a_request_is_undecided() -> None:
    script = ServerScript.connected()
    script.create()
    script.say(command("publish", "a", stream_id=1))
    script.session.receive_data(script.writer.write(audio()), 7.0)
    assert script.session.take_media({}, 7.0, 64) == (0, False)


def test_a_second_publish_on_the_same_stream_ends_the_first() -> None:
    script = ServerScript.connected()
    script.publish("a")
    events, heard = script.call("publish", "b", "live", stream_id=1)
    assert events == [StreamClosed(1, "publish"), PublishRequested(1, "b", "live", "flash")]
    assert brief(heard) == [("onStatus", "NetStream.Unpublish.Success")]
    assert script.session.state_of(1) is StreamState.IDLE
    script.session.accept()
    assert script.say(audio()) == [audio()]


def test_media_on_a_wrong_message_stream_belongs_to_the_only_publish() -> None:
    script = ServerScript.connected()
    script.publish()
    assert script.say(audio(0), audio(7)) == [audio(1), audio(1)]


def test_media_on_a_wrong_message_stream_is_dropped_when_it_could_belong_to_two() -> None:
    script = ServerScript.connected()
    assert (script.publish("a"), script.publish("b")) == (1, 2)
    assert script.say(audio(0), audio(2), audio(1)) == [audio(2), audio(1)]
    assert script.session.dropped_media == 1


@pytest.mark.parametrize("state", [StreamState.IDLE, StreamState.PLAYING])
def test_media_on_a_stream_that_does_not_publish_is_dropped_and_counted(state: StreamState) -> None:
    script = in_state(state)
    assert script.say(audio(), audio()) == []
    assert script.session.dropped_media == 2


def test_a_stream_that_we_end_is_idle_and_its_peer_is_told() -> None:
    script = in_state(StreamState.PUBLISHING)
    script.session.end_stream(1, StatusCode.PUBLISH_BAD_NAME, "kicked")
    assert brief(script.hear()) == [("onStatus", "NetStream.Publish.BadName")]
    assert script.session.state_of(1) is StreamState.IDLE
    assert script.say(audio(), command("FCUnpublish", "a"), command("deleteStream", 1.0)) == []


def test_ending_a_stream_that_is_gone_only_tells() -> None:
    script = ServerScript.connected()
    script.session.end_stream(4, StatusCode.PLAY_STOP, "over")
    assert brief(script.hear()) == [("onStatus", "NetStream.Play.Stop")]


def test_goodbye_is_said_to_those_who_are_connected() -> None:
    script = ServerScript.fresh()
    script.session.say_goodbye(StatusCode.CONNECT_CLOSED, "shutdown")
    assert script.hear() == []
    script = ServerScript.connected()
    script.session.say_goodbye(StatusCode.CONNECT_CLOSED, "shutdown")
    assert brief(script.hear()) == [("onStatus", "NetConnection.Connect.Closed")]


def test_a_silent_peer_is_pinged_when_the_options_say() -> None:
    script = ServerScript.connected(ServerOptions(ping_after=10.0), now=1.0)
    assert script.session.next_deadline() == 11.0
    script.session.on_time(11.0)
    assert script.hear() == [PingRequest(11_000)]
    assert script.session.next_deadline() == 21.0


def test_after_many_chores_others_have_a_turn() -> None:
    script = ServerScript.fresh()
    chore, last = encode_message(Message(3, 0, 0, bytes(4)), 128), encode_message(CONNECT, 4096)
    script.session.receive_data(chore * 1000 + last, 0.0)
    turns = 0
    while (event := script.session.next_event()) is NEED_TURN or isinstance(event, HandshakeDone):
        turns += 1
    assert turns >= 1000 // 64
    assert isinstance(event, ConnectRequested)


@pytest.mark.parametrize(
    ("options", "state"), [(PUBLISH, StreamState.PUBLISHING), (PLAY, StreamState.PLAYING)]
)
def test_a_client_of_ours_is_served(options: ClientOptions, state: StreamState) -> None:
    assert Pair.started(options).server.state_of(1) is state


def test_the_session_takes_its_handshake_from_the_given_bytes() -> None:
    session = RtmpServerSession(random=RANDOM, now=2.0)
    session.receive_data(b"\x03" + bytes(1536), 2.0)
    assert session.data_to_send()[:9] == b"\x03" + (2000).to_bytes(4, "big") + bytes(4)
