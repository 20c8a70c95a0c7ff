"""Secrets leave what was said without a trace, and nothing else changes."""

from __future__ import annotations

import struct
from typing import Final

import pytest

from trio_srs.session.rtmp_mask import SecretMask, masked
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import (
    AmfDate,
    EcmaArray,
    Special,
    TypedObject,
    Value,
    XmlDocument,
)
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.handshake import HANDSHAKE_BYTES
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.session_capture import CaptureKind, CaptureRecord, omission

SHAKEN: Final = b"\x03" + bytes(HANDSHAKE_BYTES - 1)
CONNECT: Final = Command(
    "connect",
    1.0,
    ({"app": "live?token=s3cr3t", "tcUrl": "rtmp://me:pa55@host/live?token=s3cr3t"},),
)
PUBLISH: Final = Command(
    "publish", 2.0, (None, "cam1?key=" + "k" * 200 + "&vhost=a.example", "live")
)


def text(value: str) -> bytes:
    return amf0.encode(value)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("cam1", "cam1"),
        ("cam1?key=abc", "cam1?key=***"),
        ("cam1?abc&d=e", "cam1?***&d=*"),
        (
            "live?vhost=a&domain=b&authmod=adobe&user=me",
            "live?vhost=a&domain=b&authmod=adobe&user=**",
        ),
        ("a?k=v?w=x", "a?k=*?w=*"),
        ("a?k=schlüssel", "a?k=**********"),
        ("a?k=two\nlines", "a?k=*********"),
        ("rtmp://me:pass@host/a", "rtmp://me:****@host/a"),
        ("rtmp://host:1935/a@b", "rtmp://host:1935/a@b"),
    ],
)
def test_values_of_parameters_and_passwords_are_covered(said: str, told: str) -> None:
    assert masked(text(said)) == text(told)


NUMBERS: Final = (1.0, 31.5, struct.unpack(">d", b"a?k=abcd")[0])
"""Some of their bytes look like parameters."""


def test_nothing_but_text_is_touched_however_deep_it_stands() -> None:
    secret, covered = "a?k=v", "a?k=*"

    def command(word: str) -> bytes:
        named: dict[str, Value] = {
            "list": [word, *NUMBERS, [word], []],
            "object": {"a?k=name": word, "more": EcmaArray({"x": word})},
            "typed": TypedObject("a?k=class", {"x": word}),
            "date": AmfDate(1.0),
            "none": None,
            "undefined": Special.UNDEFINED,
            "yes": True,
            "long": "x" * 70_000 + word,
            "xml": XmlDocument(word),
        }
        return amf0.encode("connect", 1.0, named, word, *NUMBERS)

    assert masked(command(secret)) == command(covered)


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        (b"\x42 live?key=abc rtmp://u:pw@h/", b"\x42 live?key=*** rtmp://u:**@h/"),
        (b"\x02\0\x09a?k=v", b"\x02\0\x09a?k=*"),
        (b"\x03\0\x01a", b"\x03\0\x01a"),
        (b"\x09", b"\x09"),
        (b"\x11\x06\x0ba?k=v", b"\x11\x06\x0ba?k=*"),
    ],
)
def test_of_what_makes_no_sense_all_is_covered_that_looks_like_a_secret(
    damaged: bytes, told: bytes
) -> None:
    assert masked(damaged) == told


def run(data: bytes, piece: int, *others: CaptureRecord) -> list[CaptureRecord]:
    """What comes out of records that hold these bytes, some at a time."""
    mask, out = SecretMask(), []
    for at in range(0, len(data), piece):
        out += mask.add(CaptureRecord(CaptureKind.RECEIVED, at, data[at : at + piece]))
    for record in others:
        out += mask.add(record)
    return [*out, *mask.finish()]


def received(records: list[CaptureRecord]) -> bytes:
    return b"".join(each.data for each in records if each.kind == CaptureKind.RECEIVED)


def conversation() -> bytes:
    writer = ChunkWriter()
    media = Message(9, 1, 0, b"a?key=video" * 100)
    return b"".join([SHAKEN, *map(writer.write, (CONNECT.message(), PUBLISH.message(1), media))])


@pytest.mark.parametrize("piece", [5, 100, 10**6])
def test_commands_are_covered_however_they_were_cut_and_media_is_not(piece: int) -> None:
    data = conversation()
    told = received(run(data, piece))
    assert len(told) == len(data)
    assert not [each for each in (b"s3cr3t", b"pa55", b"kkk") if each in told]
    assert b"vhost=a.example" in told
    assert told.endswith(data[-1100:])
    others = [at for at in range(len(data)) if data[at] != told[at]]
    assert {told[at] for at in others} == {ord("*")}


def test_records_come_out_in_order_and_as_soon_as_it_is_known_what_they_are() -> None:
    data = SHAKEN + ChunkWriter().write(PUBLISH.message(1))
    mask = SecretMask()
    first = CaptureRecord(CaptureKind.RECEIVED, 1, data[:-10])
    sent = CaptureRecord(CaptureKind.SENT, 2, SHAKEN)
    ended = CaptureRecord(CaptureKind.PEER_ENDED, 4)
    last = CaptureRecord(CaptureKind.RECEIVED, 3, data[-10:])
    assert mask.add(first) == []
    assert mask.add(sent) == []
    assert [each.at_us for each in mask.add(last)] == [1, 2, 3]
    assert mask.add(ended) == [ended]
    assert mask.finish() == []


def test_a_command_that_never_became_whole_is_covered_as_far_as_it_came() -> None:
    data = (SHAKEN + ChunkWriter().write(PUBLISH.message(1)))[:-60]
    assert b"kkk" not in received(run(data, 50))
    lost = omission(0, 100, 0)
    assert b"kkk" not in received(run(data, 50, lost))
    broken = SHAKEN + ChunkWriter().write(PUBLISH.message(1))[:140] + b"\x83" + bytes(20)
    told = received(run(broken, 50))
    assert b"kkk" not in told
    assert len(told) == len(broken)


def test_what_makes_no_sense_is_passed_on() -> None:
    data = b"GET /?key=value HTTP/1.1\r\n"
    assert received(run(data, 9)) == data


def test_media_that_never_became_whole_stays_as_it_is() -> None:
    data = SHAKEN + ChunkWriter().write(Message(9, 1, 0, b"a?key=video" * 100))[:500]
    assert received(run(data, 50)) == data


def test_behind_a_gap_in_the_handshake_all_is_passed_on() -> None:
    gap = omission(0, 0, 9)
    assert run(SHAKEN[:100], 50, gap)[-1] == gap
