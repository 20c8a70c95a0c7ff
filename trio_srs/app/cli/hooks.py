"""``trio-srs hooks``: receive HTTP callbacks. Floor 8.

Receive the callbacks of a server (its section [hooks], or SRS's http_hooks), print each, and say
yes, or whatever else is to be tried. Put the URL that it prints into the configuration. Ends when
interrupted.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from typing import Final

import trio

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.interrupt import until_signal
from trio_srs.app.cli.listen_address import listen_address
from trio_srs.app.cli.output import STDOUT, OutputClosedError, open_output
from trio_srs.app.cli.terminal import complain, say
from trio_srs.app.cli.tool import run_tool
from trio_srs.net.address import Address
from trio_srs.net.nursery import ungrouped
from trio_srs.tools.hooks.receiver import HookReceiver, ReceivedCall
from trio_srs.tools.hooks.scripted_answer import YES, ScriptedAnswer, ScriptedAnswerError

__all__ = ["configure", "run"]

_LISTEN: Final = Address("127.0.0.1", 8085)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--listen", metavar="ADDRESS", type=_address, default=_LISTEN,
        help=f"where to receive ({_LISTEN}); port 0 is any free one",
    )  # fmt: skip
    parser.add_argument(
        "--answer", metavar="ACTION=ANSWER", type=_answer, action="append", default=[],
        help="answer ACTION (on_publish...) so: yes, refuse:REASON, redirect:URL, rename:NAME, a "
        "status, garbage, close, slow:3s, or a JSON object; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--record", metavar="FILE.jsonl", help="write each call as a line of JSON; - for stdout"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def _address(text: str) -> Address:
    """Where to listen, if that is over TCP."""
    address = listen_address(text)
    if address.path is not None:
        raise argparse.ArgumentTypeError("callbacks come over TCP: expected host:port")
    return address


def _answer(text: str) -> tuple[str, ScriptedAnswer]:
    """What to answer to what."""
    action, equals, answer = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected ACTION=ANSWER, not {text!r}")
    try:
        return action, ScriptedAnswer.parse(answer)
    except ScriptedAnswerError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Receive until interrupted; return the exit code."""
    return run_tool(partial(_receive, args))


async def _receive(args: argparse.Namespace) -> int:
    answers: dict[str, ScriptedAnswer] = dict(args.answer)
    quiet = args.quiet or args.record == STDOUT
    with open_output(args.record) as output:
        writing = trio.Lock()

        async def answer(call: ReceivedCall) -> ScriptedAnswer:
            if not quiet:
                say(str(call))
            async with writing:
                await output.write(_line(call))
            return answers.get(call.action, YES)

        async def receive() -> None:
            async with ungrouped(), trio.open_nursery() as nursery:
                host, port = args.listen.host, args.listen.port
                urls = await nursery.start(HookReceiver(answer).run, host, port)
                if not args.quiet:
                    (complain if quiet else say)(f"receiving at {urls[0]}")

        try:
            await until_signal(receive)
        except OSError as error:
            complain(f"cannot listen on {args.listen}: {error.strerror or error}")
            return Exit.FAILED
        except OutputClosedError:
            pass  # who reads it has had enough
    return Exit.OK


def _line(call: ReceivedCall) -> bytes:
    told = {"number": call.number, "at_s": round(call.at_s, 6), "path": call.path}
    return json.dumps({**told, "headers": dict(call.headers), "body": call.fields}).encode() + b"\n"
