"""The hooks of a server: there while it runs, and told of the last end."""

from __future__ import annotations

import os

import attrs
import pytest
import trio

from tests.service.hooks.conftest import OpenSite
from tests.service.hooks.scripted import YES, Call, unheard
from trio_srs.config.schema import Config
from trio_srs.hub.made_files import FileKind, MadeFile
from trio_srs.server.build import build
from trio_srs.service.base import StopPhase
from trio_srs.service.hooks.config import HookPlatforms, HooksConfig, HookTargets
from trio_srs.service.hooks.poster import Answer
from trio_srs.service.hooks.service import HooksService

USED = Config(hooks=HooksConfig(on_play=("http://127.0.0.1:9/",)))


async def test_a_server_that_stops_tells_how_all_ended(site_of: OpenSite) -> None:
    site = await site_of()
    await site.house.publisher("a")
    await site.house.service.stop(5.0)
    await site.service.stop(5.0)
    assert site.poster.said() == [
        *("on_connect c1 a", "on_publish c1 a"),
        *("on_unpublish c1 a", "on_close c1"),
    ]


async def test_a_server_waits_for_who_does_not_hear_no_longer_than_its_grace(
    site_of: OpenSite, caplog: pytest.LogCaptureFixture
) -> None:
    site = await site_of()
    await site.house.publisher("a")
    site.poster.script = unheard
    await site.house.service.stop(5.0)
    began = trio.current_time()
    await site.service.stop(3.0)
    assert trio.current_time() - began == 3.0
    assert site.service.deliveries.lost == 2
    assert "on_close of session c1 is lost: the server stopped; 2 lost so far" in caplog.text


async def test_a_server_that_finishes_waits_until_all_is_told(site_of: OpenSite) -> None:
    site = await site_of()
    peer = await site.house.publisher("a")
    peer.close()
    await site.house.service.finish()
    await site.service.finish()
    assert site.poster.said()[-2:] == ["on_unpublish c1 a", "on_close c1"]


async def test_another_configuration_holds_for_the_next_call(site_of: OpenSite) -> None:
    site = await site_of()
    peer = await site.house.publisher("a")

    class Sections:
        hook_platforms = HookPlatforms(HooksConfig(on_close=("http://b/",)))

    site.service.configure(Sections())
    peer.close()
    assert (await site.told())[2:] == ["on_close c1"]
    assert site.poster.heard[-1].url == "http://b/"


def test_a_server_has_hooks_only_where_somebody_is_called() -> None:
    none, some = build(Config()), build(USED)
    assert [each for each in none.services if isinstance(each, HooksService)] == []
    [hooks] = [each for each in some.services if isinstance(each, HooksService)]
    assert hooks.stop_phase is StopPhase.WITNESSES
    assert dict(hooks.urls) == {}


async def test_a_server_may_be_ready_for_its_first_call(site_of: OpenSite) -> None:
    site = await site_of()
    await site.service.prepare()
    assert site.poster.said() == []


SEGMENT = MadeFile(
    kind=FileKind.SEGMENT,
    stream="live/a",
    session="c1",
    path="/srv/live/a-3.ts",
    url="live/a-3.ts",
    duration_s=9.36,
    number=3,
    playlist_path="/srv/live/a.m3u8",
    playlist_url="live/a.m3u8",
)
SAID_OF_SEGMENT = {
    "duration": 9.36,
    "cwd": os.getcwd(),
    "file": "/srv/live/a-3.ts",
    "url": "live/a-3.ts",
    "m3u8": "/srv/live/a.m3u8",
    "m3u8_url": "live/a.m3u8",
    "seq_no": 3,
}


async def test_a_file_is_told_of_with_what_is_known_of_its_publish(site_of: OpenSite) -> None:
    site = await site_of(on_hls=("http://h/",), on_dvr=("http://d/",))
    peer = await site.house.publisher("a?token=x")
    site.files.tell(SEGMENT)
    peer.close()
    await site.told()
    site.files.tell(attrs.evolve(SEGMENT, kind=FileKind.RECORDING, path="/srv/a.flv"))
    await site.told()
    segment, recording = (
        next(call.said for call in site.poster.heard if call.action == action)
        for action in ("on_hls", "on_dvr")
    )
    publish = site.poster.heard[1].said
    order = (
        "server_id service_id action client_id ip vhost app tcUrl stream param duration cwd file "
        "url m3u8 m3u8_url seq_no stream_url stream_id"
    )
    assert " ".join(segment) == order
    assert segment == {**publish, "action": "on_hls", **SAID_OF_SEGMENT}
    file = {"cwd": os.getcwd(), "file": "/srv/a.flv"}
    assert recording == {**publish, "action": "on_dvr", **file}


@pytest.mark.parametrize(
    ("stream", "named"),
    [
        ("live/a", ("__defaultVhost__", "live", "a", "/live/a")),
        ("one/live/a", ("one", "live", "a", "one/live/a")),
        ("two/live/a", ("__defaultVhost__", "two/live", "a", "/two/live/a")),
    ],
)
async def test_a_file_of_what_came_by_no_request_is_told_of_by_its_name(
    site_of: OpenSite, stream: str, named: tuple[str, ...]
) -> None:
    own = HookTargets(on_hls=("http://one/",))
    site = await site_of(on_hls=("http://all/",), vhosts={"one": own})
    site.files.tell(attrs.evolve(SEGMENT, stream=stream, session=""))
    await site.told()
    [call] = site.poster.heard
    fields = tuple(call.said[name] for name in ("vhost", "app", "stream", "stream_url"))
    assert (fields, call.said["client_id"], call.said["param"]) == (named, "", "")
    assert call.url == ("http://one/" if named[0] == "one" else "http://all/")


async def test_a_call_about_files_that_is_not_heard_holds_up_nobody_else(
    site_of: OpenSite,
) -> None:
    async def no_files(call: Call) -> Answer:
        return await (unheard if call.action == "on_hls" else YES)(call)

    site = await site_of(no_files, on_hls=("http://h/",))
    peer = await site.house.publisher("a")
    site.files.tell(SEGMENT)
    peer.close()
    await trio.testing.wait_all_tasks_blocked()
    assert "on_close c1" in site.poster.said()


async def test_the_end_of_each_is_told_once_more_to_who_wants_it(site_of: OpenSite) -> None:
    site = await site_of(on_done=("http://done/",))
    peer = await site.house.publisher("a")
    player = await site.house.player("a")
    player.close()
    await site.told()
    peer.close()
    assert [
        each for each in await site.told() if each.startswith(("on_done", "on_un", "on_stop"))
    ] == [
        "on_stop c2 a",
        "on_done c2 a",
        "on_unpublish c1 a",
        "on_done c1 a",
    ]
