"""What pytest says first of a test that failed: the fact, and not the path of a class. Floor 7.

pytest writes an error as Python does, with the whole name of its class in front. Those of ours
that say how a stream is not as it should be speak for themselves; of the others the class is said,
without its module. What is taken away stands at the end of the traceback.
"""

from __future__ import annotations

from typing import Any

from trio_srs.errors import TrioSrsError

__all__ = ["begin_with_the_fact"]


def begin_with_the_fact(longrepr: Any, error: BaseException) -> None:
    """Take the class, or its module, off the first line of a report, and of the summary.

    Args:
        longrepr: what pytest made of the error, in whatever style; what has no such line stays
            as it is.
        error: the error.
    """
    if not isinstance(error, TrioSrsError):
        return
    kind = type(error)
    path = f"{kind.__module__}."
    head = f"{path}{kind.__qualname__}: " if isinstance(error, AssertionError) else path
    if (crash := getattr(longrepr, "reprcrash", None)) is not None:
        crash.message = crash.message.removeprefix(head)
    traceback = getattr(longrepr, "reprtraceback", None)
    for entry in getattr(traceback, "reprentries", ()):
        entry.lines = [_without(line, head) for line in entry.lines]


def _without(line: str, head: str) -> str:
    """A line that tells an error, in which it begins with the head."""
    mark, text = line[:1], line[1:].lstrip()
    if mark != "E" or not text.startswith(head):
        return line
    return line[: len(line) - len(text)] + text.removeprefix(head)
