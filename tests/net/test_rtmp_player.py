"""Playing from a server: what is heard, until what."""

from __future__ import annotations

import pytest

from tests.net.scripted import (
    URL,
    accept,
    accept_connect,
    here,
    say_status,
    scripted,
)
from trio_srs.net.link import PeerGoneError
from trio_srs.net.rtmp_client import (
    ServerRefusedError,
)
from trio_srs.net.rtmp_player import open_player
from trio_srs.testing.bodies import audio, header, key
from trio_srs.testing.peer import Peer
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode


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
