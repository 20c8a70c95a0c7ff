"""A private virtual host for each of those who share a server, and nothing left of it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from trio_srs.config.layers import layered
from trio_srs.errors import EndReason, RefusedError
from trio_srs.faults.fault import FaultError
from trio_srs.hub.made_files import FileKind, MadeFile
from trio_srs.hub.namespace import (
    NamespaceEnd,
    NamespaceLeft,
    NamespaceNameError,
    Namespaces,
    TooManyNamespacesError,
    UnknownNamespaceError,
)
from trio_srs.hub.steering import ConfigInvalidError
from trio_srs.server.run import Server, serve
from trio_srs.service.namespaces import keeper
from trio_srs.service.rtmp.server import RtmpService
from trio_srs.testing.bodies import header, key
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.testing.peer import Peer

STARTED = "NetStream.Publish.Start"


@attrs.define(eq=False)
class Scene:
    """A server that listens nowhere, and who comes to it."""

    server: Server
    spaces: Namespaces
    _ports: count[int] = attrs.field(factory=lambda: count(50_000))

    def dial(self) -> Peer:
        near, far = memory_transport_pair(client=f"127.0.0.1:{next(self._ports)}")
        [rtmp] = [it for it in self.server._built.services if isinstance(it, RtmpService)]
        rtmp.serve(near)
        return Peer(far)

    async def publish(self, app: str, name: str = "a") -> tuple[Peer, str]:
        peer = self.dial()
        return peer, await peer.publish(name, app=app)

    @property
    def streams(self) -> tuple[str, ...]:
        return self.server.hub.names()


@asynccontextmanager
async def scene(**sections: Any) -> AsyncIterator[Scene]:
    nowhere: dict[str, Any] = {"rtmp": {"listen": []}, "http": {"listen": []}}
    async with serve(layered(nowhere, sections)) as server:
        yield Scene(server, server.namespaces)
        await server.stop(0.0)


async def test_clients_get_in_by_an_application_a_parameter_or_a_host(
    autojump_clock: MockClock,
) -> None:
    async with scene() as it:
        it.spaces.make("mine")
        ways = {
            "mine/live": ("a", "mine/live/a"),
            "live": ("b?vhost=mine", "mine/live/b"),
            "mine": ("other/c", "mine/other/c"),
            "mine/": ("d", "mine/__defaultApp__/d"),
            "live?vhost=mine.localhost": ("e", "mine/live/e"),
        }
        for app, (name, key_) in ways.items():
            _, answer = await it.publish(app, name)
            assert (answer, it.streams[-1]) == (STARTED, key_)
        await it.publish("mines/live", "a")
        assert it.streams[-1] == "mines/live/a"
        [mine] = it.spaces
        assert len(mine.sessions) == len(ways)


async def test_two_of_them_have_one_name_each_with_settings_and_limits_of_its_own(
    autojump_clock: MockClock,
) -> None:
    async with scene() as it:
        it.spaces.make("one", settings={"publish_busy": "replace"})
        it.spaces.make("two", settings={"max_publishers_per_address": 1})
        answers = [
            (await it.publish(f"{space}/live", name))[1]
            for space, name in [("one", "a"), ("one", "a"), ("two", "a"), ("two", "a")]
        ]
        assert answers == [STARTED, STARTED, STARTED, "NetStream.Publish.BadName"]
        assert (await it.publish("two/live", "b"))[1] == "NetStream.Publish.Denied"
        assert (await it.publish("live", "b"))[1] == STARTED


async def test_its_faults_are_for_nobody_else_and_end_with_it(autojump_clock: MockClock) -> None:
    async with scene() as it:
        it.spaces.make("mine", faults=["refuse publish"])
        assert (await it.publish("live"))[1] == STARTED
        assert (await it.publish("mine/live"))[1] == "NetStream.Publish.BadName"
        await it.spaces.end("mine")
        work = it.server._built.parts.faults.work
        assert work is not None
        assert not len(work.plan)


async def test_it_has_as_many_sessions_as_it_may(autojump_clock: MockClock) -> None:
    async with scene() as it:
        it.spaces.make("mine", max_sessions=1)
        peer, answer = await it.publish("mine/live")
        assert answer == STARTED
        assert (await it.dial().connect("mine/live")).name == "_error"
        assert (await it.publish("live", "x?vhost=mine"))[1] == "NetStream.Failed"
        peer.close()
        await wait_all_tasks_blocked()
        assert (await it.publish("mine/live"))[1] == STARTED


async def test_its_end_ends_everything_in_it_and_says_that_nothing_is_left(
    autojump_clock: MockClock,
) -> None:
    async with scene(stream={"linger": "1h"}) as it:
        it.spaces.make("mine")
        peer, _ = await it.publish("mine/live")
        await peer.say(header(), key(0))
        await it.publish("live", "b")
        player = it.dial()
        await player.play("a", app="mine/live")
        ended = await it.spaces.end("mine", "the test is over")
        assert ended == NamespaceEnd(
            name="mine", sessions=("c1", "c3"), left=NamespaceLeft(), files=()
        )
        first = it.server.registry.find_ended("c1")
        assert first is not None
        assert first.ended is not None
        assert first.ended.reason is EndReason.KICKED
        assert first.ended.detail == "the namespace mine ends: the test is over"
        assert it.streams == it.server.reports.names() == ("live/b",)
        with pytest.raises(UnknownNamespaceError):
            await it.spaces.end("mine")


async def test_files_that_were_made_of_it_and_are_there_are_named(tmp_path: Path) -> None:
    async with scene() as it:
        it.spaces.make("mine")
        there = tmp_path / "a.ts"
        there.touch()
        tell = it.server._built.parts.made_files.tell
        for stream, file in [("mine/live/a", there), ("mine/b/c", tmp_path / "x"), ("b", there)]:
            tell(MadeFile(kind=FileKind.SEGMENT, stream=stream, path=str(file)))
        assert (await it.spaces.end("mine")).files == (str(there),)


async def test_its_sessions_are_captured_if_it_wants_that(tmp_path: Path) -> None:
    async with scene(capture={"folder": str(tmp_path)}) as it, trio.open_nursery() as nursery:
        it.spaces.make("mine", settings={"capture": {"when": "always"}})
        for app in ("mine/live", "live"):
            peer, _ = await it.publish(app)
            nursery.start_soon(peer.hear_end)
        [path] = (await it.spaces.end("mine")).files
        assert Path(path).parent == tmp_path / "mine"
        assert path == await it.server.wait_for_capture("c1")
        await it.server.stop(0.0)
    assert os.listdir(tmp_path) == ["mine"]


async def test_where_nothing_is_captured_it_cannot_be_wanted() -> None:
    async with scene() as it:
        with pytest.raises(ConfigInvalidError, match=r"started without \[capture\]"):
            it.spaces.make(settings={"capture": {"when": "always"}})


async def test_nobody_gets_into_one_that_is_over_until_there_is_it_again(
    autojump_clock: MockClock,
) -> None:
    async with scene() as it:
        it.spaces.make("mine")
        await it.spaces.end("mine")
        assert (await it.dial().connect("mine/live")).name == "_error"
        assert (await it.publish("live", "a?vhost=mine"))[1] != STARTED
        it.spaces.make("mine")
        assert (await it.publish("mine/live"))[1] == STARTED


async def test_what_is_still_there_is_named(autojump_clock: MockClock) -> None:
    async with scene() as it, trio.open_nursery() as nursery:
        it.spaces.make("mine")
        await it.publish("mine/live")
        nursery.start_soon(trio.sleep_forever, name="recorder of mine/live/a")
        with it.server.hub.streams.using("mine/live/b", it.server.config.stream):
            ended = await it.spaces.end("mine")
        assert str(ended.left) == "stream mine/live/b, task recorder of mine/live/a"
        nursery.cancel_scope.cancel()


async def test_it_ends_when_nobody_has_used_it_for_a_while(autojump_clock: MockClock) -> None:
    async with scene() as it:
        it.spaces.make("short", ttl_s=10)
        it.spaces.make("busy", ttl_s=10)
        peer = it.dial()
        await peer.connect("busy/live")
        await trio.sleep(6)
        it.spaces.touch("short")
        await trio.sleep(6)
        assert [each.name for each in it.spaces] == ["short", "busy"]
        await trio.sleep(6)
        assert [each.name for each in it.spaces] == ["busy"]
        peer.close()
        await trio.sleep(11)
        assert not list(it.spaces)
        it.spaces.make("again", ttl_s=1)
        await trio.sleep(2)
        assert not list(it.spaces)


async def test_it_is_changed_as_by_a_merge_patch_and_stays_after_a_reload(
    autojump_clock: MockClock,
) -> None:
    async with scene() as it:
        it.spaces.make("mine", settings={"app": {"live": {"publish_busy": "wait"}}})
        it.spaces.change("mine", settings={"publish_notify": False}, ttl_s=5, max_sessions=3)
        changed = it.spaces.change("mine", settings={"app": {"live": None}})
        assert (changed.settings, changed.ttl_s, changed.max_sessions) == (
            {"app": {}, "publish_notify": False},
            5,
            3,
        )
        it.server.reload(layered({"rtmp": {"listen": []}, "http": {"listen": []}}))
        settings = it.server._built.rules.settings_for("mine", "live", "a")
        assert (settings.publish_notify, settings.publish_busy.value) == (False, "reject")
        with pytest.raises(ConfigInvalidError, match="'mine' is a namespace"):
            it.server.reload(layered({"vhost": {"mine": {}}}))
        with pytest.raises(UnknownNamespaceError):
            it.spaces.change("other")


@pytest.mark.parametrize(
    ("words", "error", "why"),
    [
        ({"name": "A"}, NamespaceNameError, "expected at most 63 of a-z"),
        ({"name": "there"}, NamespaceNameError, "there is a namespace"),
        ({"name": "cdn"}, NamespaceNameError, "has a virtual host"),
        ({"name": "live"}, NamespaceNameError, "streams of an application"),
        ({"settings": {"nothing": 1}}, ConfigInvalidError, "nothing"),
        ({"settings": {"aliases": ["x"]}}, ConfigInvalidError, "none of this"),
        ({"settings": {"hls": {"segment": "4s"}}}, ConfigInvalidError, r"started without \[hls\]"),
        (
            {"settings": {"app": {"a": {"hls": {"folder": "/srv/www"}}}}},
            ConfigInvalidError,
            r"vhost\.n[^ ]*\.app\.a\.hls\.folder: what a namespace writes is where the server's",
        ),
        (
            {"settings": {"hls": {"segment_file": "[stream]-[seq]"}}},
            ConfigInvalidError,
            "where the server's configuration says",
        ),
        ({"settings": {"hooks": {"on_play": ["http://x"]}}}, ConfigInvalidError, "started without"),
        ({"faults": ["refuse play", "nothing"]}, FaultError, "nothing"),
        ({"faults": ["reset accept"]}, FaultError, "nobody knows in which namespace"),
    ],
)
async def test_of_what_cannot_be_nothing_is_made(
    autojump_clock: MockClock, words: dict[str, Any], error: type[RefusedError], why: str
) -> None:
    async with scene(vhost={"cdn": {}}) as it:
        it.spaces.make("there")
        await it.publish("live")
        with pytest.raises(error, match=why):
            it.spaces.make(**words)
        assert [each.name for each in it.spaces] == ["there"]
        assert not it.server._built.rules.namespaces.keys() - {"there"}
        work = it.server._built.parts.faults.work
        assert work is None or not len(work.plan)


async def test_there_are_no_more_than_there_may_be(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "MOST", 2)
    async with scene() as it:
        names = [it.spaces.make().name for _ in range(2)]
        assert names[0].startswith("ns-")
        with pytest.raises(TooManyNamespacesError):
            it.spaces.make()
        for _ in range(3):
            await it.spaces.end(it.spaces.make().name) if not list(it.spaces) else None
            for each in list(it.spaces):
                await it.spaces.end(each.name)
        assert len(it.server._built.rules.namespaces) <= 3
