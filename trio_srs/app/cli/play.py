"""``trio-srs play``: a stream into a file. Floor 8.

Play a stream, and write it as FLV if -o says where. Ends when there is enough of it, when it
is unpublished, when the server closes the connection, when nobody reads the pipe that it writes
to, or when interrupted.
"""

from __future__ import annotations

import argparse
import math
from functools import partial

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.interrupt import until_signal
from trio_srs.app.cli.output import STDOUT, OutputClosedError, open_output
from trio_srs.app.cli.quantities import count, seconds
from trio_srs.app.cli.terminal import say, say_json
from trio_srs.app.cli.tool import (
    add_connection_options,
    in_words,
    run_tool,
    settings_from,
    show_progress,
)
from trio_srs.net.rtmp_player import open_player
from trio_srs.tools.play import PlayOptions, Recording

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_connection_options(
        parser, "how long the server may take to accept, and then the first audio or video"
    )
    parser.add_argument("-o", "--output", metavar="FILE.flv", help="where to write; - for stdout")
    parser.add_argument(
        "--seconds", metavar="TIME", type=seconds, default=math.inf, help="stop after so much media"
    )
    parser.add_argument(
        "--frames", metavar="N", type=count, default=math.inf,
        help="stop after so many video frames; without video, audio frames",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="say what was played in JSON")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Play the stream until it ends, or until told to stop; return the exit code."""
    if args.json and args.output == STDOUT:
        parser.error("--json and -o - both write to standard output: choose one")
    return run_tool(partial(_play, args))


async def _play(args: argparse.Namespace) -> int:
    options = PlayOptions(seconds=args.seconds, frames=args.frames, timeout_s=args.timeout)
    quiet = args.quiet or args.json
    with show_progress("playing", quiet=quiet) as on_received:
        async with open_player(args.url, settings_from(args)) as player:
            with open_output(args.output) as output:  # only now: a refusal overwrites nothing
                recording = Recording(output.write, options, on_received)
                try:
                    interrupted = await until_signal(partial(recording.run, player))
                    await output.rewrite_start(recording.file_header)
                    ended = "interrupted" if interrupted else recording.ended
                except OutputClosedError:
                    ended = "output closed"
    if args.json:
        tally = recording.tally.as_dict()
        say_json({"event": "played", "url": args.url, "ended": ended, **tally})
    elif not quiet and args.output != STDOUT:
        say(f"played {in_words(recording.tally)}; ended: {ended}")
    return Exit.OK
