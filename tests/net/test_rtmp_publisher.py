"""Publishing to a server: what is said, how it ends in good order, and in which others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from tests.net.scripted import (
    URL,
    accept,
    here,
    publish_for_ever,
    say_status,
    scripted,
)
from trio_srs.errors import PeerError
from trio_srs.net.link import PeerGoneError, PeerStalledError
from trio_srs.net.rtmp_client import (
    ClientSettings,
    ServerClosedError,
    ServerRefusedError,
)
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.testing.bodies import audio, header, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.command import Command, on_status
from trio_srs.wire.rtmp.handshake import HandshakeKind
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode


async def publish_until(do: Callable[[], None]) -> None:
    """End the publish right after something was done, before anybody else takes note of it."""
    async with open_publisher(URL) as publisher:
        await publisher.send(key(0))
        do()


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
