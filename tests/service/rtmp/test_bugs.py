"""Bugs of ours: each ends its own session, with a traceback, and nothing else."""

from __future__ import annotations

import contextlib

import pytest

from tests.service.rtmp.house import House, hear_goodbye
from trio_srs.errors import EndReason
from trio_srs.hub.access import AccessControl
from trio_srs.hub.bus import Event
from trio_srs.hub.gate import AccessRequest, Grant
from trio_srs.hub.resolution import ResolvedStream
from trio_srs.session.rtmp_server import RtmpServerSession
from trio_srs.testing.bodies import command, inter


class BrokenAccess(AccessControl):
    """Decides about peers of one network with a bug."""

    is_open = is_open_to_connect = False
    """It is asked, whatever there is of gates."""

    def __init__(self, house: House, where: str) -> None:
        super().__init__(house.rules)
        self.where = where

    async def connect(self, request: AccessRequest) -> Grant:
        self.check("connect", request)
        return await super().connect(request)

    async def publish(self, request: AccessRequest) -> ResolvedStream:
        self.check("publish", request)
        return await super().publish(request)

    async def play(self, request: AccessRequest) -> ResolvedStream:
        self.check("play", request)
        return await super().play(request)

    def check(self, where: str, request: AccessRequest) -> None:
        if where == self.where and request.peer.startswith("10."):
            raise KeyError("the bug")


@pytest.mark.parametrize("where", ["connect", "publish", "play"])
async def test_a_bug_ends_only_its_session(
    house: House, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.context.access = BrokenAccess(house, where)
    publisher, player = await house.publisher(), await house.player()
    await player.hear_media(3)
    peer = house.dial("10.0.0.1")
    with contextlib.suppress(EOFError):
        await (peer.play("a") if where == "play" else peer.publish("b"))
    peer.close()
    end = await house.end_of(peer)
    assert (end.reason, end.detail) == (EndReason.INTERNAL_ERROR, "KeyError('the bug')")
    [record] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert record.exc_info is not None
    assert "the bug" in caplog.text
    assert getattr(record, "fields", None) == {"session": end.session}
    await publisher.say(inter(40))
    assert await player.hear_media() == [inter(40)]


async def test_what_broke_inside_is_not_told_to_the_peer(house: House) -> None:
    house.context.access = BrokenAccess(house, "publish")
    peer = house.dial("10.0.0.1")
    await peer.connect()
    await peer.create_stream()
    await peer.say(command("publish", None, "a", stream_id=1))
    assert await hear_goodbye(peer) == [("NetConnection.Connect.Closed", "internal_error")]


async def test_a_listener_with_a_bug_ends_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: Event) -> None:
        raise KeyError("the bug")

    with house.bus.listening(fail):
        publisher, player = await house.publisher(), await house.player()
        await publisher.say(inter(40))
        assert len(await player.hear_media(4)) == 4
        publisher.close()
        assert await house.reason_of(publisher) is EndReason.PEER_FIN
    assert "a bug ended a listener's turn at PublishBegan" in caplog.text


async def test_a_bug_in_the_last_words_ends_only_its_session(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("the bug")

    peer, other = await house.publisher(), await house.publisher("b")
    with monkeypatch.context() as patch:
        patch.setattr(RtmpServerSession, "say_goodbye", fail)
        house.kick(peer)
        assert await house.reason_of(peer) is EndReason.KICKED
    assert "the bug" in caplog.text
    await other.say(inter(40))
    other.close()
    assert await house.reason_of(other) is EndReason.PEER_FIN
    assert (len(house.hub), len(house.registry)) == (0, 0)


async def test_a_bug_beside_another_end_is_logged_and_counts(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    peer = await house.publisher()
    [live] = house.hub

    def fail(*_: object) -> None:
        raise KeyError("the bug")

    monkeypatch.setattr(type(live), "append", fail)
    await peer.say(inter(40))
    end = await house.end_of(peer)
    assert end.reason is EndReason.INTERNAL_ERROR
    assert "KeyError" in caplog.text
    monkeypatch.undo()
    assert (len(house.hub), len(house.registry)) == (0, 0)
