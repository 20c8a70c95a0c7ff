"""Outputs built from outside, each in one short file, on a server with real peers.

A bug that is planted in one of them ends it alone.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import httpx2
import pytest
import trio

from tests.hub.outlets import MemoryOutlet
from tests.hub.outlets import serve as serve_reader
from tests.outputs import keyframes, recorder, relay, text_form, text_service
from trio_srs.config.load import loads
from trio_srs.hub.cursor import Cursor
from trio_srs.hub.form_group import FormFailedError
from trio_srs.hub.participant import Participant
from trio_srs.hub.playing import Playing
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.server.build import SERVICES
from trio_srs.server.run import Server, serve
from trio_srs.testing.bodies import header, inter, key
from trio_srs.testing.peer import Peer
from trio_srs.units import Seconds
from trio_srs.wire.rtmp.message import Message, MessageType

TOYS = (text_form, keyframes, recorder, relay, text_service)
MOST_LINES = 60
CONFIG = """
rtmp.listen = ["127.0.0.1:0"]
api.listen = ["127.0.0.1:0"]
rtmp.shutdown_grace = "100ms"
stream.send_interval = "0s"
"""
AT_ONCE = StreamSettings(send_interval=Seconds(0.0))
SAID = (header(), key(0), inter(40), inter(80), key(120), inter(160))
LINES = [f"video at {each.timestamp_ms} ms, {len(each.payload)} bytes" for each in SAID]


async def dial(server: Server, protocol: str = "rtmp") -> Peer:
    return await Peer.connect_tcp("127.0.0.1", port_of(server, protocol))


def port_of(server: Server, protocol: str) -> int:
    return int(server.addresses[protocol][0].rpartition(":")[2])


@attrs.define(eq=False)
class World:
    """A server with every toy, whoever uses them, and another server that it pulls from."""

    server: Server
    origin: Peer
    """Publishes ``live/a`` on the other server, which is ``live/copy`` here."""
    publisher: Peer
    """Publishes ``live/a`` here."""
    player: Peer
    folder: Path
    stack: AsyncExitStack

    @property
    def stream(self) -> Stream:
        """``live/a``."""
        stream = self.server.hub.find("live/a")
        assert stream is not None
        return stream

    async def play(self, name: str) -> Peer:
        """One more who plays."""
        peer = await dial(self.server)
        self.stack.callback(peer.close)
        assert await peer.play(name) == "NetStream.Play.Start"
        return peer

    async def view(self) -> trio.SocketStream:
        """Somebody asks the text service for ``live/a``."""
        stream = await trio.open_tcp_stream("127.0.0.1", port_of(self.server, "text"))
        await self.stack.enter_async_context(stream)
        await stream.send_all(b"live/a\n")
        return stream

    async def read_text(self) -> tuple[Playing, MemoryOutlet]:
        """Somebody reads ``live/a`` in the form that is text."""
        outlet = MemoryOutlet()
        viewer = Participant(session="v1", peer="a test", protocol="text")
        play = await self.stack.enter_async_context(
            self.server.hub.playing("live/a", AT_ONCE, text_form.TEXT, outlet, viewer)
        )
        assert play.reader is not None
        while serve_reader(outlet, [play.reader]):  # from here on the broadcaster does
            pass
        return play, outlet

    async def ask(self, path: str) -> Any:
        """What the API says."""
        async with httpx2.AsyncClient(verify=False) as client:
            return (await client.get(self.server.api_url(path))).json()

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so, of which nobody tells."""
        with trio.fail_after(5):
            while not is_so():  # noqa: ASYNC110 - see above
                await trio.sleep(0.005)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """All of it, with nothing sent yet."""
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(serve(loads('rtmp.listen = ["127.0.0.1:0"]')))
        origin = await dial(other)
        stack.callback(origin.close)
        assert await origin.publish("a") == "NetStream.Publish.Start"
        toys = (
            keyframes.OFFER,
            recorder.offer(folder),
            relay.offer(other.rtmp_url("live/a"), "live", "copy"),
            text_service.OFFER,
        )
        server = await stack.enter_async_context(serve(loads(CONFIG), services=(*SERVICES, *toys)))
        publisher, player = await dial(server), await dial(server)
        for peer in (publisher, player):
            stack.callback(peer.close)
        assert await publisher.publish("a") == "NetStream.Publish.Start"
        assert await player.play("a") == "NetStream.Play.Start"
        await server.wait_for("live/copy")
        yield World(server, origin, publisher, player, folder, stack)


async def pictures(peer: Peer, count: int) -> list[Message]:
    """The next messages with video that a player hears."""
    heard: list[Message] = []
    while len(heard) < count:
        heard += [each for each in await peer.hear_media() if each.type_id == MessageType.VIDEO]
    return heard


async def lines_of(stream: trio.SocketStream, count: int) -> list[str]:
    text = b""
    with trio.fail_after(5):
        while text.count(b"\n") < count:
            text += await stream.receive_some() or b"gone\n" * count
    return text.decode().splitlines()


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.__name__.rpartition(".")[2])
def test_each_is_one_short_file(toy: ModuleType) -> None:
    assert len(Path(str(toy.__file__)).read_text().splitlines()) <= MOST_LINES


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.__name__.rpartition(".")[2])
def test_the_how_to_shows_the_file_that_is_run_here(toy: ModuleType) -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "outputs.md"
    assert f"{{literalinclude}} ../../tests/outputs/{Path(str(toy.__file__)).name}\n" in (
        page.read_text()
    )


async def test_a_form_is_read_by_whoever_has_an_outlet(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        _, outlet = await it.read_text()
        await it.publisher.say(*SAID)
        await it.until(lambda: outlet.taken.count(b"\n") == len(LINES))
        assert outlet.taken.decode().splitlines() == LINES
        assert (await it.ask("api/v2/streams/live/a"))["players"] == 2


async def test_a_derived_form_is_a_feed_of_its_own(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        form = it.server.hub.outputs.form("keyframes")
        with it.server.hub.derive("live/a", AT_ONCE, form) as feed, feed.cursor() as cursor:
            await it.publisher.say(*SAID)
            seen: list[int] = []
            with trio.fail_after(5):
                async for records in cursor:
                    seen += [record.timestamp_ms for record in records]
                    if len(seen) == 2:
                        break
            assert seen == [0, 120]
            tasks = (await it.ask("api/v2/streams/live/a"))["tasks"]
            assert [(task["name"], task["kind"]) for task in tasks] == [
                ("recorder", "output"),
                ("keyframes", "derived"),
            ]


async def test_a_recorder_has_all_of_each_publish(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        await it.publisher.say(*SAID)
        it.publisher.close()
        await it.server.wait_for("live/a", "unpublished")
        path = recorder.path_of(tmp_path, "live/a")
        await it.until(lambda: path.exists() and len(path.read_text().splitlines()) == len(SAID))
        expected = [f"9 {it.timestamp_ms} {len(it.payload)}" for it in SAID]
        assert path.read_text().splitlines() == expected


async def test_a_relay_is_a_publisher_as_any_other(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        player = await it.play("copy")
        await it.origin.say(*SAID)
        assert await pictures(player, len(SAID)) == list(SAID)
        copy = await it.ask("api/v2/streams/live/copy")
        assert (copy["publishing"], copy["session"]) == (True, "relay")
        assert [task["name"] for task in copy["tasks"]] == ["relay", "recorder"]


@pytest.mark.slow  # as below
async def test_a_relay_begins_again_when_its_origin_has_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(tmp_path) as it:
        it.origin.close()
        await it.server.wait_for("live/copy", "unpublished")
        stream = it.server.hub.find("live/copy")
        assert stream is not None
        [task, *_] = stream.tasks
        await it.until(lambda: task.last_error)
        assert task.last_error.startswith("toy_origin_ended: rtmp://")
        assert it.server.hub.supervisor.internal_errors == 0
        await it.until(lambda: stream.publishing)
        assert task.restarts == 1
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]


async def test_a_service_is_there_as_the_others_are(tmp_path: Path) -> None:
    async with world(tmp_path) as it:
        assert it.server.ready["text"] == [f"text://127.0.0.1:{port_of(it.server, 'text')}"]
        viewer = await it.view()
        await it.until(lambda: len(it.stream.feed.cursors) == 3)
        await it.publisher.say(*SAID)
        assert await lines_of(viewer, len(LINES)) == LINES
        await it.server.stop()
        with trio.fail_after(5):
            assert await viewer.receive_some() == b""


# ------------------------------------------------------------------------ bugs


Plant = Callable[[ModuleType, str], None]


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Plant a bug: a function fails when it is called for the third time, and never again."""

    def planted(module: ModuleType, name: str) -> None:
        real, calls = getattr(module, name), 0

        def fail(*args: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == 3:
                raise KeyError("the planted bug")
            return real(*args)

        monkeypatch.setattr(module, name, fail)

    return planted


@attrs.define(eq=False)
class Uses:
    """Somebody uses each of the toys."""

    world: World
    viewer: trio.SocketStream
    keyframes: Cursor
    copy: Peer
    text: Playing
    text_outlet: MemoryOutlet

    @classmethod
    async def of(cls, world: World) -> Uses:
        hub, stack = world.server.hub, world.stack
        viewer, copy = await world.view(), await world.play("copy")
        form = hub.outputs.form("keyframes")
        feed = stack.enter_context(hub.derive("live/a", AT_ONCE, form))
        cursor = stack.enter_context(feed.cursor())
        text, outlet = await world.read_text()
        await world.until(lambda: len(world.stream.feed.cursors) == 4)
        return cls(world, viewer, cursor, copy, text, outlet)

    async def form_goes_on(self) -> None:
        taken = self.text_outlet.taken
        await self.world.until(lambda: taken.count(b"\n") == 2 * len(SAID))

    async def derived_form_goes_on(self) -> None:
        with trio.fail_after(5):
            async for records in self.keyframes:
                if any(record.timestamp_ms == LATER_MS for record in records):
                    return

    async def recorder_goes_on(self) -> None:
        path, line = recorder.path_of(self.world.folder, "live/a"), f"9 {LATER_MS} 100"
        await self.world.until(lambda: path.exists() and line in path.read_text())

    async def relay_goes_on(self) -> None:
        await self.world.origin.say(*SAID)
        assert await pictures(self.copy, len(SAID)) == list(SAID)

    async def service_goes_on(self) -> None:
        assert len(await lines_of(self.viewer, 2 * len(SAID))) == 2 * len(SAID)


LATER_MS = 1000
PLANTED = {  # where, and in which function: the task that fails, and of which stream
    "form": (text_form, "line_of", "", ""),
    "derived_form": (keyframes, "is_wanted", "live/a", "keyframes"),
    "recorder": (recorder, "line_of", "live/a", "recorder"),
    "relay": (relay, "relayed", "live/copy", "relay"),
    "service": (text_service, "line_of", "", ""),
}


@pytest.mark.slow  # two servers, seven connections and the API
@pytest.mark.parametrize("where", PLANTED)
async def test_a_bug_in_one_ends_it_alone(
    tmp_path: Path, plant: Plant, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    module, function, stream, task_name = PLANTED[where]
    async with world(tmp_path) as it:
        uses = await Uses.of(it)
        plant(module, function)
        if where == "relay":
            await it.origin.say(*SAID)
        await it.publisher.say(*SAID)
        await it.until(lambda: it.server.hub.supervisor.internal_errors)
        assert (await it.ask("api/v2/server"))["totals"]["internal_errors"] == 1
        if stream:
            tasks = (await it.ask(f"api/v2/streams/{stream}"))["tasks"]
            [task] = [task for task in tasks if task["name"] == task_name]
            assert task["state"] in ("backing_off", "running")
            assert task["last_error"] == "KeyError('the planted bug')"

        later = [attrs.evolve(each, timestamp_ms=LATER_MS) for each in SAID]
        await it.publisher.say(*later)
        assert await pictures(it.player, 2 * len(SAID)) == [*SAID, *later]
        assert it.stream.publishing
        for other in PLANTED:
            if other != where:
                await getattr(uses, f"{other}_goes_on")()
        assert it.server.hub.supervisor.internal_errors == 1
    [line] = [record for record in caplog.records if record.exc_info]
    assert line.exc_info is not None
    assert "the planted bug" in str(line.exc_info[1])


async def test_who_reads_in_a_form_with_a_bug_is_told_and_others_come_anew(
    tmp_path: Path, plant: Plant
) -> None:
    async with world(tmp_path) as it:
        uses = await Uses.of(it)
        plant(text_form, "line_of")
        await it.publisher.say(*SAID)
        await it.until(lambda: it.server.hub.supervisor.internal_errors)
        assert uses.text.reader is not None
        with pytest.raises(FormFailedError, match="the planted bug"):
            uses.text.reader.next_span(1)
        uses.text.detach()
        _, outlet = await it.read_text()
        before = outlet.taken.count(b"\n")
        await it.publisher.say(inter(LATER_MS))
        await it.until(lambda: outlet.taken.count(b"\n") > before)


async def test_who_is_served_with_a_bug_is_gone_and_the_service_is_there(
    tmp_path: Path, plant: Plant
) -> None:
    async with world(tmp_path) as it:
        uses = await Uses.of(it)
        plant(text_service, "line_of")
        await it.publisher.say(*SAID)
        with trio.fail_after(5):
            assert await uses.viewer.receive_some() == b""
        assert (await lines_of(await it.view(), 1))[0].startswith("video at")


@pytest.mark.slow  # the first pause of the back-off
@pytest.mark.parametrize("where", ["derived_form", "recorder", "relay"])
async def test_what_had_a_bug_begins_again(tmp_path: Path, plant: Plant, where: str) -> None:
    module, function, *_ = PLANTED[where]
    async with world(tmp_path) as it:
        uses = await Uses.of(it)
        plant(module, function)
        await it.origin.say(*SAID)
        await it.publisher.say(*SAID)
        hub = it.server.hub
        await it.until(lambda: hub.supervisor.internal_errors)
        tasks = [task for stream in hub for task in stream.tasks]
        [task] = [task for task in tasks if task.last_error]
        await it.until(lambda: task.restarts == 1)
        if where == "relay":
            await it.server.wait_for("live/copy", "published")
            await it.until(lambda: hub.find("live/copy").publishing)  # type: ignore[union-attr]  # its task holds it
            await it.origin.say(*SAID)
            await it.until(lambda: hub.find("live/copy").feed.has_entry)  # type: ignore[union-attr]  # as above
        else:
            later = [attrs.evolve(each, timestamp_ms=LATER_MS) for each in SAID]
            await it.publisher.say(*later)
            await getattr(uses, f"{where}_goes_on")()
        assert hub.supervisor.internal_errors == 1
