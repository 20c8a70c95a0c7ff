"""Numbers and durations on the command line. Floor 8."""

from __future__ import annotations

import argparse
import math

from trio_srs.units import parse_seconds

__all__ = ["count", "seconds", "speed"]


def seconds(text: str) -> float:
    """A duration on the command line: ``5``, ``5s``, ``500ms``, ``2m``."""
    try:
        return parse_seconds(float(text) if _is_number(text) else text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def count(text: str) -> int:
    """A number of things on the command line: at least 1."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number, at least 1, not {text!r}")
    return int(text)


def speed(text: str) -> float:
    """How many times as fast on the command line: above 0, and infinite for ``max``."""
    try:
        factor = math.inf if text == "max" else float(text)
    except ValueError:
        factor = 0.0
    if not factor > 0:
        raise argparse.ArgumentTypeError(f"expected a number above 0, or max, not {text!r}")
    return factor
