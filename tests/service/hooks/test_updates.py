"""Updates: a platform is asked whether what goes on still may, and a no ends it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.hooks.conftest import OpenSite, Site
from tests.service.hooks.scripted import YES, Call, Script, no, status, unheard
from tests.service.rtmp.house import hear_goodbye
from trio_srs.errors import EndReason
from trio_srs.hub.bus import Event, SessionEnded
from trio_srs.hub.settings import StreamSettings
from trio_srs.service.hooks.config import HookDialect
from trio_srs.service.hooks.poster import Answer
from trio_srs.units import Timeout

PATIENT = {"house": {"settings": StreamSettings(publish_idle_timeout=Timeout(3600.0))}}
UPDATE: dict[str, Any] = {"on_update": ("http://u/",), **PATIENT}
NGINX = {**UPDATE, "dialect": HookDialect.NGINX_RTMP}


def answering(answer: Script) -> Script:
    """Yes to everything but updates."""

    async def script(call: Call) -> Answer:
        return await (answer if "update" in call.action else YES)(call)

    return script


def updates(site: Site) -> list[Call]:
    return [call for call in site.poster.heard if "update" in call.action]


async def test_what_goes_on_is_asked_about_until_it_is_over(site_of: OpenSite) -> None:
    site = await site_of(**UPDATE)
    publisher = await site.house.publisher("a?k=1")
    await trio.sleep(1)
    player = await site.house.player("a")
    await trio.sleep(61)
    assert [(call.said["client_id"], call.said["time"]) for call in updates(site)] == [
        *(("c1", 30), ("c2", 30)),
        *(("c1", 60), ("c2", 60)),
    ]
    first, second = (call.said for call in updates(site)[:2])
    assert list(first) == [
        *("server_id", "service_id", "action", "client_id", "ip", "vhost", "app", "tcUrl"),
        *("stream", "param", "stream_url", "stream_id"),
        *("request", "time", "send_bytes", "recv_bytes"),
    ]
    assert (first["request"], second["request"]) == ("publish", "play")
    assert first["param"] == "?k=1"
    assert first["recv_bytes"] > second["recv_bytes"] > 0
    player.close()
    await trio.sleep(30)
    assert [call.said["client_id"] for call in updates(site)[4:]] == ["c1"]
    publisher.close()
    await trio.sleep(100)
    assert len(updates(site)) == 5
    assert len(site.service.updates) == 0


async def test_nginx_rtmp_says_it_so(site_of: OpenSite) -> None:
    site = await site_of(**NGINX)
    publisher = await site.house.publisher("a?k=1")
    await trio.sleep(31)
    [call] = updates(site)
    shown = {name: call.said[name] for name in ("call", "time", "name", "k")}
    assert shown == {"call": "update_publish", "time": "30", "name": "a", "k": "1"}
    publisher.close()


@pytest.mark.parametrize(
    ("keys", "answer", "why"),
    [
        (UPDATE, no("it is paid for no longer"), "it is paid for no longer"),
        (NGINX, status(403), "status 403"),
        ({**UPDATE, "update_strict": True}, unheard, "it could not be decided"),
        ({**UPDATE, "update_strict": True}, status(500), "it could not be decided"),
    ],
)
async def test_a_no_ends_the_session_with_the_reason(
    site_of: OpenSite, keys: dict[str, Any], answer: Script, why: str
) -> None:
    site = await site_of(answering(answer), **keys)
    publisher, told = await site.house.publisher("a"), list[Event]()
    with site.house.bus.listening(told.append):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(hear_goodbye, publisher))
            await trio.sleep(31)
    ends = [(each.reason, each.detail) for each in told if isinstance(each, SessionEnded)]
    assert ends == [(EndReason.KICKED, f"on_update: {why}")]
    assert (await site.told())[-2:] in (
        ["on_unpublish c1 a", "on_close c1"],
        ["publish_done c1 a", "disconnect c1"],
    )


@pytest.mark.parametrize("answer", [unheard, status(500), status(200, b"<html>"), status(302)])
async def test_who_cannot_be_asked_ends_nothing(
    site_of: OpenSite, answer: Script, caplog: pytest.LogCaptureFixture
) -> None:
    site = await site_of(answering(answer), **UPDATE)
    publisher = await site.house.publisher("a")
    await trio.sleep(65)
    assert len(updates(site)) == 2
    assert len(site.house.registry) == 1
    assert "http://u/ could not be asked by on_update about session c1: " in caplog.text
    publisher.close()


async def test_what_is_over_is_told_at_once_also_while_somebody_is_asked(site_of: OpenSite) -> None:
    async def never(call: Call) -> Answer:
        await trio.sleep_forever()
        raise AssertionError("it was waited for")

    site = await site_of(answering(never), **UPDATE)
    publisher = await site.house.publisher("a")
    await trio.sleep(31)
    publisher.close()
    await wait_all_tasks_blocked()
    assert trio.current_time() < 32
    assert site.poster.said()[-2:] == ["on_unpublish c1 a", "on_close c1"]


async def test_where_nobody_asks_nothing_is_followed(site_of: OpenSite) -> None:
    site = await site_of(**PATIENT)
    publisher = await site.house.publisher("a")
    assert len(site.service.updates) == 0
    publisher.close()
