"""Numbers with units on the command line. Floor 8."""

from __future__ import annotations

import argparse

from trio_srs.units import parse_seconds

__all__ = ["count", "seconds"]


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
