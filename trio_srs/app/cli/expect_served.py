"""``trio-srs expect -- COMMAND``, and ``--listen``: judge what is published to us. Floor 8."""

from __future__ import annotations

import argparse
import contextlib
import logging
import math
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.expect_golden import GoldenComparison
from trio_srs.app.cli.interrupt import until_signal
from trio_srs.app.cli.terminal import complain
from trio_srs.app.cli.verdicts import load_outputs, write_outputs
from trio_srs.errors import RefusedError
from trio_srs.media.expect import Rule
from trio_srs.media.report import StreamReport
from trio_srs.net.address import Address
from trio_srs.tools.expect.program import ProgramStartError
from trio_srs.tools.expect.run import ExpectRun
from trio_srs.tools.expect.run_plan import SOURCE_STREAM, RunPlan
from trio_srs.tools.expect.run_result import outcome_of, without_captures
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.wire.stream_name import parse_stream

if TYPE_CHECKING:
    from trio_srs.tools.expect.source import SourceJob

__all__ = ["judge_served"]

_STDERR: Final = 2
"""The file descriptor: what the command says does not pass through Python's own buffers."""
_TIMEOUT_S: Final = 10.0
_MAX_TIME_S: Final = 600.0


def judge_served(
    args: argparse.Namespace,
    parser: argparse.ArgumentParser,
    rules: tuple[Rule, ...],
    golden: Mapping[str, StreamReport],
) -> int:
    """Run the command, or wait for whoever comes; judge and report."""
    if args.capture is not None and not args.capture.is_dir():
        parser.error(f"--capture: there is no directory {args.capture}")
    plan = RunPlan(
        rules=rules,
        golden=golden,
        words=tuple(args.command),
        environ=os.environ,
        enough=Enough(seconds=args.seconds, frames=args.frames),
        kick_after_s=args.kick_after,
        strict=bool(args.strict),
        capture=args.capture,
        reference=args.reference,
        source=_source(args, parser),
        stdout=subprocess.DEVNULL if args.quiet else _STDERR,
        show=None if args.quiet else _pass_on,
        meanwhile=partial(load_outputs, args),
        on_ready=None if args.command or args.quiet else _say_where,
        **_defaults(args, parser, rules),
    )
    # The server's log is not what is asked for: what matters of it is in the outcome.
    logging.getLogger("trio_srs").addHandler(logging.NullHandler())
    try:
        return trio.run(_judge, args, plan)
    except ProgramStartError as error:
        complain(str(error))
        return Exit.USAGE
    except RefusedError as error:
        complain(str(error))
        return Exit.FAILED


def _defaults(
    args: argparse.Namespace, parser: argparse.ArgumentParser, rules: tuple[Rule, ...]
) -> dict[str, Any]:
    """What is not said is not the same with a command as without."""
    given: dict[str, Any] = {}
    if args.listen is not None:
        given["listen"] = _address(args.listen, parser)
    if args.stream is not None:
        given["stream"] = _stream(args.stream, parser)
    elif named := [name for rule in rules for name in rule.streams]:
        given["stream"] = _stream(
            named[0], parser
        )  # it is waited for, and judged by what has no name
    elif not args.command:
        given["stream"] = None
    patience, most = (_TIMEOUT_S, _MAX_TIME_S) if args.command else (math.inf, math.inf)
    given["timeout_s"] = patience if args.timeout is None else args.timeout
    given["max_time_s"] = most if args.max_time is None else args.max_time
    return given


def _address(text: str, parser: argparse.ArgumentParser) -> Address:
    try:
        address = Address.parse(text)
    except ValueError as error:
        parser.error(f"--listen: {error}")
    if address.path is not None:
        parser.error("--listen: expected a TCP address, as URLs have no unix sockets")
    return address


def _stream(text: str, parser: argparse.ArgumentParser) -> str:
    try:
        stream = parse_stream(text).path
    except RefusedError as error:
        parser.error(f"--stream: {error}")
    if stream == SOURCE_STREAM:
        parser.error(f"--stream: {stream} is the name of the source")
    return stream


def _source(args: argparse.Namespace, parser: argparse.ArgumentParser) -> SourceJob | None:
    if args.source is None:
        if args.source_seconds is not None:
            parser.error("--source-seconds is only for --source")
        return None
    if not args.command:
        parser.error("--source is only for a command")
    from trio_srs.tools.expect.source import is_endless, make_source

    try:
        source = make_source(args.source, args.source_seconds or math.inf)
    except RefusedError as error:
        parser.error(f"--source: {error}")
    if is_endless(source) and args.seconds == args.frames == math.inf:
        parser.error(
            "--source PATTERN has no end: expected --source-seconds, --seconds or --frames"
        )
    return source


def _pass_on(data: bytes | bytearray) -> None:
    """Write what the command says to our standard error, all of it."""
    rest = memoryview(data)
    with contextlib.suppress(OSError):  # nobody hears it, and nobody can be told
        while rest:
            rest = rest[os.write(_STDERR, rest) :]


def _say_where(url: str) -> None:
    complain(f"waiting for a publisher on {url}")


async def _judge(args: argparse.Namespace, plan: RunPlan) -> int:
    comparison = GoldenComparison(args)
    with _keeping(plan, always=args.golden is not None) as keeping:
        run = ExpectRun(keeping)
        by_signal = await until_signal(run.run)
        judge = partial(
            outcome_of, keeping, run.result, interrupted=by_signal is not None,
            with_pictures=args.html is not None,
        )  # fmt: skip
        # Decoding takes its time, and a signal has to be heard meanwhile.
        if keeping.is_to_be_kept:
            outcome = await trio.to_thread.run_sync(judge, abandon_on_cancel=True)
        else:
            outcome = judge()
        comparison.read(outcome.report.captured if outcome.report is not None else None)
    if plan.capture is None:
        outcome = without_captures(outcome)
    return write_outputs(args, comparison.finish(outcome), by_signal)


@contextlib.contextmanager
def _keeping(plan: RunPlan, *, always: bool) -> Iterator[RunPlan]:
    """The plan, with a folder for what has to be decoded or compared, which is gone when the block
    ends."""
    if plan.capture is not None or not (always or plan.is_to_be_kept):
        yield plan
        return
    with tempfile.TemporaryDirectory(prefix="trio-srs-") as folder:
        yield attrs.evolve(plan, capture=Path(folder))
