"""``trio-srs relay``: a relay in front of any RTMP server, with faults. Floor 8.

Listen, pass each client on to a server byte by byte, and do wrong on the way what --fault says, as
'trio-srs serve --fault' does: refuse, be late, close, reset, stall. Each fault that is done is a
line on standard output. Ends when interrupted.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Final

import trio

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.interrupt import until_signal
from trio_srs.app.cli.listen_address import listen_address
from trio_srs.app.cli.terminal import complain, say
from trio_srs.app.cli.tool import run_tool
from trio_srs.errors import RefusedError
from trio_srs.faults.fault import Fault
from trio_srs.faults.fault_plan import TakenFault
from trio_srs.faults.fault_text import parse_fault
from trio_srs.net.address import Address
from trio_srs.net.nursery import ungrouped
from trio_srs.tools.relay.fault_relay import FaultRelay
from trio_srs.wire.url import RtmpUrl, UrlError

__all__ = ["configure", "run"]

_LISTEN: Final = Address("127.0.0.1", 1936)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "url", metavar="URL", type=_server, help="the server: rtmp://host[:port]; a path is ignored"
    )
    parser.add_argument(
        "--listen", metavar="ADDRESS", type=listen_address, default=_LISTEN,
        help=f"where clients connect ({_LISTEN}); port 0 is any free one",
    )  # fmt: skip
    parser.add_argument(
        "--fault", metavar="FAULT", type=_fault, action="append", default=[],
        help="'reset publish after=2s', 'refuse publish app=live times=2'; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="what is left to chance is drawn from it"
    )


def _server(text: str) -> RtmpUrl:
    try:
        url = RtmpUrl.parse(text if "/" in text.partition("://")[2] else f"{text}/-")
    except UrlError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not text.startswith("rtmp://"):
        raise argparse.ArgumentTypeError("a relay passes on bytes: expected rtmp://host[:port]")
    return url


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except RefusedError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Pass on until interrupted; return the exit code."""
    try:
        relay = FaultRelay(args.url.host, args.url.port, args.fault, seed=args.seed, on_taken=_tell)
    except RefusedError as error:
        complain(str(error))
        return Exit.USAGE
    return run_tool(partial(_relay, relay, args.listen))


def _tell(taken: TakenFault) -> None:
    who = taken.peer
    say(f"{taken.fault} was taken: {taken.what} ({who.stream or 'no stream'}, {who.peer})")


async def _relay(relay: FaultRelay, listen: Address) -> int:
    async def pass_on() -> None:
        async with ungrouped(), trio.open_nursery() as nursery:
            [url, *_] = await nursery.start(relay.run, listen)
            say(f"relaying at {url}")

    await until_signal(pass_on)
    return Exit.OK
