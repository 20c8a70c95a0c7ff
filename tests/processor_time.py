"""Processor time of each file of tests, with that of whatever its tests start.

While its tests run, an environment variable says where to note it and for which file. A process
that runs tests notes its own and that of its children; :mod:`tests.preloaded_forker` that of the
programs that it forks for them, which are no children of theirs. Waiting is free and computing is
not: with all processors busy, a run takes as long as the sum of this.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

__all__ = ["counted", "note", "noted"]

_VARIABLE: Final = "PROCESSOR_TIME_OF_TESTS"
"""The file where it is noted, and behind a colon that of the tests."""


@contextmanager
def counted(notes: Path, file: str) -> Iterator[None]:
    """Note what this process and its children take in the block as the time of a file of tests."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = f"{notes}:{file}"
    began = _taken()
    try:
        yield
    finally:
        note(os.environ, _taken() - began)
        os.environ.pop(_VARIABLE)
        if before is not None:
            os.environ[_VARIABLE] = before


def _taken() -> float:
    """Seconds of this process, and of its children that are over."""
    return sum(os.times()[:4])


def note(environ: Mapping[str, str], seconds: float) -> None:
    """Note what a program has taken that was started with such an environment, if it is counted."""
    notes, _, file = environ.get(_VARIABLE, "").rpartition(":")
    if file:
        with suppress(FileNotFoundError), open(notes, "a", encoding="utf-8") as lines:  # it is over
            lines.write(f"{seconds:.3f} {file}\n")


def noted(notes: Path) -> dict[str, float]:
    """All that was noted so far: seconds by file."""
    seconds: defaultdict[str, float] = defaultdict(float)
    with suppress(FileNotFoundError):
        for line in notes.read_text(encoding="utf-8").splitlines():
            took, _, file = line.partition(" ")
            seconds[file] += float(took)
    return dict(seconds)
