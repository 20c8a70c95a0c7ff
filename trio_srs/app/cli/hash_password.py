"""``trio-srs hash-password``: a user for access.users. Floor 8.

Read a password, from the terminal or the first line of standard input, and print the line by which
a server knows the user: put it into the file that access.users names. With --for the line is for
encoders that access.challenge asks; one user may have several lines. With --token, make a token
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
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--token", action="store_true", help="make a token, in place of asking for a password"
    )
    kind.add_argument(
        "--for",
        dest="challenge",
        choices=("adobe", "llnw"),
        help="for access.challenge: this hash is as secret as the password",
    )


def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Print the line; return the exit code."""
    from trio_srs.hub.credentials import known_users
    from trio_srs.service.access.passwords import hash_token, new_token

    if args.token:
        token = new_token()
        line = f"{args.name}:{hash_token(token)}"
    else:
        password = _read()
        if not 0 < len(password) <= _MOST:
            complain(f"expected a password of 1 to {_MOST} characters")
            return Exit.USAGE
        line = f"{args.name}:{_hash_for(args.challenge, args.name, password)}"
    try:
        list(known_users(line))
    except ValueError:
        parser.error("NAME: expected at most 64 visible ASCII characters, no colon")
    if args.token:
        complain(token, by="the token, which is shown only here: ")
    say(line)
    return Exit.OK


def _hash_for(challenge: str | None, name: str, password: str) -> str:
    from trio_srs.service.access.challenges import adobe_hash, llnw_hash, new_salt
    from trio_srs.service.access.passwords import hash_password

    match challenge:
        case "adobe":
            salt = new_salt()
            return f"adobe:{salt}:{adobe_hash(name, salt, password)}"
        case "llnw":
            return f"llnw:{llnw_hash(name, password)}"
        case _:
            return hash_password(password)


def _read() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("password: ")
    return sys.stdin.readline().rstrip("\r\n")
