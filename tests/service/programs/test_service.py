"""Programs are begun and ended with publishes and plays; here none is a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.service.rtmp.house import House
from trio_srs.config.schema import Config
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.errors import EndReason
from trio_srs.hub.bus import Bus
from trio_srs.server.build import build
from trio_srs.service.base import StopPhase
from trio_srs.service.programs import service as programs_module
from trio_srs.service.programs.config import ProgramRestart, ProgramsConfig
from trio_srs.service.programs.process import ProgramFailedError
from trio_srs.service.programs.service import ProgramsService
from trio_srs.testing.bodies import key
from trio_srs.units import Seconds

ADDRESSES = {"rtmp": ["unix:/run/rtmp", "rtmp://127.0.0.1:1935"]}
EACH = {
    name: ((name, "[url]", "-k[app]/[stream]"),)
    for name in ("publish", "unpublish", "play", "stop")
}


@attrs.define
class Shop:
    """A house whose programs are noted in place of being run."""

    house: House
    service: ProgramsService
    log: list[str] = attrs.field(factory=list)
    facts: list[Mapping[str, str]] = attrs.field(factory=list)
    words: list[Sequence[str]] = attrs.field(factory=list)
    lasts_s: float = 1000.0
    fails: bool = False

    async def run(self, words: Sequence[str], environ: Mapping[str, str], **_: Any) -> None:
        self.words.append(words)
        self.facts.append(environ)
        self.log.append(f"+{words[0]}")
        try:
            await trio.sleep(0 if words[0] in ("unpublish", "stop") else self.lasts_s)
        finally:
            self.log.append(f"-{words[0]}")
        if self.fails:
            raise ProgramFailedError(f"{words[0]} ended with 1")


@pytest.fixture
async def shop(
    request: pytest.FixtureRequest, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    keys = getattr(request, "param", {})
    bus = Bus()
    house = await nursery.start(House(bus=bus).run)
    config = Config(programs=ProgramsConfig(**{**EACH, **keys}), vhost={"v": VhostConfig()})
    service = ProgramsService(config, house.hub, bus, lambda: ADDRESSES, house.registry.find)
    shop = Shop(house, service)
    monkeypatch.setattr(programs_module, "run_program", shop.run)
    await service.listen()
    await nursery.start(service.run)
    yield shop
    service.close()


def with_keys(**keys: Any) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("shop", [keys], indirect=True, ids=["_"])


async def test_what_runs_for_a_publish_or_a_play_is_gone_with_it(shop: Shop) -> None:
    publisher = await shop.house.publisher("a")
    players = [await shop.house.player("a") for _ in range(2)]
    assert shop.log == ["+publish", "+play", "+play"]
    [stream] = shop.house.hub
    assert [task.kind for task in stream.tasks] == ["program"] * 3
    players[0].close()
    await wait_all_tasks_blocked()
    assert shop.log[3:] == ["-play", "+stop", "-stop"]
    publisher.close()
    await wait_all_tasks_blocked()
    assert sorted(shop.log[6:]) == ["+unpublish", "-publish", "-unpublish"]
    players[1].close()
    await wait_all_tasks_blocked()
    assert shop.service.running == 0
    assert list(shop.house.hub) == []


async def test_a_program_is_told_the_facts_and_no_secrets(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIO_SRS_API__TOKEN", '"secret"')
    peer = await shop.house.publisher("cam1?token=secret")
    [words], [facts] = shop.words, shop.facts
    assert words == ["publish", "rtmp://127.0.0.1:1935/live/cam1", "-klive/cam1"]
    assert {name: value for name, value in facts.items() if name.startswith("STREAM_")} == {
        "STREAM_EVENT": "publish",
        "STREAM_KEY": "live/cam1",
        "STREAM_VHOST": "__defaultVhost__",
        "STREAM_APP": "live",
        "STREAM_NAME": "cam1",
        "STREAM_URL": "rtmp://127.0.0.1:1935/live/cam1",
        "STREAM_SESSION": "c1",
        "STREAM_PEER": "127.0.0.1:50000",
        "STREAM_ACCOUNT": "",
    }
    others = {name: value for name, value in facts.items() if not name.startswith("STREAM_")}
    assert others == {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    shop.house.kick(peer)
    await wait_all_tasks_blocked()
    assert (shop.facts[-1]["STREAM_EVENT"], shop.facts[-1]["STREAM_REASON"]) == (
        "unpublish",
        EndReason.KICKED,
    )


@pytest.mark.parametrize(
    ("restart", "fails", "times"),
    [
        (ProgramRestart.NEVER, True, 1),
        (ProgramRestart.NEVER, False, 1),
        (ProgramRestart.ON_FAILURE, True, 4),
        (ProgramRestart.ON_FAILURE, False, 1),
        (ProgramRestart.ALWAYS, True, 4),
        (ProgramRestart.ALWAYS, False, 4),
    ],
)
@with_keys(restart_pause=Seconds(3.0), unpublish=())
async def test_a_program_that_ends_is_run_again_as_the_policy_says(
    shop: Shop, restart: ProgramRestart, fails: bool, times: int
) -> None:
    shop.service.configure(changed(shop, restart=restart))
    shop.lasts_s, shop.fails = 0.0, fails
    peer = await shop.house.publisher("a")
    for _ in range(25):  # 3, then 6, then 12 s later; the publisher goes on
        await trio.sleep(1)
        await peer.say(key(0))
    assert shop.log.count("+publish") == times


def changed(shop: Shop, **keys: Any) -> Config:
    programs = ProgramsConfig(**{**EACH, "unpublish": (), "restart_pause": Seconds(3.0), **keys})
    return Config(programs=programs)


@with_keys(most=2)
async def test_no_more_run_than_may(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    for name in "abc":
        await shop.house.publisher(name)
    assert shop.log == ["+publish"] * 2
    assert "publish of live/c is not run: programs.most = 2" in caplog.text


@with_keys(publish=(("publish", "[stream]"),))
async def test_a_strangers_name_is_no_option(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    await shop.house.publisher("-rf")
    assert shop.log == []
    assert "the name looks like an option" in caplog.text


@with_keys(once_timeout=Seconds(2.0))
async def test_what_is_to_come_to_its_end_is_ended(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def forever(*_: Any, **__: Any) -> None:
        await trio.sleep_forever()

    peer = await shop.house.publisher("a")
    monkeypatch.setattr(programs_module, "run_program", forever)
    peer.close()
    await trio.sleep(3)
    assert "unpublish did not end within 2 s" in caplog.text
    assert shop.service.running == 0


async def test_a_server_that_stops_leaves_no_program(shop: Shop) -> None:
    await shop.house.publisher("a")
    await shop.house.player("a")
    await shop.house.service.stop(5.0)
    await shop.service.stop(5.0)
    assert sorted(shop.log) == sorted(f"{sign}{name}" for name in EACH for sign in "+-")


async def test_what_does_not_end_in_time_is_ended_when_the_server_stops(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forever(*_: Any, **__: Any) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(programs_module, "run_program", forever)
    await shop.house.publisher("a")
    await shop.house.service.stop(5.0)
    began = trio.current_time()
    await shop.service.stop(2.0)
    assert trio.current_time() - began == 2.0


async def test_when_the_server_ends_nothing_is_begun(shop: Shop) -> None:
    peer = await shop.house.publisher("a")
    shop.house.hub.supervisor._nursery.cancel_scope.cancel()  # type: ignore[union-attr]  # it runs
    shop.house.kick(peer)
    await wait_all_tasks_blocked()
    assert "+unpublish" not in shop.log


def test_a_server_has_programs_only_where_some_are_to_be_run() -> None:
    some = build(Config(programs=ProgramsConfig(play=(("true",),))))
    [service] = [each for each in some.services if isinstance(each, ProgramsService)]
    assert service.stop_phase is StopPhase.WITNESSES
    assert not [each for each in build(Config()).services if isinstance(each, ProgramsService)]


@pytest.mark.parametrize("variable", ["", "PATH", "=x"])
def test_a_variable_has_a_name_and_a_value(variable: str) -> None:
    with pytest.raises(ValueError, match="expected variables such as"):
        ProgramsConfig(environment=(variable,))


@pytest.mark.parametrize("programs", [((),), (("",),), (("a",), ())])
def test_a_program_has_a_name(programs: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(ValueError, match="expected lists of a program"):
        ProgramsConfig(publish=programs)
