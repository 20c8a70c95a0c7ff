"""The load generator against a real server, in small: what it reports is what happened."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import trio

from tests.interop.server import Watched, watched
from trio_srs.hub.bus import PublishBegan
from trio_srs.tools.load.plan import Load, LoadPlan, LoadRefusedError
from trio_srs.tools.load.run import Timing, WorkerHandle, run_load
from trio_srs.tools.load.worker import LoadWorker

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(sys.platform != "linux", reason="epoll and /proc are Linux's"),
]

QUICK = Timing(seconds=0.6, settle_s=0.1)


@asynccontextmanager
async def server() -> AsyncIterator[Watched]:
    async with watched('send_interval = "0s"') as running:
        yield running


class ThreadWorker(WorkerHandle):
    """A worker in a thread of this process, where what it does is seen."""

    def __init__(self, plan: LoadPlan) -> None:
        orders, our_orders = os.pipe()
        our_answers, answers = os.pipe()
        self._theirs = (os.fdopen(orders), os.fdopen(answers, "w"))
        self._thread = threading.Thread(target=LoadWorker(plan, orders, self._theirs[1]).run)
        self._thread.start()
        super().__init__(os.getpid(), os.fdopen(our_orders, "w"), os.fdopen(our_answers))

    def close(self) -> None:
        super().close()
        self._thread.join()
        for end in self._theirs:
            end.close()


async def load(running: Watched, kind: Load, name: str, timing: Timing = QUICK, **more: Any) -> Any:
    """Run a load in a thread: it blocks, and the server is in this one."""
    plan = LoadPlan(load=kind, url=running.url(f"live/{name}"), ramp=500, **more)
    run = partial(run_load, plan, timing, server=[os.getpid()], start=ThreadWorker)
    return await trio.to_thread.run_sync(run)


@asynccontextmanager
async def source(running: Watched, seconds: float = 1.7, **more: Any) -> AsyncIterator[None]:
    """The stream live/s, published for so long after it has begun."""
    timing = Timing(seconds=seconds, settle_s=0.0)
    async with trio.open_nursery() as nursery:
        publish = partial(load, running, Load.PUBLISH, "s", timing, kbit=200, clients=1, **more)
        nursery.start_soon(publish)
        await running.told(PublishBegan)
        yield


async def test_players_count_what_they_get_in_every_window() -> None:
    timing = Timing(seconds=0.6, settle_s=0.1, rounds_s=(0.02, 0.0))
    async with server() as running, source(running, 2.5):
        report = await load(running, Load.PLAY, "s", timing, clients=10)
    assert (report["connected"], report["failed"], report["lost"]) == (10, 0, 0)
    assert report["ttfb_ms"]["n"] == report["first_keyframe_ms"]["n"] == 10
    assert [window["read_round_ms"] for window in report["windows"]] == [20, 0]
    for window in report["windows"]:
        assert window["messages_per_client"]["n"] == 10
        assert 15 < window["messages_per_client"]["min"] < 90  # 68 a second
        assert (window["skipped"], window["backward"], window["gaps"]) == (0, 0, 0)
        assert abs(window["fell_behind_ms"]["max"]) < 400
        assert window["server"]["cpu_ms_per_client_s"] > 0
        assert window["server"]["rss_max_mb"] > 10


async def test_two_processes_report_as_one() -> None:
    async with server() as running, source(running):
        plan = LoadPlan(load=Load.PLAY, url=running.url("live/s"), ramp=500, clients=9)
        report = await trio.to_thread.run_sync(partial(run_load, plan, QUICK, processes=2))
    assert (report["processes"], report["connected"]) == (2, 9)
    assert report["windows"][0]["messages_per_client"]["n"] == 9
    assert "server" not in report["windows"][0]


async def test_a_stalled_player_is_counted_apart() -> None:
    async with server() as running, source(running):
        report = await load(running, Load.PLAY, "s", clients=5, stalled=2)
    assert (report["connected"], report["stalled"], report["no_media"]) == (5, 2, 0)
    assert report["windows"][0]["messages_per_client"]["n"] == 3


async def test_publishers_send_in_real_time() -> None:
    async with server() as running:
        report = await load(running, Load.PUBLISH, "p%d", kbit=100, clients=5)
    assert (report["connected"], report["failed"], report["lost"]) == (5, 0, 0)
    [window] = report["windows"]
    assert window["sent"] == pytest.approx(5 * 68 * window["seconds"], rel=0.2)
    assert window["lag_ms"]["p50"] < 100


async def test_a_latency_is_that_of_every_frame_to_every_player() -> None:
    async with server() as running:
        report = await load(running, Load.LATENCY, "l", clients=3, frame_size=1000)
    [window] = report["windows"]
    assert window["latency_ms"]["n"] == 3 * window["frames"] > 0
    assert (window["lost_frames"], window["repeated"]) == (0, 0)
    assert 0 < window["latency_ms"]["p50"] < 200


async def test_sound_has_latencies_of_its_own_and_some_players_may_only_count() -> None:
    async with server() as running:
        more = {"metered": 2, "frame_size": 1000, "sound": True}
        report = await load(running, Load.LATENCY, "l", QUICK, clients=4, **more)
    [window] = report["windows"]
    assert report["connected"] == 4
    assert window["latency_ms"]["n"] == 2 * window["frames"] > 0
    pictures, sound = window["picture_latency_ms"]["n"], window["sound_latency_ms"]["n"]
    assert pictures + sound == window["latency_ms"]["n"]
    assert pictures < sound
    assert (window["lost_frames"], window["repeated"]) == (0, 0)


async def test_those_who_join_say_how_long_they_waited() -> None:
    async with server() as running, source(running):
        report = await load(running, Load.JOIN, "s", clients=10)
    assert (report["connected"], report["ttfb_ms"]["n"]) == (10, 10)


async def test_a_storm_is_all_handshakes() -> None:
    async with server() as running:
        report = await load(running, Load.STORM, "s", clients=50, inflight=10)
    [window] = report["windows"]
    assert (window["handshakes"], report["failed"]) == (50, 0)
    assert window["handshake_ms"]["n"] == 50
    assert window["server"]["cpu_ms_per_handshake"] > 0


async def test_refused_publishers_have_a_reason() -> None:
    async with server() as running, source(running):
        report = await load(running, Load.PUBLISH, "s", kbit=100, clients=3)
    assert (report["connected"], report["failed"]) == (0, 3)
    assert report["reasons"] == {"NetStream.Publish.BadName": 3}


async def test_a_server_that_is_not_there_has_a_reason() -> None:
    async with server() as running:
        url = running.url("live/s")
    plan = LoadPlan(load=Load.STORM, url=url, clients=3)
    report = await trio.to_thread.run_sync(partial(run_load, plan, QUICK))
    assert (report["connected"], report["reasons"]) == (0, {"ECONNREFUSED": 3})


async def test_eight_hours_pass_in_seconds_and_nothing_is_lost() -> None:
    fast = {"speed": 20.0, "stretch": 1440}
    async with server() as running, source(running, 2.5, audio=False, **fast):
        report = await load(
            running, Load.PLAY, "s", Timing(seconds=1.1, settle_s=0.1), clients=2, **fast
        )
    [window] = report["windows"]
    assert (window["skipped"], window["backward"], report["lost"]) == (0, 0, 0)
    assert window["messages_per_client"]["min"] > 500


def test_a_source_that_is_not_there_is_refused() -> None:
    plan = LoadPlan(load=Load.PUBLISH, url="rtmp://127.0.0.1:1/live/s", flv="/nowhere/at-all.flv")
    with pytest.raises(LoadRefusedError, match=r"at-all\.flv"):
        run_load(plan, QUICK)
