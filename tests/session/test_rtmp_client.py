"""The client's side: what it says when, and what it makes of what servers say."""

from __future__ import annotations

import math
from typing import Literal

import attrs
import pytest

from tests.session.pair import (
    PLAY,
    PUBLISH,
    RANDOM,
    ClientScript,
    DeniedError,
    Heard,
    Pair,
    Request,
    command,
)
from trio_srs.errors import InternalError, RefusedError
from trio_srs.session.base import NEED_DATA
from trio_srs.session.rtmp_client import (
    BadAnswerError,
    ClientOptions,
    ClientState,
    RtmpClientSession,
)
from trio_srs.session.rtmp_events import (
    AudioSwitched,
    CallAnswered,
    ConnectRequested,
    HandshakeDone,
    Paused,
    PlayRequested,
    PlayStarted,
    PublishRequested,
    PublishStarted,
    Refused,
    StatusReceived,
    StreamClosed,
    VideoSwitched,
)
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import (
    PingRequest,
    SetBufferLength,
    SetChunkSize,
    WindowAckSize,
)
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode


def audio(timestamp_ms: int = 0, stream_id: int = 1, size: int = 5) -> Message:
    return Message(MessageType.AUDIO, stream_id, timestamp_ms, b"\xaf\x01" + bytes(size - 2))


def data(*values: str | dict[str, object]) -> Message:
    body = amf0.encode(*values)  # type: ignore[arg-type]  # dict of object
    return Message(MessageType.DATA_AMF0, 1, 0, body)


def names(heard: list[Heard]) -> list[str]:
    return [said.name if isinstance(said, Command) else type(said).__name__ for said in heard]


def fresh(options: ClientOptions = PUBLISH) -> RtmpClientSession:
    return RtmpClientSession(random=RANDOM, now=2.0, options=options)


# ------------------------------------------------------------------ beginning


def test_a_client_says_nothing_before_it_begins_and_begins_once() -> None:
    client = fresh()
    assert (client.data_to_send(), client.state) == (b"", ClientState.NEW)
    client.begin()
    assert client.data_to_send()[:9] == b"\x03" + (2000).to_bytes(4, "big") + bytes(4)
    with pytest.raises(InternalError, match="has begun"):
        client.begin()


def test_connect_goes_out_with_the_end_of_the_handshake() -> None:
    script = ClientScript.begun()
    assert script.session.state is ClientState.CONNECTING
    assert names(script.hear()) == ["connect"]


@pytest.mark.parametrize(
    ("digest", "kind"), [(False, HandshakeKind.PLAIN), (True, HandshakeKind.DIGEST_1)]
)
def test_the_handshake_is_told_in_its_form(digest: bool, kind: HandshakeKind) -> None:
    pair = Pair.of(attrs.evolve(PUBLISH, digest=digest))
    pair.client.begin()
    pair.pump()
    assert pair.client_events == [HandshakeDone(kind), PublishStarted(1)]
    assert pair.server_events[0] == HandshakeDone(kind)


@pytest.mark.parametrize(
    ("options", "more"),
    [
        (
            PUBLISH,
            {"flashVer": "FMLE/3.0 (compatible; trio-srs)", "type": "nonprivate"},
        ),
        (
            attrs.evolve(PLAY, flash_ver="me"),
            {
                "flashVer": "me",
                "fpad": False,
                "capabilities": 239.0,
                "audioCodecs": 4071.0,
                "videoCodecs": 252.0,
                "videoFunction": 1.0,
            },
        ),
    ],
)
def test_connect_says_who_we_are(options: ClientOptions, more: dict[str, object]) -> None:
    script = ClientScript.begun(attrs.evolve(options, fourcc_list=None, caps_ex=None))
    said = {"app": "live", "tcUrl": "rtmp://host/live", "objectEncoding": 0.0, **more}
    assert script.hear() == [Command("connect", 1.0, (said,))]  # type: ignore[arg-type]  # of dict


@pytest.mark.parametrize(("options", "flags"), [(PUBLISH, 6.0), (PLAY, 5.0)])
def test_connect_names_the_codecs_of_enhanced_rtmp(options: ClientOptions, flags: float) -> None:
    pair = Pair.of(attrs.evolve(options, fourcc_list=("hvc1", "Opus"), caps_ex=2))
    pair.client.begin()
    pair.pump()
    request = pair.server.connect_request
    assert request is not None
    assert (request.fourcc_list, request.caps_ex) == (("hvc1", "Opus"), 2)
    script = ClientScript.begun(options)
    [said] = script.hear()
    assert isinstance(said, Command)
    assert isinstance(said.args[0], dict)
    assert said.args[0]["fourCcList"] == ["*"]
    assert said.args[0]["videoFourCcInfoMap"] == said.args[0]["audioFourCcInfoMap"] == {"*": flags}


def test_what_the_server_said_about_itself_is_kept() -> None:
    pair = Pair.started()
    answer = pair.client.connect_answer
    assert answer is not None
    assert isinstance(answer.args[0], dict)
    assert answer.args[0]["fmsVer"] == "FMS/3,5,3,888"


# ---------------------------------------------------------------------- flows


@pytest.mark.parametrize(
    ("options", "before", "after"),
    [
        (PUBLISH, ["releaseStream", "FCPublish", "createStream"], ["publish"]),
        (attrs.evolve(PUBLISH, flow="haivision"), ["createStream"], ["FCPublish", "publish"]),
        (attrs.evolve(PUBLISH, flow="flash"), ["createStream"], ["publish"]),
        (PLAY, ["createStream"], ["SetBufferLength", "play"]),
    ],
)
def test_each_flow_asks_in_its_own_order(
    options: ClientOptions, before: list[str], after: list[str]
) -> None:
    script = ClientScript.begun(options)
    script.answer_all()
    said = script.hear()
    announced: list[Heard] = [WindowAckSize(2_500_000), SetChunkSize(60_000)]
    assert said[:2] == announced
    assert names(said[2:]) == before
    create = said[-1]
    assert isinstance(create, Command)
    script.say(command("_result", 3.0, transaction_id=create.transaction_id))
    assert names(script.hear()) == after
    assert (script.session.state, script.session.stream_id) == (ClientState.STARTING, 3)


@pytest.mark.parametrize("flow", ["fmle", "haivision", "flash"])
def test_our_server_takes_every_flow_for_what_it_is(
    flow: Literal["fmle", "haivision", "flash"],
) -> None:
    pair = Pair.of(attrs.evolve(PUBLISH, flow=flow))
    pair.client.begin()
    pair.pump()
    assert pair.server_events[-1] == PublishRequested(1, "a?token=1", "live", flow)
    assert pair.client.state is ClientState.STARTED


def test_a_play_begins() -> None:
    pair = Pair.of(PLAY)
    pair.client.begin()
    pair.pump()
    assert pair.client_events == [HandshakeDone(HandshakeKind.PLAIN), PlayStarted(1)]
    assert pair.server_events[-1] == PlayRequested(1, "a?token=1", -1.0)
    assert pair.server.core.buffer_length_ms == 1000


def test_a_player_says_how_much_it_buffers() -> None:
    script = ClientScript.begun(attrs.evolve(PLAY, buffer_ms=77))
    assert script.created(5)[0] == SetBufferLength(5, 77)


def test_what_is_published_and_played_is_asked_on_its_message_stream() -> None:
    script = ClientScript.begun()
    script.answer_all()
    script.answer_all(9.0)
    script.reader.feed(script.session.data_to_send())
    [message] = iter(script.reader.next_message, None)
    assert message.stream_id == 9
    assert Command.decode(message).args == (None, "a?token=1", "live")


# -------------------------------------------------------------------- answers


@pytest.mark.parametrize("value", [None, "1", math.nan, math.inf, 0.0, -1.0, 1.5, 2.0**32])
def test_a_message_stream_that_is_no_number_of_one_is_blamed(value: object) -> None:
    script = ClientScript.begun()
    script.answer_all()
    text = r"command that ends at byte \d+: createStream was answered with .*expected the number"
    with pytest.raises(BadAnswerError, match=text):
        script.answer_all(value)


def test_an_answer_is_matched_by_its_transaction_and_counts_once() -> None:
    script = ClientScript.begun()
    script.answer_all()
    calls = {said.name: said for said in script.hear() if isinstance(said, Command)}
    create = calls["createStream"].transaction_id
    wrong = command("_result", 7.0, transaction_id=create + 100)
    assert script.say(wrong) == []
    right = command("_result", 4.0, transaction_id=create)
    again = command("_result", 5.0, transaction_id=create)
    assert script.say(right, again) == []
    assert script.session.stream_id == 4


@pytest.mark.parametrize("name", ["releaseStream", "FCPublish"])
def test_what_a_server_does_not_know_of_fmle_does_not_matter(name: str) -> None:
    script = ClientScript.begun()
    script.answer_all()
    calls = {said.name: said for said in script.hear() if isinstance(said, Command)}
    error = command("_error", {"level": "error"}, transaction_id=calls[name].transaction_id)
    assert script.say(error) == []
    assert script.session.state is ClientState.CREATING


@pytest.mark.parametrize("level", ["status", "error"])
@pytest.mark.parametrize("answers", [0, 1, 2])
def test_an_error_for_what_was_asked_is_a_refusal(answers: int, level: str) -> None:
    script = ClientScript.begun()
    for _ in range(answers):
        script.answer_all(1.0)
    last = [said for said in script.hear() if isinstance(said, Command)][-1]
    info = {"level": level, "code": "Some.Code", "description": "no"}
    events = script.say(command("_error", info, transaction_id=last.transaction_id))
    assert events == [Refused("Some.Code", "no")]
    assert script.session.state is ClientState.REFUSED


@pytest.mark.parametrize("info", [None, "text", {}, {"code": 1.0, "description": None}])
def test_a_refusal_without_words_is_one_as_well(info: object) -> None:
    script = ClientScript.begun()
    script.hear()
    events = script.say(command("_error", info, transaction_id=1.0))
    assert events == [Refused("NetConnection.Call.Failed", "")]


def test_a_result_of_connect_that_is_an_error_is_a_refusal() -> None:
    script = ClientScript.begun()
    script.hear()
    info = {"level": "error", "code": "NetConnection.Connect.Rejected", "description": "no"}
    assert script.say(command("_result", info, transaction_id=1.0)) == [
        Refused("NetConnection.Connect.Rejected", "no")
    ]
    assert script.hear() == []


@pytest.mark.parametrize("options", [PUBLISH, PLAY], ids=["publish", "play"])
@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (ConnectRequested, "NetConnection.Connect.Rejected"),
        (PublishRequested | PlayRequested, "NetStream.Publish.BadName"),
    ],
)
def test_a_refusal_of_our_server_is_reported_in_its_words(
    refused: type[Request], code: str, options: ClientOptions
) -> None:
    def decide(request: Request) -> RefusedError | None:
        return DeniedError("taken") if isinstance(request, refused) else None

    pair = Pair.of(options)
    pair.decide = decide
    pair.client.begin()
    pair.pump()
    assert pair.client_events == [HandshakeDone(HandshakeKind.PLAIN), Refused(code, "taken")]


def test_the_answer_to_a_call_of_our_owner_is_reported() -> None:
    pair = Pair.started()
    number = pair.client.call("getStreamLength", "a")
    pair.pump()
    assert pair.client_events == [CallAnswered(Command("_result", number, (None, 0.0)))]


def test_a_call_of_our_owner_is_not_taken_for_one_of_the_session() -> None:
    script = ClientScript.started()
    number = script.session.call("createStream")
    error = Command("_error", number, (None, None))
    assert script.say(error.message()) == [CallAnswered(error)]
    assert script.session.state is ClientState.STARTED


@pytest.mark.parametrize(
    "name", ["onBWDone", "onFCPublish", "onFCUnpublish", "onFCSubscribe", "_checkbw"]
)
def test_what_servers_say_on_the_way_is_passed_over(name: str) -> None:
    script = ClientScript.begun()
    script.hear()
    assert script.say(command(name, {"code": "x"})) == []
    assert script.hear() == []


def test_a_call_of_the_server_is_answered() -> None:
    script = ClientScript.begun()
    script.hear()
    assert script.say(command("_onbwcheck", transaction_id=9.0)) == []
    assert script.hear() == [Command("_result", 9.0, (None, None))]


# --------------------------------------------------------------------- status


@pytest.mark.parametrize(
    ("options", "code", "event"),
    [
        (PUBLISH, StatusCode.PUBLISH_START, PublishStarted(1)),
        (PLAY, StatusCode.PLAY_START, PlayStarted(1)),
    ],
)
def test_the_start_is_reported_once(options: ClientOptions, code: str, event: object) -> None:
    script = ClientScript.begun(options)
    script.created()
    assert script.status(code) == [event]
    assert script.status(code) == [StatusReceived(code, "x", "status")]


def test_a_start_of_something_else_is_a_status() -> None:
    script = ClientScript.begun(PLAY)
    script.created()
    code = StatusCode.PUBLISH_START
    assert script.status(code) == [StatusReceived(code, "x", "status")]


def test_a_reset_is_passed_over() -> None:
    script = ClientScript.begun(PLAY)
    script.created()
    assert script.status(StatusCode.PLAY_RESET) == []


@pytest.mark.parametrize("answers", [0, 1, 2])
def test_an_error_status_before_the_start_is_a_refusal(answers: int) -> None:
    script = ClientScript.begun()
    for _ in range(answers):
        script.answer_all(1.0)
    assert script.status("Any.Code", "error") == [Refused("Any.Code", "x")]


@pytest.mark.parametrize("level", ["status", "error", "warning"])
def test_after_the_start_everything_is_a_status(level: str) -> None:
    script = ClientScript.started()
    assert script.status("Any.Code", level) == [StatusReceived("Any.Code", "x", level)]
    assert script.session.state is ClientState.STARTED


def test_what_is_said_after_a_refusal_is_a_status() -> None:
    script = ClientScript.begun()
    script.created()
    assert script.status("Any.Code", "error") == [Refused("Any.Code", "x")]
    assert script.status("Any.Code", "error") == [StatusReceived("Any.Code", "x", "error")]


def test_goodbye_and_the_end_of_a_stream_are_heard() -> None:
    pair = Pair.started(PLAY)
    pair.server.end_stream(1, StatusCode.PLAY_UNPUBLISH_NOTIFY, "gone")
    pair.server.say_goodbye(StatusCode.CONNECT_CLOSED, "shutdown")
    pair.pump()
    assert pair.client_events == [
        StatusReceived("NetStream.Play.UnpublishNotify", "gone", "status"),
        StatusReceived("NetConnection.Connect.Closed", "shutdown", "status"),
    ]


# ---------------------------------------------------------------------- media


def test_what_is_published_arrives_with_the_stream_filled_in_and_in_chunks_as_announced() -> None:
    pair = Pair.started(attrs.evolve(PUBLISH, chunk_size=1000))
    said = [audio(20, stream_id=0), audio(40, stream_id=9, size=2500), audio(2**24 + 5, size=3000)]
    for message in said:
        pair.client.send_media(message)
    pair.pump()
    assert pair.server_events == [attrs.evolve(message, stream_id=1) for message in said]


def test_media_is_written_with_whole_headers() -> None:
    script = ClientScript.started()
    script.hear()
    script.session.send_media(audio(5))
    script.session.send_media(audio(10))
    assert script.session.data_to_send() == encode_message(audio(5), 60_000) + encode_message(
        audio(10), 60_000
    )


@pytest.mark.parametrize("state", ["new", "handshake", "starting", "stopped"])
def test_media_outside_of_a_publish_is_a_bug_of_ours(state: str) -> None:
    client = fresh()
    if state == "handshake":
        client.begin()
    elif state == "starting":
        script = ClientScript.begun()
        script.created()
        client = script.session
    elif state == "stopped":
        client = ClientScript.started().session
        client.stop()
    with pytest.raises(InternalError, match=f"a client that is {state}, expected started"):
        client.send_media(audio())


@pytest.mark.parametrize("type_id", [8, 9, 15, 18, 7, 99])
def test_a_player_reports_media_and_what_nobody_knows(type_id: int) -> None:
    script = ClientScript.started(PLAY)
    said = Message(type_id, 1, 5, b"\x02\x00\x01a")
    assert script.say(said) == [said]


def test_media_that_comes_before_the_start_is_reported_as_well() -> None:
    script = ClientScript.begun(PLAY)
    script.created()
    assert script.say(audio()) == [audio()]
    assert script.status(StatusCode.PLAY_START) == [PlayStarted(1)]


def test_a_publisher_is_not_interested_in_media() -> None:
    assert ClientScript.started().say(audio(), data("onMetaData", {})) == []


@pytest.mark.parametrize("type_id", [16, 19])
def test_shared_objects_are_passed_over(type_id: int) -> None:
    assert ClientScript.started(PLAY).say(Message(type_id, 1, 0, b"")) == []


def test_sample_access_is_no_part_of_the_stream() -> None:
    script = ClientScript.started(PLAY)
    access = Message(18, 1, 0, amf0.encode("|RtmpSampleAccess", True, True))
    assert script.say(access, data("onMetaData", {})) == [data("onMetaData", {})]


def test_a_status_in_a_data_message_is_a_status() -> None:
    script = ClientScript.started(PLAY)
    assert script.say(data("onStatus", {"code": "NetStream.Data.Start"})) == [
        StatusReceived("NetStream.Data.Start", "", "")
    ]


def test_a_start_in_a_data_message_counts() -> None:
    script = ClientScript.begun(PLAY)
    script.created()
    assert script.say(data("onStatus", {"code": "NetStream.Play.Start"})) == [PlayStarted(1)]


def test_a_status_in_a_data_message_that_cannot_be_read_is_blamed_with_its_place() -> None:
    script = ClientScript.started(PLAY)
    body = amf0.encode("onStatus") + b"\x00\x00"
    with pytest.raises(AmfError, match=r"data message that ends at byte \d+: .* at byte 12 takes"):
        script.say(Message(18, 1, 0, body))


# ----------------------------------------------------------------------- verbs


@pytest.mark.parametrize(
    ("options", "closed", "status"),
    [
        (PUBLISH, "FCUnpublish", "NetStream.Unpublish.Success"),
        (attrs.evolve(PUBLISH, flow="flash"), "deleteStream", "NetStream.Unpublish.Success"),
        (PLAY, "deleteStream", None),
    ],
)
def test_a_stop_is_in_good_order_and_happens_once(
    options: ClientOptions, closed: str, status: str | None
) -> None:
    pair = Pair.started(options)
    pair.client.stop()
    pair.client.stop()
    pair.pump()
    assert pair.server_events == [StreamClosed(1, closed)]
    told = [event.code for event in pair.client_events if isinstance(event, StatusReceived)]
    assert told == ([] if status is None else [status])
    assert pair.client.state is ClientState.STOPPED


def test_a_stop_before_there_is_a_stream_says_nothing() -> None:
    script = ClientScript.begun()
    script.hear()
    script.session.stop()
    assert (script.hear(), script.session.state) == ([], ClientState.CONNECTING)


def test_a_stop_takes_back_what_was_asked_and_not_yet_answered() -> None:
    script = ClientScript.begun()
    script.created()
    script.session.stop()
    assert names(script.hear()) == ["FCUnpublish", "deleteStream"]
    code = StatusCode.PUBLISH_START
    assert script.status(code) == [StatusReceived(code, "x", "status")]


def test_a_player_pauses_and_switches() -> None:
    pair = Pair.started(PLAY)
    pair.client.pause(True, 40.0)
    pair.client.pause(False)
    pair.client.receive_audio(False)
    pair.client.receive_video(True)
    pair.pump()
    assert pair.server_events == [
        Paused(1, True),
        Paused(1, False),
        AudioSwitched(1, False),
        VideoSwitched(1, True),
    ]
    assert [event.code for event in pair.client_events if isinstance(event, StatusReceived)] == [
        "NetStream.Pause.Notify",
        "NetStream.Unpause.Notify",
        "NetStream.Seek.Notify",
        "NetStream.Play.Start",
    ]


def test_a_silent_server_is_pinged_when_the_options_say() -> None:
    script = ClientScript.begun(attrs.evolve(PUBLISH, ping_after=10.0), now=1.0)
    script.hear()
    assert script.session.next_deadline() == 11.0
    script.session.on_time(11.0)
    assert script.hear() == [PingRequest(11_000)]


def test_what_was_received_is_kept_when_its_buffer_is_reused() -> None:
    script = ClientScript.started(PLAY)
    buffer = bytearray(script.writer.write(audio()) + script.writer.write(audio(20)))
    script.session.receive_data(buffer, 0.0)
    assert script.session.next_event() == audio()
    script.session.keep()
    buffer[:] = bytes(len(buffer))
    assert script.session.next_event() == audio(20)
    assert script.session.next_event() is NEED_DATA
