"""Standard output and standard error, whatever they lead to. Floor 8.

They may be closed, full, a pipe that nobody reads any more, or of an encoding that has no
letter for what a peer said. None of it is a traceback, and none of it changes what an exit code
means: what cannot be written is an :class:`OutputError`, and a reader who has had enough is
nobody's failure.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import ClassVar, TextIO

from trio_srs.errors import RefusedError
from trio_srs.server.descriptors import fill_closed_descriptors

__all__ = ["OutputError", "prepare", "put", "put_bytes", "put_error", "settle"]


class OutputError(RefusedError):
    """Output cannot be written. The text says where and why."""

    code = "output_error"
    http_status: ClassVar[int] = 500


def prepare() -> None:
    """Make all three of this process usable, once, before anything is written or opened.

    A closed one becomes ``/dev/null``. Letters that the encoding lacks are written as escapes.
    """
    fill_closed_descriptors()
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open
    sys.stdout = _usable(sys.stdout, 1)
    sys.stderr = _usable(sys.stderr, 2)


def _usable(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:
        return open(number, "w", encoding="utf-8", closefd=False)
    with contextlib.suppress(AttributeError):  # somebody's own, which is no file
        stream.reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]  # see above
    return stream


def put(text: str) -> None:
    """Write to standard output, at once.

    Raises:
        OutputError: it cannot be written; a pipe that nobody reads is no error.
    """
    out = sys.stdout
    try:
        try:
            out.write(text)
        except UnicodeEncodeError:
            encoding = out.encoding
            out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        out.flush()
    except OSError as error:
        _lost(out, error)


def put_bytes(data: bytes) -> None:
    """Write to standard output, as it is and at once. Raises OutputError, as :func:`put`."""
    out = sys.stdout
    try:
        out.flush()
        out.buffer.write(data)
        out.flush()
    except OSError as error:
        _lost(out, error)


def put_error(text: str) -> None:
    """Write to standard error, if it can be: there is nowhere to complain of it."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _drop(sys.stderr)


def settle() -> None:
    """Write what is left in the buffers; nothing is left for Python to fail with at exit.

    Raises:
        OutputError: it cannot be written to standard output.
    """
    try:
        sys.stderr.flush()
    except OSError:
        _drop(sys.stderr)
    try:
        sys.stdout.flush()  # and no more: without a buffer, an empty text would be written too
    except OSError as error:
        _lost(sys.stdout, error)


def _lost(stream: TextIO, error: OSError) -> None:
    _drop(stream)
    if not isinstance(error, BrokenPipeError):
        raise OutputError(f"standard output: {error.strerror}") from error


def _drop(stream: TextIO) -> None:
    """Let go of what it leads to: what is in its buffer would fail once more at exit."""
    with contextlib.suppress(OSError, ValueError):  # somebody's own, which is no file
        number = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)
    with contextlib.suppress(OSError):
        stream.flush()
