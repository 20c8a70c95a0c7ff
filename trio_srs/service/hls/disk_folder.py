"""The folder in which streams are written as files, by many threads. Floor 3.

A file appears whole: it is written under a temporary name and then given its own, so that nobody
reads half of it, and a full disk leaves nothing behind.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from trio_srs.errors import RefusedError
from trio_srs.wire.path_template import PathRule

__all__ = ["DiskFolder", "PathTakenError"]

_TEMPORARY: Final = re.compile(r"\.trio-srs-[0-9]+-[0-9]+\.new")
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE: Final = 0o644


class PathTakenError(RefusedError):
    """Another stream is written under this path: the templates do not tell them apart."""

    code = "path_taken"


class DiskFolder:
    """Below it are the files of all streams. What is synchronous here and may wait for a disk
    belongs in a thread; :meth:`claim` and :meth:`release` do not."""

    def __init__(self, root: Path) -> None:
        self.root: Final = root
        self._owners: dict[str, str] = {}
        self._numbers = count(1)
        self._rule: PathRule | None = None

    # ------------------------------------------------------------ who has what

    def claim(self, paths: Iterable[str], owner: str) -> None:
        """What is written under these paths is of one stream.

        Raises:
            PathTakenError: one is another's, and nothing was claimed.
        """
        claimed = list(paths)
        for path in claimed:
            other = self._owners.get(path, owner)
            if other != owner:
                raise PathTakenError(f"{path} is written for {other}, and cannot be for {owner}")
        self._owners.update(dict.fromkeys(claimed, owner))

    def release(self, paths: Iterable[str]) -> None:
        """Another stream may have them. Idempotent."""
        for path in paths:
            self._owners.pop(path, None)

    # -------------------------------------------------------------- in threads

    def rule(self) -> PathRule:
        """What the file system takes two names for: tried once. Raises OSError."""
        if self._rule is None:
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / self._temporary_name()
            try:
                os.close(os.open(probe, _FLAGS, _MODE))
                is_blind = probe.with_name(probe.name.upper()).exists()
            finally:
                with suppress(OSError):
                    probe.unlink()
            is_ascii = sys.getfilesystemencoding().lower() not in {"utf-8", "utf8"}
            self._rule = PathRule(is_case_blind=is_blind, is_ascii=is_ascii)
        return self._rule

    def _temporary_name(self) -> str:
        return f".trio-srs-{os.getpid()}-{next(self._numbers)}.new"

    def write(self, path: str, chunks: Sequence[bytes]) -> None:
        """Let a file be there, whole; folders that are missing are made. Raises OSError."""
        target = self.root / path
        temporary = target.with_name(self._temporary_name())
        try:
            fileno = os.open(temporary, _FLAGS, _MODE)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            fileno = os.open(temporary, _FLAGS, _MODE)
        try:
            with open(fileno, "wb", buffering=0) as file:
                for chunk in chunks:
                    view = memoryview(chunk)
                    while view:
                        view = view[file.write(view) :]
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise

    def remove(self, paths: Iterable[str]) -> None:
        """Let files be gone, and folders that are empty then. Raises OSError."""
        for path in paths:
            target = self.root / path
            target.unlink(missing_ok=True)
            for folder in target.relative_to(self.root).parents[:-1]:
                try:
                    (self.root / folder).rmdir()
                except OSError:
                    break  # something else is in it

    def sweep(self, folder: str, names: re.Pattern[str], older_than_s: float) -> int:
        """Remove what an earlier process has left in a folder.

        Args:
            names: of files that may be removed; temporary ones may be, too.
            older_than_s: if they were last written to before that.

        Returns:
            how many were removed.

        Raises:
            OSError: something could not be.
        """
        removed, before = 0, time.time() - older_than_s
        with suppress(FileNotFoundError), os.scandir(self.root / folder) as entries:
            for entry in entries:
                if not (names.fullmatch(entry.name) or _TEMPORARY.fullmatch(entry.name)):
                    continue
                with suppress(FileNotFoundError):
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < before:
                        os.unlink(entry.path)
                        removed += 1
        return removed
