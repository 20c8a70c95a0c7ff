"""The command line: ``trio-srs COMMAND ...``, and which word means which command. Floor 8.

Each command is a module of its own beside this one, imported when it is asked for, so that a
server never pays for what the other commands need.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.standard import OutputError, prepare, settle
from trio_srs.app.cli.terminal import complain
from trio_srs.version import VERSION

__all__ = ["COMMANDS", "main", "parser_of", "program"]

COMMANDS: Final = {
    "serve": "run the server; what happens when no command is given",
    "publish": "publish an FLV file or a made-up stream to a server",
    "play": "play a stream into an FLV file",
    "probe": "say what a stream is made of, and how its server behaves",
    "expect": "judge a stream of a server, or a file, by rules",
    "inspect": "print what an RTMP peer and a server said, from a capture of it",
    "replay": "do a captured session again, as its client or its server",
    "relay": "pass clients on to a server, and do wrong on the way what it is told to",
    "hooks": "receive HTTP callbacks, and answer them as it is told",
    "hash-password": "write the line by which a user is known to a server",
    "sign-url": "sign the URL of a stream, so that it opens that until a time",
    "conformance": "run an encoder through situations, and make a report card of it",
    "load": "load a server on this machine, and measure what it takes",
}
"""Every command, with its one line of help."""

_PROG: Final = "trio-srs"
_YOUNG: Final = 100_000
"""How many new objects there are before garbage is looked for. A server sets its own when it is
ready."""
_USAGE: Final = """\
trio-srs [CONFIG.toml] [option ...]
       trio-srs COMMAND [argument ...]"""


class _Command(Protocol):
    """What the module of a command has."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""

    def run(self, args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
        """Do it, and return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    A first word that ends in ``.toml``, an option, or nothing at all means ``serve``.

    Args:
        argv: the words after the program's name; those of this process by default.

    Returns:
        the exit code, one of :class:`~trio_srs.app.cli.exits.Exit`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except SystemExit as done:  # argparse: help was shown (0), or the usage was wrong (2)
        return int(done.code or 0)
    except OutputError as error:
        complain(str(error))
        return Exit.NOT_WRITTEN
    except KeyboardInterrupt:
        complain("interrupted")
        return Exit.INTERRUPTED


def program() -> int:
    """Run one command as a process of its own, which ends when this returns.

    Garbage is looked for seldom: imports leave next to none, and looking for it while they went on
    took a tenth of a server's start. At the end it would take a twentieth of a second once more.
    """
    gc.set_threshold(_YOUNG)
    prepare()
    code = main()
    try:
        settle()
    except OutputError as error:
        complain(str(error))
        code = code or Exit.NOT_WRITTEN
    gc.freeze()
    return code


def _dispatch(words: list[str]) -> int:
    first = words[0] if words else ""
    if first in ("-h", "--help", "--version"):
        _top_parser().parse_args(words)
    if first in COMMANDS:
        return _run(first, words[1:])
    if not first or first.startswith("-") or first.endswith(".toml"):
        return _run("serve", words)
    from trio_srs.app.cli.suggestions import suggested_command  # few words are no commands

    complain(f"there is no command {first!r}; {suggested_command(first, COMMANDS)}")
    return Exit.USAGE


def _top_parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:<14}{summary}" for name, summary in COMMANDS.items())
    exits = "\n".join(f"  {each.value:<10}{each.meaning}" for each in Exit)
    parser = argparse.ArgumentParser(
        prog=_PROG,
        usage=_USAGE,
        description="A live media server for RTMP, and its tools.",
        epilog=f"commands:\n{commands}\n\nexit codes:\n{exits}\n\n"
        "'trio-srs COMMAND --help' says more about a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{_PROG} {VERSION}")
    return parser


def parser_of(name: str) -> argparse.ArgumentParser:
    """What reads the words of a command, for whoever wants to know which there are."""
    command = _module_of(name)
    parser = argparse.ArgumentParser(
        prog=f"{_PROG} {name}",
        description=(command.__doc__ or "").partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{_PROG} {VERSION}")
    command.configure(parser)
    return parser


def _module_of(name: str) -> _Command:
    return cast(_Command, import_module(f"{__name__}.{name.replace('-', '_')}"))


def _run(name: str, words: list[str]) -> int:
    parser = parser_of(name)
    return _module_of(name).run(parser.parse_args(words), parser)
