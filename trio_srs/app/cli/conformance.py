"""``trio-srs conformance``: a report card of an encoder. Floor 8.

Run COMMAND again and again, each time against a server that does something else to it (late
answers, small chunks, a refused name, a redirect, a stall, a ping, a broken connection), and say
what it did, by what the server saw. {url} in COMMAND is where to publish, as is TRIO_SRS_URL. It
should publish for longer than --seconds; it is stopped then. The card can be kept in a repository.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.quantities import seconds
from trio_srs.app.cli.standard import OutputError
from trio_srs.app.cli.terminal import complain, say, say_json
from trio_srs.app.cli.tool import run_tool
from trio_srs.tools.encoder_card.card_run import CardLine, run_situation
from trio_srs.tools.encoder_card.situation import SITUATIONS, Mark, Situation

__all__ = ["configure", "run"]

_SIGNS: Final = {Mark.GOOD: "ok ", Mark.LAWFUL: " - ", Mark.NOT_TRIED: " ? ", Mark.BAD: "NOT"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = "%(prog)s [-h] [option ...] -- COMMAND ..."
    parse = parser.parse_args

    def parse_args(words: Sequence[str]) -> argparse.Namespace:
        cut = words.index("--") if "--" in words else len(words)
        args: argparse.Namespace = parse(words[:cut])
        args.command = list(words[cut + 1 :])
        return args

    parser.parse_args = parse_args  # type: ignore[method-assign, assignment]  # before ours
    names = [each.name for each in SITUATIONS]
    parser.add_argument(
        "--only", metavar="SITUATION", action="append", choices=names, default=[],
        help=f"try this one alone; may be repeated: {', '.join(names)}",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", metavar="TIME", type=seconds, default=6.0,
        help="how long the encoder is watched in each (6s)",
    )  # fmt: skip
    parser.add_argument(
        "--captures", metavar="FOLDER", type=Path,
        help="keep every session, byte for byte, in a folder for each situation",
    )  # fmt: skip
    parser.add_argument("--markdown", metavar="FILE.md", type=Path, help="write the card here")
    parser.add_argument("--json", action="store_true", help="print the card as a line of JSON")


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Try every situation; return the exit code."""
    if not args.command:
        parser.error("expected -- and the encoder's command")
    return run_tool(partial(_run, args))


async def _run(args: argparse.Namespace) -> int:
    # The server's log is not what is asked for.
    logging.getLogger("trio_srs").addHandler(logging.NullHandler())
    lines: list[CardLine] = []
    for situation in SITUATIONS:
        if args.only and situation.name not in args.only:
            continue
        line = await _try(args, situation)
        lines.append(line)
        if not args.json:
            say(_in_words(line))
    if args.json:
        say_json({"event": "conformance", "lines": [_as_json(each) for each in lines]})
    if args.markdown is not None:
        try:
            args.markdown.write_text(_markdown(args.command, lines), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{args.markdown}: {error.strerror}") from error
    bad = [each.situation.name for each in lines if each.mark is Mark.BAD]
    if bad and not args.json:
        complain(f"not as it should be: {', '.join(bad)}")
    return Exit.FAILED if bad else Exit.OK


async def _try(args: argparse.Namespace, situation: Situation) -> CardLine:
    run_in = partial(run_situation, situation, args.command, os.environ, seconds=args.seconds)
    if args.captures is not None:
        return await run_in(folder=args.captures / situation.name.replace(" ", "-"))
    with tempfile.TemporaryDirectory(prefix="trio-srs-") as folder:
        return await run_in(folder=Path(folder))


def _in_words(line: CardLine) -> str:
    situation = line.situation
    return f"{_SIGNS[line.mark]} {situation.name:20} {line.behaviour.value} ({line.detail})"


def _as_json(line: CardLine) -> dict[str, Any]:
    return {
        "situation": line.situation.name,
        "fault": line.situation.fault,
        "behaviour": line.behaviour.value,
        "mark": line.mark.value,
        "connections": line.connections,
        "publishes": line.publishes,
        "was_done": line.was_done,
        "exit_code": line.program.returncode,
        "seconds": round(line.program.seconds, 3),
    }


def _markdown(words: Sequence[str], lines: Sequence[CardLine]) -> str:
    """The card as a page, the same for the same behaviour: it has no times."""
    rows = [
        f"| {each.situation.name} | {each.situation.meaning} | {each.behaviour.value} | "
        f"{each.mark.value} |"
        for each in lines
    ]
    head = ["| situation | the server | the encoder | |", "| --- | --- | --- | --- |"]
    return "\n".join(["# Report card", "", f"`{' '.join(words)}`", "", *head, *rows, ""])
