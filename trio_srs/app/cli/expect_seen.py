"""``trio-srs expect`` of a URL or a file: a stream that is there already. Floor 8."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import trio

from trio_srs.app.cli.expect_golden import GoldenComparison
from trio_srs.app.cli.interrupt import until_signal
from trio_srs.app.cli.tool import run_tool
from trio_srs.app.cli.verdicts import write_outputs
from trio_srs.media.expect import Evidence, Rule
from trio_srs.media.report import StreamReport
from trio_srs.net.rtmp_client import ClientSettings, client_tls
from trio_srs.tools.expect.look import NOTHING, Look
from trio_srs.tools.expect.media_file import report_of_file, what_is_missing
from trio_srs.tools.expect.pull import Pull
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.tools.publish import MediaFileError
from trio_srs.tools.verdicts.outcome import Outcome

__all__ = ["judge_file", "judge_pulled"]

_TIMEOUT_S = 10.0


def judge_file(
    args: argparse.Namespace, rules: tuple[Rule, ...], golden: Mapping[str, StreamReport]
) -> int:
    """Judge a file and report."""
    began, began_at = time.monotonic(), time.time()
    report, absence = None, ""
    with Look(rules, args.reference, with_pictures=args.html is not None) as look:
        comparison = GoldenComparison(args, look.keep)
        try:
            report = report_of_file(Path(args.target), _enough(args), comparison.keep)
        except MediaFileError as error:
            absence = str(error)
        judged = look.judge(Evidence(report=report, golden=golden)) if report else NOTHING
    outcome = Outcome(
        target=args.target,
        rules=rules,
        report=report,
        verdicts=judged.verdicts,
        pictures=judged.pictures,
        absence=absence,
        missing=what_is_missing(report) if report else "",
        seconds=time.monotonic() - began,
        began_at=began_at,
    )
    return write_outputs(args, comparison.finish(outcome))


def judge_pulled(
    args: argparse.Namespace, rules: tuple[Rule, ...], golden: Mapping[str, StreamReport]
) -> int:
    """Pull a stream, judge it and report."""
    return run_tool(partial(_judge_pulled, args, rules, golden))


async def _judge_pulled(
    args: argparse.Namespace, rules: tuple[Rule, ...], golden: Mapping[str, StreamReport]
) -> int:
    began, began_at = trio.current_time(), time.time()
    timeout_s = _TIMEOUT_S if args.timeout is None else args.timeout
    tls = client_tls(insecure=True) if args.insecure else None
    settings = ClientSettings(timeout_s=timeout_s, tls=tls)
    with Look(rules, args.reference, with_pictures=args.html is not None) as look:
        comparison = GoldenComparison(args, look.keep)
        pull = Pull(
            args.target,
            _enough(args),
            timeout_s=timeout_s,
            settings=settings,
            keep=comparison.keep,
        )
        by_signal = await until_signal(pull.run)
        interrupted = by_signal is not None
        report, judged = pull.report(), NOTHING
        if report is not None:
            evidence = Evidence(report=report, golden=golden)
            judged = await trio.to_thread.run_sync(look.judge, evidence, abandon_on_cancel=True)
    outcome = Outcome(
        target=pull.target,
        rules=rules,
        report=report,
        verdicts=judged.verdicts,
        pictures=judged.pictures,
        absence="" if report else pull.absence,
        interrupted=interrupted,
        remarks=("interrupted: what had come by then was judged",) if interrupted else (),
        seconds=trio.current_time() - began,
        began_at=began_at,
    )
    return write_outputs(args, comparison.finish(outcome), by_signal)


def _enough(args: argparse.Namespace) -> Enough:
    return Enough(seconds=args.seconds, frames=args.frames)
