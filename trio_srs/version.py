"""The version of the package, in one place: the build reads it from here. Floor -1."""

from __future__ import annotations

from typing import Final

__all__ = ["VERSION"]

VERSION: Final = "0.1.0.dev0"
