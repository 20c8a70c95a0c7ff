"""Where the outcome of a run is written to: options, and what they do. Floor 8."""

from __future__ import annotations

import argparse
import json
import os
import signal
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.output import STDOUT
from trio_srs.app.cli.standard import OutputError, put_bytes
from trio_srs.app.cli.terminal import complain, say
from trio_srs.tools.verdicts.outcome import Outcome

__all__ = ["add_output_options", "check_outputs", "exit_of", "write_outputs"]


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where to write what was found."""
    group = parser.add_argument_group("output, beside the table on standard output")
    for name, what in (
        ("junit", "JUnit XML, a test case for each expectation"),
        ("tap", "TAP, the Test Anything Protocol"),
        ("json", "all of it, each frame's numbers too, in a line of JSON"),
        ("html", "one page with plots; needs pip install pygal"),
    ):
        group.add_argument(f"--{name}", metavar="FILE", help=f"{what}; - for stdout")
    group.add_argument(
        "--github", action="store_true",
        help="GitHub Actions: annotations, and the summary of the step",
    )  # fmt: skip
    group.add_argument("--report", action="store_true", help="say all facts, not only verdicts")
    group.add_argument("--quiet", action="store_true", help="say only what is not as expected")


def _junit(outcome: Outcome, code: int) -> bytes:
    from trio_srs.tools.verdicts.junit import junit_xml

    return junit_xml(outcome)


def _tap(outcome: Outcome, code: int) -> bytes:
    from trio_srs.tools.verdicts.tap import tap_lines

    return _utf8("".join(f"{line}\n" for line in tap_lines(outcome)))


def _json(outcome: Outcome, code: int) -> bytes:
    from trio_srs.tools.verdicts.as_json import outcome_as_dict

    return f"{json.dumps(outcome_as_dict(outcome, code))}\n".encode()


def _html(outcome: Outcome, code: int) -> bytes:
    from trio_srs.tools.verdicts.page import page

    return _utf8(page(outcome))


def _utf8(text: str) -> bytes:
    """Bytes that a peer said and that are no UTF-8 are lone surrogates in a text: see wire.amf."""
    return text.encode(errors="backslashreplace")


_FORMS: Final[dict[str, Callable[[Outcome, int], bytes]]] = {
    "junit": _junit,
    "tap": _tap,
    "json": _json,
    "html": _html,
}
"""By the name of the option."""
_MODULES: Final = {"junit": "junit", "tap": "tap", "json": "as_json", "html": "page"}
"""What they are made by."""


def load_outputs(args: argparse.Namespace) -> None:
    """Import what will be needed to write what was asked for; may be called in a thread."""
    wanted = [module for name, module in _MODULES.items() if getattr(args, name) is not None]
    for module in ("table", *wanted):
        import_module(f"trio_srs.tools.verdicts.{module}")
    if args.html is not None:
        from trio_srs.tools.verdicts.drawing import load_pygal

        load_pygal()


def check_outputs(args: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """See whether what was asked for can be written, before anything is run for it."""
    paths = {name: getattr(args, name) for name in _FORMS if getattr(args, name) is not None}
    to_stdout = [f"--{name} -" for name, path in paths.items() if path == STDOUT]
    if len(to_stdout) > 1:
        parser.error(f"{' and '.join(to_stdout)} all write to standard output: choose one")
    for name, path in paths.items():
        if path != STDOUT and not Path(path).absolute().parent.is_dir():
            parser.error(f"--{name}: there is no directory {Path(path).parent}")
    if "html" in paths:
        from trio_srs.tools.verdicts.drawing import PlotsNotInstalledError, check_can_draw

        try:
            check_can_draw()
        except PlotsNotInstalledError as error:
            parser.error(f"--html: {error}")


def exit_of(outcome: Outcome, by_signal: signal.Signals | None = None) -> Exit:
    """What a run ends with: the first thing in this order that went wrong.

    A run that a signal ended before its time says nothing about what was expected: that is first.
    """
    if by_signal is not None:
        return Exit.by(by_signal)
    if not outcome.came:
        return Exit.NO_STREAM
    if not outcome.met:
        return Exit.FAILED
    if outcome.program is not None and outcome.program.failed:
        return Exit.COMMAND_FAILED
    return Exit.OK


def write_outputs(
    args: argparse.Namespace, outcome: Outcome, by_signal: signal.Signals | None = None
) -> Exit:
    """Write and say what was asked for: each of it, whatever becomes of the others.

    Args:
        by_signal: what ended the run before its time, if anything did.

    Returns:
        what the command ends with: the outcome's code, or that something could not be written.
    """
    code = exit_of(outcome, by_signal)
    if "TRIO_SRS_SEEN_RUNS" in os.environ:
        from trio_srs.tools.verdicts.seen_runs import tell_run  # only in some runs of tests

        tell_run(outcome, os.environ)
    paths = {name: getattr(args, name) for name in _FORMS if getattr(args, name) is not None}
    written = [
        _done(f"--{name}: ", partial(_write, path, name, outcome, code))
        for name, path in paths.items()
    ]
    if STDOUT not in paths.values():
        written.append(_done("", partial(_say, args, outcome)))
    if args.github:
        written.append(_done("--github: ", partial(_tell_github, outcome)))
    return code if all(written) else code or Exit.NOT_WRITTEN


def _done(what: str, write: Callable[[], None]) -> bool:
    """Write something; whether that could be done. If not, it is said."""
    try:
        write()
    except OutputError as error:
        complain(f"{what}{error}")
        return False
    return True


def _write(path: str, name: str, outcome: Outcome, code: int) -> None:
    data = _FORMS[name](outcome, code)
    if path == STDOUT:
        put_bytes(data)
        return
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error


def _say(args: argparse.Namespace, outcome: Outcome) -> None:
    from trio_srs.tools.verdicts.report_table import report_lines
    from trio_srs.tools.verdicts.table import verdict_lines

    for line in verdict_lines(outcome, only_failed=args.quiet):
        say(line)
    if args.report and outcome.report is not None:
        for line in report_lines(outcome.report):
            say(line)


def _tell_github(outcome: Outcome) -> None:
    from trio_srs.tools.verdicts.github import annotation_lines, step_summary

    for line in annotation_lines(outcome):
        say(line)
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path is None:
        return
    try:
        with open(path, "ab") as file:
            file.write(_utf8(step_summary(outcome)))
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from error
