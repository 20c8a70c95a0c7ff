"""What is known of the capture of a session: its file, and whether that is whole. Floor 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from trio_srs.errors import RefusedError

if TYPE_CHECKING:
    from trio_srs.hub.registry import SessionEntry

__all__ = ["CaptureNotWholeError", "CaptureNote", "NoCaptureError", "whole_capture"]


class NoCaptureError(RefusedError):
    """A session is not captured, or its capture is not kept."""

    code = "no_capture"
    http_status = 404


class CaptureNotWholeError(RefusedError):
    """The capture of a session is not whole: it goes on, or the file could not be written."""

    code = "capture_not_whole"
    http_status = 409


class CaptureNote:
    """Kept by whoever writes the capture, for those who ask.

    Attributes:
        path: the file; empty while there is none, and if there is not to be one.
        is_whole: whether everything is in it, the end of the session too.
    """

    __slots__ = ("_over", "is_whole", "path")

    def __init__(self) -> None:
        self.path = ""
        self.is_whole = False
        self._over = trio.Event()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be written: it is whole, or was given up, or is not kept."""
        return self._over.is_set()

    def finish(self, *, is_whole: bool) -> None:
        """Nothing more will be written."""
        self.is_whole = is_whole
        self._over.set()

    async def until_over(self) -> None:
        """Wait until nothing more will be written."""
        await self._over.wait()


async def whole_capture(session: str, entry: SessionEntry | None, timeout_s: float) -> str:
    """Wait until the capture of a session is whole; the path of the file.

    Args:
        entry: the session, if it is known.
        timeout_s: how long to wait for its end.

    Raises:
        NoCaptureError: it is not captured, or not known.
        CaptureNotWholeError: it is not whole in time, or was given up.
    """
    note = None if entry is None else entry.capture
    if note is not None:
        with trio.move_on_after(timeout_s):
            await note.until_over()
        if note.is_whole:
            return note.path
        if not note.is_over:
            raise CaptureNotWholeError(
                f"session {session[:64]} goes on: its capture is not whole after {timeout_s:g} s"
            )
        if note.path:
            raise CaptureNotWholeError(f"the capture of session {session[:64]} was given up")
    raise NoCaptureError(f"no capture of session {session[:64]!r} is kept")
