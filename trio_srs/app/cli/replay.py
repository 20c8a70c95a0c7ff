"""``trio-srs replay``: do a captured session again. Floor 8.

Be the client of a capture again, against any server, or with --serve its server, for any client.
Bytes, timestamps and pauses are those of the capture; what the other side decides (message streams,
transactions, its handshake) and what the URL says is adapted. The exit code says whether the
answers and the end were those of the capture.
"""

from __future__ import annotations

import argparse
import socket
from functools import partial
from pathlib import Path
from typing import Final

import trio

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.listen_address import listen_address
from trio_srs.app.cli.quantities import count, seconds, speed
from trio_srs.app.cli.terminal import complain, say, say_json
from trio_srs.app.cli.tool import run_tool
from trio_srs.net.address import Address
from trio_srs.net.dial import dial
from trio_srs.net.listen import open_listeners
from trio_srs.net.rtmp_client import client_tls
from trio_srs.net.tcp import SocketTransport
from trio_srs.net.transport import Transport
from trio_srs.tools.inspect.capture_reader import read_captures
from trio_srs.tools.replay.replayed_side import (
    NothingToReplayError,
    Replay,
    ReplayOptions,
    ReplayResult,
)
from trio_srs.wire.session_capture import SessionCapture
from trio_srs.wire.url import RtmpUrl, UrlError

__all__ = ["configure", "run"]

_LISTEN: Final = Address("127.0.0.1", 1935)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="CAPTURE", type=Path, help="an .rtmpcap, pcap or pcapng")
    parser.add_argument(
        "--key-log", metavar="FILE", type=Path,
        help="keys of RTMPS in pcap or pcapng, as written to SSLKEYLOGFILE",
    )  # fmt: skip
    parser.add_argument(
        "url", metavar="URL", type=_url, nargs="?",
        help="be the client: rtmp://host[:port]/app[/stream]; without a stream that of the capture",
    )  # fmt: skip
    parser.add_argument("--serve", action="store_true", help="be the server, for one client")
    parser.add_argument(
        "--listen", metavar="ADDRESS", type=listen_address, default=_LISTEN,
        help=f"with --serve, where ({_LISTEN}); port 0 is any free one",
    )  # fmt: skip
    parser.add_argument(
        "--speed", metavar="FACTOR", type=speed, default=1.0,
        help="so many times as fast as it was (1), or max: as fast as the other side answers",
    )  # fmt: skip
    parser.add_argument(
        "--patience", metavar="TIME", type=seconds, default=5.0,
        help="how long an answer of the capture may take, and the end (5s)",
    )  # fmt: skip
    parser.add_argument(
        "--connection", metavar="N", type=count, default=1, help="which one of a file (1)"
    )
    parser.add_argument(
        "--insecure", action="store_true", help="with rtmps://, accept any certificate"
    )
    parser.add_argument("--json", action="store_true", help="say what came of it in JSON")


def _url(text: str) -> RtmpUrl:
    """An RTMP URL, with or without a stream."""
    try:
        return RtmpUrl.parse(text)
    except UrlError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Do it again; return the exit code."""
    if args.serve == (args.url is not None):
        parser.error("expected a URL, or --serve")
    return run_tool(partial(_replay, args))


async def _replay(args: argparse.Namespace) -> int:
    capture = _capture(args.file, args.key_log, args.connection)
    options = ReplayOptions(speed=args.speed, patience_s=args.patience, url=args.url)
    replay = Replay(capture, options, is_client=not args.serve)
    if args.serve:
        result = await _serve(replay, args.listen)
    else:
        tls = client_tls(insecure=args.insecure) if args.url.scheme == "rtmps" else None
        transport = await dial(args.url.host, args.url.port, timeout=args.patience, tls=tls)
        result = await replay.run(transport)
    _report(result, as_json=args.json)
    return Exit.FAILED if result.differences else Exit.OK


def _capture(path: Path, key_log: Path | None, number: int) -> SessionCapture:
    content = read_captures(path, key_log)
    for each in content.passed_over:
        complain(f"passed over: {each}")
    if number > len(content.sessions):
        there = len(content.sessions)
        raise NothingToReplayError(f"{path}: it has {there} sessions, so none is number {number}")
    return content.sessions[number - 1]


async def _serve(replay: Replay, address: Address) -> ReplayResult:
    """Be the server of the first client that comes."""
    [listener, *others] = await open_listeners(address, backlog=1)
    for other in others:
        other.close()
    accepted: list[Transport] = []
    came = trio.Event()

    def take(sock: socket.socket, peer: str) -> None:
        transport = SocketTransport(sock, peer)
        if accepted:
            transport.reset()
            return
        accepted.append(transport)
        came.set()

    async def accept() -> None:
        await listener.serve(take, on_trouble=lambda error, _: complain(f"cannot accept: {error}"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(accept)
        complain(f"serving at {listener.address.reachable.url('rtmp')}")
        await came.wait()
        nursery.cancel_scope.cancel()
    listener.close()
    return await replay.run(accepted[0])


def _report(result: ReplayResult, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "event": "replayed",
                "as_captured": not result.differences,
                "differences": result.differences,
                "answers": result.answers,
                "ended_by": result.ended_by,
                "bytes_sent": result.bytes_sent,
                "bytes_received": result.bytes_received,
            }
        )
        return
    how = "as in the capture" if not result.differences else "not as in the capture"
    say(f"replayed {result.bytes_sent} bytes, ended by the {result.ended_by}: {how}")
    for each in result.differences:
        say(f"  {each}")
