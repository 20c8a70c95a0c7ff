"""Where the memory of a connection is: ``python -m benchmarks.memory WHAT [--clients N] [--rss]``.

A server in this process gets so many clients from another one: ``shaken`` have shaken hands and say
nothing more, ``idle`` have connected and ask for nothing, ``waiting`` play a name that nobody
publishes, ``play`` read one live stream, ``publish`` publish one each. The lines of code that made
what is there then and was not there before, as bytes of each client; and the objects, by type. With
``--rss`` nothing is traced, and the growth of the process is told instead.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import trio

import trio_srs
from trio_srs.server.process import tune_collector
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.command import Command

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_ROOT: Final = Path(__file__).parents[1]
_SETTINGS: Final = ('rtmp.listen=["127.0.0.1:0"]', "log.level='error'")
_FIRST: Final = 20
"""Clients that come and go before anything is counted: what is made once is there then."""
_LOADS: Final = {"play": "play", "publish": "publish"}
_SOCKETS: Final = ("shaken", "idle", "waiting")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("what", choices=[*_SOCKETS, *_LOADS])
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--top", type=int, default=40, help="so many lines")
    parser.add_argument("--frames", type=int, default=1, help="so many callers of each line")
    parser.add_argument("--set", action="append", default=[], help="a key of the configuration")
    parser.add_argument("--rss", action="store_true", help="the process, and not its lines")
    parser.add_argument("--connect-to", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.connect_to:
        _connect(args.connect_to, args.what, args.clients)
        return
    trio.run(_measure, args)


# --------------------------------------------------------------------- server


async def _measure(args: argparse.Namespace) -> None:
    config = trio_srs.load_config(overrides=[*_SETTINGS, *args.set])
    async with trio_srs.serve(config) as server:
        tune_collector()
        port = int(server.ready["rtmp"][0].rpartition(":")[2])
        with _source(port, args.what):
            await trio.sleep(1)
            with _clients(port, args.what, _FIRST):
                await _until(server, _FIRST)
            await trio.sleep(1)
            gc.collect()
            if not args.rss:
                tracemalloc.start(args.frames)
            before, rss, lines = _objects(), _rss(), _lines(args)
            with _clients(port, args.what, args.clients):
                await _until(server, args.clients)
                gc.collect()
                if args.rss:
                    _say(f"{(_rss() - rss) / args.clients:.0f} bytes of {args.what}, resident")
                else:
                    _print(args, _objects(), before, _lines(args), lines)


async def _until(server: trio_srs.Server, count: int) -> None:
    deadline = trio.current_time() + 60
    while len(server.registry) < count and trio.current_time() < deadline:  # noqa: ASYNC110 - nobody tells
        await trio.sleep(0.1)
    await trio.sleep(3)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _objects() -> Counter[str]:
    found: Counter[str] = Counter()
    for each in gc.get_objects():
        kind = type(each)
        name = f"{kind.__module__}.{kind.__qualname__}"
        found[name] += 1
        found[f"{name} bytes"] += sys.getsizeof(each)
    return found


def _lines(args: argparse.Namespace) -> tracemalloc.Snapshot | None:
    return None if args.rss else tracemalloc.take_snapshot()


def _print(
    args: argparse.Namespace,
    objects: Counter[str],
    objects_before: Counter[str],
    lines: tracemalloc.Snapshot | None,
    lines_before: tracemalloc.Snapshot | None,
) -> None:
    assert lines is not None  # it was traced,
    assert lines_before is not None  # and before as well
    count = args.clients
    ours = (tracemalloc.Filter(False, __file__), tracemalloc.Filter(False, tracemalloc.__file__))
    found = lines.filter_traces(ours).compare_to(
        lines_before.filter_traces(ours), "lineno" if args.frames == 1 else "traceback"
    )
    _say(f"{sum(each.size_diff for each in found) / count:.0f} bytes of each {args.what}, traced")
    for each in found[: args.top]:
        where = "; ".join(
            f"{frame.filename.removeprefix(f'{_ROOT}/')}:{frame.lineno}"
            for frame in reversed(each.traceback)
        )
        _say(f"{each.size_diff / count:8.0f}  {each.count_diff / count:6.2f}  {where}")
    grown = objects - objects_before
    _say("of which the collector knows:")
    for name, more in grown.most_common():
        if not name.endswith(" bytes") and more * 2 >= count:
            size = grown[f"{name} bytes"] / count
            _say(f"{size:8.0f}  {more / count:6.2f}  {name}")


# -------------------------------------------------------------------- clients


@contextmanager
def _source(port: int, what: str) -> Iterator[None]:
    if what != "play":
        yield
        return
    with _ended(_load("publish", port, "s", 1)):
        yield


@contextmanager
def _clients(port: int, what: str, count: int) -> Iterator[None]:
    if what in _LOADS:
        name = "s" if what == "play" else "p%d"
        process = _load(_LOADS[what], port, name, count)
    else:
        words = ("-m", "benchmarks.memory", what, "--connect-to", str(port))
        process = subprocess.Popen(
            [sys.executable, *words, "--clients", str(count)], stdout=subprocess.DEVNULL
        )
    with _ended(process):
        yield


def _load(kind: str, port: int, name: str, clients: int) -> subprocess.Popen[bytes]:
    url = f"rtmp://127.0.0.1:{port}/live/{name}"
    words = ["-m", "trio_srs", "load", kind, "--url", url, "--clients", str(clients)]
    words += ["--seconds", "1h", "--settle", "0s", "--ramp", "200"]
    if kind == "publish":
        words += ["--kbit", "200"]
    return subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _connect(port: int, what: str, count: int) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    connections = [_connection(port, what) for _ in range(count)]
    with suppress(KeyboardInterrupt):  # which may come as soon as that is said
        _say("connected")
        sys.stdout.flush()
        time.sleep(3600)
    for each in connections:
        each.close()


def _connection(port: int, what: str) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(b"\x03" + bytes(1536))
    answer = _read(sock, 3073)
    sock.sendall(answer[1:1537])
    if what == "shaken":
        return sock
    url = f"rtmp://127.0.0.1:{port}/live"
    said = {"app": "live", "flashVer": "LNX 9,0,124,2", "tcUrl": url, "fpad": False}
    said |= {"capabilities": 15.0, "audioCodecs": 4071.0, "videoCodecs": 252.0}
    _ask(sock, Command("connect", 1.0, (said,)), 0, b"_result")
    if what == "waiting":
        _ask(sock, Command("createStream", 2.0, (None,)), 0, b"_result")
        _ask(sock, Command("play", 3.0, (None, "nothing")), 1, b"onStatus")
    return sock


def _ask(sock: socket.socket, command: Command, stream_id: int, expected: bytes) -> None:
    sock.sendall(bytes(encode_message(command.message(stream_id), 128)))
    answer = b""
    while expected not in answer:
        answer += _some(sock, 65536)


def _read(sock: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        got += _some(sock, size - len(got))
    return got


def _some(sock: socket.socket, most: int) -> bytes:
    data = sock.recv(most)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


if __name__ == "__main__":
    main()
