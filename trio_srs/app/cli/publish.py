"""``trio-srs publish``: a file to a server. Floor 8.

Publish an FLV file, its timestamps in real time. At the end, or when interrupted, the publish
is ended politely: the command returns when the server has read all of it.
"""

from __future__ import annotations

import argparse
import math
from functools import partial
from pathlib import Path

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.terminal import complain, say, say_json
from trio_srs.app.cli.tool import (
    add_connection_options,
    in_words,
    run_tool,
    seconds,
    settings_from,
    show_progress,
    until_signal,
)
from trio_srs.tools.client import open_publisher
from trio_srs.tools.publish import FilePublish, PublishOptions

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE.flv", type=Path, help="what to publish")
    add_connection_options(parser, "how long the server may take to accept")
    parser.add_argument(
        "--loop", action="store_true", help="begin again at the end, with rising timestamps"
    )
    parser.add_argument(
        "--speed", type=_speed, default=1.0,
        help="seconds of media in a second; max: as fast as the server takes it (1.0)",
    )  # fmt: skip
    parser.add_argument(
        "--start-at", metavar="TIME", type=seconds, default=0.0,
        help="begin with the first keyframe at or after this",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", metavar="TIME", type=seconds, default=math.inf, help="stop after so much media"
    )
    parser.add_argument("--json", action="store_true", help="say what was published in JSON")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def _speed(text: str) -> float:
    try:
        speed = math.inf if text == "max" else float(text)
    except ValueError:
        speed = 0.0
    if not speed > 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, or max, not {text!r}")
    return speed


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Publish the file."""
    return run_tool(partial(_publish, args))


async def _publish(args: argparse.Namespace) -> int:
    options = PublishOptions(
        loop=args.loop, speed=args.speed, start_at_s=args.start_at, seconds=args.seconds
    )
    with show_progress("publishing", quiet=args.quiet or args.json) as on_sent:
        job = FilePublish(args.file, options, on_sent)
        job.check()
        async with open_publisher(args.url, settings_from(args)) as publisher:
            interrupted = await until_signal(partial(job.run, publisher))
    if job.truncated_at is not None:
        complain(f"{args.file}: the file ends inside a tag, at byte {job.truncated_at}")
    if args.json:
        say_json(
            {
                "event": "published",
                "url": args.url,
                "ended": "interrupted" if interrupted else "complete",
                **job.tally.as_dict(),
            }
        )
    elif not args.quiet:
        say(f"published {in_words(job.tally)}")
    return Exit.OK
