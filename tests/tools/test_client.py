"""Clients under Trio: what they say, what they hear, and how each way of going wrong ends."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

import pytest
import trio
from trio.testing import MockClock

from tests.tools.scripted import (
    STREAM,
    URL,
    accept,
    accept_connect,
    say_status,
    scripted,
)
from trio_srs import serve
from trio_srs.config.load import loads
from trio_srs.errors import PeerError
from trio_srs.net.dial import DialError
from trio_srs.net.link import PeerGoneError, PeerStalledError
from trio_srs.testing.bodies import audio, header, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.tools.client import (
    ClientSettings,
    NoAnswerError,
    Publisher,
    ServerClosedError,
    ServerRefusedError,
    client_tls,
    open_player,
    open_publisher,
)
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.command import Command, on_status
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import UrlError

SERVER = '[rtmp]\nlisten = ["127.0.0.1:0"]\n'


def here(message: Message) -> Message:
    """The same on the message stream that scripted servers make."""
    return Message(message.type_id, STREAM, message.timestamp_ms, message.payload)


async def publish_for_ever() -> None:
    async with open_publisher(URL) as publisher:
        while True:
            await publisher.send(key(0))


async def publish_until(do: Callable[[], None]) -> None:
    """End the publish right after something was done, before anybody else takes note of it."""
    async with open_publisher(URL) as publisher:
        await publisher.send(key(0))
        do()


async def no_script(peer: Peer) -> None:
    """A server that does nothing at all."""
    await trio.sleep_forever()


# ------------------------------------------------------------------- publishing


async def test_a_publisher_says_what_it_sends_and_that_it_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Command] = []
    heard: list[Message] = []

    async def script(peer: Peer) -> None:
        asked.append(await accept(peer))
        heard.extend(await peer.hear_media(3))
        asked.append(await peer.hear_command("FCUnpublish"))
        asked.append(await peer.hear_command("deleteStream"))
        assert await peer.hear_end() == []
        peer.close()

    async with scripted(monkeypatch, script):
        async with open_publisher(URL) as publisher:
            assert publisher.handshake is HandshakeKind.PLAIN
            for message in (header(), key(0), audio(20)):
                await publisher.send(message)
        assert heard == [here(header()), here(key(0)), here(audio(20))]
    assert [each.name for each in asked] == ["publish", "FCUnpublish", "deleteStream"]
    assert asked[0].args == (None, "a?token=secret", "live")


async def test_the_block_ends_only_when_the_server_has_read_everything(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await trio.sleep(3)
        await peer.hear_end()
        peer.close()

    async with scripted(monkeypatch, script):
        async with open_publisher(URL) as publisher:
            await publisher.send(key(0))
            before = trio.current_time()
        assert trio.current_time() - before == 3


async def test_a_server_that_does_not_close_is_waited_for_only_so_long(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await trio.sleep_forever()

    async with scripted(monkeypatch, script):
        async with open_publisher(URL, ClientSettings(finish_timeout_s=2)):
            before = trio.current_time()
        assert trio.current_time() - before == 2


async def test_a_publisher_waits_while_the_server_takes_nothing(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await trio.sleep(5)
        await peer.hear_media(2)
        await peer.hear_end()
        peer.close()

    async with scripted(monkeypatch, script, capacity=4096):
        before = trio.current_time()
        async with open_publisher(URL) as publisher:
            await publisher.send(key(0, 10_000))
            assert trio.current_time() - before == 5
            await publisher.send(inter(40))


async def test_a_server_that_takes_nothing_for_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await trio.sleep_forever()

    async with scripted(monkeypatch, script, capacity=4096):
        with pytest.raises(PeerStalledError, match="took nothing for 7 s"):
            async with open_publisher(URL, ClientSettings(stalled_after_s=7)) as publisher:
                await publisher.send(key(0, 10_000))


@pytest.mark.parametrize(
    ("code", "error", "text"),
    [
        (
            StatusCode.PUBLISH_BAD_NAME,
            ServerRefusedError,
            r"rtmp://server/live/a: NetStream\.Publish\.BadName: so be it",
        ),
        (StatusCode.UNPUBLISH_SUCCESS, ServerClosedError, "the server ended the publish"),
    ],
)
async def test_a_server_that_changes_its_mind_is_heard(
    monkeypatch: pytest.MonkeyPatch, code: StatusCode, error: type[PeerError], text: str
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.hear_media(1)
        await say_status(peer, code)
        await trio.sleep_forever()

    async with scripted(monkeypatch, script):
        with pytest.raises(error, match=text):
            await publish_for_ever()


async def test_a_server_that_closes_while_we_publish_is_blamed_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.say(on_status(StatusCode.CONNECT_CLOSED, "good night").message())
        peer.hang_up()
        await peer.hear_end()

    async with scripted(monkeypatch, script):
        text = r"closed the connection while we were publishing: NetConnection\.Connect\.Closed"
        with pytest.raises(ServerClosedError, match=text):
            await publish_for_ever()


async def test_a_reset_is_an_error_unless_the_server_had_confirmed_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    confirm = False

    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.hear_command("deleteStream")
        if confirm:
            await say_status(peer, StatusCode.UNPUBLISH_SUCCESS)
            await trio.testing.wait_all_tasks_blocked()
        peer.reset()

    async with scripted(monkeypatch, script):
        with pytest.raises(PeerGoneError):
            async with open_publisher(URL):
                pass
        confirm = True
        async with open_publisher(URL):
            pass


@pytest.mark.parametrize(
    "code",
    [
        StatusCode.CONNECT_CLOSED,
        StatusCode.CONNECT_APP_SHUTDOWN,
        StatusCode.CONNECT_FAILED,
        StatusCode.CONNECT_RECONNECT_REQUEST,
    ],
)
async def test_a_server_that_ends_the_connection_before_it_confirms_the_end_is_blamed(
    monkeypatch: pytest.MonkeyPatch, code: StatusCode
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.hear_command("deleteStream")
        info: dict[str, Value] = {"level": "status", "code": code, "description": "too long"}
        await peer.say(Command("onStatus", 0.0, (None, info)).message())
        peer.close()

    async with scripted(monkeypatch, script):
        text = rf"before it confirmed the end of our publish: {re.escape(code)}: too long$"
        with pytest.raises(ServerClosedError, match=text):
            async with open_publisher(URL):
                pass


async def test_a_server_may_end_the_connection_once_it_has_confirmed_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.hear_command("deleteStream")
        await say_status(peer, StatusCode.UNPUBLISH_SUCCESS)
        await peer.say(on_status(StatusCode.CONNECT_CLOSED, "good night").message())
        peer.close()

    async with scripted(monkeypatch, script), open_publisher(URL) as publisher:
        pass
    assert [each.code for each in publisher.statuses] == [
        StatusCode.UNPUBLISH_SUCCESS,
        StatusCode.CONNECT_CLOSED,
    ]


@pytest.mark.parametrize("bye", [Peer.hang_up, Peer.reset])
async def test_a_server_that_is_gone_before_we_stop_is_an_error(
    monkeypatch: pytest.MonkeyPatch, bye: Callable[[Peer], None]
) -> None:
    servers: list[Peer] = []

    async def script(peer: Peer) -> None:
        await accept(peer)
        servers.append(peer)
        await trio.sleep_forever()

    async with scripted(monkeypatch, script):
        with pytest.raises(PeerError, match=r"closed the connection while|reset"):
            await publish_until(lambda: bye(servers[0]))


# ---------------------------------------------------------------------- playing


async def test_a_player_gets_what_is_sent_until_the_stream_is_unpublished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = [here(header()), here(key(0)), here(audio(5))]
    last: list[Message] = []

    async def script(peer: Peer) -> None:
        await accept(peer)
        await say_status(peer, StatusCode.PLAY_PUBLISH_NOTIFY)
        await peer.say(*said)
        await say_status(peer, StatusCode.PLAY_UNPUBLISH_NOTIFY)
        last.extend(await peer.hear_end())
        peer.close()

    async with scripted(monkeypatch, script):
        async with open_player(URL) as player:
            assert [message async for message in player] == said
        assert player.ended == "NetStream.Play.UnpublishNotify"
        assert [status.code for status in player.statuses] == [
            "NetStream.Play.PublishNotify",
            "NetStream.Play.UnpublishNotify",
        ]
        assert [message async for message in player] == []
    assert [Command.decode(message).name for message in last] == ["deleteStream"]


async def test_a_player_sees_the_server_close(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.say(here(key(0)))
        peer.hang_up()

    async with scripted(monkeypatch, script), open_player(URL) as player:
        assert [message async for message in player] == [here(key(0))]
        assert player.ended == "closed"


async def test_media_before_the_answer_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(peer: Peer) -> None:
        await accept_connect(peer)
        await peer.hear_command("play")
        await peer.say(here(key(0)))
        peer.hang_up()

    async with scripted(monkeypatch, script), open_player(URL) as player:
        assert [message async for message in player] == [here(key(0))]


async def test_a_stream_that_is_refused_later_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await say_status(peer, StatusCode.PLAY_STREAM_NOT_FOUND)

    async with scripted(monkeypatch, script):
        with pytest.raises(ServerRefusedError, match="StreamNotFound") as caught:
            async with open_player(URL) as player:
                await anext(player)
        assert caught.value.status == StatusCode.PLAY_STREAM_NOT_FOUND


async def test_a_connection_that_breaks_is_an_error_of_the_iteration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        peer.reset()

    async with scripted(monkeypatch, script):
        with pytest.raises(PeerGoneError):
            async with open_player(URL) as player:
                await anext(player)


# ------------------------------------------------------------------- connecting


async def test_a_refusal_has_the_servers_code_and_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(peer: Peer) -> None:
        await accept_connect(peer)
        await peer.hear_command("publish")
        await say_status(peer, StatusCode.PUBLISH_BAD_NAME, "taken")

    async with scripted(monkeypatch, script):
        with pytest.raises(ServerRefusedError) as caught:
            async with open_publisher(URL):
                pytest.fail("it was refused")
    assert str(caught.value) == "rtmp://server/live/a: NetStream.Publish.BadName: taken"
    assert caught.value.description == "taken"


def test_a_refusal_without_a_sentence_ends_with_its_code() -> None:
    assert str(ServerRefusedError("x", "Some.Code", "")) == "x: Some.Code"


async def test_a_server_that_never_answers_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async with scripted(monkeypatch, no_script):
        with pytest.raises(NoAnswerError, match="no answer to our play within 4 s"):
            async with open_player(URL, ClientSettings(timeout_s=4)):
                pytest.fail("nobody answered")
        assert trio.current_time() == 4


async def test_a_server_that_closes_before_it_answers_is_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.hear_command("connect")
        peer.hang_up()

    async with scripted(monkeypatch, script):
        with pytest.raises(ServerClosedError, match="before it answered our publish"):
            async with open_publisher(URL):
                pytest.fail("it was closed")


@pytest.mark.parametrize("url", ["http://server/live/a", "rtmp://server/live"])
async def test_a_url_that_names_no_stream_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(UrlError):
        async with open_publisher(url):
            pytest.fail("there is no such URL")


async def test_nobody_there_says_where_and_why() -> None:
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    with pytest.raises(DialError, match=f"127.0.0.1:{port}: Connection refused"):
        async with open_publisher(f"rtmp://127.0.0.1:{port}/live/a"):
            pytest.fail("nobody is there")


# ------------------------------------------------------------------ the block


class OurBugError(Exception):
    """Something that no server did."""


async def accepting(peer: Peer) -> None:
    await accept(peer)
    await peer.hear_end()


@pytest.mark.parametrize("opened", [open_publisher, open_player])
async def test_an_error_in_the_block_comes_out_as_itself_and_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[[str], AbstractAsyncContextManager[object]]
) -> None:
    ended = trio.Event()

    async def script(peer: Peer) -> None:
        await accept(peer)
        with suppress(ConnectionResetError):
            await peer.hear_end()
        ended.set()

    async with scripted(monkeypatch, script):
        cause = ValueError("the cause")
        with pytest.raises(OurBugError) as caught:
            async with opened(URL):
                raise OurBugError from cause
        assert caught.value.__cause__ is cause
        await ended.wait()


async def test_a_bug_in_the_background_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(peer: Peer) -> None:
        await accept(peer)
        await say_status(peer, StatusCode.UNPUBLISH_SUCCESS)
        await trio.sleep_forever()

    def broken(publisher: Publisher, status: object) -> None:
        raise OurBugError

    async with scripted(monkeypatch, script):
        monkeypatch.setattr(Publisher, "_on_status", broken)
        with pytest.raises(OurBugError):
            await publish_for_ever()


async def test_a_cancelled_block_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async with scripted(monkeypatch, accepting):
        with trio.move_on_after(1) as scope:
            async with open_player(URL) as player:
                await anext(player)
        assert scope.cancelled_caught
        assert trio.current_time() == 1


# --------------------------------------------------------------- a real server


async def test_what_is_published_to_a_server_is_played_from_it() -> None:
    messages = [header(), key(0, 5000), inter(40), audio(50), inter(80)]
    async with serve(loads(SERVER)) as server:
        url = server.rtmp_url("live/a")
        got = []
        async with open_publisher(url) as publisher, open_player(url) as player:
            for message in messages:
                await publisher.send(message)
            async for message in player:
                got.append((message.type_id, message.timestamp_ms, message.payload))
                if len(got) == len(messages):
                    break
    assert got == [(each.type_id, each.timestamp_ms, each.payload) for each in messages]


async def test_digest_handshakes_and_tls_work_with_a_server_that_has_them() -> None:
    config = loads(f'{SERVER}\n[rtmps]\nlisten = ["127.0.0.1:0"]\nself_signed = true\n')
    async with serve(config) as server:
        url = server.rtmps_url("live/a")
        settings = ClientSettings(tls=client_tls(insecure=True), digest=True)
        async with open_publisher(url, settings) as publisher:
            assert publisher.handshake is HandshakeKind.DIGEST_1
            await publisher.send(key(0))
        with pytest.raises(DialError, match="certificate"):
            async with open_publisher(url):
                pytest.fail("nobody should trust it")


def test_the_usual_context_checks_certificates() -> None:
    assert client_tls().verify_mode == ssl.CERT_REQUIRED
    assert client_tls().check_hostname
