"""``trio-srs expect`` of a URL or a file: a stream that is there already. Floor 8."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from functools import partial

import trio

from trio_srs.app.cli.expect_golden import GoldenComparison
from trio_srs.app.cli.interrupt import until_signal
from trio_srs.app.cli.tool import run_tool
from trio_srs.app.cli.verdicts import write_outputs
from trio_srs.media.expect import Evidence, Rule
from trio_srs.media.report import StreamReport
from trio_srs.net.rtmp_client import ClientSettings, client_tls
from trio_srs.tools.expect.look import NOTHING, Look
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.tools.expect.target import DEFAULT_FOR_S, Target
from trio_srs.tools.verdicts.outcome import Outcome

__all__ = ["judge_target"]

_TIMEOUT_S = 10.0
_INTERRUPTED = "interrupted: what had come by then was judged"


def judge_target(
    args: argparse.Namespace, rules: tuple[Rule, ...], golden: Mapping[str, StreamReport]
) -> int:
    """Look at a URL or a file, judge it and report."""
    return run_tool(partial(_judge, args, rules, golden))


async def _judge(
    args: argparse.Namespace, rules: tuple[Rule, ...], golden: Mapping[str, StreamReport]
) -> int:
    began, began_at = trio.current_time(), time.time()
    with Look(rules, args.reference, with_pictures=args.html is not None) as look:
        comparison = GoldenComparison(args, look.keep)
        target = Target(
            args.target,
            Enough(seconds=args.seconds, frames=args.frames),
            for_s=DEFAULT_FOR_S if args.for_s is None else args.for_s,
            settings=_settings(args),
            keep=comparison.keep,
        )
        by_signal = await until_signal(target.run)
        seen, interrupted, judged = target.seen(), by_signal is not None, NOTHING
        if (report := seen.report) is not None:
            evidence = Evidence(report=report, golden=golden)
            judged = await trio.to_thread.run_sync(look.judge, evidence, abandon_on_cancel=True)
    outcome = Outcome(
        target=seen.target,
        rules=rules,
        report=report,
        verdicts=judged.verdicts,
        pictures=judged.pictures,
        absence=seen.absence,
        missing=seen.missing,
        interrupted=interrupted,
        remarks=(_INTERRUPTED,) if interrupted else seen.remarks,
        seconds=trio.current_time() - began,
        began_at=began_at,
    )
    return write_outputs(args, comparison.finish(outcome), by_signal)


def _settings(args: argparse.Namespace) -> ClientSettings:
    tls = client_tls(insecure=True) if args.insecure else None
    return ClientSettings(timeout_s=_TIMEOUT_S if args.timeout is None else args.timeout, tls=tls)
