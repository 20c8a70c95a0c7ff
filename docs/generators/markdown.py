"""Pages as lines of Markdown: tables, cells, and what a page says of itself."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator

__all__ = ["code", "page", "sentence", "table"]


def sentence(doc: str | None) -> str:
    """A docstring's first paragraph on one line, fit for a cell of a table."""
    first = inspect.cleandoc(doc or "").partition("\n\n")[0]
    plain = re.sub(r":\w+:`~?(?:\w+\.)*(\w+)`", r"`\1`", first)
    return " ".join(plain.split()).replace("|", "\\|").replace("``", "`")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table, line by line."""
    head = list(head)
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def code(words: Iterable[str]) -> str:
    """Words as code, fit for a cell of a table."""
    return ", ".join(f"`{word}`".replace("|", "\\|") for word in words)


def page(made_of: str) -> Callable[[Callable[[], Iterator[str]]], Callable[[], str]]:
    """Has a function of lines give the page that they are, and say what it is made of."""

    def decorate(lines: Callable[[], Iterator[str]]) -> Callable[[], str]:
        @functools.wraps(lines)
        def text() -> str:
            return "\n".join([f"<!-- Made by docs/generate.py from {made_of} -->", *lines()])

        return text

    return decorate
