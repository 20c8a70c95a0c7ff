"""The one thing that all laws say: what came is read, or the peer is blamed for it in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from trio_srs.errors import TrioSrsError

__all__ = ["read"]

T = TypeVar("T")


def read(function: Callable[..., T], *args: Any, by: type[TrioSrsError], **more: Any) -> T | None:
    """What is read, or None if it is refused or blamed on the peer by this error."""
    try:
        return function(*args, **more)
    except by as error:
        said = str(error)
    assert said
    return None
