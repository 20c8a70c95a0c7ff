"""Clients under Trio: how they connect, what a refusal says, and what gets out of the block."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

import pytest
import trio
from trio.testing import MockClock

from tests.net.scripted import (
    URL,
    accept,
    accept_connect,
    publish_for_ever,
    say_status,
    scripted,
)
from trio_srs import serve
from trio_srs.config.load import loads
from trio_srs.net.dial import DialError
from trio_srs.net.rtmp_client import (
    ClientSettings,
    NoAnswerError,
    ServerClosedError,
    ServerRefusedError,
    client_tls,
)
from trio_srs.net.rtmp_player import open_player
from trio_srs.net.rtmp_publisher import RtmpPublisher, open_publisher
from trio_srs.testing.bodies import audio, header, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.status import StatusCode
from trio_srs.wire.url import UrlError

SERVER = '[rtmp]\nlisten = ["127.0.0.1:0"]\n'


async def no_script(peer: Peer) -> None:
    """A server that does nothing at all."""
    await trio.sleep_forever()


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

    def broken(publisher: RtmpPublisher, status: object) -> None:
        raise OurBugError

    async with scripted(monkeypatch, script):
        monkeypatch.setattr(RtmpPublisher, "_on_status", broken)
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
