"""Requests to read something that are what they seem, and what is answered. Floor 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

__all__ = ["PlainAnswer", "PlainRequest"]


@attrs.frozen
class PlainRequest:
    """What a client asks to be told, with GET."""

    path: str
    """As it was said."""
    query: str
    """What stands behind the question mark, as it was said."""
    headers: Mapping[str, str]
    """By their names in small letters."""
    scope: Mapping[str, Any]
    """What ASGI says of it; at least its ``method``, ``scheme`` and ``client``."""


@attrs.frozen
class PlainAnswer:
    """All of an answer."""

    status: int
    fields: Mapping[str, str]
    """By their names in small letters; but for its length."""
    body: bytes
