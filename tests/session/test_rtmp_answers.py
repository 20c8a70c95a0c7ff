"""The words of a server, as the peers that look at them expect them."""

from __future__ import annotations

import math

import pytest

from trio_srs.session import rtmp_answers as answers
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import EcmaArray, Value
from trio_srs.wire.rtmp.command import Command, ConnectRequest
from trio_srs.wire.rtmp.message import MessageType


def info_of(command: Command) -> dict[str, Value]:
    info = command.args[-1]
    assert isinstance(info, dict)
    return info


def code_of(command: Command) -> tuple[str, Value]:
    return command.name, info_of(command)["code"]


def test_connect_is_answered_with_the_transaction_the_version_and_the_success() -> None:
    answer = answers.connect_result(7.0, ConnectRequest(app="live"), "name")
    properties, info = answer.args
    assert (answer.name, answer.transaction_id) == ("_result", 7.0)
    assert properties == {"fmsVer": "FMS/3,5,3,888", "capabilities": 127.0, "mode": 1.0}
    assert info == {
        "level": "status",
        "code": "NetConnection.Connect.Success",
        "description": "Connection succeeded",
        "objectEncoding": 0.0,
        "data": EcmaArray({"version": "3,5,3,888", "server": "name"}),
    }


@pytest.mark.parametrize("encoding", [0.0, 3.0])
def test_the_object_encoding_is_echoed(encoding: float) -> None:
    answer = answers.connect_result(1.0, ConnectRequest(object_encoding=encoding), "name")
    assert info_of(answer)["objectEncoding"] == encoding


@pytest.mark.parametrize(
    "request_",
    [
        ConnectRequest(fourcc_list=()),
        ConnectRequest(fourcc_list=("hvc1",)),
        ConnectRequest(caps_ex=0),
    ],
)
def test_who_speaks_enhanced_rtmp_is_told_that_every_codec_is_passed_on(
    request_: ConnectRequest,
) -> None:
    properties = answers.connect_result(1.0, request_, "name").args[0]
    assert isinstance(properties, dict)
    assert properties["fourCcList"] == ["*"]
    assert properties["videoFourCcInfoMap"] == properties["audioFourCcInfoMap"] == {"*": 4.0}
    assert properties["capsEx"] == float(answers.CAPS_EX) == 14.0


def test_an_answer_to_connect_can_be_written_and_read_again() -> None:
    answer = answers.connect_result(1.0, ConnectRequest(caps_ex=1, fourcc_list=("*",)), "name")
    assert Command.decode(answer.message()) == answer


def test_a_refused_connect_says_why() -> None:
    answer = answers.connect_rejected(2.0, "no such application")
    assert (answer.name, answer.transaction_id, answer.args[0]) == ("_error", 2.0, None)
    assert info_of(answer) == {
        "level": "error",
        "code": "NetConnection.Connect.Rejected",
        "description": "no such application",
    }


def test_a_rejection_may_say_where_to_go() -> None:
    answer = answers.connect_rejected(2.0, "go to rtmp://b/live", "rtmp://b/live")
    info = answer.args[1]
    assert isinstance(info, dict)
    assert info["code"] == "NetConnection.Connect.Rejected"
    assert info["ex"] == {"code": 302.0, "redirect": "rtmp://b/live"}


def test_a_refused_publish_or_play_may_say_where_to_go_as_srs_says_it() -> None:
    plain = answers.request_refused("NetStream.Failed", "not here")
    assert (plain.name, info_of(plain)["level"], "ex" in info_of(plain)) == (
        *("onStatus", "error"),
        False,
    )
    answer = answers.request_refused("NetStream.Failed", "go", "rtmp://b/live/a?token=x/y")
    assert info_of(answer)["ex"] == {
        "code": 302.0,
        "redirect": "rtmp://b/live",
        "redirect2": "rtmp://b/live/a?token=x/y",
    }


@pytest.mark.parametrize("value", [None, 0.0, 5.0])
def test_a_null_result_has_the_value_that_it_was_given(value: Value) -> None:
    assert answers.null_result(3.0, value) == Command("_result", 3.0, (None, value))


@pytest.mark.parametrize(
    ("command", "name", "code"),
    [
        (answers.fc_publish_started("a"), "onFCPublish", "NetStream.Publish.Start"),
        (answers.fc_unpublished("a"), "onFCUnpublish", "NetStream.Unpublish.Success"),
        (answers.fc_subscribed("a"), "onFCSubscribe", "NetStream.Play.Start"),
    ],
)
def test_what_encoders_and_players_wait_for_has_its_name_and_code(
    command: Command, name: str, code: str
) -> None:
    assert code_of(command) == (name, code)
    assert command.transaction_id == 0.0
    assert info_of(command)["description"] == "a"


def test_a_play_is_reset_and_then_started_and_both_name_the_stream() -> None:
    reset, start = answers.play_answers("a")
    assert code_of(reset) == ("onStatus", "NetStream.Play.Reset")
    assert code_of(start) == ("onStatus", "NetStream.Play.Start")
    assert info_of(reset)["details"] == info_of(start)["details"] == "a"


def test_sample_access_allows_both_on_the_stream_itself() -> None:
    message = answers.sample_access(5)
    assert (message.type_id, message.stream_id) == (MessageType.DATA_AMF0, 5)
    assert amf0.decode_all(message.payload) == ["|RtmpSampleAccess", True, True]


def test_a_number_that_is_none_is_echoed_too() -> None:
    answer = answers.connect_result(1.0, ConnectRequest(object_encoding=math.nan), "name")
    echoed = info_of(Command.decode(answer.message()))["objectEncoding"]
    assert isinstance(echoed, float)
    assert math.isnan(echoed)


def test_a_call_that_failed_is_an_error_of_that_call() -> None:
    answer = answers.call_failed(5.0, "what for")
    assert (answer.transaction_id, *code_of(answer)) == (5.0, "_error", "NetConnection.Call.Failed")
    assert (info_of(answer)["level"], info_of(answer)["description"]) == ("error", "what for")


@pytest.mark.parametrize(
    "request_",
    [ConnectRequest(), ConnectRequest(object_encoding=3.0), ConnectRequest(fourcc_list=())],
)
@pytest.mark.parametrize(("transaction_id", "server"), [(1.0, "a"), (2.0, "a"), (1.0, "b")])
def test_a_crowd_that_connects_is_answered_as_each_would_be(
    transaction_id: float, server: str, request_: ConnectRequest
) -> None:
    ready = answers.connect_accepted(transaction_id, request_, server)
    assert ready == answers.connect_result(transaction_id, request_, server).message()
    assert answers.connect_accepted(transaction_id, request_, server) is ready


@pytest.mark.parametrize("name", ["cam", "cam?key=1", "x" * 129])
def test_a_crowd_that_plays_is_told_what_each_would_be(name: str) -> None:
    for stream_id in (1, 2):
        reset, start = (answer.message(stream_id) for answer in answers.play_answers(name))
        ready = answers.play_accepted(name, stream_id)
        assert ready == (reset, start, answers.sample_access(stream_id))
        is_kept = answers.play_accepted(name, stream_id) is ready
        assert is_kept is (name == "cam")  # what may be secret is not, nor what is long


def test_a_bandwidth_that_nobody_measured_is_told_of() -> None:
    assert Command.decode(answers.ON_BW_DONE) == Command("onBWDone", 0.0, (None,))
