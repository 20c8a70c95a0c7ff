"""What a gate grants, and what peers see of it; and that it ends no session, whatever it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest
import trio

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House, ask
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayBegan, PublishBegan, PublishEnded, RequestRefused
from trio_srs.hub.gate import AccessConfig, AccessRequest, AllowAll, Grant
from trio_srs.hub.sessions import sessions_of
from trio_srs.testing.bodies import inter
from trio_srs.testing.peer import Peer, status_code
from trio_srs.units import Timeout

Decide = Callable[[str, AccessRequest], Awaitable[Any]]
STARTED = {"publish": "NetStream.Publish.Start", "play": "NetStream.Play.Start"}


@attrs.define
class Deciding(AllowAll):
    """A gate with one function for everything."""

    decide: Decide
    asked: list[AccessRequest] = attrs.field(factory=list)

    async def connect(self, request: AccessRequest, /) -> Grant | None:
        return await self._ask("connect", request)

    async def publish(self, request: AccessRequest, /) -> Grant | None:
        return await self._ask("publish", request)

    async def play(self, request: AccessRequest, /) -> Grant | None:
        return await self._ask("play", request)

    async def _ask(self, what: str, request: AccessRequest) -> Grant | None:
        self.asked.append(request)
        answer: Grant | None = await self.decide(what, request)
        return answer


async def connected(house: House) -> Peer:
    peer = house.dial()
    await peer.connect()
    return peer


async def public_names(what: str, request: AccessRequest) -> Grant | None:
    return None if what == "connect" else Grant(name=f"of-{request.params['key']}", account="alice")


async def test_a_renamed_stream_has_its_new_name_everywhere(open_house: OpenHouse) -> None:
    house = await open_house(gates=(Deciding(public_names),))
    publisher, player = await connected(house), await connected(house)
    assert await ask(publisher, "publish", "a?key=7") == (
        STARTED["publish"],
        "Started publishing a?key=7",  # in the words of who asked
    )
    assert (await ask(player, "play", "whatever?key=7"))[0] == STARTED["play"]
    await publisher.say(inter(40))
    await player.hear_media()
    assert house.hub.names() == house.reports.names() == ("live/of-7",)
    assert house.told(PublishBegan)[0].stream == house.told(PlayBegan)[0].stream == "live/of-7"
    requests = [
        request for each in sessions_of(house.registry, 0.0, 0.0) for request in each.requests
    ]
    assert [(each.stream, each.account) for each in requests] == [("live/of-7", "alice")] * 2
    publisher.close()
    await house.end_of(publisher)
    assert house.told(PublishEnded)[0].stream == "live/of-7"


async def test_a_gate_is_asked_with_all_that_is_known_of_a_peer(open_house: OpenHouse) -> None:
    async def allow(what: str, request: AccessRequest) -> Grant | None:
        return Grant(account="bob") if what == "connect" else None

    gate = Deciding(allow)
    house = await open_house(gates=(gate,))
    peer = house.dial("10.0.0.9")
    words: dict[str, Any] = {
        "app": "live",
        "tcUrl": "rtmp://somewhere/live",
        "pageUrl": "https://page.example/",
        "swfUrl": "https://player.example/p.swf",
        "flashVer": "FMLE/3.0",
    }
    await peer.call("connect", words)
    await ask(peer, "publish", "a?token=x")
    connect, publish = gate.asked
    assert connect == AccessRequest(
        session="c1",
        peer=connect.peer,
        protocol="rtmp",
        vhost="__defaultVhost__",
        app="live",
        tc_url=words["tcUrl"],
        page_url=words["pageUrl"],
        swf_url=words["swfUrl"],
        client=words["flashVer"],
    )
    assert publish == attrs.evolve(
        connect, name="a", params={"token": "x"}, query="token=x", granted=Grant(account="bob")
    )


async def test_a_connect_that_is_redirected_hears_where_to(open_house: OpenHouse) -> None:
    async def elsewhere(what: str, request: AccessRequest) -> Grant:
        return Grant(redirect="rtmp://other.example/live")

    house = await open_house(gates=(Deciding(elsewhere),))
    peer = house.dial()
    answer = await peer.connect()
    assert (answer.name, status_code(answer)) == ("_error", "NetConnection.Connect.Rejected")
    info = answer.args[1]
    assert isinstance(info, dict)
    assert info["ex"] == {"code": 302.0, "redirect": "rtmp://other.example/live"}
    assert info["description"] == "go to rtmp://other.example/live"
    peer.close()
    end = await house.end_of(peer)
    assert (end.reason, end.detail) == (
        EndReason.REFUSED,
        "redirect: go to rtmp://other.example/live",
    )


@pytest.mark.parametrize("what", ["publish", "play"])
async def test_what_is_redirected_later_is_refused_with_the_place(
    open_house: OpenHouse, what: str
) -> None:
    async def elsewhere(asked: str, request: AccessRequest) -> Grant | None:
        return Grant(redirect="rtmp://b/live/a") if asked == what else None

    house = await open_house(gates=(Deciding(elsewhere),))
    peer = await connected(house)
    assert await ask(peer, what, "a") == ("NetStream.Failed", "go to rtmp://b/live/a")
    assert house.told(RequestRefused)[0].code == "redirect"


async def test_settings_that_are_granted_hold(open_house: OpenHouse) -> None:
    async def impatient(what: str, request: AccessRequest) -> Grant | None:
        return Grant(settings={"play_missing": "refuse"}) if what == "play" else None

    house = await open_house(gates=(Deciding(impatient),))
    peer = await connected(house)
    assert (await ask(peer, "play", "a"))[0] == "NetStream.Play.StreamNotFound"


@pytest.mark.parametrize("what", ["connect", "publish", "play"])
async def test_a_gate_with_a_bug_refuses_and_the_session_goes_on(
    open_house: OpenHouse, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(asked: str, request: AccessRequest) -> None:
        if asked == what and "broken" in (request.name, request.app):
            raise KeyError("the bug")

    house = await open_house(gates=(Deciding(fail),))
    if what == "connect":
        peer = house.dial()
        answer = await peer.call("connect", {"app": "broken"})
        assert status_code(answer) == "NetConnection.Connect.Rejected"
    else:
        peer = await connected(house)
        assert await ask(peer, what, "broken") == ("NetStream.Failed", "it could not be decided")
        assert (await ask(peer, what, "a", stream_id=1))[0] == STARTED[what]
    assert house.told(RequestRefused)[0].code == "gate_failed"
    assert caplog.text.count("Traceback") == 1
    assert house.hub.supervisor.internal_errors == 1


async def test_a_gate_that_does_not_answer_refuses_in_time(open_house: OpenHouse) -> None:
    async def think(what: str, request: AccessRequest) -> None:
        if what == "publish":
            await trio.sleep_forever()

    config = AccessConfig(gate_timeout=Timeout(3.0))
    house = await open_house(gates=(Deciding(think),), access_config=config)
    peer = await connected(house)
    began = trio.current_time()
    assert await ask(peer, "publish", "a") == (
        "NetStream.Failed",
        "it was not decided within 3 s",
    )
    assert trio.current_time() - began == pytest.approx(3.0)
    assert (await ask(peer, "play", "a"))[0] == STARTED["play"]
