"""``trio-srs load``: many clients at once, and what they cost the server. Floor 8.

Load a server on this machine: players, publishers, a latency meter, a storm of connections, or
players that join. Only addresses in 127.0.0.0/8 and ::1 are loaded. Figures are of the window
that follows when all clients have begun; --server-pid adds the server's CPU and memory. Needs
Linux.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.terminal import complain, say, say_json
from trio_srs.errors import TrioSrsError
from trio_srs.tools.load.plan import Load, LoadPlan, LoadRefusedError
from trio_srs.units import parse_seconds

__all__ = ["configure", "run"]

_RAMP = 200.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kinds = ", ".join(load.value for load in Load)
    parser.add_argument("load", metavar="KIND", type=_load, help=f"one of {kinds}")
    parser.add_argument(
        "--url", required=True,
        help="rtmp://127.0.0.1:PORT/app/stream; %%d in it becomes the client's number",
    )  # fmt: skip
    parser.add_argument(
        "--clients", type=int, default=100, help="how many; of a storm, how many in all (100)"
    )
    parser.add_argument(
        "--streams", type=int, default=0, help="take the client's number modulo this for %%d"
    )
    parser.add_argument(
        "--ramp", type=float, default=_RAMP, help=f"new clients per second ({_RAMP:.0f})"
    )
    parser.add_argument(
        "--seconds", metavar="TIME", type=_seconds, default=10.0, help="length of a window (10s)"
    )
    parser.add_argument(
        "--settle", metavar="TIME", type=_seconds, default=2.0,
        help="from when all have begun to the window (2s)",
    )  # fmt: skip
    parser.add_argument(
        "--read-round", metavar="TIME[,TIME]", type=_rounds, default=(0.02,), dest="rounds_s",
        help="players: sleep this long between rounds of reading, 0 reads at once; a window for "
        "each (20ms)",
    )  # fmt: skip
    parser.add_argument(
        "--server-pid", metavar="PID", type=int, action="append", default=[],
        help="report the CPU and memory of this process and its children; repeatable",
    )  # fmt: skip
    parser.add_argument(
        "--processes", type=int, default=1, help="share the clients among so many processes (1)"
    )
    _configure_clients(parser)
    parser.add_argument("--json", action="store_true", help="print the figures as a line of JSON")


def _configure_clients(parser: argparse.ArgumentParser) -> None:
    of_clients = parser.add_argument_group("what the clients do")
    of_clients.add_argument(
        "--receive-buffer", metavar="BYTES", type=int, default=0,
        help="their SO_RCVBUF; small ones with long rounds are readers far away",
    )  # fmt: skip
    of_clients.add_argument(
        "--stalled", metavar="N", type=int, default=0, help="play: so many of them never read"
    )
    of_clients.add_argument(
        "--kbit", type=int, default=1000, help="publish: bit rate of the synthetic source (1000)"
    )
    of_clients.add_argument("--flv", metavar="FILE", default="", help="publish: send this instead")
    of_clients.add_argument(
        "--no-audio", action="store_false", dest="audio", help="publish: pictures only"
    )
    of_clients.add_argument(
        "--fps", type=float, default=25.0, help="frames per second of the streams (25)"
    )
    of_clients.add_argument(
        "--speed", type=float, default=1.0,
        help="publish: so much faster than real time; play: that it was published so (1)",
    )  # fmt: skip
    of_clients.add_argument(
        "--stretch", type=int, default=1,
        help="publish: multiply timestamps by this; play: that they were (1)",
    )  # fmt: skip
    of_clients.add_argument(
        "--frame-size", metavar="BYTES", type=int, default=5000,
        help="latency: bytes of a frame (5000)",
    )  # fmt: skip
    of_clients.add_argument(
        "--sound", action="store_true", help="latency: sound too, whose time is taken as well"
    )
    of_clients.add_argument(
        "--metered", metavar="N", type=int, default=0,
        help="latency: so many of the players take the time, the others only count (0: all)",
    )  # fmt: skip
    of_clients.add_argument(
        "--inflight", metavar="N", type=int, default=256,
        help="storm: connections open at once (256)",
    )  # fmt: skip


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Carry it out and report."""
    if not sys.platform.startswith("linux"):
        complain("load needs Linux: it counts on epoll and /proc")
        return Exit.USAGE
    from trio_srs.tools.load.run import Timing, run_load

    given = {name: value for name, value in vars(args).items() if name in LoadPlan.__annotations__}
    try:
        plan = LoadPlan(**given)
    except LoadRefusedError as error:
        complain(str(error))
        return Exit.USAGE
    timing = Timing(seconds=args.seconds, settle_s=args.settle, rounds_s=args.rounds_s)
    try:
        figures = run_load(plan, timing, server=args.server_pid, processes=args.processes)
    except TrioSrsError as error:
        complain(str(error))
        return Exit.FAILED
    except KeyboardInterrupt:
        complain("interrupted: no figures")
        return Exit.INTERRUPTED
    connected, silent = figures["connected"], figures.get("no_media")
    if connected and silent:
        complain(f"{silent} of {connected} got no media: does anybody publish {args.url}?")
    if args.json:
        say_json(figures)
    else:
        for line in _lines(figures):
            say(line)
    return Exit.OK if figures["connected"] else Exit.FAILED


def _lines(figures: dict[str, Any], indent: str = "") -> list[str]:
    """The figures for people: one to a line."""
    lines: list[str] = []
    for name, value in figures.items():
        if name == "latency_quantiles_ms":  # for plots
            continue
        if isinstance(value, list):
            for i, each in enumerate(value, 1):
                lines += [f"{indent}{name.removesuffix('s')} {i}", *_lines(each, f"{indent}  ")]
        elif isinstance(value, dict) and "n" in value:
            shown = "  ".join(f"{key} {number:g}" for key, number in value.items())
            lines.append(f"{indent}{name:<22}{shown}")
        elif isinstance(value, dict):
            lines += [f"{indent}{name}", *_lines(value, f"{indent}  ")] if value else []
        else:
            lines.append(f"{indent}{name:<22}{value}")
    return lines


def _argument(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    def convert(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def _one_duration(text: str) -> float:
    """A duration; a bare number is seconds."""
    return parse_seconds(float(text) if text.replace(".", "", 1).isdigit() else text)


_load = _argument(Load)
_seconds = _argument(_one_duration)
_rounds = _argument(lambda text: tuple(map(_one_duration, text.split(","))))
