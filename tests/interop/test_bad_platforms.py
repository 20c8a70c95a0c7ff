"""Platforms that answer calls with nonsense, on real connections: the configuration decides, the
log says what was wrong, and whoever is there already hears nothing of it."""

from __future__ import annotations

import contextlib
import functools
import gzip
from collections.abc import Mapping
from typing import Final

import attrs
import pytest
import trio

from tests.interop.server import Watched, watched
from trio_srs.testing.bodies import header, inter, key
from trio_srs.testing.peer import Peer

pytestmark = pytest.mark.interop

TIMEOUT_S: Final = 0.25


def http(
    body: bytes, status: str = "200 OK", *, length: int | None = None, more: str = ""
) -> bytes:
    length = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}\r\n".encode() + body


BOMB = gzip.compress(bytes(20_000_000))
ANSWERS: Mapping[str, tuple[bytes, str]] = {
    "garbage": (b"\x00\xff\x16\x03 what?\r\n\r\n", "is not HTTP/1.1"),
    "another protocol": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "is not HTTP/1.1"),
    "HTML": (http(b"<html>It works!</html>"), "is no JSON"),
    "an error": (http(b"{}", "503 Service Unavailable"), "status 503, expected 200 or 201"),
    "to itself": (http(b"", "302 Found", more="Location: /\r\n"), "status 302, expected 200"),
    "a bomb": (http(BOMB, more="Content-Encoding: gzip\r\n"), "a compressed body"),
    "without an end": (http(bytes(100_000)), "an answer of more than 65536 bytes"),
    "chunks without an end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"8000\r\n%b\r\n" % bytes(32768) * 4,
        "an answer of more than 65536 bytes",
    ),
    "a head without an end": (
        b"HTTP/1.1 200 OK\r\n" + b"X: %b\r\n" % bytes(b"a" * 60_000) * 4,
        "HTTP",
    ),
    "two lengths": (http(b"0", more="Content-Length: 2\r\n"), "HTTP"),
    "less than it said": (http(b"0", length=9), "received 1 bytes, expected 9"),
    "nothing": (b"", "closed the connection in place of an answer"),
    "an empty body": (http(b""), "an empty body"),
    "another type": (http(b'{"code":"0"}'), 'expected an integer "code"'),
    "a depth": (http(b"[" * 60_000), "is no JSON"),
    "unknown settings": (http(b'{"code":0,"settings":{"nothing":1}}'), "grants what cannot be"),
    "too late": (b"...", f"no answer within {TIMEOUT_S:g} s"),
}
"""What is answered, and what the log says of it."""


@attrs.define
class Platform:
    """Answers every call with the same, and counts them."""

    answer: bytes = http(b"0")
    calls: int = 0

    async def serve(self, stream: trio.SocketStream) -> None:
        """Answer on one connection."""
        heard = b""
        with contextlib.suppress(trio.BrokenResourceError):
            while some := await stream.receive_some():
                heard += some
                if heard.endswith(b"}"):
                    self.calls += 1
                    if self.answer == b"...":
                        await trio.sleep(2 * TIMEOUT_S)
                    await stream.send_all(self.answer)
                    heard = b""
                    if not self.answer.startswith(http(b"0")):
                        return


CODES: Final = {"deny": "NetStream.Failed", "allow": "NetStream.Publish.Start"}


@pytest.mark.parametrize("on_failure", CODES)
async def test_nonsense_is_decided_by_the_configuration_and_disturbs_nobody(
    on_failure: str, nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    platform = Platform()
    serving = functools.partial(trio.serve_tcp, platform.serve, 0, host="127.0.0.1")
    [listener] = await nursery.start(serving)
    port = listener.socket.getsockname()[1]
    hooks = (
        f'[hooks]\non_publish = ["http://127.0.0.1:{port}/"]\n'
        f'call_timeout = "{TIMEOUT_S}s"\non_failure = "{on_failure}"'
    )
    async with (
        watched("send_interval = 0", more=hooks) as server,
        await dial(server) as publisher,
        await dial(server) as player,
    ):
        assert await publisher.publish("a") == "NetStream.Publish.Start"
        await publisher.say(header(), key(0))
        assert await player.play("a") == "NetStream.Play.Start"
        for number, (name, (platform.answer, why)) in enumerate(ANSWERS.items(), 1):
            platform.calls = 0
            caplog.clear()
            async with await dial(server) as peer:
                code = await peer.publish(f"b{number}")
            assert code == CODES[on_failure], name
            assert platform.calls == 1, name
            [said] = [each for each in caplog.messages if each.startswith("on_publish of session")]
            assert why in said, (name, said)
            await publisher.say(inter(40 * number))
            while (await player.hear_media())[0].timestamp_ms != 40 * number:
                pass  # what it began with


async def dial(server: Watched) -> Peer:
    """Connect to it."""
    port = int(server.url().split(":")[2].partition("/")[0])
    return await Peer.connect_tcp("127.0.0.1", port)
