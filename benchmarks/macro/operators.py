"""A platform beside the media: it asks the API, is called back, and has clients of its own.

``python -m benchmarks.macro.operators``: as many requests and connects a second as it is told to,
and what became of them as JSON. Everything in it is as cheap as can be: it shares a core with the
load.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import attrs
import trio

from trio_srs.testing.bodies import command
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter

__all__ = ["main"]

HOST: Final = "127.0.0.1"
_PATHS: Final = (
    "/api/v1/streams?count=10",
    "/api/v1/clients?count=10",
    "/api/v1/summaries",
    "/api/v2/streams?count=10&sort=-players",
)
_LINES: Final = 8
"""Connections to the API that are kept."""
_SOME: Final = 65_536
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n0"
_PATIENCE_S: Final = 5.0
_STARTED: Final = b"NetStream.Play.Start"


@attrs.define
class Done:
    """What was done so far."""

    requests_ms: list[float] = attrs.field(factory=list)
    connects_ms: list[float] = attrs.field(factory=list)
    calls: int = 0
    failed: int = 0
    seconds: float = 1.0
    """How long it took."""

    def shown(self) -> dict[str, float]:
        """As figures."""
        return {
            "requests_per_s": len(self.requests_ms) / self.seconds,
            "connects_per_s": len(self.connects_ms) / self.seconds,
            "calls_per_s": self.calls / self.seconds,
            "failed": self.failed,
            "request_p99_ms": _p99(self.requests_ms),
            "connect_p99_ms": _p99(self.connects_ms),
        }


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)] if values else float("nan")


async def _ask(done: Done, port: int, every_s: float, at: float) -> None:
    """Ask the API again and again on one connection, beginning at a time."""
    stream = await trio.open_tcp_stream(HOST, port)
    for number in range(sys.maxsize):
        await trio.sleep_until(at + number * every_s)
        path, began = _PATHS[number % len(_PATHS)], time.perf_counter()
        await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        head, _, body = (await _until(stream, b"\r\n\r\n")).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        while len(body) < length:
            body += await stream.receive_some(_SOME)
        done.requests_ms.append((time.perf_counter() - began) * 1000)
        done.failed += not head.startswith(b"HTTP/1.1 200")


async def _until(stream: trio.SocketStream, mark: bytes) -> bytes:
    heard = b""
    while mark not in heard:
        some = await stream.receive_some(_SOME)
        if not some:
            raise EOFError
        heard += some
    return heard


def _words(app: str, name: str) -> bytes:
    """All that a player says from the beginning on, without waiting for an answer."""
    connect: dict[str, Value] = {"app": app, "tcUrl": f"rtmp://{HOST}/{app}", "flashVer": "bench"}
    commands = (
        command("connect", connect, transaction_id=1),
        command("createStream", None, transaction_id=2),
        command("play", None, name, transaction_id=3, stream_id=1),
    )
    writer = ChunkWriter()
    said = b"".join(map(writer.write, commands))
    return b"\x03" + bytes(1536) + bytes(1536) + said


async def _connect(done: Done, port: int, words: bytes) -> None:
    began = time.perf_counter()
    try:
        with trio.fail_after(_PATIENCE_S):
            stream = await trio.open_tcp_stream(HOST, port)
            async with stream:
                await stream.send_all(words)
                await _until(stream, _STARTED)
        done.connects_ms.append((time.perf_counter() - began) * 1000)
    except (OSError, EOFError, trio.BrokenResourceError, trio.TooSlowError):
        done.failed += 1


async def _connect_all(done: Done, port: int, every_s: float, words: bytes) -> None:
    """One after the other, each as if it were alone."""
    async with trio.open_nursery() as nursery:
        began = trio.current_time()
        for number in range(sys.maxsize):
            await trio.sleep_until(began + number * every_s)
            nursery.start_soon(_connect, done, port, words)


async def _be_called(done: Done, stream: trio.SocketStream) -> None:
    """Say yes to every call."""
    try:
        await _say_yes(done, stream)
    except trio.BrokenResourceError:  # the server did not wait for an answer
        done.failed += 1


async def _say_yes(done: Done, stream: trio.SocketStream) -> None:
    heard = b""
    while some := await stream.receive_some(_SOME):
        heard += some
        while b"\r\n\r\n" in heard:
            head, _, rest = heard.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            if len(rest) < length:
                break
            heard = rest[length:]
            done.calls += 1
            await stream.send_all(_ANSWER)


async def _run(args: argparse.Namespace) -> Done:
    done = Done()

    async def guarded(task: Callable[[], Awaitable[None]]) -> None:
        try:
            await task()
        except (OSError, EOFError, trio.BrokenResourceError):
            done.failed += 1

    async with trio.open_nursery() as nursery:
        await nursery.start(
            partial(trio.serve_tcp, partial(_be_called, done), args.hooks, host=HOST)
        )
        print("ready", flush=True)
        rtmp_port = int(await trio.to_thread.run_sync(sys.stdin.readline))
        began = trio.current_time()
        for line in range(_LINES):
            at, every_s = began + line / args.requests, _LINES / args.requests
            nursery.start_soon(guarded, partial(_ask, done, args.api, every_s, at))
        words = _words("live", args.stream)
        nursery.start_soon(_connect_all, done, rtmp_port, 1 / args.connects, words)
        await trio.to_thread.run_sync(sys.stdin.readline)
        done.seconds = trio.current_time() - began
        nursery.cancel_scope.cancel()
    return done


def main() -> None:
    """Answer calls; do the rest from a line of the input, the port of RTMP, to the next, and print
    what became of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.macro.operators")
    for name in ("api", "hooks"):
        parser.add_argument(f"--{name}", type=int, required=True, help="a port")
    parser.add_argument("--stream", default="s", help="what clients play")
    parser.add_argument("--requests", type=float, default=200.0, help="a second")
    parser.add_argument("--connects", type=float, default=100.0, help="a second")
    print(json.dumps(trio.run(_run, parser.parse_args()).shown()), flush=True)


if __name__ == "__main__":
    main()
