"""``trio-srs hash-password``: a user for access.users. Floor 8.

Read a password, from the terminal or the first line of standard input, and print the line by which
a server knows the user: put it into the file that access.users names. With --token, make a token
instead: it goes to standard error, once, and only its hash into the line.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Final

from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.terminal import complain, say

__all__ = ["configure", "run"]

_MOST: Final = 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", metavar="NAME", help="the user's name")
    parser.add_argument(
        "--token", action="store_true", help="make a token, in place of asking for a password"
    )


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print the line; return the exit code."""
    from trio_srs.hub.credentials import known_users
    from trio_srs.service.access.passwords import hash_password, hash_token, new_token

    if args.token:
        token = new_token()
        line = f"{args.name}:{hash_token(token)}"
    else:
        password = _read()
        if not 0 < len(password) <= _MOST:
            complain(f"expected a password of 1 to {_MOST} characters")
            return Exit.USAGE
        line = f"{args.name}:{hash_password(password)}"
    try:
        list(known_users(line))
    except ValueError:
        parser.error("NAME: expected at most 64 visible ASCII characters, no colon")
    if args.token:
        complain(token, by="the token, which is shown only here: ")
    say(line)
    return Exit.OK


def _read() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("password: ")
    return sys.stdin.readline().rstrip("\r\n")
