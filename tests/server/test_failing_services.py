"""A service with a bug: it ends alone, and listens again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest
import trio

from trio_srs.config.schema import Config
from trio_srs.hub.supervisor import TaskState
from trio_srs.net.accept import Acceptor, OnAccepted
from trio_srs.net.address import Address
from trio_srs.server.build import SERVICES, Offer
from trio_srs.server.run import Server, serve
from trio_srs.service.base import Parts, StopPhase
from trio_srs.service.rtmp.config import RtmpConfig
from trio_srs.testing.bodies import key
from trio_srs.testing.peer import Peer

CONFIG = Config(rtmp=RtmpConfig(listen=(Address("127.0.0.1", 0),)))


@attrs.define(eq=False)
class Fickle:
    """A service that fails when it is told to."""

    listens: int = 0
    closes: int = 0
    fails: trio.Event = attrs.field(factory=trio.Event)
    fails_at_once: bool = False
    stop_phase: StopPhase = StopPhase.SESSIONS

    @property
    def urls(self) -> Mapping[str, Sequence[str]]:
        return {"fickle": []}

    async def listen(self) -> None:
        self.listens += 1

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if self.fails_at_once:
            raise KeyError("the bug")
        task_status.started()
        await self.fails.wait()
        self.fails = trio.Event()
        raise KeyError("the bug")

    def configure(self, config: object, /) -> None:
        pass

    def close(self) -> None:
        self.closes += 1

    async def finish(self) -> None:
        pass

    async def stop(self, grace_s: float) -> None:
        pass


def offer(service: Fickle) -> Offer:
    def make(parts: Parts, config: Config) -> Any:
        return service

    return Offer(make, ("fickle",))


def of_service(server: Server) -> Any:
    [task] = [task for task in server.hub.supervisor if task.name == "service fickle"]
    return task


@pytest.mark.slow  # the first pause of the back-off
async def test_a_service_with_a_bug_listens_again_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Fickle()
    async with serve(CONFIG, services=(*SERVICES, offer(service))) as server:
        names = {task.name for task in server.hub.supervisor}
        assert names == {"broadcaster", "reports", "service rtmp+rtmps", "service fickle"}
        port = int(server.addresses["rtmp"][0].rpartition(":")[2])
        publisher, player = [await Peer.connect_tcp("127.0.0.1", port) for _ in range(2)]
        await publisher.publish("a")
        await player.play("a")
        service.fails.set()
        with trio.fail_after(5):
            while service.listens < 2:  # noqa: ASYNC110 - the back-off tells nobody
                await trio.sleep(0.02)
        task = of_service(server)
        assert (task.restarts, task.last_error) == (1, "KeyError('the bug')")
        assert service.closes == 1
        await publisher.say(key(0))
        assert (await player.hear_media(2))[1] == key(0)
        assert server.hub.supervisor.internal_errors == 1
        for peer in (publisher, player):
            peer.close()
    [line] = [record for record in caplog.records if record.exc_info]
    assert line.getMessage() == "a bug ended service fickle"
    assert task.state is TaskState.RUNNING


@pytest.mark.slow  # likewise
async def test_who_published_over_a_service_with_a_bug_can_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, fails, calls = Acceptor.run, trio.Event(), 0

    async def run(self: Acceptor, accepted: OnAccepted) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            await fails.wait()
            raise KeyError("the bug")
        await real(self, accepted)

    monkeypatch.setattr(Acceptor, "run", run)
    async with serve(CONFIG) as server:
        fails.set()
        with trio.fail_after(5):
            while calls < 2:  # noqa: ASYNC110 - the back-off tells nobody
                await trio.sleep(0.02)
        [url] = server.addresses["rtmp"]
        async with await Peer.connect_tcp("127.0.0.1", int(url.rpartition(":")[2])) as peer:
            assert await peer.publish("a") == "NetStream.Publish.Start"


async def test_a_service_that_cannot_start_lets_no_server_start() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with serve(CONFIG, services=(*SERVICES, offer(Fickle(fails_at_once=True)))):
            raise AssertionError("it is not up")
    assert caught.group_contains(KeyError, match="the bug")
