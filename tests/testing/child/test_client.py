"""Publishers and players as their processes run them, here in one event loop with the server."""

from __future__ import annotations

import json
import math
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.tools.files import clip, flv
from trio_srs import serve
from trio_srs.config.layers import layered
from trio_srs.testing.child.playing import play
from trio_srs.testing.child.publishing import publish
from trio_srs.testing.child.serving import FOR_TESTS

pytestmark = pytest.mark.interop

Role = Callable[[socket.socket, dict[str, Any]], Awaitable[None]]
PATTERN = {"pattern": "h264:320x180@25", "audio": "aac", "defects": [], "speed": math.inf}


class Ordered:
    """A client that takes orders."""

    def __init__(self, sock: socket.socket) -> None:
        self.stream = trio.SocketStream(trio.socket.from_stdlib_socket(sock))
        self._heard = b""

    async def give(self, verb: str, **words: object) -> None:
        """Have it do something, and do not wait."""
        order = {"id": 1, "do": verb, "with": words}
        await self.stream.send_all(json.dumps(order).encode() + b"\n")

    async def hear(self) -> dict[str, Any]:
        """Its next answer."""
        while b"\n" not in self._heard:
            some = await self.stream.receive_some()
            assert some, "it has ended"
            self._heard += some
        line, _, self._heard = self._heard.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def ask(self, verb: str, **words: object) -> Any:
        """Have it do something, and wait for what comes of it."""
        await self.give(verb, **words)
        return (await self.hear())["is"]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serve(layered(FOR_TESTS)) as server:
        yield server.rtmp_url("live/a")


@asynccontextmanager
async def ordered(role: Role, **words: object) -> AsyncIterator[Ordered]:
    """A client, which must end when nobody gives it orders any more."""
    near, far = socket.socketpair()
    with far:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(role, far, words)
            client = Ordered(near)
            yield client
            await client.stream.aclose()


async def test_a_player_gets_what_is_published(url: str) -> None:
    async with ordered(play, url=url) as player:
        greeting = await player.hear()
        assert (greeting["id"], greeting["is"]["frames"]) == (0, 0)
        async with ordered(publish, url=url, more={"seconds": 0.4}, **PATTERN) as publisher:
            await publisher.hear()
            sent = await publisher.ask("wait_end", timeout_s=10.0)
        got = await player.ask("wait_end", timeout_s=10.0)
    assert (sent["ended"], sent["error"], sent["frames"]) == ("complete", None, 10)
    assert (got["ended"], got["error"]) == ("NetStream.Play.UnpublishNotify", None)
    assert got["digest"] == sent["digest"] == got["facts"]["digests"]["exact"]
    assert (got["video_frames"], got["frames"]) == (10, 10)


async def test_a_file_is_published(url: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.flv"
    path.write_bytes(flv(clip(1, video=False)))
    words = {"file": str(path), "speed": math.inf, "more": {"loop": True}}
    async with ordered(publish, url=url, **words) as publisher:
        await publisher.hear()
        assert (await publisher.ask("wait_frames", count=60, timeout_s=10.0))["frames"] >= 60
        assert (await publisher.ask("stop", timeout_s=10.0))["ended"] == "stopped"


async def test_stalling_keeps_it_still(url: str) -> None:
    async with ordered(publish, url=url, more={}, **(PATTERN | {"speed": 1.0})) as publisher:
        await publisher.hear()
        await publisher.ask("wait_frames", count=1, timeout_s=10.0)
        await publisher.ask("stall")
        frames = (await publisher.ask("state"))["frames"] + 1
        assert (await publisher.ask("wait_frames", count=frames, timeout_s=0.15))[
            "frames"
        ] <= frames
        assert (await publisher.ask("wait_end", timeout_s=0.0))["ended"] == ""
        await publisher.ask("resume")
        assert (await publisher.ask("wait_frames", count=frames + 2, timeout_s=10.0))[
            "frames"
        ] > frames


async def test_a_player_can_be_stopped(url: str) -> None:
    async with ordered(play, url=url) as player:
        await player.hear()
        await player.ask("stall")
        await player.ask("resume")
        assert (await player.ask("stop", timeout_s=10.0))["ended"] == "stopped"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"pattern": "h265"}, "bad_pattern"),
        ({"url": "http://127.0.0.1/a/b"}, "bad_url"),
        ({"url": "rtmp://127.0.0.1:1/a/b"}, "dial_failed"),
    ],
)
async def test_what_cannot_be_is_refused(words: dict[str, object], code: str) -> None:
    asked = {"url": "rtmp://127.0.0.1:1/a/b", "more": {}, **PATTERN, **words}
    near, far = socket.socketpair()
    with near, far:
        await publish(far, asked)
        answer = json.loads(near.recv(4096))
    assert (answer["id"], answer["no"]["code"]) == (0, code)


async def test_a_publisher_that_is_refused_says_so(url: str) -> None:
    async with ordered(publish, url=url, more={}, **PATTERN) as first:
        await first.hear()
        near, far = socket.socketpair()
        with near, far:
            await publish(far, {"url": url, "more": {}, **PATTERN})
            answer = json.loads(near.recv(4096))
    assert "already published by" in answer["no"]["message"]
