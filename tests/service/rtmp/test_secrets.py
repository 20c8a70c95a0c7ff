"""What a peer says to show who it is stands in no log, event, session or report."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House, ask
from trio_srs.errors import RefusedError
from trio_srs.hub.gate import AccessConfig, AccessRequest, AllowAll, Grant
from trio_srs.hub.sessions import sessions_of
from trio_srs.secret import Secret
from trio_srs.service.access.passwords import hash_token
from trio_srs.service.access.rules_gate import RulesGate

HIDDEN = "hunter2"


class NoConnect(AllowAll):
    async def connect(self, request: AccessRequest, /) -> Grant | None:
        raise RefusedError("nobody")


def shown(house: House, log: str) -> str:
    """All that anybody could see."""
    reports = [house.hub.reports.history(name) for name in house.hub.reports.names()]
    return f"{house.events} {sessions_of(house.registry, 0.0, 0.0)} {reports} {log}"


@pytest.mark.parametrize("known", [HIDDEN, "another"])
@pytest.mark.parametrize(
    ("app", "tc_url", "name"),
    [
        ("live", "rtmp://h/live", f"a?token={HIDDEN}"),
        ("live", "rtmp://h/live", f"a?jwt=e30.{HIDDEN}.x"),
        (f"live?authmod=adobe&user=bob&response={HIDDEN}", "rtmp://h/live", "a"),
        (f"live?token={HIDDEN}", "rtmp://h/live", "a"),
        (f"live#token={HIDDEN}", "rtmp://h/live", "a"),
        ("live", f"rtmp://h/live?token={HIDDEN}", "a"),
        ("live", f"rtmp://bob:{HIDDEN}@h/live", f"a?pass={HIDDEN}&user=bob"),
    ],
)
async def test_a_secret_is_seen_nowhere(
    open_house: OpenHouse,
    app: str,
    tc_url: str,
    name: str,
    known: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    users = (Secret(f"bot:{hash_token(known)}"),)
    rules = ("allow all user bot", "allow play jwt")
    config = AccessConfig(rules=rules, users=users, jwt_keys=(Secret("k" * 32),))
    house = await open_house(gates=(RulesGate(lambda: config),), access_config=config)
    peer = house.dial()
    said: dict[str, Any] = {"app": app, "tcUrl": tc_url}
    await peer.call("connect", said)
    for what in ("play", "publish"):
        await ask(peer, what, name)
    peer.close()
    await house.end_of(peer)
    assert HIDDEN not in shown(house, caplog.text)
    assert "live/a" in shown(house, "")


async def test_nor_is_that_of_a_refused_connect(
    open_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    house = await open_house(gates=(NoConnect(),))
    peer = house.dial()
    await peer.call("connect", {"app": f"live?token={HIDDEN}", "tcUrl": "rtmp://h/live"})
    peer.close()
    await house.end_of(peer)
    assert HIDDEN not in shown(house, caplog.text)


class Knowing(AllowAll):
    """Knows streams by keys, and one that is elsewhere."""

    async def publish(self, request: AccessRequest, /) -> Grant | None:
        return Grant(name="public")

    async def play(self, request: AccessRequest, /) -> Grant | None:
        return Grant(redirect=f"rtmp://bob:{HIDDEN}@b/live/a?token={HIDDEN}")


async def test_nor_is_a_key_that_a_gate_gives_another_name(
    open_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    house = await open_house(gates=(Knowing(),))
    await house.publisher(HIDDEN)
    peer = house.dial()
    await peer.connect()
    assert (await ask(peer, "publish", HIDDEN))[0] == "NetStream.Publish.BadName"
    assert "live/public" in shown(house, caplog.text)
    assert HIDDEN not in shown(house, caplog.text)


async def test_nor_is_what_a_redirect_has_in_its_url(
    open_house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    house = await open_house(gates=(Knowing(),))
    peer = house.dial()
    await peer.connect()
    assert (await ask(peer, "play", "a"))[1] == "go to rtmp://b/live/a"
    peer.close()
    await house.end_of(peer)
    assert HIDDEN not in shown(house, caplog.text)
