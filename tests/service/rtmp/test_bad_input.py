"""Bad input: it ends one connection, says which byte and field, and nobody else notices."""

from __future__ import annotations

import contextlib
import random
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import FAST, House
from tests.service.witness import transport_of
from trio_srs.errors import EndReason
from trio_srs.hub.bus import SessionEnded
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import command, inter
from trio_srs.testing.peer import Peer
from trio_srs.units import NEVER
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.rtmp.message import Message, MessageType

CHANCE: Final = random.Random(2).randbytes(20_000)
HTTP: Final = b"GET /live/a.flv HTTP/1.1\r\nHost: localhost:1935\r\n\r\n" + b"x" * 2000
CLIENT_HELLO: Final = bytes.fromhex("16030100f8010000f40303") + bytes(2000)
MANY_OF: Final = 65_000

Do = Callable[[Peer], Awaitable[None]]


async def say_random_bytes(peer: Peer) -> None:
    await peer.say_bytes(CHANCE)


async def say_random_bytes_after_the_handshake(peer: Peer) -> None:
    await peer.shake_hands()
    await peer.say_bytes(CHANCE)


async def say_random_bytes_while_publishing(peer: Peer) -> None:
    await peer.publish("b")
    await peer.say_bytes(CHANCE)


async def speak_http(peer: Peer) -> None:
    await peer.say_bytes(HTTP)


async def speak_tls(peer: Peer) -> None:
    await peer.say_bytes(CLIENT_HELLO)


async def begin_messages_of_16_mb(peer: Peer) -> None:
    await peer.connect()
    await peer.say_control(SetChunkSize(1_000_000))
    for csid in range(10, 60):  # each of them lawful, and never complete
        head = bytes((csid, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0))
        await peer.say_bytes(head + bytes(1_000_000))


async def open_65000_chunk_streams(peer: Peer) -> None:
    await peer.connect()
    for first in range(64, MANY_OF, 1000):
        heads = []
        for csid in range(first, first + 1000):
            heads.append(b"\x01" + (csid - 64).to_bytes(2, "little"))
            heads.append(bytes((0, 0, 0, 0, 1, 0, 8, 1, 0, 0, 0)) + bytes(128))
        await peer.say_bytes(b"".join(heads))


async def set_the_chunk_size_to_0(peer: Peer) -> None:
    await peer.connect()
    await peer.say(Message(MessageType.SET_CHUNK_SIZE, 0, 0, bytes(4)))


async def set_the_chunk_size_to_2_31(peer: Peer) -> None:
    await peer.connect()
    await peer.say(Message(MessageType.SET_CHUNK_SIZE, 0, 0, b"\x80\0\0\0"))


async def nest_endlessly(peer: Peer) -> None:
    deep: Value = None
    for _ in range(50):
        deep = {"a": deep}
    await peer.say(command("connect", deep, transaction_id=1))


async def nest_more_than_endlessly(peer: Peer) -> None:
    body = command("connect", transaction_id=1).payload + b"\x03\x00\x01a" * 100_000
    await peer.say(Message(MessageType.COMMAND_AMF0, 0, 0, body))


async def list_too_much(peer: Peer) -> None:
    await peer.say(command("connect", [1.0] * 10_000, transaction_id=1))


async def publish_before_connect(peer: Peer) -> None:
    await peer.say(command("publish", None, "a", stream_id=1))


async def send_media_before_connect(peer: Peer) -> None:
    await peer.say(inter(0))


async def connect_twice(peer: Peer) -> None:
    await peer.connect()
    await peer.connect()


async def play_while_publishing(peer: Peer) -> None:
    await peer.publish("b")
    await peer.say(command("play", None, "a", stream_id=1))


async def flood_with_commands(peer: Peer) -> None:
    await peer.connect()
    await peer.say(*[command("nothing", None) for _ in range(1000)])


async def create_streams_for_ever(peer: Peer) -> None:
    await peer.connect()
    for _ in range(50):
        await peer.create_stream()


async def begin_with_fmt_2(peer: Peer) -> None:
    await peer.connect()
    await peer.say_bytes(b"\xbf" + bytes(7))


CASES: Final[dict[Do, str]] = {
    say_random_bytes: r"C0 is 0x\w\w \(byte 0\), expected 0x03",
    say_random_bytes_after_the_handshake: r"byte \d+",
    say_random_bytes_while_publishing: r"byte \d+",
    speak_http: r"an HTTP client connected to the RTMP port: GET .*C0 is 0x47",
    speak_tls: r"a TLS client connected to the RTMP port.*\(C0 is 0x16 \(byte 0\)",
    begin_messages_of_16_mb: r"byte \d+.*33554432",
    open_65000_chunk_streams: r"byte \d+.*256",
    set_the_chunk_size_to_0: r"SET_CHUNK_SIZE at byte 0: size is 0",
    set_the_chunk_size_to_2_31: r"SET_CHUNK_SIZE at byte 0: size is 2147483648",
    nest_endlessly: r"byte \d+.*32",
    nest_more_than_endlessly: r"byte \d+.*32",
    list_too_much: r"byte \d+.*4096",
    publish_before_connect: r"byte \d+.*before connect",
    send_media_before_connect: r"type 9 .*byte \d+.*before connect",
    connect_twice: r"byte \d+.*connected already",
    play_while_publishing: r"byte \d+.*play on message stream 1, which is publishing",
    flood_with_commands: r"byte \d+.*100 commands",
    create_streams_for_ever: r"byte \d+.*limit of 32 message streams",
    begin_with_fmt_2: r"byte \d+.*fmt 2",
}


@pytest.mark.parametrize("do", CASES, ids=lambda do: do.__name__)
async def test_bad_input_ends_its_own_connection_only(house: House, do: Do) -> None:
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    bad = house.dial()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(do_what_one_can, bad, do)
        nursery.start_soon(read_on, bad)
        for n in range(1, 20):
            await publisher.say(inter(n, 500, fill=n))
            assert await player.hear_media() == [inter(n, 500, fill=n)]
            await trio.sleep(0.04)
        with trio.fail_after(20):
            end = await house.end_of(bad)
        nursery.cancel_scope.cancel()
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert re.search(CASES[do], end.detail), end.detail
    assert len(end.detail) < 400
    others = house.told(SessionEnded)
    assert [e.peer for e in others if e.reason is not EndReason.PUBLISH_IDLE_TIMEOUT] == [end.peer]


async def do_what_one_can(peer: Peer, do: Do) -> None:
    """Go on until the server has enough."""
    with contextlib.suppress(OSError, EOFError):
        await do(peer)


async def read_on(peer: Peer) -> None:
    """A peer that hears us: else closing takes longer."""
    await wait_all_tasks_blocked()
    await trio.sleep(0.5)
    with contextlib.suppress(OSError, EOFError):
        while await peer.hear_bytes():
            continue
    peer.close()


@pytest.mark.parametrize("count", [0, 1, 1536, 1537, 3072])
async def test_a_handshake_that_stops_is_timed_out(house: House, count: int) -> None:
    peer = house.dial()
    await peer.say_bytes((b"\x03" + bytes(4000))[:count])
    end = await house.end_of(peer)
    assert (end.reason, end.detail) == (EndReason.HANDSHAKE_TIMEOUT, "no handshake within 5 s")
    assert end.bytes_in == count


async def test_a_handshake_of_one_byte_a_second_is_timed_out(house: House) -> None:
    peer = house.dial()
    with contextlib.suppress(OSError):
        for byte in b"\x03" + bytes(60):
            await peer.say_bytes(bytes((byte,)))
            await trio.sleep(1)
    assert trio.current_time() < 8
    assert await house.reason_of(peer) is EndReason.HANDSHAKE_TIMEOUT


async def test_who_hangs_up_in_the_handshake_is_no_offender(house: House) -> None:
    peer = house.dial()
    await peer.say_bytes(b"\x03" + bytes(1000))
    peer.hang_up()
    assert await house.reason_of(peer) is EndReason.PEER_FIN


@pytest.mark.parametrize("seed", range(20))
async def test_a_conversation_with_damaged_bytes_never_breaks_the_server(
    open_house: OpenHouse, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(seed)
    house = await open_house(settings=attrs.evolve(FAST, publish_idle_timeout=NEVER))
    for _ in range(5):
        peer = house.dial()
        await peer.publish(f"n{seed}")
        said = bytearray()
        for n in range(30):
            said += peer.writer.write(inter(n, chance.randrange(10, 400)))
        for _ in range(chance.randrange(1, 8)):
            said[chance.randrange(len(said))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(OSError):
            await peer.say_bytes(bytes(said))
        await wait_all_tasks_blocked()
        while transport_of(peer).unread:
            await peer.hear_bytes()
        peer.close()
        assert await house.reason_of(peer) in (EndReason.PROTOCOL_ERROR, EndReason.PEER_FIN)
    assert not [r for r in caplog.records if r.levelname == "ERROR"]
    assert len(house.hub) == 0


async def test_a_lying_peer_cannot_make_us_hold_more_than_the_limit(open_house: OpenHouse) -> None:
    house = await open_house(config=RtmpConfig(max_half_read=2**20, max_message=2**20))  # type: ignore[arg-type]  # plain numbers
    peer = house.dial()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(do_what_one_can, peer, begin_messages_of_16_mb)
        end = await house.end_of(peer)
        nursery.cancel_scope.cancel()
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert end.bytes_in < 2 * 2**20


SMALL: Final = SetChunkSize(64)
"""Odd, and let pass by default."""


@pytest.mark.parametrize(
    ("config", "ends"),
    [
        ({}, False),
        ({"strict": True}, True),
        ({"strict": True, "strict_allow": ("small_chunks",)}, False),
    ],
)
async def test_a_strict_server_ends_who_does_something_odd_unless_it_is_allowed(
    config: dict[str, Any], ends: bool, open_house: OpenHouse
) -> None:
    house = await open_house(config=RtmpConfig(**config))
    peer = house.dial()
    await peer.connect()
    await peer.say_control(SMALL)
    await trio.sleep(5)
    told = house.told(SessionEnded)
    assert [each.detail for each in told] == [
        "message that ends at byte 94: small_chunks is refused: chunks of 64 bytes"
    ] * ends


def test_what_strict_allows_has_to_be_known() -> None:
    with pytest.raises(ValueError, match='"tiny" is no kind of oddity: expected some of first_chu'):
        RtmpConfig(strict_allow=("tiny",))
