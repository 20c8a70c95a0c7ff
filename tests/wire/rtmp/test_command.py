"""Commands: names, transactions and values, and the shapes that every peer expects."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.errors import ProtocolError
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import UNDEFINED, EcmaArray, Limits, Value
from trio_srs.wire.rtmp.command import (
    Command,
    CommandError,
    ConnectRequest,
    on_status,
    status_info,
)
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode

DATA: Final = Path(__file__).parents[2] / "data" / "amf"


def message(
    *values: Value, type_id: int = MessageType.COMMAND_AMF0, prefix: bytes = b""
) -> Message:
    return Message(type_id, 0, 0, prefix + amf0.encode(*values))


# Reading and writing.

READ: Final[dict[str, tuple[str, Command]]] = {
    "a name alone": ("02 0005 5f70696e67", Command("_ping")),
    "a name and a transaction": (
        "02 0005 5f70696e67 00 4000000000000000",
        Command("_ping", 2.0),
    ),
    "with arguments": (
        "02 0004 706c6179 00 0000000000000000 05 02 0003 63616d",
        Command("play", 0.0, (None, "cam")),
    ),
    "null for a transaction": ("02 0004 706c6179 05 05", Command("play", 0.0, (None,))),
    "a name that is no UTF-8": ("02 0001 ff", Command("\udcff")),
    "no name at all, but a string": ("02 0000", Command("")),
}


@pytest.mark.parametrize(("payload", "command"), READ.values(), ids=list(READ))
def test_a_command_is_read(payload: str, command: Command) -> None:
    read = Command.decode(Message(MessageType.COMMAND_AMF0, 0, 0, bytes.fromhex(payload)))
    assert read == command
    assert isinstance(read.transaction_id, float)


@pytest.mark.parametrize("prefix", [b"", b"\0"])
def test_an_amf3_command_is_amf0_behind_one_byte_or_none(prefix: bytes) -> None:
    said = message("play", 2.0, None, "cam", type_id=MessageType.COMMAND_AMF3, prefix=prefix)
    assert Command.decode(said) == Command("play", 2.0, (None, "cam"))


def test_an_amf0_command_has_no_such_byte() -> None:
    with pytest.raises(CommandError, match="a command begins with float, expected its name"):
        Command.decode(message("play", prefix=b"\0" * 9))


FAULTS: Final[dict[str, tuple[tuple[Value, ...], str]]] = {
    "nothing": ((), "a command begins with missing, expected its name"),
    "a number": ((1.0, 2.0), "a command begins with float, expected its name"),
    "null": ((None,), "a command begins with NoneType, expected its name"),
    "text for a transaction": (
        ("play", "2"),
        "the transaction id of 'play' is str, expected a number",
    ),
    "true for a transaction": (
        ("play", True),
        "the transaction id of 'play' is bool, expected a number",
    ),
    "undefined for a transaction": (
        ("play", UNDEFINED),
        "the transaction id of 'play' is Special, expected a number",
    ),
    "an object for a transaction, a long name": (
        ("x" * 70, {"a": 1.0}),
        f"the transaction id of '{'x' * 64}' is dict, expected a number",
    ),
}


@pytest.mark.parametrize(("values", "text"), FAULTS.values(), ids=list(FAULTS))
def test_what_is_no_command_is_refused(values: tuple[Value, ...], text: str) -> None:
    with pytest.raises(CommandError) as caught:
        Command.decode(message(*values))
    assert str(caught.value) == text


def test_the_limits_of_amf_hold() -> None:
    said = message("play", 0.0, [None] * 10)
    assert Command.decode(said).args == ([None] * 10,)
    with pytest.raises(ProtocolError, match="limit"):
        Command.decode(said, limits=Limits(count=5))


def test_a_command_becomes_a_message() -> None:
    command = Command("play", 2.0, (None, "cam"))
    payload = bytes.fromhex("02 0004 706c6179 00 4000000000000000 05 02 0003 63616d")
    assert command.encode() == payload
    assert command.message() == Message(20, 0, 0, payload)
    assert command.message(5) == Message(20, 5, 0, payload)


def test_ffmpeg_connects() -> None:
    payload = (DATA / "amf0_connect_ffmpeg.bin").read_bytes()
    command = Command.decode(Message(MessageType.COMMAND_AMF0, 0, 0, payload))
    request = ConnectRequest.from_command(command)
    assert (command.name, command.transaction_id, command.encode()) == ("connect", 1.0, payload)
    assert (request.app, request.flash_ver) == ("live", "FMLE/3.0 (compatible; Lavf63.1.102)")
    assert request.tc_url.startswith("rtmp://")
    assert request.tc_url.endswith("/live")


@pytest.mark.property
@given(
    st.text(max_size=9),
    st.floats(allow_nan=False),
    st.lists(st.none() | st.booleans() | st.text(max_size=5) | st.floats(allow_nan=False)),
)
def test_what_is_written_is_read(name: str, transaction_id: float, args: list[Value]) -> None:
    command = Command(name, transaction_id, tuple(args))
    assert Command.decode(command.message()) == command


@pytest.mark.property
@given(
    st.binary(max_size=60) | st.binary(max_size=60).map(b"\2\0\4play\0".__add__),
    st.sampled_from([MessageType.COMMAND_AMF0, MessageType.COMMAND_AMF3]),
)
def test_any_bytes_are_read_or_blamed_on_the_peer(payload: bytes, type_id: int) -> None:
    try:
        command = Command.decode(Message(type_id, 0, 0, payload))
        request = ConnectRequest.from_command(command)
    except ProtocolError:
        return
    assert request.caps_ex is None


# Arguments.


def test_text_is_given_or_missed_by_name() -> None:
    command = Command("publish", 0.0, (None, "cam", 7.0))
    assert command.text(1, "the stream name") == "cam"
    with pytest.raises(CommandError) as caught:
        command.text(2, "the kind")
    assert str(caught.value) == "publish: the kind is float, expected a string"
    with pytest.raises(CommandError) as caught:
        command.text(3, "the kind")
    assert str(caught.value) == "publish: the kind is missing, expected a string"
    with pytest.raises(CommandError) as caught:
        command.text(0, "the name")
    assert str(caught.value) == "publish: the name is NoneType, expected a string"


def test_a_number_is_given_or_assumed() -> None:
    command = Command("seek", 0.0, (None, 5.0, 7, "x"))
    assert [command.number(i, -1.0) for i in range(5)] == [-1.0, 5.0, 7.0, -1.0, -1.0]


# connect.


def connect(info: Value) -> ConnectRequest:
    return ConnectRequest.from_command(Command("connect", 1.0, (info,)))


def test_a_connect_is_read() -> None:
    assert connect(
        {
            "app": "live",
            "tcUrl": "rtmp://example.com/live",
            "flashVer": "FMLE/3.0",
            "pageUrl": "http://example.com/",
            "swfUrl": "http://example.com/player.swf",
            "objectEncoding": 3.0,
            "fourCcList": ["av01", 7.0, "hvc1"],
            "capsEx": 5.0,
            "videoCodecs": "not asked for",
        }
    ) == ConnectRequest(
        app="live",
        tc_url="rtmp://example.com/live",
        flash_ver="FMLE/3.0",
        page_url="http://example.com/",
        swf_url="http://example.com/player.swf",
        object_encoding=3.0,
        fourcc_list=("av01", "hvc1"),
        caps_ex=5,
    )


@pytest.mark.parametrize("args", [(), (None,), ("live",), ({},), ([],)], ids=repr)
def test_a_connect_that_says_nothing_is_one(args: tuple[Value, ...]) -> None:
    assert ConnectRequest.from_command(Command("connect", 1.0, args)) == ConnectRequest()


def test_what_is_of_the_wrong_kind_was_not_said() -> None:
    assert (
        connect(
            {
                "app": 1.0,
                "tcUrl": None,
                "flashVer": {},
                "pageUrl": [],
                "objectEncoding": "3",
                "fourCcList": "av01",
                "capsEx": "5",
            }
        )
        == ConnectRequest()
    )


def test_an_ecma_array_will_do() -> None:
    assert connect(EcmaArray(app="live")).app == "live"


@pytest.mark.parametrize("caps_ex", [math.nan, math.inf, -math.inf, 2.0**53, -(2.0**53)])
def test_capabilities_that_are_no_number_of_flags_were_not_said(caps_ex: float) -> None:
    assert connect({"capsEx": caps_ex}).caps_ex is None


def test_no_fourccs_is_not_the_same_as_none_said() -> None:
    assert connect({"fourCcList": []}).fourcc_list == ()
    assert connect({}).fourcc_list is None


# Answers.


def test_a_status_says_its_level() -> None:
    assert status_info(StatusCode.PUBLISH_START, "go on", clientid=7.0) == {
        "level": "status",
        "code": "NetStream.Publish.Start",
        "description": "go on",
        "clientid": 7.0,
    }
    assert status_info("NetStream.Publish.BadName", "busy")["level"] == "error"


def test_a_status_is_an_unasked_call_with_a_null_in_front() -> None:
    command = on_status(StatusCode.PLAY_START, "here it comes", details="cam")
    assert command == Command(
        "onStatus",
        0.0,
        (
            None,
            {
                "level": "status",
                "code": "NetStream.Play.Start",
                "description": "here it comes",
                "details": "cam",
            },
        ),
    )
    assert Command.decode(command.message(1)) == command
