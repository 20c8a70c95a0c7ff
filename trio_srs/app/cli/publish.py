"""``trio-srs publish``: a file, or a synthetic stream, to a server. Floor 8.

Publish an FLV file, its timestamps in real time; or, with --pattern in place of the file, a
stream made on the spot. At the end, or when interrupted, the publish is ended politely: the
command returns when the server has read all of it.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Final

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.interrupt import until_signal
from trio_srs.app.cli.quantities import count, seconds, speed
from trio_srs.app.cli.terminal import complain, say, say_json
from trio_srs.app.cli.tool import (
    add_connection_options,
    in_words,
    run_tool,
    settings_from,
    show_progress,
)
from trio_srs.media.pattern import Defect, Pattern, PatternError
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.tools.publish import FilePublish, PatternPublish, PublishOptions, damage_in_words
from trio_srs.tools.tally import Tally

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    # With options between FILE and URL, argparse would otherwise take the first word for URL.
    parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]
    parser.add_argument("file", metavar="FILE.flv", type=Path, nargs="?", help="what to publish")
    add_connection_options(parser, "how long the server may take to accept")
    parser.add_argument(
        "--loop", action="store_true", help="begin again at the end, with rising timestamps"
    )
    parser.add_argument(
        "--speed", type=speed, default=1.0,
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
    _add_pattern_options(parser)


def _add_pattern_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("synthetic streams")
    add = group.add_argument
    add(
        "--pattern", metavar="CODEC[:WxH][@FPS]",
        help="publish a synthetic stream: h264 (h264:640x360@25), hevc or av1",
    )  # fmt: skip
    # What is not given is not passed on: the pattern's own defaults hold.
    options = [
        add("--audio", metavar="CODEC[:RATE[xN]]", help="aac, aac:48000x1, opus or none (aac)"),
        add("--gop", metavar="TIME", type=seconds, help="from keyframe to keyframe (2s)"),
        add("--kbit", metavar="N", type=count, help="fill h264 up to this bit rate"),
        add("--start-timestamp", metavar="MS", type=int, help="the first timestamp (0)"),
        add(
            "--drift", metavar="PPM", type=_number,
            help="timestamps run so many millionths faster than the clock (0)",
        ),
        add(
            "--audio-drift", metavar="PPM", type=_number,
            help="those of audio run so much faster than those of video (0)",
        ),
        add(
            "--jitter", metavar="MS", type=_number,
            help="timestamps of video are off by up to so much (0)",
        ),
        add("--seed", metavar="N", type=int, help="of the jitter (0)"),
        add(
            "--defect", metavar="KIND@FRAME[:AMOUNT]", action="append", type=_defect,
            help="regression@50:100, duplicate@50, gap@50:1000 (ms), stall@50:5 (seconds), "
            "no-audio or no-video; may be repeated",
        ),
    ]  # fmt: skip
    parser.set_defaults(pattern_options=[option.dest for option in options])


def _number(text: str) -> float:
    """A finite number, also below 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number, not {text!r}")
    return number


def _defect(text: str) -> Defect:
    try:
        return Defect.parse(text)
    except PatternError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Publish the file, or the pattern."""
    if args.file is None and args.pattern is None:
        parser.error("expected FILE.flv and URL, or --pattern and URL")
    if args.file is not None and args.pattern is not None:
        parser.error("expected either FILE.flv or --pattern, not both")
    if args.pattern is None:
        given = [name for name in args.pattern_options if getattr(args, name) is not None]
        if given:
            parser.error(f"{_flag(given[0])} is only for --pattern")
        return run_tool(partial(_publish_file, args))
    if args.loop or args.start_at:
        parser.error(f"{_flag('loop' if args.loop else 'start_at')} is only for files")
    try:
        pattern = _pattern(args)
    except PatternError as error:
        parser.error(str(error))
    return run_tool(partial(_publish_pattern, args, pattern))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


_FIELDS: Final = {
    "gop": "gop_s",
    "kbit": "kbps",
    "start_timestamp": "start_ms",
    "drift": "drift_ppm",
    "audio_drift": "audio_drift_ppm",
    "jitter": "jitter_ms",
    "seed": "seed",
    "defect": "defects",
}
"""What the options are called in a :class:`~trio_srs.media.pattern.Pattern`."""


def _pattern(args: argparse.Namespace) -> Pattern:
    values = {field: getattr(args, name) for name, field in _FIELDS.items()}
    given: dict[str, Any] = {field: value for field, value in values.items() if value is not None}
    given["defects"] = tuple(given.get("defects", ()))
    return Pattern.parse(args.pattern, args.audio or "aac", seconds=args.seconds, **given)


async def _publish_pattern(args: argparse.Namespace, pattern: Pattern) -> int:
    with show_progress("publishing", quiet=args.quiet or args.json) as on_sent:
        job = PatternPublish(pattern, args.speed, on_sent)
        async with open_publisher(args.url, settings_from(args)) as publisher:
            interrupted = await until_signal(partial(job.run, publisher))
    _report(args, job.tally, interrupted is not None)
    return Exit.OK


async def _publish_file(args: argparse.Namespace) -> int:
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
    if job.damaged_at is not None:
        complain(f"{args.file}: {damage_in_words(job.damaged_at)}")
    if job.passed_over:
        complain(f"{args.file}: {_reserved(job.passed_over)}")
    _report(args, job.tally, interrupted is not None)
    return Exit.OK


def _reserved(passed_over: Counter[int]) -> str:
    """What of a file was not published, in words."""
    total, types = passed_over.total(), ", ".join(map(str, sorted(passed_over)))
    return (
        f"{total} tag{'' if total == 1 else 's'} passed over, of "
        f"type{'' if len(passed_over) == 1 else 's'} {types}: FLV reserves all types but audio "
        "(8), video (9) and script data (18)"
    )


def _report(args: argparse.Namespace, tally: Tally, interrupted: bool) -> None:
    if args.json:
        say_json(
            {
                "event": "published",
                "url": args.url,
                "ended": "interrupted" if interrupted else "complete",
                **tally.as_dict(),
            }
        )
    elif not args.quiet:
        say(f"published {in_words(tally)}")
