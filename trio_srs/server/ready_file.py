"""The file that says that a server is ready: all of it, or none of it. Floor 5."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from trio_srs.errors import RefusedError

__all__ = ["ReadyError", "ready_file"]

_ROOM: Final = 4096
"""Bytes that the file system must have: a ready line is shorter."""


class ReadyError(RefusedError):
    """The ready line cannot be written to the file or descriptor that was asked for."""

    code = "ready_failed"


@contextmanager
def ready_file(path: Path | None) -> Iterator[Callable[[str], None]]:
    """What writes the line: under another name in the same folder, and then renamed into place.

    Whether it can be written is found out at the beginning of the block, before anybody starts
    anything; at its end nothing is left of a file that was not written. With None there is no
    file, and nothing is written.

    Raises:
        ReadyError: it cannot be written.
    """
    if path is None:
        yield lambda line: None
        return
    partial = path.with_name(f"{path.name}.partial")

    def write(line: str) -> None:
        with _blaming(path):
            partial.write_text(line, encoding="utf-8")
            partial.replace(path)

    try:
        with _blaming(path):
            if path.exists() and not path.is_file():
                raise ReadyError(
                    f"the ready file {path} is there and is no file; for a pipe there is --ready-fd"
                )
            partial.write_bytes(bytes(_ROOM))
        yield write
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReadyError(f"cannot write the ready file {path}: {error.strerror}") from error
