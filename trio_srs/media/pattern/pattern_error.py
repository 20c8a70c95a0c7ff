"""What is said to who asks for a pattern that cannot be made. Floor 1."""

from __future__ import annotations

from typing import ClassVar

from trio_srs.errors import RefusedError

__all__ = ["PatternError"]


class PatternError(RefusedError):
    """A synthetic stream was asked for that cannot be made; the text says what can be."""

    code = "bad_pattern"
    http_status: ClassVar[int] = 400
