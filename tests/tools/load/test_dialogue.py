"""A client says what a server expects, one word after the other."""

from __future__ import annotations

import pytest

from trio_srs.tools.load.dialogue import CHUNK_SIZE, Dialogue, SaidNoError
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.command import Command, on_status
from trio_srs.wire.rtmp.control import PingRequest, PingResponse, WindowAckSize
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.url import RtmpUrl

URL = RtmpUrl.parse("rtmp://127.0.0.1:1935/live/s?key=k")


def heard(data: bytes, *, chunk_size: int = CHUNK_SIZE) -> list[Message]:
    """What a server hears."""
    reader = ChunkReader(chunk_size=chunk_size)
    reader.feed(data)
    return list(iter(reader.next_message, None))


def tell(dialogue: Dialogue, command: Command) -> list[Command]:
    answer = dialogue.hear(MessageType.COMMAND_AMF0, command.encode())
    return [Command.decode(message) for message in heard(answer)]


@pytest.mark.parametrize(
    ("publishes", "words", "code"),
    [
        (True, ("publish", (None, "s?key=k", "live")), "NetStream.Publish.Start"),
        (False, ("play", (None, "s?key=k")), "NetStream.Play.Start"),
    ],
)
def test_a_dialogue_ends_in_a_start(
    publishes: bool, words: tuple[str, tuple[Value, ...]], code: str
) -> None:
    dialogue = Dialogue(URL, publishes)
    size, connect = heard(dialogue.begin(), chunk_size=128)[0], dialogue.begin()
    assert (size.type_id, size.payload) == (1, CHUNK_SIZE.to_bytes(4, "big"))
    assert b"rtmp://127.0.0.1/live" in connect
    [create] = tell(dialogue, Command("_result", 1.0, ({}, {})))
    assert create.name == "createStream"
    assert tell(dialogue, Command("onBWDone", 0.0, (None,))) == []
    [ask] = tell(dialogue, Command("_result", create.transaction_id, (None, 5.0)))
    assert (ask.name, ask.args) == words
    assert dialogue.stream_id == 5
    assert not dialogue.started
    assert tell(dialogue, on_status(code, "go")) == []
    assert dialogue.started


@pytest.mark.parametrize(
    "answer",
    [
        on_status("NetStream.Publish.BadName", "busy", level="error"),
        Command("_error", 1.0, (None, {"code": "NetConnection.Connect.Rejected"})),
    ],
)
def test_a_refusal_is_told_by_its_code(answer: Command) -> None:
    with pytest.raises(SaidNoError, match=r"Net\w+\.\w+\.(BadName|Rejected)"):
        tell(Dialogue(URL, True), answer)


def test_pings_are_answered() -> None:
    [pong] = heard(Dialogue(URL, True).hear(4, PingRequest(1234).encode()))
    assert PingResponse.decode(pong.payload) == PingResponse(1234)


def test_the_window_is_remembered() -> None:
    dialogue = Dialogue(URL, True)
    assert dialogue.hear(MessageType.WINDOW_ACK_SIZE, WindowAckSize(5000).encode()) == b""
    assert dialogue.window == 5000
