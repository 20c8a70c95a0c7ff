"""What clients do that mean no good ends them, in bounds, and nobody else notices."""

from __future__ import annotations

import struct

import pytest
import trio
from websockets.frames import Frame, Opcode

from tests.service.http.house import Client, HttpHouse
from tests.service.http.test_viewer import UPGRADE
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded
from trio_srs.testing.bodies import audio, inter, key

CHUNKED = {"Transfer-Encoding": "chunked"}
FLV_HEAD = b"FLV\x01\x05\0\0\0\x09\0\0\0\0"


def frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    """As a client says it."""
    return Frame(opcode, data, fin).serialize(mask=True)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


async def websocket_viewer(house: HttpHouse) -> Client:
    client = house.dial()
    await client.ask("/live/a.flv", fields=UPGRADE)
    assert (await client.head()).status == 101
    return client


def close_code(data: bytes) -> int:
    """Of the close that ends it."""
    at = data.rindex(b"\x88")
    return int.from_bytes(data[at + 2 : at + 4])


BAD_FRAMES = {
    "unmasked": (Frame(Opcode.TEXT, b"hi").serialize(mask=False), 1002),
    "reserved bits": (b"\xf1\x80\0\0\0\0", 1002),
    "unknown opcode": (b"\x85\x80\0\0\0\0", 1002),
    "a long ping": (b"\x89\xfe\x00\xc8" + bytes(204), 1002),
    "a ping in fragments": (b"\x09\x80\0\0\0\0", 1002),
    "a continuation of nothing": (frame(Opcode.CONT, b"x"), 1002),
    "a message within a message": (frame(Opcode.TEXT, fin=False) + frame(Opcode.TEXT), 1002),
    "huge": (b"\x82\xff" + struct.pack(">Q", 2**40) + bytes(4), 1009),
    "longer than a length can be": (b"\x82\xff" + b"\xff" * 8 + bytes(4), 1009),
    "a close of one byte": (frame(Opcode.CLOSE, b"\x03"), 1002),
    "a close with a code of nobody": (frame(Opcode.CLOSE, struct.pack(">H", 999)), 1002),
    "a close with a code not to be said": (frame(Opcode.CLOSE, struct.pack(">H", 1006)), 1002),
    "a text that is none": (frame(Opcode.TEXT, b"\xff"), 1007),
    "a close for a reason that is no text": (
        frame(Opcode.CLOSE, struct.pack(">H", 1000) + b"\xff"), 1007,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "code"), BAD_FRAMES.values(), ids=BAD_FRAMES)
@pytest.mark.parametrize("is_early", [False, True])
async def test_a_viewer_that_breaks_the_rules_of_websockets_is_told_and_gone(
    house: HttpHouse, said: bytes, code: int, *, is_early: bool
) -> None:
    async with house.publishing() as publish:
        other = await websocket_viewer(house)
        client = house.dial()
        if is_early:  # it does not even wait for the answer
            lines = ["GET /live/a.flv HTTP/1.1", "Host: h", *map(": ".join, UPGRADE.items())]
            await client.say("\r\n".join([*lines, "", ""]).encode() + said)
        else:
            await client.ask("/live/a.flv", fields=UPGRADE)
            await client.say(said)
        assert (await client.head()).status == 101
        assert close_code(await client.rest_of_it()) == code
        assert (await house.end_of(client)).reason is EndReason.PROTOCOL_ERROR
        publish.append_all([inter(40)], trio.current_time())
        assert other.rest + await other.more()


async def test_a_message_in_fragments_without_end_is_too_long_at_last(house: HttpHouse) -> None:
    async with house.publishing():
        client = await websocket_viewer(house)
        await client.say(frame(Opcode.TEXT, bytes(1000), fin=False))
        for _ in range(5):
            await client.say(frame(Opcode.CONT, bytes(1000), fin=False))
        assert close_code(await client.rest_of_it()) == 1009
        assert (await house.end_of(client)).reason is EndReason.PROTOCOL_ERROR


async def test_who_pings_and_reads_nothing_is_not_listened_to_for_ever(house: HttpHouse) -> None:
    async with house.publishing():
        client = house.dial(capacity=4096)
        await client.ask("/live/a.flv", fields=UPGRADE)
        with trio.move_on_after(5):
            for _ in range(1000):
                await client.say(frame(Opcode.PING, bytes(125)) * 20)
            pytest.fail("2.6 MB of pings were taken, with answers to all")
        end = await house.end_of(client)
    assert end.reason is EndReason.PLAYER_STALLED
    assert end.bytes_in < 500_000


@pytest.mark.parametrize("ending", ["flv", "ts", "mp4"])
async def test_a_viewer_that_never_reads_does_not_hold_up_a_stop(
    house: HttpHouse, ending: str
) -> None:
    async with house.publishing() as publish:
        client = house.dial(capacity=600)
        await client.ask(f"/live/a.{ending}")
        for time in range(40, 2000, 40):
            publish.append_all([key(time, 5000), audio(time)], trio.current_time())
            await trio.sleep(0.01)
        began = trio.current_time()
        await house.service.stop(1.0)
        assert trio.current_time() - began <= 1.0 + house.config.close_timeout
    assert (await house.end_of(client)).reason is EndReason.SHUTDOWN


async def test_what_a_viewer_says_beside_the_rules_is_passed_over(house: HttpHouse) -> None:
    async with house.publishing():
        client = await websocket_viewer(house)
        await client.say(frame(Opcode.TEXT, b"hello") + frame(Opcode.BINARY, b"\xff"))
        await client.say(frame(Opcode.CLOSE, struct.pack(">H", 1000)))
        await client.rest_of_it()
        assert (await house.end_of(client)).reason is EndReason.PEER_FIN


# ---------------------------------------------------------------- requests


@pytest.mark.parametrize("token", ["h2c", "foo", "TLS/1.0"])
async def test_what_one_cannot_change_to_is_not_changed_to(house: HttpHouse, token: str) -> None:
    async with house.publishing():
        client = house.dial()
        fields = {"Connection": "Upgrade", "Upgrade": token}
        await client.ask("/live/a.flv", fields=fields)
        assert (await client.head()).status == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"Content-Length": "6", "Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "xchunked"},
        {"Transfer-Encoding": "chunked, chunked"},
        {"Content-Length": "6, 7"},
        {"Content-Length": "+6"},
        {"Content-Length": "0x6"},
        {"Content-Length": "9" * 30},
    ],
)
async def test_where_a_body_ends_is_no_matter_of_opinion(
    house: HttpHouse, fields: dict[str, str]
) -> None:
    client = house.dial()
    hidden = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    await client.ask("/live/a.flv", "POST", fields=fields)
    await client.say(b"0\r\n\r\nG" + hidden)
    answer = await client.answer()
    assert answer.status in {400, 501}
    assert answer.fields["Connection"] == "close"
    assert client.rest + await client.rest_of_it() == b""


async def test_folded_fields_and_bare_line_feeds_mean_the_same_to_everybody(
    house: HttpHouse,
) -> None:
    client = house.dial()
    await client.say(b"GET /nothing HTTP/1.1\nHost: h\r\nX: a\r\n Content-Length: 5\n\n")
    assert (await client.answer()).status == 404
    await client.ask("/nothing")  # so there was no body
    assert (await client.answer()).status == 404


async def test_a_body_in_tiny_chunks_without_end_is_one_tag_at_most(house: HttpHouse) -> None:
    client = house.dial()
    await client.ask("/live/a.flv", "POST", fields=CHUNKED)
    await client.say(chunk(FLV_HEAD + b"\x09\xff\xff\xff\0\0\0\0\0\0\0"))
    with trio.fail_after(60):
        while not house.told(SessionEnded):
            await client.say(chunk(b"\0") * 10)
            await trio.sleep(1)
    end = await house.end_of(client)
    assert end.reason is EndReason.FIRST_PACKET_TIMEOUT
    assert (await client.answer()).status == 408
