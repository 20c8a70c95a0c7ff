"""Whether a server has namespaces: all that is looked at where it has none. Floor 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from trio_srs.errors import InternalError

if TYPE_CHECKING:
    from trio_srs.hub.namespace import Namespaces

__all__ = ["NamespaceKeeping"]


def _nobody() -> Namespaces:
    raise InternalError("a namespace was asked for where nobody keeps any")


class NamespaceKeeping:
    """Who keeps the namespaces of a server, if there was ever one.

    Attributes:
        namespaces: None before the first was asked for.

    Args:
        begin: makes who keeps them, when the first is asked for.
    """

    def __init__(self, begin: Callable[[], Namespaces] = _nobody) -> None:
        self._begin = begin
        self.namespaces: Namespaces | None = None

    def needed(self) -> Namespaces:
        """Who keeps them; there is one from now on."""
        if self.namespaces is None:
            self.namespaces = self._begin()
        return self.namespaces
