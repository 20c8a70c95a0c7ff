"""Files that are made of streams: who makes one says so when it is whole. Floor 2.

A segment comes every few seconds of every stream, so this is no event of the bus, which the journal
keeps.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from trio_srs.hub.supervisor import Supervisor

__all__ = ["FileKind", "FileListener", "MadeFile", "MadeFiles", "WrittenFiles"]


class FileKind(enum.StrEnum):
    """What a file is."""

    SEGMENT = "segment"
    """A segment of HLS."""
    RECORDING = "recording"


@attrs.frozen(kw_only=True)
class MadeFile:
    """A file that was made of a publish, and is whole."""

    kind: FileKind
    stream: str
    """The stream's name in the hub."""
    session: str = ""
    """The id of the session that published it; empty if it is not known."""
    path: str = ""
    """Where it is on this machine; empty if it is in memory alone."""
    url: str = ""
    """Its path where HTTP is served, without a slash before it: ``live/cam1-3.ts``."""
    duration_s: float = 0.0
    number: int = 0
    """Of a segment: its media sequence number."""
    playlist_path: str = ""
    """Of a segment: where the playlist is that names it; empty if that is in memory alone."""
    playlist_url: str = ""
    """Of a segment: the path of that playlist where HTTP is served."""


@attrs.define(eq=False)
class WrittenFiles:
    """How it goes with the files that are written of one stream."""

    trouble: str = ""
    """Why something could not be written, and is tried again; empty if nothing is in the way."""
    failures: int = 0
    """How often something could not be."""
    lost: int = 0
    """Segments that were listed no more before they could be."""


FileListener = Callable[[MadeFile], None]


class MadeFiles:
    """Tells who listens, at once and in order. A listener must not wait.

    A bug in one is reported, and nobody else notices.
    """

    def __init__(self, supervisor: Supervisor | None = None) -> None:
        """
        Args:
            supervisor: is told of bugs in listeners.
        """
        self._supervisor = supervisor or Supervisor()
        self.written: dict[str, WrittenFiles] = {}
        """Of the streams of which files are written now, by name."""
        self._listeners: list[FileListener] = []

    def tell(self, made: MadeFile) -> None:
        """A file is whole."""
        for listener in tuple(self._listeners):
            try:
                listener(made)
            except Exception as bug:  # it must not end who made the file
                self._supervisor.report(f"a listener's turn at a {made.kind}", bug)

    def add(self, listener: FileListener) -> None:
        """Tell ``listener`` of every file from now on, as long as there is this."""
        self._listeners.append(listener)

    @contextmanager
    def listening(self, listener: FileListener) -> Iterator[None]:
        """Tell ``listener`` of every file that is made in the meantime."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)
