"""Whoever asks for what cannot be made is refused, and it is not our fault."""

from __future__ import annotations

from trio_srs.errors import RefusedError
from trio_srs.media.pattern.pattern_error import PatternError


def test_it_is_the_askers_fault() -> None:
    error = PatternError("a picture of 1x1")
    assert isinstance(error, RefusedError)
    assert (error.code, error.http_status, str(error)) == ("bad_pattern", 400, "a picture of 1x1")
