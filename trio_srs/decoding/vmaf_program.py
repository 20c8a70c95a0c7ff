"""Finds an ``ffmpeg`` that has libvmaf: on the PATH, or in the package imageio-ffmpeg. Floor 2."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Final

__all__ = ["vmaf_program"]

_PACKAGE: Final = "imageio_ffmpeg"
_FILTER: Final = b" libvmaf "
_PATIENCE_S: Final = 10.0


@cache
def vmaf_program() -> str | None:
    """Its path; None if there is none."""
    return next((path for path in _programs() if _has_filter(path)), None)


def _programs() -> Iterator[str]:
    if (path := shutil.which("ffmpeg")) is not None:
        yield path
    if find_spec(_PACKAGE) is not None:
        yield import_module(_PACKAGE).get_ffmpeg_exe()


def _has_filter(path: str) -> bool:
    try:
        done = subprocess.run(
            [path, "-v", "quiet", "-filters"], capture_output=True, stdin=subprocess.DEVNULL,
            timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return _FILTER in done.stdout
