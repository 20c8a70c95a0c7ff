"""Refusals: always answered, in words, before the connection is closed in good order."""

from __future__ import annotations

import contextlib
from typing import Final

import pytest
import trio

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House, ask, hear_goodbye
from trio_srs.errors import EndReason, RefusedError
from trio_srs.hub.bus import PlayBegan, PublishBegan, RequestRefused
from trio_srs.hub.gate import AccessRequest, AllowAll
from trio_srs.testing.bodies import command, inter
from trio_srs.testing.peer import Peer, status_code
from trio_srs.wire.rtmp.status import StatusCode

STARTED = {"publish": "NetStream.Publish.Start", "play": "NetStream.Play.Start"}

BAD_NAMES: Final = {
    "dots": ("..", "has the segment '..'"),
    "dots inside": ("a/../b", "has the segment '..'"),
    "10 kB": ("x" * 10_000, "of 10000 bytes, the limit is 512"),
    "NUL": ("a\0b", r"has '\x00' at character 1"),
    "line break": ("a\nb", r"has '\n' at character 1"),
    "backslash": ("a\\b", "at character 1"),
    "no name but parameters": ("?token=x", "the stream name is empty"),
    "empty": ("", "the stream name is empty"),
}
GOOD_NAMES: Final = (
    "ä",
    "日本語",
    "🎥/cam",
    "a b",
    "%2e%2e",
    "a?token=" + "x" * 9000,
    "\ufeff",
    "...",
)


class TestingGate(AllowAll):
    """A gate that refuses one kind of request."""

    __test__ = False

    def __init__(self, refuses: str) -> None:
        self.refuses = refuses
        self.asked: list[AccessRequest] = []

    async def connect(self, asked: AccessRequest) -> None:
        await self._pass("connect", asked)

    async def publish(self, asked: AccessRequest) -> None:
        await self._pass("publish", asked)

    async def play(self, asked: AccessRequest) -> None:
        await self._pass("play", asked)

    async def _pass(self, what: str, asked: AccessRequest) -> None:
        self.asked.append(asked)
        if what == self.refuses:
            raise DeniedError(f"{what}ing is not for you")


class DeniedError(RefusedError):
    code = "denied_by_a_test"
    rtmp_status = StatusCode.PUBLISH_DENIED


async def connected(house: House) -> Peer:
    peer = house.dial()
    await peer.connect()
    return peer


@pytest.mark.parametrize("what", ["publish", "play"])
@pytest.mark.parametrize("case", BAD_NAMES)
async def test_a_name_that_cannot_be_one_is_refused_with_a_reason(
    house: House, what: str, case: str
) -> None:
    name, why = BAD_NAMES[case]
    peer = await connected(house)
    code, sentence = await ask(peer, what, name)
    assert code == "NetStream.Failed"
    assert why in sentence
    assert [c for c, _ in await hear_goodbye(peer)] == ["NetConnection.Connect.Closed"]
    peer.close()
    assert await house.reason_of(peer) is EndReason.REFUSED
    [refused] = house.told(RequestRefused)
    assert refused.request == what
    assert len(refused.stream) <= 256
    assert len(house.hub) == 0


@pytest.mark.parametrize("what", ["publish", "play"])
@pytest.mark.parametrize("name", GOOD_NAMES, ids=ascii)
async def test_a_name_in_any_script_is_fine(house: House, what: str, name: str) -> None:
    peer = await connected(house)
    assert (await ask(peer, what, name))[0] == STARTED[what]
    began = {e.stream for e in house.told(PublishBegan)} | {e.stream for e in house.told(PlayBegan)}
    assert began == {"live/" + name.partition("?")[0]}


@pytest.mark.parametrize("body", [b"\xed\xa0\x80", b"\xff\xfe", b"a\xc3"])
async def test_a_name_that_is_no_text_is_answered_or_blamed(house: House, body: bytes) -> None:
    peer = await connected(house)
    await peer.create_stream()
    said = command("publish", None, "X" * len(body), "live", stream_id=1)
    said.payload = said.payload.replace(b"X" * len(body), body)
    await peer.say(said)
    [(code, sentence), *_] = await hear_goodbye(peer)
    assert code in ("NetStream.Failed", "NetConnection.Connect.Closed")
    assert sentence
    peer.close()
    assert await house.reason_of(peer) in (EndReason.REFUSED, EndReason.PROTOCOL_ERROR)


@pytest.mark.parametrize(
    "app", ["..", "x" * 10_000, "a\0b", "a\\b"], ids=["..", "long", "NUL", "\\"]
)
async def test_an_application_that_cannot_be_one_is_refused(house: House, app: str) -> None:
    peer = house.dial()
    answer = await peer.call("connect", {"app": app})
    assert (answer.name, status_code(answer)) == ("_error", "NetConnection.Connect.Rejected")
    assert await peer.hear_end() == []
    peer.close()
    assert await house.reason_of(peer) is EndReason.REFUSED


async def test_a_virtual_host_that_is_off_is_refused(house: House) -> None:
    house.rules.disabled.add("off.example")
    peer = house.dial()
    answer = await peer.call("connect", {"app": "live", "tcUrl": "rtmp://off.example/live"})
    assert status_code(answer) == "NetConnection.Connect.Rejected"
    assert "off.example is not enabled" in str(answer.args[1])
    other = house.dial()
    await other.call("connect", {"app": "live", "tcUrl": "rtmp://on.example/live"})
    assert (await ask(other, "publish", "a?vhost=off.example"))[0] == "NetStream.Failed"
    assert house.told(RequestRefused)[1].code == "vhost_disabled"


async def test_the_gate_is_asked_with_all_that_is_known(open_house: OpenHouse) -> None:
    gate = TestingGate("nothing")
    house = await open_house(gates=(gate,))
    peer = house.dial("10.0.0.9")
    await peer.call("connect", {"app": "live?x=1", "tcUrl": "rtmp://somewhere/live?x=1"})
    await ask(peer, "publish", "a?token=secret")
    connect, publish = gate.asked
    assert (connect.app, connect.name, connect.params) == ("live", "", {"x": "1"})
    assert (publish.app, publish.name) == ("live", "a")
    assert publish.params == {"x": "1", "token": "secret"}
    assert publish.session == "c1"
    assert publish.peer.startswith("10.0.0.9:")


@pytest.mark.parametrize("what", ["publish", "play"])
async def test_what_the_gate_denies_is_told_in_its_words(open_house: OpenHouse, what: str) -> None:
    house = await open_house(gates=(TestingGate(what),))
    peer = await connected(house)
    assert await ask(peer, what, "a") == ("NetStream.Publish.Denied", f"{what}ing is not for you")
    assert await hear_goodbye(peer) == [
        (
            "NetConnection.Connect.Closed",
            f"refused: denied_by_a_test: {what}ing is not for you",
        )
    ]


async def test_a_connect_that_the_gate_denies_is_told_in_its_words(open_house: OpenHouse) -> None:
    house = await open_house(gates=(TestingGate("connect"),))
    peer = house.dial()
    answer = await peer.connect()
    assert answer.name == "_error"
    assert "connecting is not for you" in str(answer.args[1])
    assert await peer.hear_end() == []
    peer.close()
    end = await house.end_of(peer)
    assert (end.reason, end.detail) == (
        EndReason.REFUSED,
        "denied_by_a_test: connecting is not for you",
    )


async def test_a_refusal_reaches_a_peer_that_goes_on_sending(house: House) -> None:
    await house.publisher()
    second = await connected(house)
    await second.create_stream()
    publish = command("publish", None, "a", stream_id=1)

    async def go_on_sending() -> None:
        with contextlib.suppress(OSError):
            await second.say(publish, *[inter(n) for n in range(100)])
            while True:
                await second.say(inter(0, 1000))
                await trio.sleep(0.01)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(go_on_sending)
        answers = await hear_goodbye(second)
    assert [code for code, _ in answers] == [
        "NetStream.Publish.BadName",
        "NetConnection.Connect.Closed",
    ]
