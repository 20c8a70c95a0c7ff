"""Keeps the messages of a stream in a file, for as long as it may have to be decoded. Floor 6."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from trio_srs.wire.flv.tag import encode_header, encode_tag
from trio_srs.wire.flv.tag_messages import flv_tag
from trio_srs.wire.rtmp.message import Message

__all__ = ["Spool"]

_MOST: Final = 8 << 30
"""Bytes: what comes after that is not kept."""


class Spool:
    """A file (FLV) that is gone when the block ends.

    Attributes:
        path: where it is.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="trio-srs-")
        self.path = Path(self._folder.name) / "stream.flv"
        self._file = self.path.open("wb")
        self._size = self._file.write(encode_header(True, True))

    def keep(self, message: Message) -> None:
        """Write a message; those that FLV does not have are left out."""
        tag = flv_tag(message)
        if tag is not None and self._size < _MOST:
            self._size += self._file.write(encode_tag(tag))

    def flush(self) -> None:
        """Have in the file what was kept so far."""
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        self._folder.cleanup()
