"""Files from one folder, and from nowhere else. Floor 3."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Final, Self

import attrs

__all__ = ["OpenFile", "open_file"]

INDEX: Final = "index.html"
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A link that appears in the last moment is not followed, and a pipe does not make us wait."""
_TYPES: Final = {
    ".flv": "video/x-flv",
    ".js": "text/javascript",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mjs": "text/javascript",
    ".mp4": "video/mp4",
    ".mpd": "application/dash+xml",
    ".ts": "video/mp2t",
}
"""What the table of the platform lacks, or has otherwise."""
_OTHER: Final = "application/octet-stream"


@attrs.frozen
class OpenFile:
    """A regular file that is open. Close it, or use it in a ``with`` block."""

    fileno: int
    size: int
    modified: float
    """Unix time, in seconds."""
    content_type: str
    is_index: bool = False
    """Whether a folder was asked for, of which this is the index."""

    @property
    def etag(self) -> str:
        """Another one whenever the file was written to."""
        return f'"{int(self.modified * 1e9):x}-{self.size:x}"'

    @property
    def last_modified(self) -> str:
        """As HTTP writes dates."""
        return formatdate(self.modified, usegmt=True)

    def read(self, at: int, count: int) -> bytes:
        """At most ``count`` bytes from ``at`` on; none behind the end. May wait for a disk."""
        return os.pread(self.fileno, count, at)

    def close(self) -> None:
        """Close the descriptor; to be called once."""
        os.close(self.fileno)

    def __enter__(self) -> Self:
        """Close it at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_file(folder: Path, segments: Sequence[str]) -> OpenFile | None:
    """Open a file by its path below a folder; of a folder, its ``index.html``.

    Links are followed as long as they lead to something in the folder.

    Args:
        segments: as :class:`~trio_srs.wire.http_target.HttpTarget` has them: none leads up.

    Returns:
        None where there is no such file, where it may not be read, is no regular file, or lies
        outside of the folder.
    """
    with suppress(OSError, ValueError):
        root = _real(folder)
        path = _real(root.joinpath(*segments))
        is_folder = path.is_dir()
        if is_folder:
            path = _real(path / INDEX)
        if path.is_relative_to(root):
            return _opened(path, is_folder)
    return None


def _real(path: Path) -> Path:
    """Without links. Raises OSError where there is nothing; ``Path.resolve`` raises others too."""
    return Path(os.path.realpath(path, strict=True))


def _opened(path: Path, is_index: bool) -> OpenFile | None:
    fileno = os.open(path, _FLAGS)
    about = os.fstat(fileno)
    if not stat.S_ISREG(about.st_mode):
        os.close(fileno)
        return None
    kind = _TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0] or _OTHER
    return OpenFile(fileno, about.st_size, about.st_mtime, kind, is_index)
