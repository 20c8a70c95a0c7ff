"""The law of hooks: whatever peers, platforms and administrators do, each grant is taken back
exactly once, and in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import attrs
import pytest
import trio
from hypothesis import event, given
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from tests.service.hooks.conftest import Site, open_site
from tests.service.hooks.scripted import Call
from tests.service.rtmp.conftest import run_virtually
from trio_srs.errors import EndReason
from trio_srs.hub.settings import BusyPolicy, StreamSettings
from trio_srs.service.hooks.config import HookDialect, OnFailure
from trio_srs.service.hooks.poster import Answer
from trio_srs.service.hooks.replies import HookFailedError, UnheardError
from trio_srs.testing.bodies import command
from trio_srs.testing.peer import Peer
from trio_srs.units import Seconds, Timeout

pytestmark = [pytest.mark.property, pytest.mark.slow]

PEERS: Final = range(3)
NAMES: Final = ("a", "b")
UNDOES: Final = {"on_unpublish": "on_publish", "on_stop": "on_play", "on_close": "on_connect"}
MOODS: Final = ("yes", "yes", "yes", "no", "late", "unheard", "broken", "garbage", "down")

steps = st.one_of(
    st.tuples(st.just("publish"), st.sampled_from(PEERS), st.sampled_from(NAMES)),
    st.tuples(st.just("play"), st.sampled_from(PEERS), st.sampled_from(NAMES)),
    st.tuples(st.sampled_from(["close", "vanish", "kick"]), st.sampled_from(PEERS)),
    st.tuples(st.just("mood"), st.sampled_from(MOODS)),
    st.tuples(st.just("wait"), st.sampled_from([0.2, 3.0, 20.0])),
)


@attrs.define
class Platform:
    """A server of hooks with moods; it notes what it has answered yes to, heard or not."""

    mood: str = "yes"
    log: list[tuple[str, str, str, str, bool]] = attrs.field(factory=list)
    """Action, client, stream, parameters, and whether that was a yes."""
    done: list[tuple[str, ...]] = attrs.field(factory=list)
    """Client, stream and parameters of each end that was told once more."""

    async def __call__(self, call: Call) -> Answer:
        mood, entry = self.mood, in_words_of_srs(call)
        if entry[0] == "on_done":
            self.done.append(entry[1:])
            return Answer(200, b"0")
        if entry[0] == "on_update":  # a no to it ends what was granted
            self.log.append((*entry, False))
            if mood == "late":
                await trio.sleep_forever()
            if mood == "no":
                return Answer(200 if "action" in call.said else 403, b'{"code":1}')
            return Answer(200, b"0")
        is_told = entry[0] in UNDOES
        match mood:
            case "unheard":
                raise UnheardError("ConnectError")
            case "down":
                return Answer(500, b"")
            case "garbage" if not is_told:
                self.log.append((*entry, False))
                return Answer(200 if "action" in call.said else 500, b"<html>")
            case "no" if not is_told:
                self.log.append((*entry, False))
                return Answer(200 if "action" in call.said else 403, b'{"code":1}')
            case "broken" if not is_told:
                self.log.append((*entry, True))
                raise HookFailedError("ReadError")
            case "late" if not is_told:
                self.log.append((*entry, True))
                await trio.sleep(30)
        if is_told or mood == "yes":
            self.log.append((*entry, True))
        return Answer(200, b"0")


OF_NGINX: Final = {
    "connect": "on_connect",
    "disconnect": "on_close",
    "publish": "on_publish",
    "publish_done": "on_unpublish",
    "play": "on_play",
    "play_done": "on_stop",
    "done": "on_done",
    "update_publish": "on_update",
    "update_play": "on_update",
}


def in_words_of_srs(call: Call) -> tuple[str, str, str, str]:
    """Action, client, stream and parameters, whatever the dialect."""
    said = call.said
    if "action" in said:
        return (call.action, said["client_id"], said.get("stream", ""), said.get("param", ""))
    param = f"?n={said['n']}" if "n" in said else ""
    return (OF_NGINX[call.action], said["clientid"], said.get("name", ""), param)


@attrs.define
class Play:
    """What a script is carried out on."""

    site: Site
    nursery: trio.Nursery
    platform: Platform
    peers: dict[int, Peer] = attrs.field(factory=dict)
    number: int = 0

    async def step(self, what: str, *args: Any) -> None:
        await getattr(self, what)(*args)
        await wait_all_tasks_blocked()

    async def mood(self, mood: str) -> None:
        self.platform.mood = mood

    async def wait(self, seconds: float) -> None:
        await trio.sleep(seconds)

    async def publish(self, who: int, name: str) -> None:
        await self._ask("publish", who, name)

    async def play(self, who: int, name: str) -> None:
        await self._ask("play", who, name)

    async def _ask(self, what: str, who: int, name: str) -> None:
        if who not in self.peers:
            self.peers[who] = peer = self.site.house.dial()
            await peer.connect()
        self.number += 1
        self.nursery.start_soon(self._say, self.peers[who], what, f"{name}?n={self.number}")

    async def _say(self, peer: Peer, what: str, name: str) -> None:
        """Whatever becomes of it: the platform's log is what is looked at."""
        try:
            stream_id = await peer.create_stream()
            await peer.say(command(what, None, name, stream_id=stream_id))
            while True:
                await peer.hear_command("onStatus")
        except (EOFError, OSError, trio.ClosedResourceError, trio.BusyResourceError):
            pass

    async def close(self, who: int) -> None:
        if who in self.peers:
            with suppress(OSError):  # it was closed for what became of its requests
                await self.peers[who].say(command("deleteStream", None, 1.0))

    async def vanish(self, who: int) -> None:
        if who in self.peers:
            self.peers.pop(who).close()

    async def kick(self, who: int) -> None:
        if who in self.peers:
            self.site.house.kick(self.peers.pop(who))


def complaints(log: list[tuple[str, str, str, str, bool]]) -> Iterator[str]:
    """What in a platform's log is not as promised."""
    open_: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
    closed: set[str] = set()
    for action, client, stream, param, is_yes in log:
        mine = open_[client]
        if client in closed and action != "on_connect":
            yield f"{action} of {client} behind its on_close"
        if action in UNDOES:
            if action == "on_close":
                if mine != [one for one in mine if one[0] == "on_connect"]:
                    yield f"{client} is closed with {mine}"
                closed.add(client)
                found = [one for one in mine if one[0] == "on_connect"]
            else:
                found = [one for one in mine if one == (UNDOES[action], stream, param)]
            if not found:
                yield f"{action} {client} {stream}{param} undoes nothing"
            else:
                mine.remove(found[0])
        elif is_yes:
            closed.discard(client)
            mine.append((action, stream, param))
    yield from (f"{client} still has {mine}" for client, mine in open_.items() if mine)


@given(
    script=st.lists(steps, min_size=3, max_size=14),
    policy=st.sampled_from(OnFailure),
    dialect=st.sampled_from(HookDialect),
    stops=st.booleans(),
)
def test_each_grant_is_taken_back_once_and_in_order(
    script: list[tuple[Any, ...]], policy: OnFailure, dialect: HookDialect, stops: bool
) -> None:
    platform = Platform()

    async def main() -> None:
        settings = StreamSettings(
            publish_busy=BusyPolicy.WAIT,
            publish_busy_wait=Timeout(1.0),
            first_packet_timeout=Timeout(60.0),
            send_interval=Seconds(0.0),
        )
        async with trio.open_nursery() as nursery:
            site = await open_site(
                nursery,
                platform,
                on_failure=policy,
                dialect=dialect,
                on_done=("http://hooks.test/on_done",),
                on_update=("http://hooks.test/on_update",),
                update_interval=Seconds(7.0),
                house={"settings": settings},
            )
            play = Play(site, nursery, platform)
            for step in script:
                await play.step(*step)
            platform.mood = "yes"
            if stops:
                await site.house.service.stop(5.0)
            for entry in list(site.house.registry):
                entry.end(EndReason.SHUTDOWN, "")
            await trio.sleep(60)
            assert not list(site.house.registry)
            await site.service.stop(1000.0)
            assert site.service.deliveries.lost == 0
            nursery.cancel_scope.cancel()

    run_virtually(main)
    event(f"{len(platform.log) // 5 * 5} calls and more")
    assert list(complaints(platform.log)) == [], platform.log
    ends = [entry[1:4] for entry in platform.log if entry[0] in ("on_unpublish", "on_stop")]
    assert sorted(platform.done) == sorted(ends)


LIVED = [("on_connect", "c1", "a", "", True), ("on_play", "c1", "a", "?x", True)]
STOPPED = ("on_stop", "c1", "a", "?x", True)
CLOSED = ("on_close", "c1", "", "", True)


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (LIVED, "still has"),
        ([*LIVED, STOPPED], "still has"),
        ([*LIVED, STOPPED, STOPPED, CLOSED], "undoes nothing"),
        ([*LIVED, CLOSED, STOPPED], "is closed with"),
        ([*LIVED[:1], ("on_play", "c1", "a", "?x", False), STOPPED, CLOSED], "undoes nothing"),
        ([*LIVED, STOPPED, CLOSED, LIVED[1]], "behind its on_close"),
    ],
)
def test_a_log_that_is_not_as_promised_is_found(
    log: list[tuple[str, str, str, str, bool]], why: str
) -> None:
    assert any(why in complaint for complaint in complaints(log))


def test_a_log_that_is_as_promised_is_let_pass() -> None:
    assert list(complaints([*LIVED, STOPPED, CLOSED])) == []
