"""A capture reads as a conversation: who said what, when, and where it went wrong."""

from __future__ import annotations

import json
import math

import pytest

from tests.tools.inspect.scenes import SHAKEN, Scene
from trio_srs.testing.bodies import command, key
from trio_srs.tools.inspect.conversation import By, Remark, SaidMessage, Utterance, conversation
from trio_srs.tools.inspect.said_as_json import about_as_json, as_json_object, outcome_as_json
from trio_srs.tools.inspect.said_filter import TYPES, SaidFilter
from trio_srs.tools.inspect.said_in_words import beginning, chunks_in_words, ending, in_one_line
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.session_capture import CaptureKind


def said(scene: Scene) -> list[Utterance]:
    return list(conversation(scene.capture()))


def lines(scene: Scene) -> list[str]:
    return [" ".join(in_one_line(each).split()) for each in said(scene)]


def remarks(scene: Scene) -> list[tuple[str, str]]:
    return [(each.by, f"{each.kind}: {each.text}") for each in said(scene) if type(each) is Remark]


def test_a_publish_is_told_line_by_line() -> None:
    scene = Scene().publish().happened(CaptureKind.PEER_ENDED).happened(CaptureKind.CLOSED)
    assert lines(scene) == [
        "0.000000 client > @0 handshake: plain",
        "0.000000 server < @0 handshake: plain",
        '0.100000 client > #1 @3073 [3] connect({"app": "live"}) #1 (35 bytes)',
        "0.100000 server < #2 @3073 [2] SetChunkSize(size=4096) (4 bytes)",
        '0.100000 server < #3 @3089 [3] _result(null, {"code": "ok"}) #1 (35 bytes)',
        "0.100000 client > #4 @3120 [2] SetChunkSize(size=4096) (4 bytes)",
        "0.100000 client > #5 @3136 [3] createStream(null) #2 (25 bytes)",
        "0.100000 server < #6 @3136 [3] _result(null, 1.0) #2 (29 bytes)",
        '0.200000 client > #7 @3169 [3] publish(null, "a?key=secret", "live") (42 bytes stream 1)',
        '0.200000 server < #8 @3173 [3] onStatus(null, {"code": "NetStream.Publish.Start"})'
        " (57 bytes stream 1)",
        "0.300000 client > #9 @3223 [6] video avc1 sequence start key (28 bytes stream 1)",
        "0.300000 client > #10 @3263 [6] video avc1 coded frames key (100 bytes stream 1)",
        "0.300000 client > #11 @3371 [6] video avc1 coded frames inter"
        " (20 bytes stream 1 at 40 ms)",
        "0.300000 client > @3399 end: sends nothing more",
        "0.300000 server < @3242 end: closes the connection",
    ]


def test_who_spoke_and_how_it_ended_stand_around_it() -> None:
    capture = Scene().capture({"reason": "protocol_error", "detail": "byte 9"})
    assert list(beginning(capture)) == ["session c1: rtmp 10.0.0.2:50000 -> 10.0.0.1:1935"]
    assert list(ending(capture)) == ["the session ended: protocol_error: byte 9"]
    assert list(ending(Scene().capture())) == []


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (
            Scene().client(SHAKEN, b"\xc3"),
            ("client", "error: chunk_order: byte 0: chunk stream 3 begins with fmt 3, expected 0"),
        ),
        (Scene().server(b"\x03abc"), ("server", "lost: the handshake ends after 4 bytes")),
        (
            Scene().client(SHAKEN, ChunkWriter().write(key(0, 400))[:200]),
            ("client", "lost: a message of type 9 on chunk stream 6 ends after 187 bytes"),
        ),
        (Scene().publish().lost(50, 0), ("client", "lost: 50 bytes are left out of the capture")),
        (
            Scene().client(SHAKEN, Message(1, 0, 0, b"\0\0\0\x40")),
            ("client", "odd: small_chunks: chunks of 64 bytes"),
        ),
        (
            Scene().publish().happened(CaptureKind.BROKEN, b"timed out"),
            ("server", "end: the connection broke: timed out"),
        ),
        (Scene().happened(CaptureKind.RESET), ("server", "end: resets the connection")),
    ],
)
def test_what_went_wrong_is_remarked_with_who_it_was(
    scene: Scene, expected: tuple[str, str]
) -> None:
    assert expected in remarks(scene)


def test_behind_a_gap_it_goes_on_where_a_message_can_be_told() -> None:
    writer = ChunkWriter(chunk_size=4096)
    frames = [writer.write(key(40 * at, 300 + at % 7)) for at in range(60)]
    scene = Scene().publish().client(*frames[:3])
    lost = sum(map(len, frames[3:20])) + 5
    scene.lost(lost, 0).client(frames[20][5:], *frames[21:])
    told = remarks(scene)[-1]
    assert told[1].startswith(
        f"lost: goes on behind {lost} lost bytes; {len(frames[20]) - 5} behind"
    )
    videos = [each for each in said(scene) if isinstance(each, SaidMessage)]
    assert len(videos) == 11 + 3 + 39


def test_a_message_is_followed_through_chunks_that_came_one_by_one() -> None:
    data = ChunkWriter().write(key(0, 300))
    scene = Scene().client(SHAKEN).after(1).client(data[:100]).after(1).client(data[100:])
    [message] = [each for each in said(scene) if isinstance(each, SaidMessage)]
    assert message.chunks_at_s == (2.0, 2.0, 2.0)
    first, *rest = chunks_in_words(message)
    assert "300 bytes in 3 chunks" in first
    assert rest[0].split(maxsplit=1) == [
        "2.000000",
        "chunk 1: fmt 0 on chunk stream 6 at byte 3073, 12 bytes of header, 128 of payload",
    ]
    assert rest[3].startswith("       0  17 01 00 00 00")
    assert len(rest) == 3 + 19
    [long] = [
        each
        for each in said(Scene().client(SHAKEN, Message(9, 1, 0, b"\x17\x01\0\0\0" + bytes(600))))
        if isinstance(each, SaidMessage)
    ]
    assert list(chunks_in_words(long))[-1].strip() == "… 93 bytes more"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message(20, 0, 0, b"\x01\x01"), "command amf0 that cannot be read"),
        (Message(18, 1, 0, b"\x02\0\x02ab\x05"), 'data amf0 "ab", null'),
        (Message(15, 1, 0, b"\0\x02\0\x02ab"), 'data amf3 "ab"'),
        (Message(9, 1, 0, b""), "video that cannot be read"),
        (Message(8, 1, 0, b"\xaf\x01\xff"), "audio mp4a coded frames"),
        (Message(99, 1, 0, b"x"), "message of type 99"),
        (Message(4, 0, 0, b"\0\x06\0\0\0\x09"), "PingRequest(timestamp_ms=9)"),
        (command("f", "x" * 500), "x…)"),
    ],
)
def test_every_message_has_words_and_json(message: Message, words: str) -> None:
    [one] = [
        each for each in said(Scene().client(SHAKEN, message)) if isinstance(each, SaidMessage)
    ]
    assert words in in_one_line(one)
    told = as_json_object(one)
    assert json.loads(json.dumps(told)) == told
    assert told["type_id"] == message.type_id


def test_json_has_chunks_commands_and_remarks() -> None:
    told = [as_json_object(each) for each in said(Scene().publish())]
    assert told[0] == {
        "kind": "handshake",
        "at_s": 0.0,
        "by": "client",
        "offset": 0,
        "text": "plain",
    }
    publish = told[8]
    assert publish["command"] == {
        "name": "publish",
        "transaction_id": 0.0,
        "args": [None, "a?key=secret", "live"],
    }
    assert publish["chunks"] == [
        {"at_s": 0.2, "fmt": 0, "offset": 3169, "payload_at": 3181, "size": 42}
    ]
    assert told[3]["control"] == {"name": "SetChunkSize", "size": 4096}
    assert told[10]["media"] == "avc1 sequence start key"
    assert about_as_json(Scene().capture())["kind"] == "session"
    assert outcome_as_json(Scene().capture()) == {
        "kind": "outcome",
        "reason": None,
        "detail": None,
        "cut_at": None,
    }


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (SaidFilter(), list(range(1, 12))),
        (SaidFilter(by=By.SERVER), [2, 3, 6, 8]),
        (SaidFilter(types=TYPES["command"]), [1, 3, 5, 6, 7, 8]),
        (SaidFilter(csid=6), [9, 10, 11]),
        (SaidFilter(after_s=0.15, before_s=0.25), [7, 8]),
        (SaidFilter(after_s=0.15, before_s=math.inf, by=By.CLIENT, csid=3), [7]),
    ],
)
def test_a_part_of_it_can_be_asked_for(wanted: SaidFilter, numbers: list[int]) -> None:
    found = [each for each in said(Scene().publish()) if wanted.wants(each)]
    assert [each.number for each in found if isinstance(each, SaidMessage)] == numbers
