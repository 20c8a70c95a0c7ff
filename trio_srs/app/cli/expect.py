"""``trio-srs expect``: judge a stream. Floor 8.

Judge a stream that is pulled from a server (rtmp, rtmps, http or https with FLV), or a file.

A rule is SUBJECT OPERATOR VALUE: 'video.fps ~ 25±0.5', 'video.gop.seconds <= 2.1',
'audio.sample_rate == 48000'; --subjects lists what there is. Without rules it is enough that a
stream comes.
"""

from __future__ import annotations

import argparse
import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import trio

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.terminal import complain, say
from trio_srs.app.cli.tool import count, run_tool, seconds, until_signal
from trio_srs.app.cli.verdicts import add_output_options, check_outputs, write_outputs
from trio_srs.media.expect import Evidence, Rule, RuleError, judge
from trio_srs.tools.client import ClientSettings, client_tls
from trio_srs.tools.expect.flv_file import report_of_file
from trio_srs.tools.expect.golden import golden_reports
from trio_srs.tools.expect.pull import Pull
from trio_srs.tools.expect.rule_file import gather_rules
from trio_srs.tools.expect.sight import Enough
from trio_srs.tools.publish import MediaFileError
from trio_srs.tools.verdicts.outcome import Outcome

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = "%(prog)s [-h] [option ...] [URL | FILE.flv]"
    parser.add_argument("target", metavar="URL | FILE.flv", nargs="?", help="what to judge")
    add = parser.add_argument
    add("--expect", metavar="RULE", action="append", default=[], help="a rule; repeatable")
    add("--expect-file", metavar="FILE.toml", action="append", default=[], type=Path,
        help="a file of rules; repeatable")  # fmt: skip
    add("--seconds", metavar="TIME", type=seconds, default=math.inf, help="judge so much media")
    add("--frames", metavar="N", type=count, default=math.inf,
        help="judge so many video frames; without video, audio frames")  # fmt: skip
    add("--timeout", metavar="TIME", type=seconds, default=10.0,
        help="how long the first audio or video may take, and a silence after it (10s)",
    )  # fmt: skip
    add("--insecure", action="store_true", help="with rtmps and https, accept any certificate")
    add("--subjects", action="store_true", help="only list what rules can be about")
    add_output_options(parser)


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Watch, judge and report."""
    if args.subjects:
        return _list_subjects()
    check_outputs(args, parser)
    try:
        rules = gather_rules(args.expect, args.expect_file)
        golden = golden_reports(rules, Path())
    except RuleError as error:
        for problem in error.problems:
            complain(problem)
        return Exit.USAGE
    except MediaFileError as error:
        complain(f"a rule's golden file: {error}")
        return Exit.USAGE
    if args.target is None:
        parser.error("expected URL or FILE.flv")
    if "://" in args.target:
        return run_tool(partial(_judge_pulled, args, rules, golden))
    return _judge_file(args, rules, golden)


def _list_subjects() -> int:
    from trio_srs.media.expect.subjects import SUBJECTS

    for name, subject in SUBJECTS.items():
        kind = f"{subject.kind.value}{f' in {subject.unit}' if subject.unit else ''}"
        say(f"{name:<42}{kind:<20}{subject.definition}".rstrip())
    return Exit.OK


def _judge_file(args: argparse.Namespace, rules: tuple[Rule, ...], golden: Any) -> int:
    began, began_at = time.monotonic(), time.time()
    report, absence = None, ""
    try:
        report = report_of_file(Path(args.target), _enough(args))
    except MediaFileError as error:
        absence = str(error)
    verdicts = judge(Evidence(report=report, golden=golden), rules) if report else ()
    outcome = Outcome(
        target=args.target, rules=rules, report=report, verdicts=verdicts, absence=absence,
        seconds=time.monotonic() - began, began_at=began_at,
    )  # fmt: skip
    return write_outputs(args, outcome)


async def _judge_pulled(args: argparse.Namespace, rules: tuple[Rule, ...], golden: Any) -> int:
    began, began_at = trio.current_time(), time.time()
    tls = client_tls(insecure=True) if args.insecure else None
    settings = ClientSettings(timeout_s=args.timeout, tls=tls)
    pull = Pull(args.target, _enough(args), timeout_s=args.timeout, settings=settings)
    interrupted = await until_signal(pull.run)
    report = pull.report()
    outcome = Outcome(
        target=pull.target,
        rules=rules,
        report=report,
        verdicts=judge(Evidence(report=report, golden=golden), rules) if report else (),
        absence=pull.absence,
        interrupted=interrupted,
        seconds=trio.current_time() - began,
        began_at=began_at,
    )
    return write_outputs(args, outcome)


def _enough(args: argparse.Namespace) -> Enough:
    return Enough(seconds=args.seconds, frames=args.frames)
