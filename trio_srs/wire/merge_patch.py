"""JSON merge patches (RFC 7396). Floor 0."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

__all__ = ["lay_patch"]


def lay_patch(patch: Mapping[str, Any], under: MutableMapping[str, Any]) -> None:
    """Change tables in place; RFC 7396 section 2."""
    for key, value in patch.items():
        if value is None:
            under.pop(key, None)
        elif isinstance(value, Mapping):
            below = under.get(key)
            if not isinstance(below, MutableMapping):
                under[key] = {}
                below = under[key]  # a document makes something of its own of it
            lay_patch(value, below)
        else:
            under[key] = value
