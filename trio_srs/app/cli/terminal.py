"""What commands say to people: a line at a time, safe to show. Floor 8."""

from __future__ import annotations

import json
import sys

from trio_srs.app.cli.standard import put, put_error

__all__ = ["clean", "complain", "is_terminal", "say", "say_json"]


def clean(text: str) -> str:
    """Make a peer's text fit for a terminal: what does not print is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def say(text: str) -> None:
    """Write one line to standard output, at once. Raises OutputError."""
    put(f"{clean(text)}\n")


def say_json(value: object) -> None:
    """Write one line of JSON to standard output, at once. Raises OutputError."""
    put(f"{json.dumps(value)}\n")


def complain(text: str, *, by: str = "trio-srs: ") -> None:
    """Write one line to standard error, behind the program's name; never fails."""
    put_error(f"{by}{clean(text)}\n")


def is_terminal() -> bool:
    """Whether somebody looks at standard error."""
    return sys.stderr.isatty()
