"""``trio-srs expect``: judge a stream. Floor 8.

Judge what COMMAND publishes: a server is started on a free port, COMMAND is run with its URL in
place of {url} and in TRIO_SRS_URL, and what it publishes is held against the rules. With URL, a
stream is pulled from a server (rtmp and rtmps; http and https with HLS, DASH, FLV, MPEG-TS or
fragmented MP4; udp with MPEG-TS) and judged; with FILE, one of these; with --listen, what somebody
else publishes here.

A rule is SUBJECT OPERATOR VALUE: 'video.fps ~ 25±0.5', 'video.gop.seconds <= 2.1',
'audio.sample_rate == 48000'; --subjects lists what there is. Without rules it is enough that a
stream comes.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Sequence
from pathlib import Path

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.expect_golden import add_golden_options, golden_rule
from trio_srs.app.cli.quantities import count, seconds
from trio_srs.app.cli.suggestions import misses_dashes, suggested_program, suggested_url
from trio_srs.app.cli.terminal import complain, say
from trio_srs.app.cli.verdicts import add_output_options, check_outputs
from trio_srs.errors import RefusedError
from trio_srs.media.expect import Rule, RuleError
from trio_srs.tools.expect.golden import golden_reports
from trio_srs.tools.expect.rule_file import gather_rules

__all__ = ["configure", "run"]

_FILES = (".flv", ".ts", ".mp4", ".m3u8", ".mpd")
"""What ends so is meant to be a file, whether it is there or not."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = "%(prog)s [-h] [option ...] [URL | FILE | -- COMMAND ...]"
    # What stands behind -- is another program's: argparse would look for our options in it.
    parse = parser.parse_args

    def parse_args(words: Sequence[str]) -> argparse.Namespace:
        cut = words.index("--") if "--" in words else len(words)
        flags = {
            text for each in parser._actions if each.nargs == 0 for text in each.option_strings
        }
        if cut == len(words) and (program := misses_dashes(words, flags)):
            parser.error(
                f"{program!r} looks like a command, which needs -- before it: "
                f"trio-srs expect [option ...] -- {program} ..."
            )
        args: argparse.Namespace = parse(words[:cut])
        args.command = list(words[cut + 1 :])
        return args

    parser.parse_args = parse_args  # type: ignore[method-assign, assignment]  # before ours
    parser.add_argument("target", metavar="URL | FILE", nargs="?", help="what to judge")
    add = parser.add_argument
    add("--expect", metavar="RULE", action="append", default=[], help="a rule; repeatable")
    add("--expect-file", metavar="FILE.toml", action="append", default=[], type=Path,
        help="a file of rules; repeatable")  # fmt: skip
    add("--reference", metavar="FILE.flv", type=Path,
        help="compare decoded pictures with these, for picture.ssim and the like")  # fmt: skip
    add("--seconds", metavar="TIME", type=seconds, default=math.inf, help="judge so much media")
    add("--frames", metavar="N", type=count, default=math.inf,
        help="judge so many video frames; without video, audio frames")  # fmt: skip
    add("--timeout", metavar="TIME", type=seconds,
        help="how long the first audio or video may take, and a silence after it (10s)",
    )  # fmt: skip
    add("--for", metavar="TIME", type=seconds, dest="for_s",
        help="how long HLS or DASH that goes on is watched (20s)")  # fmt: skip
    add("--insecure", action="store_true", help="with rtmps and https, accept any certificate")
    add("--subjects", action="store_true", help="only list what rules can be about")
    add_golden_options(parser)
    _add_server_options(parser)
    add_output_options(parser)


def _add_server_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("with COMMAND or --listen")
    # What is not given is not passed on: the plan's own defaults hold.
    options = [
        group.add_argument(
            "--listen", metavar="ADDRESS",
            help="where the server listens (127.0.0.1:0); without COMMAND, judge who comes there",
        ),
        group.add_argument(
            "--stream", metavar="APP/NAME",
            help="what has to be published (live/stream; without COMMAND, whatever comes first)",
        ),
        group.add_argument(
            "--max-time", metavar="TIME", type=seconds,
            help="give up after this, whatever happens (10m; without COMMAND, never)",
        ),
        group.add_argument(
            "--kick-after", metavar="TIME", type=seconds,
            help="end the first publish so long after its first audio or video, and judge the "
            "second",
        ),
        group.add_argument(
            "--strict", action="store_true", default=None,
            help="end a publisher that does something odd, in place of letting it pass",
        ),
        group.add_argument(
            "--capture", metavar="FOLDER", type=Path,
            help="keep what is published, exactly as it came, in FLV files here",
        ),
        group.add_argument(
            "--source", metavar="FILE.flv | PATTERN",
            help="offer this at {source_url} for COMMAND to pull: h264:640x360@25+aac:48000x1",
        ),
        group.add_argument(
            "--source-seconds", metavar="TIME", type=seconds, help="end the source after this"
        ),
    ]  # fmt: skip
    parser.set_defaults(server_options=[option.dest for option in options])


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Watch, judge and report."""
    if args.subjects:
        return _list_subjects()
    _check(args, parser)
    check_outputs(args, parser)
    try:
        rules = gather_rules([*map(_letters, args.expect), *golden_rule(args)], args.expect_file)
    except RuleError as error:
        for problem in error.problems:
            complain(problem)
        return Exit.USAGE
    if not _can_be_decoded(args, rules, parser):
        return Exit.USAGE
    try:
        golden = golden_reports(rules, Path())
    except RefusedError as error:
        complain(f"a rule's golden file: {error}")
        return Exit.USAGE
    if args.target is None:  # what the others need is not imported: a command waits for us
        from trio_srs.app.cli.expect_served import judge_served

        return judge_served(args, parser, rules, golden)
    from trio_srs.app.cli.expect_seen import judge_target

    return judge_target(args, rules, golden)


def _check(args: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """See whether the words make sense together."""
    if args.update and args.golden is None:
        parser.error("--update is only for --golden")
    if args.target is not None and args.command:
        parser.error(f"expected either {args.target} or a command behind --, not both")
    if args.target is None:
        if not args.command and args.listen is None:
            parser.error("expected URL, FILE, -- and a command, or --listen")
        if args.command and (hint := suggested_program(args.command)):
            parser.error(f"cannot run {args.command[0]!r}: {hint}")
        return
    is_url_or_file = "://" in args.target or args.target.endswith(_FILES)
    if not is_url_or_file and not Path(args.target).exists():
        parser.error(
            f"{args.target!r} is no URL, and there is no such file; {suggested_url(args.target)}"
        )
    for name in args.server_options:
        if getattr(args, name) is not None:
            parser.error(f"--{name.replace('_', '-')} is only for -- COMMAND and --listen")


def _can_be_decoded(
    args: argparse.Namespace, rules: Sequence[Rule], parser: argparse.ArgumentParser
) -> bool:
    """See whether the rules can be judged that need decoding, before anything is run for them."""
    if args.reference is not None and not args.reference.is_file():
        parser.error(f"--reference: there is no file {args.reference}")
    if not any(rule.subject.needs_decoding for rule in rules):
        return True
    from trio_srs.decoding.on_demand import check_rules

    try:
        check_rules(rules)
    except RefusedError as error:
        complain(str(error))
        return False
    return True


def _letters(word: str) -> str:
    """A word of the command line read as UTF-8, also where Python did not, as under LC_ALL=C."""
    try:
        return os.fsencode(word).decode(errors="surrogateescape")
    except UnicodeEncodeError:  # it did not come from a command line
        return word


def _list_subjects() -> int:
    from trio_srs.media.expect.subjects import SUBJECTS

    for name, subject in SUBJECTS.items():
        kind = f"{subject.kind.value}{f' in {subject.unit}' if subject.unit else ''}"
        say(f"{name:<42}{kind:<20}{subject.definition}".rstrip())
    return Exit.OK
