"""The scripted peer says and hears what it is told to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import trio

from trio_srs.testing.bodies import audio, command, inter, key
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer, status_code
from trio_srs.wire.rtmp.command import Command, on_status, status_info
from trio_srs.wire.rtmp.control import PingRequest, SetChunkSize, StreamBegin, WindowAckSize
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.status import StatusCode


@pytest.fixture
def pair() -> Iterator[tuple[Peer, Peer]]:
    """A client and a server, both in the test's hands."""
    server_end, client_end = memory_transport_pair()
    yield Peer(client_end), Peer(server_end, is_server=True)
    client_end.close()
    server_end.close()


def answer(
    transaction_id: float, name: str = "_result", code: str = "", number: float = 0
) -> Command:
    info = status_info(code, "because") if code else number
    return Command(name, transaction_id, (None, info))


async def serve(server: Peer, *answers: Command, stream_id: int = 5) -> None:
    """Accept connect and createStream, then give these answers to the next command."""
    await server.hear_command("connect")
    await server.say(answer(1.0, code=StatusCode.CONNECT_SUCCESS).message())
    await server.hear_command("createStream")
    await server.say(answer(2.0, number=stream_id).message())
    await server.hear_command()
    await server.say(*(each.message(stream_id) for each in answers))


@pytest.mark.parametrize(
    ("digest", "kind"), [(False, HandshakeKind.PLAIN), (True, HandshakeKind.DIGEST_1)]
)
async def test_both_sides_agree_on_a_handshake(
    pair: tuple[Peer, Peer], digest: bool, kind: HandshakeKind
) -> None:
    client, server = pair
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.shake_hands)
        assert await client.shake_hands(digest=digest) is kind
    assert (client.handshake, server.handshake) == (kind, kind)
    assert await client.shake_hands() is kind


async def test_messages_arrive_as_they_were_said(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    said = [key(0, 1000), inter(40), inter(80), audio(90)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.say, *said)
        assert [await server.hear() for _ in said] == said


async def test_a_chunk_size_counts_from_behind_its_announcement(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.shake_hands)
        await client.shake_hands()
    await client.say_control(SetChunkSize(4096))
    await client.say(key(0, 2000))
    assert await server.hear() == key(0, 2000)
    assert (server.reader.chunk_size, server.controls) == (4096, [SetChunkSize(4096)])
    await client.say(key(0, 4000, fill=1), csid=9)
    data = await server.hear_bytes()
    assert (data[0], len(data)) == (9, 1 + 11 + 4000)


async def test_controls_are_noted_and_can_be_waited_for(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.say_control, WindowAckSize(9))
        assert await client.hear_control() == WindowAckSize(9)
    await server.say(key(0))
    await server.say_control(StreamBegin(1), PingRequest(3))
    assert await client.hear_control(PingRequest) == PingRequest(3)
    assert client.controls == [WindowAckSize(9), StreamBegin(1), PingRequest(3)]
    assert await client.hear() == key(0)


async def test_a_call_is_answered_and_nothing_else_is_lost(pair: tuple[Peer, Peer]) -> None:
    client, server = pair

    async def answer_late() -> None:
        asked = await server.hear_command("getStreamLength")
        other = answer(asked.transaction_id + 7)
        await server.say(key(0), other.message(), key(40), answer(1.0, number=8).message())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer_late)
        assert (await client.call("getStreamLength", None)).number(1, 0) == 8
    assert await client.hear_media(2) == [key(0), key(40)]
    assert [Command.decode(message).transaction_id for message in client.skipped] == [8.0]


async def test_publish_goes_all_the_way_to_the_answer(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve, server, on_status(StatusCode.PUBLISH_START, "go"))
        assert await client.publish("a?b=c") == StatusCode.PUBLISH_START
    assert client.stream_id == 5


async def test_play_passes_over_the_reset(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    answers = [on_status(code, "") for code in (StatusCode.PLAY_RESET, StatusCode.PLAY_START)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve, server, *answers)
        assert await client.play("a") == StatusCode.PLAY_START


async def test_a_refused_connect_is_the_answer_to_publish(pair: tuple[Peer, Peer]) -> None:
    client, server = pair

    async def refuse() -> None:
        asked = await server.hear_command("connect")
        assert asked.args == ({"app": "vod", "tcUrl": "rtmp://127.0.0.1/vod"},)
        await server.say(answer(1.0, "_error", StatusCode.CONNECT_REJECTED).message())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(refuse)
        assert await client.publish("a", app="vod") == StatusCode.CONNECT_REJECTED


async def test_an_orderly_end_is_heard_as_one(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.say, key(0), command("onBWDone", None))
        await client.shake_hands()
    server.hang_up()
    assert await client.hear_end() == [key(0), command("onBWDone", None)]
    with pytest.raises(EOFError, match="the other side closed"):
        await client.hear()
    await client.say(key(0))
    assert await server.hear() == key(0)


async def test_a_broken_connection_is_heard_as_one(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    server.reset()
    with pytest.raises(ConnectionResetError):
        await client.hear()


async def test_leaving_the_block_closes_the_connection(pair: tuple[Peer, Peer]) -> None:
    client, server = pair
    async with client:
        pass
    assert await server.hear_bytes() == b""


async def test_it_says_more_than_the_transport_holds_at_once() -> None:
    server_end, client_end = memory_transport_pair(capacity=10)
    async with Peer(server_end) as server, Peer(client_end) as client:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.say_bytes, bytes(range(100)))
            heard = b""
            while len(heard) < 100:
                heard += await server.hear_bytes()
        assert heard == bytes(range(100))


@pytest.mark.parametrize("args", [(), (None,), (None, "text"), (None, {"code": 1.0})])
def test_a_status_without_a_code_has_none(args: tuple[None, ...]) -> None:
    assert status_code(Command("onStatus", 0.0, args)) == ""


async def test_it_connects_over_tcp() -> None:
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    async with listener, await Peer.connect_tcp("127.0.0.1", port) as client:
        stream = await listener.accept()
        async with stream:
            await client.say_bytes(b"hello")
            assert await stream.receive_some(5) == b"hello"
